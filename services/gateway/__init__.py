"""The edge: the HTTP API, the console, Telegram, and the dialogs that people have with the system.

It never touches a task's rows; it asks the task service. It writes to people only in answer.
"""

from importlib.metadata import PackageNotFoundError, version

try:
    VERSION = version("boss-workflow")
except PackageNotFoundError:  # run from a checkout that was never installed
    VERSION = "0"
