"""The end of a process: no thread of a server can meet a finalized interpreter."""

import subprocess
import sys

PROGRAM = """
import atexit, sys
from rates_telemetry.ending import end_process
atexit.register(print, "finalized")
print("said")
end_process(3)
"""


def test_a_process_ends_with_its_output_and_its_status_and_finalizes_nothing() -> None:
    """Output to a pipe is buffered: it is written first."""
    ended = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, check=False)
    assert (ended.returncode, ended.stdout) == (3, b"said\n")
