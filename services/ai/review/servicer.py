"""ReviewService over gRPC: converts, scores by rules, has the model put it into words."""

from boss.ai.v1 import review_service_pb2 as wire
from boss.ai.v1.review_service_pb2_grpc import ReviewServiceServicer

from services.ai.faults import acting_person
from services.ai.llm import sticking, worded
from services.ai.llm.asking import LanguageModel
from services.ai.review import convert, remark, rules
from services.runtime.interceptors import Rpc


class Reviewing(ReviewServiceServicer):
    """Looks at submissions."""

    def __init__(self, model: LanguageModel | None) -> None:
        self._model = model

    async def ReviewSubmission(  # noqa: N802 -- the RPC's name
        self, request: wire.ReviewSubmissionRequest, _rpc: Rpc
    ) -> wire.ReviewSubmissionResponse:
        """Score what is handed in."""
        acting_person()
        submission = convert.submission(request.submission)
        found = rules.review(submission)
        prompt = remark.prompt(submission, found)
        said, source = await worded.asked(
            self._model, prompt, remark.Remark, local_only=request.local_only
        )
        words = said.remark if said else ""
        if sticking.invents_numbers(words, f"{submission} {found.missing}"):
            words, source = "", worded.AFTER_MODEL
        return wire.ReviewSubmissionResponse(
            review=convert.review(found, remark=words, source=source)
        )
