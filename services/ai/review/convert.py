"""Submissions in, reviews out: the only file of reviewing that knows the protos."""

from boss.ai.v1 import answer_pb2, review_pb2

from services.ai.faults import Faults
from services.ai.review.model import (
    Criterion,
    Finding,
    Proof,
    ProofKind,
    Review,
    Submission,
)

TITLE_MOST, DESCRIPTION_MOST, NOTES_MOST = 200, 10_000, 8_000
CRITERIA_MOST, CRITERION_MOST = 30, 500
PROOF_MOST, CAPTION_MOST, REFERENCE_MOST = 50, 2_000, 2_000
_KINDS = {review_pb2.ProofKind.Value(f"PROOF_KIND_{each.name}"): each for each in ProofKind}
_FINDINGS = {
    each: review_pb2.CriterionFinding.Value(f"CRITERION_FINDING_{each.name}") for each in Finding
}


def submission(proto: review_pb2.Submission) -> Submission:
    """Return what is handed in; Invalid names every fault."""
    faults = Faults()
    faults.text("submission.title", proto.title, least=1, most=TITLE_MOST)
    faults.text("submission.description", proto.description, most=DESCRIPTION_MOST)
    faults.text("submission.notes", proto.notes, most=NOTES_MOST)
    faults.many("submission.criteria", proto.criteria, most=CRITERIA_MOST)
    faults.many("submission.proof", proto.proof, most=PROOF_MOST)
    for index, criterion in enumerate(proto.criteria[:CRITERIA_MOST]):
        field = f"submission.criteria[{index}].text"
        faults.text(field, criterion.text, least=1, most=CRITERION_MOST)
    for index, proof in enumerate(proto.proof[:PROOF_MOST]):
        field = f"submission.proof[{index}]"
        if proof.kind not in _KINDS:
            faults.add(f"{field}.kind", "must be photo, file, link, commit or text")
        faults.text(f"{field}.caption", proof.caption, most=CAPTION_MOST)
        faults.text(f"{field}.reference", proof.reference, most=REFERENCE_MOST)
    faults.raise_if_any()
    return Submission(
        title=proto.title,
        description=proto.description,
        criteria=tuple(Criterion(each.text, each.done) for each in proto.criteria),
        proof=tuple(Proof(_KINDS[each.kind], each.caption, each.reference) for each in proto.proof),
        notes=proto.notes,
    )


def review(
    value: Review, *, remark: str, source: answer_pb2.AnswerSource.ValueType
) -> review_pb2.Review:
    """Return a review as it goes over the wire."""
    return review_pb2.Review(
        score=value.score,
        parts=[
            review_pb2.ReviewPart(name=each.name, score=each.score, most=each.most)
            for each in value.parts
        ],
        criteria=[
            review_pb2.CriterionReview(
                text=each.text, finding=_FINDINGS[each.finding], words=each.words
            )
            for each in value.criteria
        ],
        missing=value.missing,
        remark=remark,
        source=source,
    )
