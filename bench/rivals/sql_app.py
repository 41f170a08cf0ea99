"""Rival "fastapi+sql": each request selects from the read views of the record.

SQLAlchemy Core with statements built once, a pool of 20 connections opened read-only. What does
not come from the rows (freshness, level) is taken from an answer of rates-api, given at start:
this rival need not ask for it, which is in its favour.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import orjson
from fastapi import FastAPI, Request, Response
from sqlalchemy import bindparam, column, select, table, text
from sqlalchemy.ext.asyncio import create_async_engine

from bench.rivals.common import Days, answer, application

CONNECTIONS = 20
FIX = "SF43718"

OBSERVATION = ("series", "date", "revision", "value", "recorded_at", "payload_sha256")
HISTORY = table("rate_history_v1", *map(column, OBSERVATION))
AVERAGES = table("rate_averages_v1", *map(column, ("window_name", "at", "document")))

SELECT_CURRENT = (
    select(HISTORY)
    .where(HISTORY.c.series == FIX)
    .order_by(HISTORY.c.date.desc(), HISTORY.c.revision.desc())
    .limit(1)
)
"""The index finds this row; `current_rates_v1` would look for the newest of every series."""
SELECT_HISTORY = (
    select(HISTORY.c.date, HISTORY.c.value, HISTORY.c.revision, HISTORY.c.recorded_at)
    .where(HISTORY.c.series == FIX, HISTORY.c.date >= bindparam("first"))
    .order_by(HISTORY.c.date, HISTORY.c.revision)
)
SELECT_AVERAGE = (
    select(AVERAGES.c.document)
    .where(AVERAGES.c.window_name == bindparam("window"), AVERAGES.c.at <= bindparam("now"))
    .order_by(AVERAGES.c.at.desc())
    .limit(1)
)
SELECT_ONE = text("SELECT 1")
TEMPLATES: dict[str, dict[str, Any]] = orjson.loads(
    Path(os.environ["BENCH_TEMPLATES"]).read_bytes()
)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open the pool for as long as the worker lives."""
    # Only read, and never twice: no transaction to begin, and none to roll back.
    engine = create_async_engine(
        os.environ["BENCH_DATABASE_URL"],
        pool_size=CONNECTIONS,
        pool_reset_on_return=None,
        isolation_level="AUTOCOMMIT",
    )
    app.state.engine = engine
    yield
    await engine.dispose()


app = application(lifespan)


@app.get("/api/v1/rates/current")
async def current(request: Request) -> Response:
    """Return the newest FIX."""
    [row] = await _rows(request, SELECT_CURRENT)
    document = dict(TEMPLATES["/api/v1/rates/current"])
    provenance = {
        "revision": row.revision,
        "recorded_at": _instant(row.recorded_at),
        "payload_sha256": row.payload_sha256,
    }
    document |= {"rate": row.value, "provenance": document["provenance"] | provenance}
    document["dates"] = document["dates"] | {"determined": row.date}
    return answer(request, orjson.dumps(document))


@app.get("/api/v1/rates/average/{window}")
async def average(request: Request, window: Literal["15d", "30d"]) -> Response:
    """Return the mean over a window."""
    [row] = await _rows(request, SELECT_AVERAGE, window=window, now=_now().isoformat(" "))
    stored = orjson.loads(row.document)
    document = dict(TEMPLATES["/api/v1/rates/average/30d"])
    document |= {name: stored[name] for name in document.keys() & stored.keys()}
    document |= {"from": stored["from_day"], "to": stored["to_day"]}
    return answer(request, orjson.dumps(document))


@app.get("/api/v1/rates/historical")
async def historical(request: Request, days: Days = 10) -> Response:
    """Return the newest revisions of the last days."""
    first = _today() - timedelta(days=days - 1)
    newest = {
        row.date: row for row in await _rows(request, SELECT_HISTORY, first=first.isoformat())
    }
    document = dict(TEMPLATES["/api/v1/rates/historical?days=10"])
    document |= {"from": first, "to": _today(), "count": len(newest)}
    document["observations"] = [
        {
            "date": row.date,
            "rate": row.value,
            "revision": row.revision,
            "recorded_at": _instant(row.recorded_at),
            "derived": False,
        }
        for row in newest.values()
    ]
    return answer(request, orjson.dumps(document))


@app.get("/health")
async def health(request: Request) -> Response:
    """Return the state of the platform, the database asked."""
    await _rows(request, SELECT_ONE)
    return answer(request, orjson.dumps(TEMPLATES["/health"]))


async def _rows(request: Request, query: Any, **values: Any) -> Any:
    async with request.app.state.engine.connect() as connection:
        return (await connection.execute(query, values)).all()


def _now() -> datetime:
    """Return now, naive UTC, as instants lie in the database."""
    return datetime.now(UTC).replace(tzinfo=None)


def _today() -> date:
    """Return the platform's day; its clock is six hours behind UTC all the year."""
    return (_now() - timedelta(hours=6)).date()


def _instant(naive: str) -> str:
    return f"{naive.replace(' ', 'T')}Z"
