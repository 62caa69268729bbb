"""What is owed: ageing, customers, items, imports."""
