"""`verify`: whether a receipt holds, by the keys that the service publishes."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import click

from usdmxn.cli import facts
from usdmxn.cli.arguments import Command
from usdmxn.cli.failures import NO_SUCH_VALUE, WRONG_USAGE
from usdmxn.cli.files import read_file
from usdmxn.cli.language import Text, capitalized, say_day, say_instant
from usdmxn.cli.session import Session
from usdmxn.cli.vocabulary import KINDS, name
from usdmxn.receipts import (
    Receipt,
    ReceiptForged,
    ReceiptKeyRevoked,
    ReceiptKeyUnknown,
    ReceiptMalformed,
    ReceiptRefused,
    verify_receipt,
)

HELP = Text(
    "Comprueba la firma de un recibo con las llaves que publica el servicio. El recibo de un día "
    "se descarga de /api/v1/rates/2026-08-16/receipt; un guion (-) lo lee de la entrada estándar.",
    "Check the signature of a receipt by the keys that the service publishes. A day's receipt is "
    "downloaded from /api/v1/rates/2026-08-16/receipt; a hyphen (-) reads it from stdin.",
)
VALID = Text("Firma válida: {rate} pesos por dólar", "Valid signature: {rate} pesos per dollar")
OF_DAY = Text("{kind} del {day}", "{kind} of {day}")
SIGNED_BY = Text("Firmado por", "Signed by")
SIGNED_AT = Text("Firmado el", "Signed at")
KEY = Text("Llave", "Key")
RECORDED = Text("Registrado", "Recorded")
EVIDENCE = Text("Respuesta", "Raw answer")
PUBLISHED = Text("{kid}, publicada en {url}", "{kid}, published at {url}")
HASH = Text("SHA-256 {sha256}", "SHA-256 {sha256}")
MEANING = Text(
    "Prueba lo que {issuer} registró. Si Banco de México corrige ese día, la corrección lleva otro "
    "recibo.",
    "It proves what {issuer} has recorded. If Banco de México corrects that day, the correction "
    "has another receipt.",
)
ELSEWHERE = Text(
    "El recibo dice que lo firmó {issuer}, y las llaves son las de {url}: compruebe que sean el "
    "mismo servicio.",
    "The receipt says that {issuer} has signed it, and the keys are those of {url}: check that "
    "they are the same service.",
)

REFUSALS: dict[type[ReceiptRefused], Text] = {
    ReceiptMalformed: Text(
        "{file} no es un recibo de este servicio.", "{file} is no receipt of this service."
    ),
    ReceiptKeyUnknown: Text(
        "El recibo no se puede comprobar: su llave no es ninguna de las que publica {url}.",
        "The receipt can't be checked: its key is none of those that {url} publishes.",
    ),
    ReceiptKeyRevoked: Text(
        "El recibo no prueba nada: su llave fue revocada el {revoked}; descárguelo de nuevo, ya "
        "está firmado con otra.",
        "The receipt proves nothing: its key was revoked on {revoked}; download it again, it is "
        "signed with another one.",
    ),
    ReceiptForged: Text(
        "El recibo es falso: su contenido no es el que se firmó.",
        "The receipt is false: what it says is not what was signed.",
    ),
}


@click.command("verify", cls=Command, about=HELP)
@click.argument("file", metavar="receipt.jws")
@click.pass_obj
def verify(session: Session, file: str) -> int | None:
    """Check a receipt; return the exit code."""
    content = read_file(file)
    with session.client() as client:
        keys = client.keys()
    try:
        receipt = verify_receipt(content, keys)
    except ReceiptRefused as error:
        session.note(_refusal(session, error, file), "bold red")
        return WRONG_USAGE if isinstance(error, ReceiptMalformed) else NO_SUCH_VALUE
    session.doubts((), receipt.source)
    if session.json:
        session.print_json(receipt)
    else:
        _print(session, receipt)
    return None


def _refusal(session: Session, error: ReceiptRefused, file: str) -> str:
    revoked = getattr(error, "revoked_at", None)
    return session.say(
        REFUSALS[type(error)],
        file=file,
        url=session.url,
        revoked=say_instant(revoked, session.lang) if revoked else "",
    )


def _print(session: Session, receipt: Receipt) -> None:
    session.print(session.say(VALID, rate=receipt.rate), "bold green")
    kind = capitalized(name(KINDS, receipt.kind, session.lang))
    session.print(session.say(OF_DAY, kind=kind, day=say_day(receipt.day, session.lang)))
    session.facts(_facts(session, receipt))
    if receipt.issuer.startswith("http") and _host(receipt.issuer) != _host(session.url):
        line = session.say(ELSEWHERE, issuer=receipt.issuer, url=session.url)
        session.print(line, "yellow")
    issuer = facts.source_name(receipt.issuer, session.lang)
    session.print(session.say(MEANING, issuer=issuer), "dim")


def _host(url: str) -> str:
    return urlsplit(url).netloc


def _facts(session: Session, receipt: Receipt) -> Iterator[facts.Fact]:
    lang = session.lang
    yield SIGNED_BY, facts.source_name(receipt.issuer, lang)
    yield SIGNED_AT, say_instant(receipt.signed_at, lang)
    yield KEY, session.say(PUBLISHED, kid=receipt.kid, url=session.url)
    yield (
        facts.SOURCE,
        session.say(
            facts.SERIES,
            source=facts.source_name(receipt.source, lang),
            series=receipt.series,
            correction=facts.correction(receipt.revision, lang),
        ),
    )
    yield RECORDED, say_instant(receipt.recorded_at, lang)
    yield EVIDENCE, session.say(HASH, sha256=receipt.payload_sha256)
