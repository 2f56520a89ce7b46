"""The leaves of the condition tree: what each can ask of a person, as models."""
