"""/api/deliveries: who was told what, and sending again what did not arrive."""

# ruff: noqa: RUF012 -- msgspec copies defaults

from collections.abc import Sequence
from typing import Annotated, Any

from boss.notify.v1 import notify_service_pb2 as pb
from msgspec import Meta

from services.gateway import present, shapes
from services.gateway.answer import Answer, json
from services.gateway.clients import Clients
from services.gateway.directory import Directory
from services.gateway.fields import Text, number_of, text
from services.gateway.operation import Call, Operation, Query

STATES: dict[str, Any] = {word: at for at, word in enumerate(present.DELIVERY_STATES) if at}


class DeliveryQuery(Query, frozen=True):
    """Which deliveries, and which page of them."""

    commas = frozenset({"state"})

    state: list[shapes.DeliveryState] = []
    person: Annotated[str, text(200, 1)] | None = None
    per_page: Annotated[int, Meta(ge=1, le=100)] = 20
    cursor: Text | None = None


class Deliveries:
    """What people were told."""

    def __init__(self, clients: Clients, directory: Directory) -> None:
        self._notify = clients.notify
        self._directory = directory

    def operations(self) -> Sequence[Operation]:
        """Return what may be asked."""
        return (
            Operation(
                "GET", "/api/deliveries", self.list, "Deliveries, newest first",
                {200: shapes.DeliveryPage}, query=DeliveryQuery,
            ),
            Operation(
                "POST", "/api/deliveries/{id}:retry", self.retry,
                "Send a dead or retrying delivery again, now", {200: shapes.Delivery},
                problems=(404, 409),
            ),
        )  # fmt: skip

    async def list(self, call: Call, query: DeliveryQuery) -> Answer:
        """Answer with a page of deliveries."""
        asked = [] if query.person is None else [("person", query.person)]
        people = await self._directory.find(asked, call.who)
        request = pb.ListDeliveriesRequest(
            states=[STATES[word] for word in query.state],
            person=people[0].name if people else "",
            page_size=query.per_page,
            page_token=query.cursor or "",
        )
        told = await self._notify.ListDeliveries(request, actor=call.person)
        return json(
            shapes.DeliveryPage(
                deliveries=[present.delivery(one) for one in told.deliveries],
                next_cursor=told.next_page_token or None,
            )
        )

    async def retry(self, call: Call) -> Answer:
        """Send a delivery again."""
        number = number_of(call.params["id"], reason="DELIVERY_NOT_FOUND", what="delivery")
        name = f"workspaces/{call.who.workspace}/deliveries/{number}"
        told = await self._notify.RetryDelivery(
            pb.RetryDeliveryRequest(name=name), actor=call.person
        )
        return json(present.delivery(told.delivery))
