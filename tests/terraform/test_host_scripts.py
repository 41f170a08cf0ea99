"""The scripts on an instance, run with fakes of the commands that they call."""

import os
import shutil
import ssl
import stat
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "deploy/terraform/modules/service/host/files"

pytestmark = pytest.mark.skipif(shutil.which("jq") is None, reason="needs jq")

HUNG_SECONDS = 300
"""A script with 150 checks runs for seconds, but much longer at low priority on a busy machine."""

# Records each call; files with the command's name define its answers and failures. It is called
# hundreds of times, so it uses only shell built-ins. It reads its standard input, or the command
# that feeds it would die of a broken pipe.
STAND_IN = """#!/bin/sh
name=${0##*/}
printf '%s %s\\n' "$name" "$*" >>"$FAKES/calls"
case "$*" in *--password-stdin*) read -r _ ;; esac
for answer in "$FAKES/answers/$name"/*; do
    [ -e "$answer" ] || continue
    about=${answer##*/}
    case "$about" in *+*) about="${about%%+*}/${about#*+}" ;; esac
    case "$*" in *"$about"*) exec cat "$answer" ;; esac
done
[ ! -e "$FAKES/refused/$name" ]
"""
# Ends a check; after the last one the group terminates the instance.
SLEEP = """#!/bin/sh
looks=0
[ ! -e "$FAKES/looks" ] || read -r looks <"$FAKES/looks"
looks=$((looks + 1))
echo "$looks" >"$FAKES/looks"
read -r last <"$FAKES/last_look"
if [ "$looks" -ge "$last" ]; then
    echo Terminated >"$FAKES/answers/curl/target-lifecycle-state"
fi
"""


class Instance:
    """A folder with an instance's files, and fakes of the commands that its scripts call."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.etc, self.run_folder, self.bin = home / "etc", home / "run", home / "bin"
        for folder in (self.etc, self.bin, home / "refused"):
            folder.mkdir(parents=True)
        for name in ("aws", "curl", "systemctl", "docker", "dnf", "agent", "chown"):
            self._command(name, STAND_IN)
        self._command("sleep", SLEEP)
        self.answer("curl", "instance-id", "i-0123456789abcdef0")
        self.answer("curl", "api+token", "token")
        (home / "last_look").write_text("1")
        (self.etc / "host.env").write_text(
            "SERVICE=rates-api\nREGION=us-east-1\nGROUP=rates-staging-rates-api\n"
            "IMAGE=registry.example/rates-api@sha256:00\nREGISTRY=registry.example\n"
            "PROBE=https://127.0.0.1:8000/livez\n"
        )

    def _command(self, name: str, text: str) -> None:
        path = self.bin / name
        path.write_text(text)
        path.chmod(0o755)

    def answer(self, command: str, about: str, text: str) -> None:
        """Make `command` print `text` if its arguments contain `about` (`+` for a slash)."""
        folder = self.home / "answers" / command
        folder.mkdir(parents=True, exist_ok=True)
        (folder / about).write_text(text)

    def refuse(self, command: str, *, whether: bool = True) -> None:
        """Make `command` fail from now on, unless it has an answer."""
        path = self.home / "refused" / command
        path.touch() if whether else path.unlink(missing_ok=True)

    def run(self, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one of the scripts to its end."""
        environ = {
            "PATH": f"{self.bin}:{os.environ['PATH']}",
            "FAKES": str(self.home),
            "RATES_ETC": str(self.etc),
            "RATES_RUN": str(self.run_folder),
            "RATES_AGENT": "agent",
        }
        command = ["bash", str(SCRIPTS / script), *arguments]
        return subprocess.run(
            command, env=environ, capture_output=True, text=True, timeout=HUNG_SECONDS, check=False
        )

    def calls(self, command: str) -> list[str]:
        """Return the arguments of each call of `command`, in order."""
        path = self.home / "calls"
        lines = path.read_text().splitlines() if path.exists() else []
        return [
            line.removeprefix(f"{command} ") for line in lines if line.startswith(f"{command} ")
        ]

    def secret(self, file: str) -> str:
        """Return a secret as the service reads it."""
        return (self.run_folder / "secrets" / file).read_text()


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    """Return an instance with a database user's secret and a token."""
    made = Instance(tmp_path)
    (made.etc / "secrets.json").write_text(
        '[{"file": "database_url", "secret": "arn:database",'
        ' "template": "mysql+asyncmy://{username}:{password}@host:3306/rates?ssl_ca=/ca.pem"},'
        ' {"file": "banxico_token", "secret": "arn:token", "template": null}]'
    )
    made.answer(
        "aws", "arn:database", '{"username": "rates_sync_clone", "password": "a/b@c%d e"}\n'
    )
    made.answer("aws", "arn:token", "t" * 64 + "\n")
    return made


