"""What the model's budget and answers need of a store that all processes of an installation share.

`runtime/shared.py` fulfils it over Redis; it is imported only where there is one.
"""

from typing import Protocol


class Shared(Protocol):
    """Commands on keys of ours; None where the store does not answer."""

    async def asked(self, command: str, key: bytes, *arguments: str | bytes | int) -> object:
        """Return what the store answers."""

    async def close(self) -> None:
        """Close the way to it."""
