"""Bank statements: MT940 and MT942, camt.052/.053/.054 and tables, read as far as they can be."""
