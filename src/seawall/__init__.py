"""Seawall (海堤): what customers owe, how late they pay, how much of it will be lost, and what to do first."""

__version__ = "0.1.0"
