"""Writes down what became of messages, and what people did with them, as events of the person."""
