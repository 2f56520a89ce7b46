"""Holds rules of identity against everything that is stored: to try them, or to adopt them."""
