"""Scores a submission: proof 40, notes 30, criteria 20, clarity 10; and says what is missing.

Pure and deterministic. Text is data: sentences that give orders to whoever judges count as if they
were not there, so none of them moves a score or addresses a criterion. The weights are SPEC's.
"""

import re

from services.ai import wording
from services.ai.quoted import fold
from services.ai.review.model import (
    Criterion,
    CriterionReview,
    Finding,
    Part,
    Proof,
    ProofKind,
    Review,
    Submission,
)

PROOF, NOTES, CRITERIA, CLARITY = 40, 30, 20, 10
MOST_MISSING = 12
# Proof: something that can be looked at, what more there is, what it is said to show.
_SEEN, _TOLD, _SECOND, _CAPTION = 24, 12, 8, 8
# Notes: by how many different words of substance there are; the rest where they speak of the task.
_NOTES_BY_WORDS = ((15, 24), (8, 20), (4, 14), (1, 6))
_RELATED = 6
# Of a criterion's words this share has to be told of.
_SHARE = 0.5
_CAPTION_WORDS, _TEXT_WORDS, _SENTENCE_WORDS = 2, 4, 4
_NOT_DONE = re.compile(
    r"\b(?:not|n't|isn't|wasn't|didn't|couldn't|can't|cannot|don't|doesn't|won't|haven't|hasn't|never|"
    r"todo|to do|still (?:open|missing|failing|broken|to)|missing|pending|skipped|left out|without|"
    r"failed|unfinished|incomplete|later|tomorrow|no time)\b|n't\b"
)
_NO_LONGER = re.compile(
    r"\b(?:no longer|not (?:any|\w+ any) ?more|doesn't \w+ any ?more|don't \w+ any ?more|"
    r"nothing (?:is )?missing|not only)\b"
)
_DID = wording.stems(
    "add fix change update create made wrote write test deploy move remove replace implement merge "
    "sent publish upload finish complete clean check design build built install call order book "
    "review refactor document train translate record migrate pay paid ship push verify prepare "
    "convert improve configure renew draft print deliver present plan mount paint measure set"
)
_HOW_TO_CHECK = re.compile(
    r"https?://|www\.|\b(?:see|open|try|visit|click|run|look at|found (?:at|under|in)|test with|"
    r"attached|branch|commit|pr|pull request|page|screen|folder|staging|preview|before and after)\b"
)
_LETTERS_SHARE = 0.6


def review(submission: Submission) -> Review:
    """Return the score by its parts, each criterion's finding, and what is missing."""
    told = _told(submission)
    criteria = tuple(_criterion(each, told) for each in submission.criteria)
    about = wording.stems_of((submission.title, *wording.for_judging(submission.description)))
    parts = (
        Part("proof", _proof(submission.proof), PROOF),
        Part("notes", _notes(submission.notes, about), NOTES),
        Part("criteria", _criteria(criteria, told, about), CRITERIA),
        Part("clarity", _clarity(submission.notes), CLARITY),
    )
    return Review(parts, criteria, tuple(_missing(submission, parts, criteria, about)))


def _told(submission: Submission) -> list[tuple[str, frozenset[str]]]:
    """Return the sentences of notes and captions, with their stems."""
    texts = (submission.notes, *(proof.caption for proof in submission.proof))
    return [(each, wording.stems(each)) for text in texts for each in wording.for_judging(text)]


def _criterion(criterion: Criterion, told: list[tuple[str, frozenset[str]]]) -> CriterionReview:
    wanted = wording.stems(criterion.text)
    best = max(told, key=lambda each: len(wanted & each[1]), default=None)
    if best is not None and len(wanted & best[1]) > 0 and _said_open(best[0], criterion.text):
        # Said to be open is open, whatever is ticked.
        return CriterionReview(criterion.text, Finding.SAID_OPEN, best[0])
    if criterion.done:
        return CriterionReview(criterion.text, Finding.ADDRESSED)
    if best is not None and wanted:
        everywhere = frozenset[str]().union(*(stems for _, stems in told))
        if len(wanted & everywhere) >= _SHARE * len(wanted) and wanted & best[1]:
            return CriterionReview(criterion.text, Finding.ADDRESSED, best[0])
    return CriterionReview(criterion.text, Finding.MISSING)


