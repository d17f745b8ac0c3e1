"""The `boss` command: starts, watches and asks the four services, which never import it."""
