"""What `ai` offers beside reading messages: the one list of its other services."""

from boss.ai.v1.review_service_pb2_grpc import add_ReviewServiceServicer_to_server

from services.ai.asking import LanguageModel
from services.ai.review.servicer import Reviewing
from services.ai.worded import DEADLINE_S
from services.runtime.server import Servicer

# How long each may take, where it may ask the model.
DEADLINES = dict.fromkeys(("ReviewSubmission",), DEADLINE_S)


def servicers(model: LanguageModel | None) -> list[Servicer]:
    """Return the servicers, ready to be served."""
    return [Servicer(add_ReviewServiceServicer_to_server, Reviewing(model))]
