"""The edge: the HTTP API, the console, Telegram, and the dialogs that people have with the system.

It never touches a task's rows; it asks the task service. It writes to people only in answer.
"""

from services.runtime.version import VERSION

__all__ = ["VERSION"]
