"""What the scripts on an instance do, run with stand-ins for the commands that they call."""

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "deploy/terraform/modules/service/host/files"

pytestmark = pytest.mark.skipif(shutil.which("jq") is None, reason="needs jq")

HUNG_SECONDS = 300
"""A script with its 150 looks runs for seconds; much longer beside other work at a low priority."""

# Each call is noted; what a command answers or refuses stands in files of its name. It is called by
# the hundred, so it does by itself all that a shell can. What is piped into it is read, or the
# command before it would end by a broken pipe.
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
# A look is over: after the last one the group asks the instance to leave.
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
    """A folder with the files of an instance, and stand-ins for what its scripts call."""

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
            "IMAGE=registry.example/rates-api@sha256:00\nREGISTRY=registry.example\nPORT=8000\n"
        )

    def _command(self, name: str, text: str) -> None:
        path = self.bin / name
        path.write_text(text)
        path.chmod(0o755)

    def answer(self, command: str, about: str, text: str) -> None:
        """`command` answers `text` when its arguments hold `about` (one `+` for a slash)."""
        folder = self.home / "answers" / command
        folder.mkdir(parents=True, exist_ok=True)
        (folder / about).write_text(text)

    def refuse(self, command: str, *, whether: bool = True) -> None:
        """`command` fails from now on, where it has no answer."""
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
        """Return a secret as the service finds it."""
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
    """User and password come from the secret, escaped as in a URL; the user may be the clone."""
    assert instance.run("secrets.sh").returncode == 0
    assert instance.secret("database_url") == (
        "mysql+asyncmy://rates_sync_clone:a%2Fb%40c%25d%20e@host:3306/rates?ssl_ca=/ca.pem"
    )


def test_a_token_is_the_secret_as_it_is(instance: Instance) -> None:
    """Without a template nothing is added or escaped."""
    instance.run("secrets.sh")
    assert instance.secret("banxico_token") == "t" * 64


def test_secrets_are_for_the_service_alone(instance: Instance) -> None:
    """The folder and its files are closed to others, and handed to the container's user."""
    instance.run("secrets.sh")
    folder = instance.run_folder / "secrets"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o400}
    assert instance.calls("chown")[0].startswith("--recursive 10001:10001 ")


def test_without_secrets_nothing_starts(instance: Instance) -> None:
    """The first start fails if one of them can't be read, and leaves none behind."""
    (instance.home / "answers/aws/arn:token").unlink()
    instance.refuse("aws")
    assert instance.run("secrets.sh").returncode != 0
    assert list(instance.run_folder.iterdir()) == []


def test_a_restart_needs_no_secrets_manager(instance: Instance) -> None:
    """If it does not answer, the secrets that are there stay."""
    instance.run("secrets.sh")
    (instance.home / "answers/aws/arn:token").unlink()
    instance.refuse("aws")
    assert instance.run("secrets.sh").returncode == 0
    assert instance.secret("banxico_token") == "t" * 64


def test_a_secret_without_a_field_is_refused(instance: Instance) -> None:
    """A URL is never made with a hole in it."""
    instance.answer("aws", "arn:database", '{"username": "rates_sync"}')
    assert instance.run("secrets.sh").returncode != 0


def test_a_rotated_secret_restarts_the_service(instance: Instance) -> None:
    """Only a secret that has changed does; the same again changes nothing."""
    instance.run("secrets.sh")
    instance.run("secrets.sh", "restart")
    assert instance.calls("systemctl") == []
    instance.answer("aws", "arn:database", '{"username": "rates_sync", "password": "new"}')
    instance.run("secrets.sh", "restart")
    assert instance.calls("systemctl") == ["try-restart rates-api.service"]
    assert "rates_sync:new@" in instance.secret("database_url")


def test_a_known_image_is_not_asked_for(instance: Instance) -> None:
    """A restart needs no registry."""
    assert instance.run("image.sh").returncode == 0
    assert instance.calls("docker") == ["image inspect registry.example/rates-api@sha256:00"]
    assert instance.calls("aws") == []


def test_an_unknown_image_is_pulled_by_its_digest(instance: Instance) -> None:
    """After a login to the one registry that it is in."""
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
    """Return what the group was told of hooks: name and result."""
    words = [call.split() for call in instance.calls("aws") if "complete-lifecycle-action" in call]
    return [f"{said[said.index('--lifecycle-hook-name') + 1]} {said[-1]}" for said in words]


def test_an_instance_that_lives_is_put_into_service(instance: Instance) -> None:
    """The group goes on once /livez answers, and from then on the service is watched."""
    assert instance.run("begin.sh").returncode == 0
    assert completed(instance) == ["launch CONTINUE"]
    assert "enable --now rates-watch.service rates-secrets.timer" in instance.calls("systemctl")


def test_an_instance_that_does_not_live_is_abandoned(instance: Instance) -> None:
    """Its version never takes a request: the group gives it up."""
    instance.refuse("curl")
    assert instance.run("begin.sh").returncode != 0
    assert completed(instance) == ["launch ABANDON"]


def test_an_instance_that_can_install_nothing_is_abandoned(instance: Instance) -> None:
    """Whatever step fails, the group is told at once, not after ten minutes."""
    instance.refuse("dnf")
    assert instance.run("begin.sh").returncode != 0
    assert completed(instance) == ["launch ABANDON"]
    assert instance.calls("systemctl") == []


def watched(instance: Instance, *, looks: int, alive: bool) -> None:
    """Watch for so many looks; then the group asks the instance to leave."""
    (instance.home / "last_look").write_text(str(looks))
    instance.refuse("curl", whether=not alive)
    assert instance.run("watch.sh").returncode == 0


def test_who_leaves_ends_in_good_order(instance: Instance) -> None:
    """The service is stopped first, which drains it; then the group may go on."""
    watched(instance, looks=3, alive=True)
    lines = (instance.home / "calls").read_text().splitlines()
    stopped = lines.index("systemctl stop rates-api.service")
    told = next(n for n, line in enumerate(lines) if "complete-lifecycle-action" in line)
    assert stopped < told
    assert completed(instance) == ["terminate CONTINUE"]


def test_who_lives_is_left_alone(instance: Instance) -> None:
    """No restart, and no word to the group."""
    watched(instance, looks=20, alive=True)
    assert instance.calls("systemctl") == ["stop rates-api.service"]
    assert not [call for call in instance.calls("aws") if "set-instance-health" in call]


def test_a_missed_look_or_two_mean_nothing(instance: Instance) -> None:
    """Only the third in a row restarts the service."""
    watched(instance, looks=2, alive=False)
    assert "restart rates-api.service" not in instance.calls("systemctl")


def test_a_service_that_is_not_alive_is_restarted(instance: Instance) -> None:
    """Once, and then it gets time to start."""
    watched(instance, looks=11, alive=False)
    assert instance.calls("systemctl").count("restart rates-api.service") == 1


def test_a_service_that_restarts_do_not_help_is_reported(instance: Instance) -> None:
    """After three restarts in vain the group is told, which replaces the instance."""
    watched(instance, looks=30, alive=False)
    assert instance.calls("systemctl").count("restart rates-api.service") == 3
    assert len([c for c in instance.calls("aws") if "--health-status Unhealthy" in c]) == 1
