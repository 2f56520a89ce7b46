"""The inbox: what clients fetch for a person and show, and what the person does with it."""
