"""How both services read their environment."""

import dataclasses
from pathlib import Path

import pytest

from rates_contracts.environment import (
    DATABASES,
    REDISES,
    EnvironmentInvalid,
    Secret,
    at_least,
    http_url,
    one_of,
    positive,
    read,
    server_url,
    setting,
    tcp_port,
    variables,
)


@dataclasses.dataclass(frozen=True)
class Sample:
    """A service's settings in small."""

    url: Secret = setting("Where the database is.")
    port: int = setting(
        "The port.", default=8000, check=lambda port: 0 < port < 65536, allowed="1 to 65535"
    )
    ratio: float = setting("A share.", default=0.1)
    verbose: bool = setting("Whether to say more.", default=False)
    region: str | None = setting("A region.", default=None)


def test_variables_fill_the_fields_by_name_and_type() -> None:
    """Each variable becomes its field, converted; what is not set keeps its default."""
    sample = read(Sample, "X", {"X_URL": "u", "X_PORT": "1", "X_VERBOSE": "yes", "X_REGION": "mx"})
    assert sample == Sample(Secret("u"), 1, 0.1, True, "mx")


def test_one_message_names_every_wrong_or_missing_variable() -> None:
    """All problems come at once, also variables that do not exist."""
    environ = {"X_PORT": "70000", "X_RATIO": "much", "X_VERBOSE": "perhaps", "X_PROT": "1"}
    with pytest.raises(EnvironmentInvalid) as raised:
        read(Sample, "X", environ)
    assert [line.partition(":")[0] for line in raised.value.problems] == [
        "X_PORT",
        "X_PROT",
        "X_RATIO",
        "X_URL",
        "X_VERBOSE",
    ]


def test_a_secret_comes_from_a_file(tmp_path: Path) -> None:
    """`…_FILE` names a file that holds the secret; surrounding white space is not part of it."""
    file = tmp_path / "secret"
    file.write_text("hidden\n")
    assert read(Sample, "X", {"X_URL_FILE": str(file)}).url.reveal() == "hidden"


def test_a_secret_from_two_places_is_refused(tmp_path: Path) -> None:
    """Variable and file at once would leave open which one counts."""
    file = tmp_path / "secret"
    file.write_text("hidden")
    with pytest.raises(EnvironmentInvalid, match="not both"):
        read(Sample, "X", {"X_URL": "u", "X_URL_FILE": str(file)})


def test_an_unreadable_file_is_named_by_its_variable(tmp_path: Path) -> None:
    """A missing file is a problem of its variable, beside the others."""
    with pytest.raises(EnvironmentInvalid, match="X_URL_FILE can't be read"):
        read(Sample, "X", {"X_URL_FILE": str(tmp_path / "none")})


def test_only_secrets_are_read_from_files(tmp_path: Path) -> None:
    """`…_FILE` of an ordinary variable is refused rather than ignored."""
    with pytest.raises(EnvironmentInvalid, match="not a secret"):
        read(Sample, "X", {"X_URL": "u", "X_PORT_FILE": str(tmp_path)})


def test_a_secret_does_not_show_itself() -> None:
    """Neither repr nor str nor the settings' repr holds the value."""
    sample = read(Sample, "X", {"X_URL": "hidden"})
    assert "hidden" not in f"{sample!r} {sample.url} {sample.url!r}"


def test_an_error_does_not_hold_a_secret() -> None:
    """The message of a refused environment names variables, never a secret's value."""
    with pytest.raises(EnvironmentInvalid) as raised:
        read(Sample, "X", {"X_URL": "hidden", "X_PORT": "none"})
    assert "hidden" not in str(raised.value)


def test_every_variable_can_be_listed() -> None:
    """`.env.example` is written from the same declarations."""
    assert [name for name, _, _ in variables(Sample, "X")] == [
        "X_URL",
        "X_PORT",
        "X_RATIO",
        "X_VERBOSE",
        "X_REGION",
    ]


