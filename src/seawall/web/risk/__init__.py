"""How likely it is not paid: roll rates and concentration."""
