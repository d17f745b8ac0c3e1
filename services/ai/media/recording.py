"""What is sent to be turned into words, as a plain value."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Recording:
    """Bytes of a media type, and what is known of them: the language, or what to look for."""

    content: bytes
    media_type: str
    hint: str = ""
