"""The two media and what is told of each, as plain values."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass

CONTENT_MOST = 3_500_000
LANGUAGE_MOST, ABOUT_MOST = 8, 500
TEXT_MOST, DESCRIPTION_MOST = 8_000, 2_000


class Medium(enum.Enum):
    """What is turned into words; the values are the labels of its metrics."""

    VOICE = "transcribe"
    PICTURE = "describe"


@dataclass(frozen=True, slots=True)
class Told:
    """Words and reasons of a medium; `types`: media types and their file endings."""

    thing: str
    field: str
    types: Mapping[str, str]
    off: str
    off_words: str
    unreadable: str
    unavailable: str
    most: int


MEDIA: Mapping[Medium, Told] = {
    Medium.VOICE: Told(
        thing="voice message",
        field="audio",
        types={
            "audio/ogg": "ogg",
            "audio/mpeg": "mp3",
            "audio/mp4": "m4a",
            "audio/wav": "wav",
            "audio/webm": "webm",
            "audio/flac": "flac",
        },
        off="TRANSCRIPTION_OFF",
        off_words="Voice messages can't be read here; write it in words. (The operator can set "
        "BOSS_TRANSCRIBE_URL.)",
        unreadable="AUDIO_UNREADABLE",
        unavailable="TRANSCRIPTION_UNAVAILABLE",
        most=TEXT_MOST,
    ),
    Medium.PICTURE: Told(
        thing="picture",
        field="picture",
        types={"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "image/gif": "gif"},
        off="DESCRIPTION_OFF",
        off_words="Pictures can't be described here; say in words what it shows. (The operator "
        "can set BOSS_DESCRIBE_URL.)",
        unreadable="PICTURE_UNREADABLE",
        unavailable="DESCRIPTION_UNAVAILABLE",
        most=DESCRIPTION_MOST,
    ),
}
