"""What the study takes over from a run of the benchmark."""

import re

import msgspec
import pytest

from bench import cli
from bench.capacity.inputs import HERE, Measurements
from bench.capacity.measured import SECTIONS as TAKEN
from bench.capacity.measured import measured
from bench.latency import Figure, figure
from bench.run import SECTIONS
from bench.tests.capacity import plain
from bench.work import KINDS

ABOUT = {"date": "2026-11-27", "commit": "0123456", "CPU": "2 x AMD", "Python": "3.11.7"}


def figures() -> dict[str, Figure]:
    """Return the figures of a run, three samples each."""
    rates = {f"work/{kind}": figure([1.0, 12_345.6, 99_999.0], "/s") for kind in KINDS}
    sizes = {f"bytes/{kind}": figure([800.0], "B") for kind in KINDS}
    worker = {"cold/worker": figure([1.3, 1.36, 9.0], "s"), "memory/rss": figure([101.2], "MB")}
    return rates | sizes | worker


def test_the_medians_of_a_run_are_taken_over() -> None:
    """With the commit, the date and the machine that they are of."""
    taken = measured(ABOUT, figures())
    assert (taken.measured, taken.commit) == ("2026-11-27", "0123456")
    assert taken.machine == "2 x AMD, Python 3.11.7"
    assert set(taken.requests_per_core_second.values()) == {12_346}
    assert set(taken.bytes_per_answer.values()) == {800}
    assert (taken.cold_start_seconds, taken.memory_mb_per_worker) == (1.4, 101)


def test_the_kinds_that_are_measured_are_those_of_the_traffic() -> None:
    """Neither knows one that the other does not."""
    assert KINDS.keys() == plain.INPUTS.assumed.traffic.keys()


def test_what_a_run_writes_is_what_the_study_reads() -> None:
    """Field for field; the committed file names the commit that it is of."""
    taken = measured(ABOUT, figures())
    assert msgspec.json.decode(msgspec.json.encode(taken), type=Measurements) == taken
    committed = msgspec.json.decode((HERE / "measured.json").read_bytes(), type=Measurements)
    assert re.fullmatch(r"[0-9a-f]{7,}", committed.commit)


def test_a_run_without_those_sections_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """Before anything is measured, with the sections that it takes."""
    assert set(SECTIONS) >= TAKEN
    with pytest.raises(SystemExit):
        cli.main(["--only", "cold", "--capacity", "measured.json"])
    assert "cold, memory, work" in capsys.readouterr().err
