"""Each root and each module of `deploy/terraform`, by itself: formatted, valid, its tests pass."""

from pathlib import Path

import pytest

from support.terraform import ROOT, check, folders


@pytest.mark.parametrize("folder", folders(ROOT), ids=str)
def test_a_configuration_is_right(folder: Path, tmp_path: Path) -> None:
    """terraform has nothing to remark; without its providers only the formatting is checked."""
    check(ROOT, folder, tmp_path)
