"""Voice and pictures as words, where an endpoint for them is set up."""
