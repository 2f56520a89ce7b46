"""Sends everybody who comes due within the next minutes to whoever attends to them."""
