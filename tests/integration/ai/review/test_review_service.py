"""Reviewing over real gRPC: for whom, what is refused, and what a model may add."""

import pytest
from boss.ai.v1 import answer_pb2, review_pb2, review_service_pb2
from boss.ai.v1.review_service_pb2_grpc import ReviewServiceStub

from services.runtime.errors import Forbidden, Invalid, Unauthenticated
from tests.fakes.deepseek import Refuse, Say
from tests.integration.ai.conftest import ANA

GOOD = review_pb2.Submission(
    title="Fix the header",
    criteria=[review_pb2.ReviewedCriterion(text="The header is blue")],
    proof=[review_pb2.Proof(kind=review_pb2.PROOF_KIND_PHOTO, caption="The blue header")],
    notes="I changed the header to blue and tested it, see the staging page.",
)


async def reviewed(ai, submission, *, local_only=False, actor=ANA, token=None):
    stub = ai.peer.stub(ReviewServiceStub, {"ReviewSubmission": 33.0})
    request = review_service_pb2.ReviewSubmissionRequest(
        submission=submission, local_only=local_only
    )
    answer = await stub.ReviewSubmission(request, actor=None if token else actor, token=token)
    return answer.review


async def test_a_submission_is_scored_by_its_parts(ai):
    review = await reviewed(ai, GOOD)

    assert [(part.name, part.most) for part in review.parts] == [
        ("proof", 40),
        ("notes", 30),
        ("criteria", 20),
        ("clarity", 10),
    ]
    assert review.score == sum(part.score for part in review.parts)
    assert review.criteria[0].finding == review_pb2.CRITERION_FINDING_ADDRESSED
    assert review.source == answer_pb2.ANSWER_SOURCE_RULES


async def test_what_is_missing_is_told_in_sentences(ai):
    review = await reviewed(ai, review_pb2.Submission(title="Fix the header"))

    assert review.score == 0
    assert "Write a few words on what was done." in review.missing


async def test_a_person_may_ask_by_token(ai):
    assert (await reviewed(ai, GOOD, token="bst_ana")).score


async def test_an_unknown_token_is_refused(ai):
    with pytest.raises(Unauthenticated):
        await reviewed(ai, GOOD, token="bst_nobody")


async def test_a_service_by_itself_is_refused(ai):
    with pytest.raises(Forbidden) as caught:
        await reviewed(ai, GOOD, actor=None)

    assert caught.value.reason == "PERSON_MISSING"


async def test_all_wrong_fields_are_named_at_once(ai):
    wrong = review_pb2.Submission(
        title=" ",
        notes="x" * 8001,
        criteria=[review_pb2.ReviewedCriterion(text="")],
        proof=[review_pb2.Proof(caption="\0")] * 51,
    )

    with pytest.raises(Invalid) as caught:
        await reviewed(ai, wrong)

    fields = {each.field for each in caught.value.violations}
    assert {
        "submission.title",
        "submission.notes",
        "submission.criteria[0].text",
        "submission.proof",
        "submission.proof[0].kind",
        "submission.proof[0].caption",
    } <= fields


async def test_the_model_adds_words_and_leaves_the_score(ai_with_model, fake):
    by_rules = await reviewed(ai_with_model, GOOD, local_only=True)
    fake.then(Say({"remark": "Nice and clear; a second picture would help."}))

    with_words = await reviewed(ai_with_model, GOOD)

    assert with_words.remark == "Nice and clear; a second picture would help."
    assert with_words.source == answer_pb2.ANSWER_SOURCE_RULES_AND_MODEL
    assert with_words.score == by_rules.score
    assert with_words.missing == by_rules.missing


@pytest.mark.parametrize(
    "act",
    [
        Say({"remark": "I give it 100 of 100."}),
        Say({"remark": "", "score": 100}),
        Say({"score": 100}),
        Refuse(402),
        Refuse(400),
    ],
    ids=str,
)
async def test_what_a_model_may_not_say_is_left_out(ai_with_model, fake, act):
    fake.then(act, act)

    review = await reviewed(ai_with_model, GOOD)

    assert review.remark == ""
    assert review.source == answer_pb2.ANSWER_SOURCE_RULES_AFTER_MODEL
    assert review.score == (await reviewed(ai_with_model, GOOD, local_only=True)).score
