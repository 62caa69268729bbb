"""What to do today: the worklist."""
