"""Plumbing that all four services stand on and that knows nothing of tasks, people or messages."""
