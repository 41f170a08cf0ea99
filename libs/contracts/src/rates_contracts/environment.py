"""Settings read from environment variables: one convention, one error message.

Settings are a frozen dataclass whose fields are declared with `setting` or one of its common forms:
`one_of`, `server_url`, `tcp_port`, `positive`, `at_least`. `read` fills it from variables named
`<PREFIX>_<FIELD>`. A `Secret` may also come from the file that `<PREFIX>_<FIELD>_FILE` names.
"""

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar, get_args, get_type_hints

T = TypeVar("T")

DATABASES = ("mysql+asyncmy://", "sqlite+aiosqlite:///")
REDISES = ("redis://", "rediss://", "unix://")
"""The schemes of the URLs of databases and of Redis."""

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
    """Declare a secret URL that begins with one of `schemes`."""
    allowed = "a URL that begins with " + " or ".join(schemes)
    return setting(
        doc,
        default=default,
        check=lambda value: value.reveal().startswith(schemes),
        allowed=allowed,
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
