"""What was known of a person at an instant, made of nothing but the person's events."""