@dataclasses.dataclass(frozen=True)
class Checked:
    """One field of each common check."""

    place: Secret | None = server_url("A server.", REDISES, None)  # noqa: RUF009
    number: int = tcp_port("A port.", 8000)
    colour: str = one_of("A colour.", "red", "green")
    seconds: float = positive("A time.", 1.0)
    most: int = at_least("A count.", 5, 1)
    page: str = http_url("A page.", "")


def test_common_checks_let_pass_what_they_say() -> None:
    """The bounds themselves are allowed; the first choice is the default."""
    environ = {"X_PLACE": "unix:///r", "X_NUMBER": "65535", "X_SECONDS": "0.1", "X_MOST": "1"}
    assert read(Checked, "X", environ) == Checked(Secret("unix:///r"), 65535, "red", 0.1, 1, "")


ESCAPED = (
    "/, @, : and the like in a password escaped (%2F, %40, %3A), and no options but db, "
    "ssl_ca_certs"
)


@pytest.mark.parametrize(
    ("variable", "text", "said"),
    [
        (
            "X_PLACE",
            "http://r",
            f"a URL that begins with redis:// or rediss:// or unix://, with {ESCAPED}",
        ),
        ("X_PAGE", "ftp://r", "an http or https URL with a host, without a user or password"),
        ("X_NUMBER", "65536", "a port from 1 to 65535"),
        ("X_COLOUR", "blue", "one of red, green"),
        ("X_SECONDS", "0", "above 0"),
        ("X_MOST", "0", "1 or more"),
    ],
)
def test_common_checks_say_what_is_allowed(variable: str, text: str, said: str) -> None:
    """A refused value is answered with what would be allowed."""
    with pytest.raises(EnvironmentInvalid) as raised:
        read(Checked, "X", {variable: text})
    assert raised.value.problems == [f"{variable}: must be {said}"]


@dataclasses.dataclass(frozen=True)
class Servers:
    """Where a service finds what it needs."""

    database: Secret | None = server_url("A database.", DATABASES, None)  # noqa: RUF009
    redis: Secret | None = server_url("A Redis.", REDISES, None)  # noqa: RUF009
    page: str = http_url("A page.", "")


@pytest.mark.parametrize(
    ("variable", "url"),
    [
        ("X_REDIS", "redis://:pa%2Fss@redis.example:6379/0"),
        ("X_REDIS", "redis://user:pass@[::1]/0"),
        ("X_REDIS", "rediss://:pass@redis.example:6379/0?ssl_ca_certs=/etc/ca.pem"),
        ("X_REDIS", "unix:///run/redis.sock?db=1"),
        ("X_DATABASE", "mysql+asyncmy://user:pass@db.example:3306/rates?ssl=true"),
        ("X_DATABASE", "mysql+asyncmy://user:a%2Fb%40c%25d%20e@db/rates?ssl_ca=/etc/ca.pem"),
        ("X_DATABASE", "sqlite+aiosqlite:////data/rates.db"),
        ("X_DATABASE", "sqlite+aiosqlite:///rates.db"),
        ("X_PAGE", "https://www.banxico.org.mx/SieAPIRest/service/v1"),
    ],
)
def test_a_sound_url_is_taken(variable: str, url: str) -> None:
    """Users, ports, addresses and options that name whom to trust."""
    read(Servers, "X", {variable: url})


