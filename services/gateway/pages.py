"""Files for browsers: the console, read once at the start, compressed once.

Each has its hash as ETag and is asked for anew each time (`no-cache`), which costs one 304; so a
new version is there at the next load. The policy lets nothing in that is not from here.
"""

import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from starlette.types import Scope

from services.gateway.answer import GZIP_OVER_BYTES, Answer, Header, header, tags, takes_gzip

INDEX = "/"
CONSOLE = "/console/"
MEDIA_TYPES = {
    ".html": b"text/html; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".mjs": b"text/javascript; charset=utf-8",
    ".css": b"text/css; charset=utf-8",
    ".svg": b"image/svg+xml",
    ".png": b"image/png",
    ".woff2": b"font/woff2",
    ".webmanifest": b"application/manifest+json",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
BEST = 9


@dataclass(frozen=True, slots=True)
class File:
    """One file as it goes out."""

    body: bytes
    packed: bytes | None
    etag: str
    media_type: bytes
    policy: str = POLICY

    def answer(self, scope: Scope) -> Answer:
        """Return the file, or that the browser has it already."""
        headers: list[Header] = [
            (b"etag", b'"' + self.etag.encode() + b'"'),
            (b"cache-control", b"no-cache"),
            (b"content-security-policy", self.policy.encode()),
            (b"cross-origin-opener-policy", b"same-origin"),
            (b"referrer-policy", b"no-referrer"),
        ]
        if self.etag in tags(header(scope, b"if-none-match")):
            return Answer(304, headers=tuple(headers))
        if self.packed is not None and takes_gzip(scope):
            headers.append((b"content-encoding", b"gzip"))
            return Answer(200, self.packed, tuple(headers), self.media_type)
        return Answer(200, self.body, tuple(headers), self.media_type)


def file(body: bytes, media_type: bytes, *, policy: str = POLICY) -> File:
    """Return a file of these bytes."""
    packed = None
    if len(body) > GZIP_OVER_BYTES:
        packer = zlib.compressobj(BEST, zlib.DEFLATED, 31)
        packed = packer.compress(body) + packer.flush()
    return File(body, packed, hashlib.sha256(body).hexdigest()[:32], media_type, policy)


def console(folder: Path) -> Mapping[str, File]:
    """Return the console's files by their path on the server."""
    files = {}
    for path in sorted(folder.rglob("*")):
        media_type = MEDIA_TYPES.get(path.suffix)
        if media_type is not None and path.is_file():
            name = path.relative_to(folder).as_posix()
            files[CONSOLE + name] = file(path.read_bytes(), media_type)
    index = files.get(CONSOLE + "index.html")
    if index is not None:
        files[INDEX] = index
        files[CONSOLE] = index
    return files
