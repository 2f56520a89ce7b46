"""Lists: people who were put there by hand, by a file or by another system."""
