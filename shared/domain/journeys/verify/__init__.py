"""What an operator should hear about a journey before people meet it."""
