"""Looks at what is handed in: a score by rules, and what is missing, in sentences."""
