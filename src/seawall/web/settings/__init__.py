"""Who we are and how it works: runs, organisation, account."""
