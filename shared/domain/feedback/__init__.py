"""What comes back of messages: links that were opened, and what providers say became of them."""
