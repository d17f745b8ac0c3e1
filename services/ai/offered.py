"""What `ai` offers beside reading messages: the one list of its other services."""

from boss.ai.v1.advice_service_pb2_grpc import add_AdviceServiceServicer_to_server
from boss.ai.v1.learning_service_pb2_grpc import add_LearningServiceServicer_to_server
from boss.ai.v1.planning_service_pb2_grpc import add_PlanningServiceServicer_to_server
from boss.ai.v1.review_service_pb2_grpc import add_ReviewServiceServicer_to_server
from boss.ai.v1.spec_service_pb2_grpc import add_SpecServiceServicer_to_server

from services.ai.advice.servicer import Advice, Specs
from services.ai.asking import LanguageModel
from services.ai.context import Contexts
from services.ai.learning.servicer import Learning
from services.ai.planning.servicer import Planning
from services.ai.review.servicer import Reviewing
from services.ai.worded import DEADLINE_S
from services.runtime.server import Servicer

# How long each may take, where it may ask the model.
DEADLINES = dict.fromkeys(("ReviewSubmission", "DraftPlan", "DraftSpec", "Summarize"), DEADLINE_S)


def servicers(contexts: Contexts, model: LanguageModel | None) -> list[Servicer]:
    """Return the servicers, ready to be served."""
    return [
        Servicer(add_ReviewServiceServicer_to_server, Reviewing(model)),
        Servicer(add_PlanningServiceServicer_to_server, Planning(contexts, model)),
        Servicer(add_AdviceServiceServicer_to_server, Advice(contexts, model)),
        Servicer(add_SpecServiceServicer_to_server, Specs(contexts, model)),
        Servicer(add_LearningServiceServicer_to_server, Learning(contexts)),
    ]
