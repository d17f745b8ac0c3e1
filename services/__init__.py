"""The four services, the plumbing that they share, and the command line."""
