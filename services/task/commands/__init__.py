"""Writes: each is one function and one transaction."""