def _said_open(sentence: str, criterion: str) -> bool:
    """Return whether the sentence denies; a criterion that is itself a denial is met by one."""
    plain = fold(sentence)
    denies = _NOT_DONE.search(plain) is not None and _NO_LONGER.search(plain) is None
    return denies and _NOT_DONE.search(fold(criterion)) is None


def _proof(proof: tuple[Proof, ...]) -> int:
    useful = [each for each in proof if _tells(each)]
    if not useful:
        return 0
    seen = [each for each in useful if each.kind is not ProofKind.TEXT]
    score = _SEEN if seen else _TOLD
    if len({(each.kind, each.caption, each.reference) for each in useful}) > 1:
        score += _SECOND
    if any(_content(each.caption) >= _CAPTION_WORDS for each in seen):
        score += _CAPTION
    return min(PROOF, score)


def _tells(proof: Proof) -> bool:
    """Return whether there is something to look at, or a text that says something."""
    match proof.kind:
        case ProofKind.TEXT:
            return _content(proof.caption) >= _TEXT_WORDS
        case ProofKind.LINK | ProofKind.COMMIT:
            return bool(proof.reference.strip() or proof.caption.strip())
        case _:
            return True


def _content(text: str) -> int:
    return len(wording.stems_of(wording.for_judging(text)))


def _notes(notes: str, about: frozenset[str]) -> int:
    said = wording.stems_of(wording.for_judging(notes))
    score = next((points for least, points in _NOTES_BY_WORDS if len(said) >= least), 0)
    return min(NOTES, score + (_RELATED if said & about else 0))


def _criteria(
    criteria: tuple[CriterionReview, ...],
    told: list[tuple[str, frozenset[str]]],
    about: frozenset[str],
) -> int:
    if not criteria:
        # None were asked for: what is told has to be of the task.
        return CRITERIA if any(stems & about for _, stems in told) else 0
    met = sum(each.finding is Finding.ADDRESSED for each in criteria)
    return CRITERIA * met // len(criteria)


def _clarity(notes: str) -> int:
    said = wording.for_judging(notes)
    text = fold(" ".join(said))
    if not text:
        return 0
    letters = sum(character.isalpha() or character.isspace() for character in text)
    whole = any(len(wording.words(each)) >= _SENTENCE_WORDS for each in said)
    readable = letters >= _LETTERS_SHARE * len(text)
    return (
        4 * whole
        + 2 * readable
        + 2 * bool(wording.stems(text) & _DID)
        + 2 * (_HOW_TO_CHECK.search(text) is not None)
    )


def _missing(
    submission: Submission,
    parts: tuple[Part, ...],
    criteria: tuple[CriterionReview, ...],
    about: frozenset[str],
) -> list[str]:
    proof, notes, _, clarity = parts
    found = [*_missing_proof(submission.proof, proof.score)]
    found += _missing_notes(submission.notes, notes.score, about)
    for each in criteria:
        match each.finding:
            case Finding.MISSING:
                found.append(f"Say how “{wording.shown(each.text)}” is met, or show it.")
            case Finding.SAID_OPEN:
                found.append(f"“{wording.shown(each.text)}” is said to be open: finish it first.")
            case Finding.ADDRESSED:
                pass
    plain = fold(" ".join(wording.for_judging(submission.notes)))
    if plain and clarity.score < CLARITY and not _HOW_TO_CHECK.search(plain):
        found.append("Say where the result can be seen, or how to check it.")
    if len(found) > MOST_MISSING:
        more = len(found) - MOST_MISSING + 1
        return [*found[: MOST_MISSING - 1], f"And {more} more points of this kind."]
    return found


def _missing_proof(proof: tuple[Proof, ...], score: int) -> list[str]:
    if score == 0:
        return ["Add proof: a picture, a file, a link or a commit that shows the result."]
    found = []
    if score in {_TOLD, _TOLD + _SECOND}:
        found.append("Add something that can be looked at: a picture, a file or a link.")
    elif not any(_content(each.caption) >= _CAPTION_WORDS for each in proof):
        found.append("Write beside the proof what it shows.")
    return found


def _missing_notes(notes: str, score: int, about: frozenset[str]) -> list[str]:
    said = wording.stems_of(wording.for_judging(notes))
    if score == 0:
        return ["Write a few words on what was done."]
    if len(said) < _NOTES_BY_WORDS[1][0]:
        return ["Say more of what was done: what was changed, and what was found."]
    if not said & about:
        return ["Say what the notes have to do with the task."]
    return []
