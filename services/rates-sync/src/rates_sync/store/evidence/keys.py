"""The public keys that were ever signed with; none is deleted, a compromised one is revoked."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from rates_sync.store.schema import signing_keys


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A public key: its thumbprint, and its 32 bytes in base64url; instants are aware UTC."""

    kid: str
    x: str
    created_at: datetime
    revoked_at: datetime | None


async def read_keys(connection: AsyncConnection) -> tuple[KnownKey, ...]:
    """Return every key ever used, oldest first."""
    ordered = select(signing_keys).order_by(signing_keys.c.created_at, signing_keys.c.kid)
    return tuple(KnownKey(*row) for row in await connection.execute(ordered))


async def register_key(connection: AsyncConnection, kid: str, x: str, at: datetime) -> KnownKey:
    """Add a key unless it is known; return it as it is known."""
    known = {key.kid: key for key in await read_keys(connection)}
    if kid not in known:
        row = {"kid": kid, "x": x, "created_at": at}
        await connection.execute(insert(signing_keys).values(row))
        return KnownKey(kid, x, at, None)
    return known[kid]


async def revoke_key(connection: AsyncConnection, kid: str, at: datetime) -> bool:
    """Revoke a key; tell whether it is known and was not revoked before."""
    c = signing_keys.c
    here = update(signing_keys).where(c.kid == kid, c.revoked_at.is_(None))
    return (await connection.execute(here.values(revoked_at=at))).rowcount == 1
