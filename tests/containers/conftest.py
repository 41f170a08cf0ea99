"""The images, built once, and one platform of compose.yaml for every test that needs one."""

import os
import uuid
from collections.abc import Iterator

import pytest

from containers.engine import MEMBERS, REVISION, ROOT, Images, Stack, build, docker
from rates_dev.ports import free_port


@pytest.fixture(scope="session")
def images() -> Iterator[Images]:
    """Return the tag of each image, built from this tree."""
    run = uuid.uuid4().hex[:8]
    tags = {name: f"{name}:test-{run}" for name in MEMBERS}
    for name, member in MEMBERS.items():
        build(ROOT, member, tags[name], "--build-arg", f"REVISION={REVISION}")
    yield tags
    docker("image", "rm", *tags.values())


@pytest.fixture(scope="session")
def environ(images: Images) -> dict[str, str]:
    """Return the variables that a platform of these images starts with."""
    return {
        "RATES_SYNC_IMAGE": images["rates-sync"],
        "RATES_API_IMAGE": images["rates-api"],
        "BANXICO_SIM_IMAGE": images["banxico-simulator"],
        "RATES_API_PORT": str(free_port()),
        "BANXICO_TOKEN": "",
    }


@pytest.fixture(scope="session")
def stack(environ: dict[str, str]) -> Iterator[Stack]:
    """Return the platform, up as `docker compose up --wait` leaves it."""
    stack = Stack(f"rates-test-{os.getpid()}", environ)
    try:
        stack.compose("up", "--wait", "--no-build")
        yield stack
    finally:
        stack.compose("down", "--volumes", "--timeout", "1")
