"""/api/tokens: the tokens with which programs act as the caller."""

from collections.abc import Sequence
from typing import Annotated

from boss.task.v1 import people_service_pb2 as pb

from services.gateway import present, shapes
from services.gateway.answer import NO_CONTENT, Answer, json
from services.gateway.auth import Auth
from services.gateway.clients import Clients
from services.gateway.fields import number_of, one_line
from services.gateway.operation import Call, Input, Operation


class TokenName(Input, frozen=True):
    """What the token is for."""

    name: Annotated[str, one_line(100)]


class Tokens:
    """The caller's tokens."""

    def __init__(self, clients: Clients, auth: Auth) -> None:
        self._people = clients.people
        self._auth = auth

    def operations(self) -> Sequence[Operation]:
        """Return what may be asked."""
        return (
            Operation(
                "GET", "/api/tokens", self.list, "The caller's tokens", {200: shapes.TokenList}
            ),
            Operation(
                "POST", "/api/tokens", self.create,
                "Make a token; it is shown this once", {201: shapes.NewToken}, body=TokenName,
            ),
            Operation(
                "DELETE", "/api/tokens/{id}", self.revoke, "End a token at once", {204: None},
                problems=(404,),
            ),
        )  # fmt: skip

    async def list(self, call: Call) -> Answer:
        """Answer with the caller's tokens."""
        told = await self._people.ListTokens(pb.ListTokensRequest(), actor=call.person)
        return json(shapes.TokenList([present.token(one) for one in told.tokens]))

    async def create(self, call: Call, body: TokenName) -> Answer:
        """Make a token."""
        request = pb.CreateTokenRequest(label=body.name.strip())
        told = await self._people.CreateToken(request, actor=call.person)
        made = shapes.NewToken(told.token.name.rpartition("/")[2], told.token.label, told.secret)
        return json(made, 201, headers=((b"cache-control", b"no-store"),))

    async def revoke(self, call: Call) -> Answer:
        """End a token."""
        number = number_of(call.params["id"], reason="TOKEN_NOT_FOUND", what="token")
        name = f"workspaces/{call.who.workspace}/tokens/{number}"
        await self._people.RevokeToken(pb.RevokeTokenRequest(name=name), actor=call.person)
        self._auth.forget_token(number)
        return NO_CONTENT
