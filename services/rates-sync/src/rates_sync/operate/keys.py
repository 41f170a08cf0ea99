"""Operators' view of the signing keys on the internal port, and the revocation of one."""

from datetime import datetime
from typing import Any

import msgspec
from litestar import Controller, Request, get, post
from litestar.di import NamedDependency

from rates_sync.cycle.decisions import revoke_signing_key, signing_keys
from rates_sync.operate.access import require_operator
from rates_sync.operate.operations import (
    OPERATOR,
    failure_audited,
    leader_for,
    read_body,
    refuse_reason,
)
from rates_sync.service import Service


class RevocationRequest(msgspec.Struct, forbid_unknown_fields=True):
    """A key that is compromised, by its thumbprint."""

    kid: str
    reason: str


class ShownKey(msgspec.Struct):
    """A signing key's public half; instants are UTC. One is `current`, or none."""

    kid: str
    x: str
    created_at: datetime
    revoked_at: datetime | None
    current: bool


class SigningKeys(Controller):
    """`/internal/v1/signing-keys`."""

    path = "/internal/v1/signing-keys"
    guards = [require_operator]  # noqa: RUF012  the type that Litestar declares

    @get("/")
    async def keys(self, service: NamedDependency[Service]) -> list[ShownKey]:
        """List every key that was ever used, oldest first."""
        leader = await leader_for(service, "signing-keys")
        recorder = leader.recorder
        return [
            ShownKey(key.kid, key.x, key.created_at, key.revoked_at, key.kid == recorder.signs_with)
            for key in await signing_keys(recorder)
        ]

    @post("/revoke", status_code=200)
    async def revoke(
        self, request: Request[Any, Any, Any], service: NamedDependency[Service]
    ) -> dict[str, Any]:
        """Revoke a key, and sign what it has signed by the key that is current now."""
        asked: RevocationRequest = await read_body(request, RevocationRequest)
        refuse_reason(asked.reason)
        leader = await leader_for(service, "revoke-key")
        async with failure_audited(leader, "revoke-key", f"{asked.kid}: {asked.reason}"):
            await revoke_signing_key(leader.recorder, asked.kid, asked.reason, OPERATOR)
        return {"kid": asked.kid, "signed": await leader.recorder.sign_history()}
