"""A Message as the page takes it: plain text, which the page shows as text."""

from services.notify.model import Bold, Message


def plain(message: Message) -> str:
    """Returns the text, a line a line."""
    return "\n".join(
        "".join(part.text if isinstance(part, Bold) else part for part in line)
        for line in message.lines
    )
