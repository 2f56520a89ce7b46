"""The demo: real behaviour data through the local stack, and a summary that adds up."""
