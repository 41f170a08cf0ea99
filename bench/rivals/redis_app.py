"""Rival "fastapi+redis": each request is one GET of a finished JSON document from Redis.

The best case of cache-aside: every answer lies ready under its path and parameters, so that there
is nothing to compute, decode or encode. Twenty pooled connections per worker, as the platform's
requirements say; the pool blocks, since the plain one fails the 21st request.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

from fastapi import FastAPI, HTTPException, Request, Response
from redis.asyncio import BlockingConnectionPool, Redis

from bench.rivals.common import Days, answer, application

CONNECTIONS = 20
POOL_SECONDS = 5
PREFIX = os.environ["BENCH_REDIS_PREFIX"]


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open the pool for as long as the worker lives."""
    pool = BlockingConnectionPool.from_url(
        os.environ["BENCH_REDIS_URL"], max_connections=CONNECTIONS, timeout=POOL_SECONDS
    )
    app.state.redis = Redis(connection_pool=pool)
    yield
    await app.state.redis.aclose()
    await pool.aclose()


app = application(lifespan)


@app.get("/api/v1/rates/current")
async def current(request: Request) -> Response:
    """Return the newest FIX."""
    return await _ready(request, "/api/v1/rates/current")


@app.get("/api/v1/rates/average/{window}")
async def average(request: Request, window: Literal["15d", "30d"]) -> Response:
    """Return the mean over a window."""
    return await _ready(request, f"/api/v1/rates/average/{window}")


@app.get("/api/v1/rates/historical")
async def historical(request: Request, days: Days = 10) -> Response:
    """Return the rates of the last days."""
    return await _ready(request, f"/api/v1/rates/historical?days={days}")


@app.get("/health")
async def health(request: Request) -> Response:
    """Return the state of the platform."""
    return await _ready(request, "/health")


async def _ready(request: Request, key: str) -> Response:
    body = await request.app.state.redis.get(PREFIX + key)
    if body is None:
        raise HTTPException(404)
    return answer(request, body)
