"""Mexico City's time is the pinned package's in every process, whatever the host has."""

import os
import re
import shutil
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOON = """
from datetime import UTC, datetime
from zoneinfo import ZoneInfo
from {module} import MEXICO_CITY
for zone in (ZoneInfo("America/Mexico_City"), MEXICO_CITY):
    print(datetime(2024, 7, 1, 12, tzinfo=zone).astimezone(UTC).hour)
"""


@pytest.fixture
def wrong_host(tmp_path: Path) -> dict[str, str]:
    """The environment of a host on which Mexico City is five hours behind."""
    city = tmp_path / "America" / "Mexico_City"
    city.parent.mkdir()
    packaged = resources.files("tzdata.zoneinfo") / "Etc" / "GMT+5"
    with resources.as_file(packaged) as five_hours_behind:
        shutil.copy(five_hours_behind, city)
    return {**os.environ, "PYTHONTZPATH": str(tmp_path)}


@pytest.mark.parametrize("module", ["rates_contracts.calendar", "banxico_simulator.clock"])
def test_the_hosts_time_zone_data_are_not_used(wrong_host: dict[str, str], module: str) -> None:
    """Protocol rule 33: where the host's noon is 17:00Z, ours is 18:00Z still."""
    command = [sys.executable, "-c", NOON.format(module=module)]
    shown = subprocess.run(command, env=wrong_host, capture_output=True, text=True, check=True)
    assert shown.stdout.split() == ["17", "18"], "the host's, then ours"


def test_no_module_asks_the_host_for_a_zone() -> None:
    """Protocol rule 33: nothing calls `ZoneInfo(…)`, which prefers the host's data."""
    folders = ("libs", "services", "tools", "bench", "tests/e2e")
    sources = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    ours = [path for path in sources if ".venv" not in path.parts]
    assert [path for path in ours if re.search(r"ZoneInfo\(\W", path.read_text("utf-8"))] == []
