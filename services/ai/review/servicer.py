"""ReviewService over gRPC: converts, scores by rules, has the model say it in words."""

from boss.ai.v1 import answer_pb2
from boss.ai.v1 import review_service_pb2 as wire
from boss.ai.v1.review_service_pb2_grpc import ReviewServiceServicer

from services.ai.faults import acting_person
from services.ai.review import convert, rules
from services.runtime.interceptors import Rpc


class Reviewing(ReviewServiceServicer):
    """Looks at submissions."""

    async def ReviewSubmission(  # noqa: N802 -- the RPC's name
        self, request: wire.ReviewSubmissionRequest, _rpc: Rpc
    ) -> wire.ReviewSubmissionResponse:
        """Score what is handed in."""
        acting_person()
        found = rules.review(convert.submission(request.submission))
        return wire.ReviewSubmissionResponse(
            review=convert.review(found, remark="", source=answer_pb2.ANSWER_SOURCE_RULES)
        )