def test_a_url_is_made_of_the_fields_of_its_secret(instance: Instance) -> None:
    """User and password come from the secret, URL-encoded; the user may be the clone."""
    assert instance.run("secrets.sh").returncode == 0
    assert instance.secret("database_url") == (
        "mysql+asyncmy://rates_sync_clone:a%2Fb%40c%25d%20e@host:3306/rates?ssl_ca=/ca.pem"
    )


def test_a_token_is_passed_unchanged(instance: Instance) -> None:
    """Without a template the secret is passed unchanged."""
    instance.run("secrets.sh")
    assert instance.secret("banxico_token") == "t" * 64


def test_only_the_service_can_read_its_secrets(instance: Instance) -> None:
    """Folder and files belong to the container's user and are not accessible to others."""
    instance.run("secrets.sh")
    folder = instance.run_folder / "secrets"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o400}
    assert instance.calls("chown")[0].startswith("--recursive 10001:10001 ")


def test_without_secrets_nothing_starts(instance: Instance) -> None:
    """The first start fails if a secret can't be read, and leaves none behind."""
    (instance.home / "answers/aws/arn:token").unlink()
    instance.refuse("aws")
    assert instance.run("secrets.sh").returncode != 0
    assert list(instance.run_folder.iterdir()) == []


def test_a_restart_works_without_secrets_manager(instance: Instance) -> None:
    """If Secrets Manager does not answer, the present secrets stay."""
    instance.run("secrets.sh")
    (instance.home / "answers/aws/arn:token").unlink()
    instance.refuse("aws")
    assert instance.run("secrets.sh").returncode == 0
    assert instance.secret("banxico_token") == "t" * 64


def test_a_secret_without_a_field_is_rejected(instance: Instance) -> None:
    """A URL with a missing field is never written."""
    instance.answer("aws", "arn:database", '{"username": "rates_sync"}')
    assert instance.run("secrets.sh").returncode != 0


def test_a_rotated_secret_restarts_the_service(instance: Instance) -> None:
    """Only a changed secret restarts the service; the same one does nothing."""
    instance.run("secrets.sh")
    instance.run("secrets.sh", "restart")
    assert instance.calls("systemctl") == []
    instance.answer("aws", "arn:database", '{"username": "rates_sync", "password": "new"}')
    instance.run("secrets.sh", "restart")
    assert instance.calls("systemctl") == ["try-restart rates-api.service"]
    assert "rates_sync:new@" in instance.secret("database_url")


def test_a_present_image_is_not_pulled(instance: Instance) -> None:
    """A restart does not depend on the registry."""
    assert instance.run("image.sh").returncode == 0
    assert instance.calls("docker") == ["image inspect registry.example/rates-api@sha256:00"]
    assert instance.calls("aws") == []


def test_a_missing_image_is_pulled_by_its_digest(instance: Instance) -> None:
    """It is pulled after a login to its registry."""
    instance.refuse("docker")
    instance.answer("docker", "login", "")
    instance.answer("docker", "pull", "")
    instance.answer("aws", "get-login-password", "password")
    assert instance.run("image.sh").returncode == 0
    assert instance.calls("docker")[1:] == [
        "login --username AWS --password-stdin registry.example",
        "pull --quiet registry.example/rates-api@sha256:00",
    ]


