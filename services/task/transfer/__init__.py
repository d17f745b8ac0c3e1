"""Workspaces as files: what a file holds, writing one, reading one and taking what is right of it.

A JSON file has a record a line, each with its kind; people are told by keys of the file's own (1, 2
… in the order in which they came), tasks by their numbers. So what one workspace writes, an empty
one that has read it writes again, byte for byte. A table has the tasks alone, for spreadsheets.
"""
