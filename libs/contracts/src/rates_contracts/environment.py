"""Settings read from environment variables: one convention, one error message.

Settings are a frozen dataclass whose fields are declared with `setting` or one of its common forms:
`one_of`, `server_url`, `http_url`, `tcp_port`, `positive`, `at_least`. `read` fills it from
variables named `<PREFIX>_<FIELD>`. A `Secret` may also come from the file that
`<PREFIX>_<FIELD>_FILE` names.
"""

import dataclasses
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar, get_args, get_type_hints
from urllib.parse import SplitResult, parse_qsl, urlsplit

T = TypeVar("T")

DATABASES = ("mysql+asyncmy://", "sqlite+aiosqlite:///")
REDISES = ("redis://", "rediss://", "unix://")
"""The schemes of the URLs of databases and of Redis."""

OPTIONS: Mapping[str, frozenset[str]] = {
    "mysql+asyncmy": frozenset({"ssl", "ssl_ca"}),
    "rediss": frozenset({"ssl_ca_certs"}),
    "unix": frozenset({"db"}),
}
"""The options of a URL by its scheme: with others a driver no longer checks whom it talks to."""

_SERVICE_LINK = re.compile(
    r"\w+_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)"
)
_LINKED_ADDRESS = re.compile(r"(tcp|udp|sctp)://.+:\d+")

TRUE, FALSE = frozenset({"1", "true", "yes", "on"}), frozenset({"0", "false", "no", "off"})


class EnvironmentInvalid(Exception):
    """Every wrong or missing variable, one per line; never the value of a secret."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("invalid environment:\n" + "\n".join(f"  {line}" for line in problems))
        self.problems = problems


@dataclasses.dataclass(frozen=True, repr=False, slots=True)
class Secret:
    """A value that is hidden from `repr`, logs, traces and errors."""

    _value: str

    def reveal(self) -> str:
        """Return the value itself."""
        return self._value

    def __repr__(self) -> str:
        return "Secret('***')"

    __str__ = __repr__


@dataclasses.dataclass(frozen=True)
class Setting:
    """The metadata of a field: its description for `.env.example` and its check."""

    doc: str
    check: Callable[[Any], bool] | None
    allowed: str


def setting(
    doc: str,
    *,
    default: Any = dataclasses.MISSING,
    check: Callable[[Any], bool] | None = None,
    allowed: str = "",
) -> Any:
    """Declare a field: `doc` is a sentence with the unit, `allowed` says what `check` accepts."""
    metadata = {"setting": Setting(doc, check, allowed)}
    if default is dataclasses.MISSING:
        return dataclasses.field(metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def one_of(doc: str, *allowed: str) -> Any:
    """Declare a choice; the first is the default."""
    names = ", ".join(allowed)
    return setting(
        doc, default=allowed[0], check=lambda value: value in allowed, allowed=f"one of {names}"
    )


def server_url(doc: str, schemes: tuple[str, ...], default: Any = dataclasses.MISSING) -> Any:
    """Declare a secret URL that begins with one of `schemes`, with no options but `OPTIONS`."""
    names = {name for scheme in schemes for name in OPTIONS.get(scheme.partition(":")[0], ())}
    allowed = f"a URL that begins with {' or '.join(schemes)}, with /, @, : and the like in a "
    allowed += f"password escaped (%2F, %40, %3A), and no options but {', '.join(sorted(names))}"
    return setting(
        doc,
        default=default,
        check=lambda value: value.reveal().startswith(schemes) and _is_server(value.reveal()),
        allowed=allowed,
    )


def http_url(doc: str, default: str) -> Any:
    """Declare an address to send requests to. It is no secret, and may hold none."""
    return setting(
        doc,
        default=default,
        check=_is_http,
        allowed="an http or https URL with a host, without a user or password",
    )


def tcp_port(doc: str, default: int) -> Any:
    """Declare a TCP port to listen on."""
    allowed = "a port from 1 to 65535"
    return setting(doc, default=default, check=lambda value: 0 < value < 65536, allowed=allowed)


def positive(doc: str, default: float) -> Any:
    """Declare a number above 0."""
    return setting(doc, default=default, check=lambda value: value > 0, allowed="above 0")


def at_least(doc: str, default: float, minimum: float) -> Any:
    """Declare a number of at least `minimum`."""
    allowed = f"{minimum:g} or more"
    return setting(doc, default=default, check=lambda value: value >= minimum, allowed=allowed)


def read(cls: type[T], prefix: str, environ: Mapping[str, str]) -> T:
    """Build `cls` from `environ`. Raises `EnvironmentInvalid`, which names every bad variable."""
    environ = _without_service_links(environ)
    hints = get_type_hints(cls)
    values: dict[str, Any] = {}
    problems = _unknown(cls, prefix, environ)
    for field in dataclasses.fields(cls):  # type: ignore[arg-type]
        name = f"{prefix}_{field.name.upper()}"
        try:
            _fill(values, field, hints[field.name], name, environ)
        except ValueError as error:
            problems.append(f"{name}: {error}")
    if problems:
        raise EnvironmentInvalid(sorted(problems))
    return cls(**values)


def variables(cls: type[Any], prefix: str) -> list[tuple[str, Setting, Any]]:
    """Return (variable, setting, default) for each field."""
    return [
        (f"{prefix}_{field.name.upper()}", field.metadata["setting"], field.default)
        for field in dataclasses.fields(cls)
    ]


def _is_server(url: str) -> bool:
    parts = _split(url)
    if parts is None or parts.fragment or not url.isprintable() or " " in url:
        return False
    if not _has_known_options(parts):
        return False
    if parts.scheme in ("unix", "sqlite+aiosqlite"):
        return len(parts.path) > 1
    # A `/` or `@` that is not escaped makes a part of the password the host, which errors name.
    return bool(parts.hostname) and parts.netloc.count("@") < 2 and "@" not in parts.path


def _has_known_options(parts: SplitResult) -> bool:
    """Tell whether there is no option, or one that the scheme may have; TLS is not turned off."""
    options = parse_qsl(parts.query, keep_blank_values=True)
    known = OPTIONS.get(parts.scheme, frozenset())
    if any(name not in known for name, _ in options):
        return False
    return len(options) < 2 and dict(options).get("ssl", "true") == "true"


def _is_http(url: str) -> bool:
    parts = _split(url)
    return (
        parts is not None
        and parts.scheme in {"http", "https"}
        and bool(parts.hostname)
        and "@" not in parts.netloc
    )


def _split(url: str) -> SplitResult | None:
    """Return the parts of `url`, None for one that is malformed: the error would quote it."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _without_service_links(environ: Mapping[str, str]) -> dict[str, str]:
    """Return `environ` without what Kubernetes sets in a pod for each Service beside it.

    For a Service `rates-api` that is RATES_API_SERVICE_HOST, RATES_API_PORT=tcp://10.96.0.5:8000
    and more.
    """
    return {name: text for name, text in environ.items() if not _is_service_link(name, text)}