def completed(instance: Instance) -> list[str]:
    """Return the completed lifecycle hooks: name and result."""
    words = [call.split() for call in instance.calls("aws") if "complete-lifecycle-action" in call]
    return [f"{said[said.index('--lifecycle-hook-name') + 1]} {said[-1]}" for said in words]


def test_an_alive_instance_goes_into_service(instance: Instance) -> None:
    """The hook completes once /livez answers, and the watchdog starts."""
    assert instance.run("begin.sh").returncode == 0
    assert completed(instance) == ["launch CONTINUE"]
    assert "enable --now rates-watch.service rates-secrets.timer" in instance.calls("systemctl")


def test_an_instance_that_never_becomes_alive_is_abandoned(instance: Instance) -> None:
    """The hook abandons the instance, so that it never gets a request."""
    instance.refuse("curl")
    assert instance.run("begin.sh").returncode != 0
    assert completed(instance) == ["launch ABANDON"]


def test_a_failed_installation_abandons_the_instance(instance: Instance) -> None:
    """Whichever step fails, the hook is abandoned at once, not after ten minutes."""
    instance.refuse("dnf")
    assert instance.run("begin.sh").returncode != 0
    assert completed(instance) == ["launch ABANDON"]
    assert instance.calls("systemctl") == []


def watched(instance: Instance, *, looks: int, alive: bool) -> None:
    """Run the watchdog for so many checks; then the group terminates the instance."""
    (instance.home / "last_look").write_text(str(looks))
    instance.refuse("curl", whether=not alive)
    assert instance.run("watch.sh").returncode == 0


def test_a_terminating_instance_shuts_down_cleanly(instance: Instance) -> None:
    """The service is stopped first, which drains it; then the hook completes."""
    watched(instance, looks=3, alive=True)
    lines = (instance.home / "calls").read_text().splitlines()
    stopped = lines.index("systemctl stop rates-api.service")
    told = next(n for n, line in enumerate(lines) if "complete-lifecycle-action" in line)
    assert stopped < told
    assert completed(instance) == ["terminate CONTINUE"]


def test_an_alive_service_is_left_alone(instance: Instance) -> None:
    """Nothing is restarted, and nothing is reported to the group."""
    watched(instance, looks=20, alive=True)
    assert instance.calls("systemctl") == ["stop rates-api.service"]
    assert not [call for call in instance.calls("aws") if "set-instance-health" in call]


def test_two_failed_checks_are_tolerated(instance: Instance) -> None:
    """Only the third consecutive failure restarts the service."""
    watched(instance, looks=2, alive=False)
    assert "restart rates-api.service" not in instance.calls("systemctl")


def test_a_service_that_is_not_alive_is_restarted(instance: Instance) -> None:
    """It is restarted once, and then gets time to start."""
    watched(instance, looks=11, alive=False)
    assert instance.calls("systemctl").count("restart rates-api.service") == 1


def test_an_instance_that_restarts_do_not_help_is_reported(instance: Instance) -> None:
    """After three failed restarts the instance is reported, and the group replaces it."""
    watched(instance, looks=30, alive=False)
    assert instance.calls("systemctl").count("restart rates-api.service") == 3
    assert len([c for c in instance.calls("aws") if "--health-status Unhealthy" in c]) == 1


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
def test_each_start_has_a_new_certificate_with_its_key(instance: Instance) -> None:
    """One file that a server can use, which only the service's user can read."""
    file = instance.run_folder / "tls/certificate.pem"
    made = set()
    for _ in range(2):
        assert instance.run("certificate.sh").returncode == 0
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(file)
        made.add(file.read_bytes())
    assert len(made) == 2
    assert [path.name for path in file.parent.iterdir()] == ["certificate.pem"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert instance.calls("chown")[-1] == f"--recursive 10001:10001 {file.parent}"
