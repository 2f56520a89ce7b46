"""Tags: what operators call people, and how it follows from what is known of them."""
