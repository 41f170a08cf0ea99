"""Programs that a machine may lack: what needs one is left out, not failed."""

import shutil

import pytest


def require(*programs: str) -> None:
    """Skip the test where one of `programs` is not on PATH."""
    if missing := [program for program in programs if shutil.which(program) is None]:
        pytest.skip(f"no {' and no '.join(missing)} on PATH")
