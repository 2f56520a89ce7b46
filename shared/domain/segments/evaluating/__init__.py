"""How each leaf is judged: one module for each kind, all of the same shape."""
