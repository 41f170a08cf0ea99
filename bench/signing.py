"""What signatures cost (protocol rule 45): an event at a publication, the documents at a load.

In this process, on what the platform has in Redis: the calls that the services make, one after the
other. The decoding of the documents stands beside them, since a load takes both.
"""

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import redis
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from bench.latency import Figure, figure
from bench.platform import Platform
from bench.report import Section, Table
from rates_api.consume.documents import snapshot_of
from rates_contracts.documents import AVERAGES, CURRENT, HISTORY
from rates_contracts.signatures.carrier import (
    SIGNATURES,
    decode_signatures,
    signature_of,
    signed_content,
)
from rates_contracts.signatures.jose import from_base64url
from rates_contracts.stream import EVENT, EVENTS, signature_in
from rates_dev.platform import signing_key_file
from rates_sync.signing import SigningKey, load_signing_key

DOCUMENTS = (CURRENT, AVERAGES, HISTORY)
REPEATS = 50


def measure(platform: Platform) -> Section:
    """Sign and verify the newest event and the documents, again and again."""
    key = load_signing_key(signing_key_file(platform.plan))
    event, documents = _carried(platform.plan.port("redis"))
    work: Mapping[str, Callable[[], object]] = {
        "sign an event": partial(_sign, key, event),
        "verify an event": partial(_verify, key, event),
        "sign the documents": partial(_sign, key, documents),
        "verify the documents": partial(_verify, key, documents),
        "decode the documents": partial(snapshot_of, *(documents[name][0] for name in DOCUMENTS)),
    }
    spent = {name: figure([_ms(done) for _ in range(REPEATS)], "ms") for name, done in work.items()}
    figures = {f"signing/{name}": cost for name, cost in spent.items()}
    return Section([_table(spent, event, documents)], figures)


Carried = dict[str, tuple[bytes, str | None]]
"""Bodies and signatures, by the key of Redis that they lie under."""


def _carried(port: int) -> tuple[Carried, Carried]:
    """Return the newest event and the documents, as the relay has written them."""
    client = redis.Redis(port=port, protocol=2)
    try:
        read: Any = client.xrevrange(EVENTS, count=1)
        bodies: Any = client.mget(DOCUMENTS)
        held: Any = client.get(SIGNATURES)
    finally:
        client.close()
    fields, signatures = read[0][1], decode_signatures(held)
    event = {EVENTS: (fields[EVENT], signature_in(fields))}
    pairs = zip(DOCUMENTS, bodies, strict=True)
    return event, {name: (body, signatures.get(name)) for name, body in pairs}


def _sign(key: SigningKey, carried: Carried) -> None:
    for name, (body, _) in carried.items():
        key.sign(signed_content(name, body))


def _verify(key: SigningKey, carried: Carried) -> None:
    """Raises `InvalidSignature` for what the platform's key has not signed."""
    public = Ed25519PublicKey.from_public_bytes(from_base64url(key.x))
    for name, (body, text) in carried.items():
        signature = signature_of(text)
        public.verify(signature.value if signature else b"", signed_content(name, body))


def _ms(done: Callable[[], object]) -> float:
    """Return the milliseconds that a call takes."""
    began = time.perf_counter()
    done()
    return 1000 * (time.perf_counter() - began)


def _table(spent: Mapping[str, Figure], event: Carried, documents: Carried) -> Table:
    sizes = [sum(len(body) for body, _ in carried.values()) for carried in (event, documents)]
    note = (
        f"Median (least-most) of {REPEATS}; the event has {sizes[0]:,} bytes, the documents"
        f" {sizes[1]:,}. A worker verifies them at each load, off the event loop."
    )
    rows = [(name, str(cost)) for name, cost in spent.items()]
    return Table("What signatures cost", ("what", "ms"), rows, [note])
