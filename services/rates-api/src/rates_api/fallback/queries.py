"""The selects on the read views of `rates_contracts.views`, and their rows as rates-api's types.

Nothing else in rates-api knows the database's names. Values are strings until they become
`Decimal`: no driver turns them into floats (rule R8).
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from datetime import date as Day
from decimal import Decimal
from typing import Any

from msgspec import UNSET
from sqlalchemy import (
    BigInteger,
    Date,
    DateTime,
    Integer,
    Row,
    Select,
    String,
    column,
    literal_column,
    select,
    table,
)

from rates_contracts import views
from rates_contracts.answers import PublicKey
from rates_contracts.events import Head
from rates_contracts.observation import Observation
from rates_contracts.status import DATA_STATUS_DAYS, DataStatusDay

UTC_INSTANT = DateTime(timezone=False)
TYPES: dict[str, Any] = {
    "timeline": BigInteger(),
    "position": BigInteger(),
    "event_id": String(),
    "recorded_at": UTC_INSTANT,
    "at": UTC_INSTANT,
    "series": String(),
    "date": Date(),
    "revision": Integer(),
    "value": String(),
    "payload_sha256": String(),
    "created_at": UTC_INSTANT,
    "revoked_at": UTC_INSTANT,
}


def _select(view: str, *, leaving_out: str = "") -> Any:
    """Select the columns of `view`; documents have no type here: text or bytes, as stored."""
    names = [name for name in views.VIEWS[view] if name != leaving_out]
    columns = [column(name, TYPES.get(name)) for name in names]
    return select(*columns).select_from(table(view, *columns))


SELECT_CLOCK = select(literal_column("UTC_TIMESTAMP(6)", UTC_INSTANT))
"""MySQL's own clock, to the microsecond."""
SELECT_HEAD = _select(views.HEAD)
SELECT_STATUS = _select(views.SYNC_STATUS)
SELECT_CALENDAR = _select(views.BANK_CALENDAR)
SELECT_HISTORY = _select(views.RATE_HISTORY)
SELECT_HISTORY_WITHOUT_POSITIONS = _select(views.RATE_HISTORY, leaving_out="position")
SELECT_NO_HISTORY: Any = select(literal_column("*")).select_from(table(views.RATE_HISTORY)).limit(0)
"""No row: for the names of the columns that the view has."""
SELECT_AVERAGES = _select(views.RATE_AVERAGES)
SELECT_DATA_STATUS = (
    _select(views.DATA_STATUS).order_by(column("date").desc()).limit(DATA_STATUS_DAYS)
)
"""The newest days first."""


def select_payload(sha256: str) -> Select[Any]:
    """Select the body of a raw answer, its bytes as stored."""
    key = column("sha256", String())
    return select(column("body")).select_from(table(views.PAYLOADS)).where(key == sha256)


def select_receipt(series: str, day: Day, revision: int) -> Select[Any]:
    """Select the receipt of an observation."""
    keys = (
        column("series", String()) == series,
        column("date", Date()) == day,
        column("revision", Integer()) == revision,
    )
    return select(column("jws")).select_from(table(views.RECEIPTS)).where(*keys)


SELECT_SIGNING_KEYS = _select(views.SIGNING_KEYS)


def public_key_of(row: Row[str, str, datetime, datetime | None]) -> PublicKey:
    """Read a row of `signing_keys_v1`."""
    kid, x, created_at, revoked_at = row
    revoked = UNSET if revoked_at is None else revoked_at.replace(tzinfo=UTC)
    return PublicKey(kid=kid, x=x, created_at=created_at.replace(tzinfo=UTC), revoked_at=revoked)


def head_of(row: Row[int, int, str, datetime]) -> Head:
    """Read the row of `head_v1`."""
    timeline, position, event_id, recorded_at = row
    return Head(timeline, position, event_id, recorded_at.replace(tzinfo=UTC))


def day_of(row: Row[Day, int, int, int]) -> DataStatusDay:
    """Read a row of `data_status_v1`."""
    day, *seconds = row
    return DataStatusDay(day, *map(int, seconds))


class ObservationRows:
    """Turns rows of `rate_history_v1` into observations that share what they have in common.

    Thirty years were recorded in few transactions from few answers: sharing one instant and one
    hash per recording saves memory.
    """

    def __init__(self) -> None:
        """Start with nothing shared."""
        self._instants: dict[datetime, datetime] = {}
        self._texts: dict[str, str] = {}
        self.by_series: dict[str, list[Observation]] = {}

    def add(self, rows: Iterable[Row[*tuple[Any, ...]]]) -> None:
        """Read `rows` into `by_series`; those of an older record have no position."""
        for series, day, revision, value, recorded_at, sha256, *position in rows:
            name = self._texts.setdefault(series, series)
            observation = Observation(
                name,
                day,
                int(revision),
                Decimal(value),
                self._instant(recorded_at),
                self._texts.setdefault(sha256, sha256),
                *map(int, position),
            )
            self.by_series.setdefault(name, []).append(observation)

    def _instant(self, naive: datetime) -> datetime:
        known = self._instants.get(naive)
        if known is None:
            known = self._instants[naive] = naive.replace(tzinfo=UTC)
        return known
