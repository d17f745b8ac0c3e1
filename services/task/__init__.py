"""The store: workspaces, people, tasks, the log of what happened to them, and undo.

All permissions and state transitions are decided here; it never calls out of the system.
"""