def _is_service_link(name: str, text: str) -> bool:
    if _SERVICE_LINK.fullmatch(name):
        return True
    return name.endswith("_PORT") and _LINKED_ADDRESS.fullmatch(text) is not None


def _unknown(cls: type[Any], prefix: str, environ: Mapping[str, str]) -> list[str]:
    known = {f"{prefix}_{field.name.upper()}" for field in dataclasses.fields(cls)}
    known |= {f"{name}_FILE" for name in known}
    return [
        f"{name}: no such variable"
        for name in environ
        if name.startswith(f"{prefix}_") and name not in known
    ]


def _fill(
    values: dict[str, Any],
    field: "dataclasses.Field[Any]",
    hint: Any,
    name: str,
    environ: Mapping[str, str],
) -> None:
    kinds = [kind for kind in (get_args(hint) or (hint,)) if kind is not type(None)]
    text = _text(name, environ, secret=Secret in kinds)
    if text is None or text == "":
        if field.default is dataclasses.MISSING:
            raise ValueError("missing: " + field.metadata["setting"].doc)
        return
    value = _convert(text, kinds[0])
    declared: Setting = field.metadata["setting"]
    if declared.check is not None and not declared.check(value):
        raise ValueError(f"must be {declared.allowed}")
    values[field.name] = value


def _text(name: str, environ: Mapping[str, str], *, secret: bool) -> str | None:
    path = environ.get(f"{name}_FILE")
    if not path:
        return environ.get(name)
    if not secret:
        raise ValueError("is not a secret: only secrets are read from files")
    if environ.get(name):
        raise ValueError(f"set either {name} or {name}_FILE, not both")
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ValueError(f"the file of {name}_FILE can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"the file of {name}_FILE is not in UTF-8") from error


def _convert(text: str, kind: Any) -> Any:
    if kind is bool:
        return _boolean(text)
    if kind in (int, float):
        try:
            return kind(text)
        except ValueError as error:
            raise ValueError(f"must be a number, not {text!r}") from error
    return kind(text)


def _boolean(text: str) -> bool:
    if text.lower() in TRUE:
        return True
    if text.lower() in FALSE:
        return False
    raise ValueError(f"must be true or false, not {text!r}")
