"""The sandbox insurer: a program of its own that behaves like an insurer's system, over HTTPS, with faults on request.

It decides by its seed and its own clock alone, so that the same questions get the same answers. It belongs to demos
and tests: it knows nothing of real companies and insures nothing.
"""
