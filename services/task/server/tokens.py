"""The tokens' side of PeopleService."""

# ruff: noqa: N802 -- RPCs have the names that the protos give them

from __future__ import annotations

from typing import Any

from boss.task.v1 import people_service_pb2 as pb

from services.runtime import clock
from services.runtime.errors import Unauthenticated
from services.task import queries
from services.task.commands import tokens as commands
from services.task.commands.writing import Store
from services.task.convert.checks import Faults
from services.task.convert.names import token_target
from services.task.convert.people import LABEL, person_to_proto, token_to_proto
from services.task.model import PersonRecord
from services.task.server.calls import need_person, need_service


class Tokens:
    """CreateToken, ListTokens, RevokeToken and AuthenticateToken."""

    _store: Store

    async def CreateToken(
        self, request: pb.CreateTokenRequest, _context: Any
    ) -> pb.CreateTokenResponse:
        """Makes a token."""
        workspace, _ = need_person()
        faults = Faults()
        label = faults.line("label", request.label, least=1, most=LABEL)
        faults.raise_if_any()
        token, secret = await commands.create_token(
            self._store,
            workspace=workspace,
            person=await self._me(),
            label=label,
            now=clock.now(),
        )
        return pb.CreateTokenResponse(token=token_to_proto(token), secret=secret)

    async def ListTokens(
        self, _request: pb.ListTokensRequest, _context: Any
    ) -> pb.ListTokensResponse:
        """The caller's tokens."""
        _, person = need_person()
        found = await queries.list_tokens(self._store.database, person)
        return pb.ListTokensResponse(tokens=[token_to_proto(token) for token in found])

    async def RevokeToken(
        self, request: pb.RevokeTokenRequest, _context: Any
    ) -> pb.RevokeTokenResponse:
        """Ends a token."""
        workspace, _ = need_person()
        token = token_target(request.name, workspace)
        await commands.revoke_token(self._store, token, actor=await self._me(), now=clock.now())
        return pb.RevokeTokenResponse()

    async def AuthenticateToken(
        self, request: pb.AuthenticateTokenRequest, _context: Any
    ) -> pb.AuthenticateTokenResponse:
        """Whose token it is."""
        need_service()
        now = clock.now()
        token = await commands.use_token(self._store.database, request.secret, now=now)
        if token is None:
            raise Unauthenticated("TOKEN_UNKNOWN", "This API token is unknown or was revoked.")
        people = await queries.get_people(self._store.database, (token.person,))
        return pb.AuthenticateTokenResponse(
            token=token_to_proto(token), person=person_to_proto(people[token.person], now=now)
        )

    async def _me(self) -> PersonRecord:
        workspace, person = need_person()
        found = await self._store.roster.of(workspace, (person,))
        return found[person]
