"""Pure functions of (tables, policies, as-of): no clock, no files, no network."""
