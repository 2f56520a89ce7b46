"""Messages: templates, the decision whether to send, and what became of each."""
