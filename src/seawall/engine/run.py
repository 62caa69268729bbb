"""The protection run: ``protect`` turns one partition of the ledger into integers, ``combine`` makes the report."""

from __future__ import annotations

from seawall.engine.report import Report

__all__ = ["Report"]
