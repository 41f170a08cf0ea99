"""What both rivals share: headers, conditional requests, compression, parameters.

Everything that rates-api sends per answer is sent here too: `ETag`, `Cache-Control`, CORS and
`Vary`.
"""

from hashlib import sha256
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request, Response
from starlette.middleware.gzip import GZipMiddleware

JSON = "application/json"
GZIP_ABOVE = 1024
GZIP_LEVEL = 6
"""The services' own; Starlette's default of 9 is slower."""
CACHE_CONTROL = "public, max-age=0, must-revalidate, s-maxage=300"
HEADERS = {
    "Cache-Control": CACHE_CONTROL,
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Retry-After, X-Request-Id",
}

Days = Annotated[int, Query(ge=1, le=20_000)]


def application(lifespan: Any) -> FastAPI:
    """Return an application that compresses what is large, without pages nobody asks for."""
    app = FastAPI(lifespan=lifespan, openapi_url=None)
    app.add_middleware(GZipMiddleware, minimum_size=GZIP_ABOVE, compresslevel=GZIP_LEVEL)
    return app


def answer(request: Request, body: bytes) -> Response:
    """Return `body` with its entity tag, or 304 to whoever has it."""
    etag = f'"{sha256(body).hexdigest()[:32]}"'
    headers = {**HEADERS, "ETag": etag}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=JSON, headers=headers)
