"""Figures over tasks: one set of facts, from which statistics and the dashboard are made."""
