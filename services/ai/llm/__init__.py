"""Asking a language model: one versioned prompt, one strict answer, within time and budget."""
