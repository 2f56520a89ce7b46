"""What journeys cost: prices and measured use as data, and bills made of them."""
