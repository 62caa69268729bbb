"""The first page: is the loss within its aim, and what is to be done today."""
