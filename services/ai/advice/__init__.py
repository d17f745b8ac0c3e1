"""Advice on single tasks: parts, spec sheets, who could take them, and what happened, in words."""
