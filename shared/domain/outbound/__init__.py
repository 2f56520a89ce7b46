"""What leaves for systems of the customer's: which events, and where they go."""
