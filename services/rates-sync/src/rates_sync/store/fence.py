"""The fence: rejects writes of an instance that lost the lease (protocol rule 2).

Every writing transaction of the leader begins with `lock_and_verify`. Never takes or renews the
lease: that is `lease`.
"""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from rates_sync.errors import LeaseLost
from rates_sync.store.schema import lease

_LOCK = select(lease).with_for_update()


@dataclass(frozen=True, slots=True)
class Fence:
    """The holder of the lease and the fencing token of its take-over."""

    holder: str
    token: int


async def lock_and_verify(connection: AsyncConnection, fence: Fence) -> None:
    """Lock the lease row until the transaction ends. Raises `LeaseLost` if the token is outdated.

    Protocol rule 2: a locking read, since a plain one would see the old token under REPEATABLE
    READ; on SQLite `BEGIN IMMEDIATE` has locked already. The holder is compared too: a database
    restored to an earlier time issues a token twice.
    """
    row = (await connection.execute(_LOCK)).one()
    if (row.holder, row.token) != (fence.holder, fence.token):
        raise LeaseLost(f"{row.holder or 'nobody'} holds token {row.token}, not {fence.token}")
