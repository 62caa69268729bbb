"""The neutral port to insurers: one way to ask, tell and hear, whatever the insurer's own interface looks like."""
