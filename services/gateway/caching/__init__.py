"""Answers kept by the position of the log that they were read at (docs/adr/0046-kept-by-position.md).

`cache.py` has the rule, `memory.py` and `shared.py` are the two places where answers are kept.
"""
