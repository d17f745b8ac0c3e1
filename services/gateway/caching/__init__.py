"""Answers kept by the position of the log that they were read at (ADR 0046).

`cache.py` has the rule, `memory.py` and `shared.py` are the two places where answers are kept.
"""