@pytest.mark.parametrize(
    ("variable", "url"),
    [
        ("X_REDIS", "redis://:hidden@redis.example:port/0"),
        ("X_REDIS", "redis://:hid/den@redis.example:6379/0"),
        ("X_REDIS", "redis://:1/hidden@redis.example:6379/0"),
        ("X_REDIS", "redis://:hid@den@redis.example:6379/0"),
        ("X_REDIS", "redis://:1#hidden@redis.example:6379/0"),
        ("X_REDIS", "redis://:hid[den@redis.example:6379/0"),
        ("X_REDIS", "redis://:hid\u2100den@redis.example:6379/0"),
        ("X_REDIS", "redis://:hid den@redis.example:6379/0"),
        ("X_REDIS", "redis://:hidden@"),
        ("X_REDIS", "redis://:hidden@redis.example?socket_timeout=hidden"),
        ("X_DATABASE", "mysql+asyncmy://user:hidden@db:hidden/rates"),
        ("X_DATABASE", "mysql+asyncmy://user:hid@den@db/rates"),
        ("X_DATABASE", "sqlite+aiosqlite:///"),
        ("X_PAGE", "https://user:hidden@banxico.example"),
        ("X_PAGE", "https://banxico.example:hidden"),
        ("X_PAGE", "https://hidden\u2100.example"),
    ],
)
def test_a_malformed_url_is_refused_and_not_quoted(variable: str, url: str) -> None:
    """A driver's traceback printed the password."""
    with pytest.raises(EnvironmentInvalid) as raised:
        read(Servers, "X", {variable: url})
    assert "hid" not in str(raised.value)


@pytest.mark.parametrize(
    ("variable", "url"),
    [
        ("X_REDIS", "rediss://redis.example/0?ssl_cert_reqs=none"),
        ("X_REDIS", "rediss://redis.example/0?ssl_check_hostname=False"),
        ("X_REDIS", "rediss://redis.example/0?ssl_ca_certs=/ca.pem&ssl_cert_reqs=none"),
        ("X_REDIS", "redis://redis.example/0?ssl_ca_certs=/ca.pem"),
        ("X_DATABASE", "mysql+asyncmy://user@db/rates?ssl=false"),
        ("X_DATABASE", "mysql+asyncmy://user@db/rates?ssl_verify_cert=false"),
        ("X_DATABASE", "mysql+asyncmy://user@db/rates?ssl_ca=/ca.pem&ssl_check_hostname=false"),
        ("X_DATABASE", "mysql+asyncmy://user@db/rates?sql_mode=x"),
    ],
)
def test_no_option_turns_a_check_off(variable: str, url: str) -> None:
    """`rediss://…?ssl_cert_reqs=none` encrypted towards whoever answered."""
    with pytest.raises(EnvironmentInvalid, match="no options but"):
        read(Servers, "X", {variable: url})


LINKS = {
    "X_PORT": "tcp://10.96.0.5:8000",
    "X_SERVICE_HOST": "10.96.0.5",
    "X_SERVICE_PORT": "8000",
    "X_SERVICE_PORT_HTTP": "8000",
    "X_PORT_8000_TCP": "tcp://10.96.0.5:8000",
    "X_PORT_8000_TCP_PROTO": "tcp",
    "X_PORT_8000_TCP_PORT": "8000",
    "X_PORT_8000_TCP_ADDR": "10.96.0.5",
    "X_CANARY_SERVICE_HOST": "10.96.0.6",
    "X_CANARY_PORT": "tcp://10.96.0.6:8000",
}


def test_what_kubernetes_sets_for_a_service_is_passed_over() -> None:
    """A Service of the same name stopped the start: its port is no number, its host unknown."""
    assert read(Sample, "X", {"X_URL": "u", **LINKS}).port == 8000


@pytest.mark.parametrize("name", ["X_PROT", "X_SERVICE", "X_SERVICE_HOSTS", "X_PORT_TCP"])
def test_what_only_looks_like_it_is_refused(name: str) -> None:
    """A misspelt variable is still told."""
    with pytest.raises(EnvironmentInvalid, match=f"{name}: no such variable"):
        read(Sample, "X", {"X_URL": "u", name: "8000"})


def test_a_file_that_is_no_text_is_not_quoted(tmp_path: Path) -> None:
    """The decoder's error names the byte."""
    file = tmp_path / "secret"
    file.write_bytes(b"hid\xffden")
    with pytest.raises(EnvironmentInvalid, match="X_URL_FILE is not in UTF-8"):
        read(Sample, "X", {"X_URL_FILE": str(file)})
