"""Ways to people: each takes a message and an address and says what became of it."""
