"""A link as a QR code of characters, for a telephone's camera."""

import io

import segno


def code(link: str) -> str:
    """Return the code as lines of text, to be shown on a terminal; pure."""
    drawn = io.StringIO()
    segno.make(link, error="l", micro=False).terminal(out=drawn, compact=True)
    return drawn.getvalue()
