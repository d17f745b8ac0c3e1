"""Learning: rules that people teach and lessons of their corrections, as data of each request."""
