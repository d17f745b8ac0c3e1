"""What `ai` offers beside reading messages: the one list of its other services."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from boss.ai.v1.advice_service_pb2_grpc import add_AdviceServiceServicer_to_server
from boss.ai.v1.learning_service_pb2_grpc import add_LearningServiceServicer_to_server
from boss.ai.v1.media_service_pb2_grpc import add_MediaServiceServicer_to_server
from boss.ai.v1.planning_service_pb2_grpc import add_PlanningServiceServicer_to_server
from boss.ai.v1.review_service_pb2_grpc import add_ReviewServiceServicer_to_server
from boss.ai.v1.spec_service_pb2_grpc import add_SpecServiceServicer_to_server

from services.ai.advice.servicer import Advice, Specs
from services.ai.context import Contexts
from services.ai.learning.servicer import Learning
from services.ai.llm.asking import LanguageModel
from services.ai.llm.worded import DEADLINE_S
from services.ai.media import servicer as media
from services.ai.media.model import Medium
from services.ai.planning.servicer import Planning
from services.ai.review.servicer import Reviewing
from services.runtime.parse import SecretStr
from services.runtime.server import Servicer
from services.runtime.settings import Settings

# How long each may take, where it may ask the model or an endpoint.
DEADLINES = {
    **dict.fromkeys(("ReviewSubmission", "DraftPlan", "DraftSpec", "Summarize"), DEADLINE_S),
    **dict.fromkeys(("Transcribe", "DescribePicture"), media.DEADLINE_S),
}


@dataclass(slots=True)
class Endpoints:
    """The endpoints that are set up for voice and pictures, and how they are closed."""

    voice: media.Listener | None = None
    pictures: media.Listener | None = None
    close: list[Callable[[], Awaitable[None]]] = field(default_factory=list)


def endpoints(settings: Settings) -> Endpoints:
    """Return the endpoints of the settings."""
    found = Endpoints()
    if settings.transcribe_url is not None:
        url, key, model = (
            settings.transcribe_url,
            settings.transcribe_key,
            settings.transcribe_model,
        )
        found.voice = _endpoint(found, Medium.VOICE, url, key=key, model=model)
    if settings.describe_url is not None:
        url, key, model = settings.describe_url, settings.describe_key, settings.describe_model
        found.pictures = _endpoint(found, Medium.PICTURE, url, key=key, model=model)
    return found


def _endpoint(
    found: Endpoints, medium: Medium, url: str, *, key: SecretStr | None, model: str
) -> media.Listener:
    # Imported only where there is an endpoint: httpx takes memory and time that most don't need.
    from services.ai.media.endpoint import Endpoint  # noqa: PLC0415

    endpoint = Endpoint(medium, url, key=key.get_secret_value() if key else "", model=model)
    found.close.append(endpoint.close)
    return endpoint


def servicers(
    contexts: Contexts, model: LanguageModel | None, outside: Endpoints
) -> list[Servicer]:
    """Return the servicers, ready to be served."""
    return [
        Servicer(add_ReviewServiceServicer_to_server, Reviewing(model)),
        Servicer(add_PlanningServiceServicer_to_server, Planning(contexts, model)),
        Servicer(add_AdviceServiceServicer_to_server, Advice(contexts, model)),
        Servicer(add_SpecServiceServicer_to_server, Specs(contexts, model)),
        Servicer(add_LearningServiceServicer_to_server, Learning(contexts)),
        Servicer(add_MediaServiceServicer_to_server, media.Media(outside.voice, outside.pictures)),
    ]
