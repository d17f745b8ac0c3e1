"""The lines of a message: which have a list mark, how far they are indented, which are of a letter."""

import re
from collections.abc import Iterator

from services.ai.grammar.counting import DAY, MONTH
from services.ai.grammar.tokens import PERSON

_MARK = re.compile(
    r"(?:[-*•–—+‣]\s+|[-•]|\(?\d{1,2}[.)]\s+|\(\d{1,2}\)\s*|[a-h]\)\s+|\[[ x]?\]\s*|[☐☑✅✔▪◦●○■□▶➤►→]\ufe0f?\s*)+(?=\S)"
)
_NUMBER = re.compile(r"(\d{1,2})\s+(?=[^\W\d]|\ue000)")
# What stands above a letter that is sent on.
_HEADER = re.compile(r"(?:from|to|cc|bcc|subject|date|sent|reply-to):\s", re.IGNORECASE)
_LEAST = 2
_KINDS = "bug|feature|hotfix|docs|research|meeting"
# "kitchen: Ana peels, bar: Ben pours": a place or a subject before somebody.
LABEL = re.compile(
    rf"(?:^|(?<=[,;.] ))(?!(?:{_KINDS}|task|todo|first|second|third|daily|weekly|monthly|yearly|quarterly|annually|biweekly|fortnightly|hourly|weekdays|every|each|low|high|medium|normal|urgent|urgently|important|critical|top|asap|today|tomorrow|tonight|now|later|morning|next|this|for|cc|owner|assignee|who|then|also|note|no|yes|due|by)\b)[a-z]{{3,12}}(?: [a-z]{{3,12}})?: (?={PERSON}+ [a-z])"
)
LABELLED = re.compile(rf"[,;.]\s+[a-z]{{3,12}}(?: [a-z]{{3,12}})?: (?={PERSON}+ [a-z])")
# A full stop behind these ends no sentence; behind a month or a weekday only before a number.
_SHORTENED = re.compile(
    r"(?<![\w])(?:e\.g|i\.e|etc|vs|dr|mr|mrs|ms|prof|st|no|nr|approx|inc|ltd|dept|tel|incl|fig|ca|p\.m|a\.m|est|max|min)\.\s+(?=\S)"
    rf"|(?<![\w])(?:{MONTH}|{DAY})\.\s+(?=\d|(?:the )?(?:{MONTH}))"
)


def lines_of(low: str) -> Iterator[tuple[int, int, int, bool]]:
    """Yield start, end, indent of each line with content, and whether it has a list mark."""
    lines = low.splitlines(keepends=True)
    letter = sum(1 for line in lines if _HEADER.match(line)) >= _LEAST
    numbers = [int(m[1]) for line in lines if (m := _NUMBER.match(line))]
    numbered = len(numbers) >= _LEAST and numbers == list(range(1, len(numbers) + 1))
    at = 0
    for line in lines:
        content = line.strip()
        start = at + len(line) - len(line.lstrip())
        end = at + len(line.rstrip())
        at += len(line)
        if not content or content.startswith(">") or not re.search(r"\w|[\ue000-\ue002]", content):
            continue
        if letter and _HEADER.match(content):
            continue
        indent = start - (at - len(line))
        mark = _MARK.match(low, start, end) or (
            _NUMBER.match(low, start, end) if numbered else None
        )
        yield (mark.end() if mark else start), end, indent, mark is not None


def is_shortened(low: str, start: int, stop: int, end: int) -> bool:
    """Return whether a full stop only shortens the word before it: "Dec. 4", "e.g. the sink"."""
    shortened = _SHORTENED.search(low, max(start, stop - 12), end + 4)
    return shortened is not None and shortened.start() < stop and shortened.end() == end
