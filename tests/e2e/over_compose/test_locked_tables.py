"""A stranger holds `LOCK TABLES … WRITE` on all that rates-api reads: MySQL lives, no read ends."""

from contextlib import AbstractContextManager

import pytest
from driver.answers import Answer
from driver.mysql import MySqlDatabase
from driver.platform import Platform
from driver.services import ApiInstance
from driver.sights import CURRENT, correct, dependency, everywhere, rate, well

pytestmark = pytest.mark.e2e

PATHS = (CURRENT, "/api/v1/rates/historical?days=10", "/api/v1/rates/average/15d", "/health")


def tables_locked(platform: Platform) -> AbstractContextManager[None]:
    """Keep everybody from reading the record for as long as the block lasts."""
    assert isinstance(platform.database, MySqlDatabase)
    return platform.database.tables_locked()


def polled(platform: Platform) -> str | None:
    """Have rates-sync ask Banxico, and return how that ended, None where it was refused."""
    outcome: str | None = platform.sync[0].poll().json.get("outcome")
    return outcome


def failed_loads(instance: ApiInstance) -> float:
    """Return how many loads the record refused; a worker that warms up says so after 10 s."""
    return sum(instance.metrics().all("rates_api_load_failures_total", source="database"))


def problem(answer: Answer) -> tuple[int, str, bool]:
    """Return the status, the media type, and whether it says when to ask again."""
    again = int(answer.headers.get("retry-after", "0")) > 0
    return answer.status, answer.headers["content-type"], again


def test_locked_tables_fail_no_request(mended: Platform) -> None:
    """Memory answers, both services say what is wrong, and a new value comes after the lock."""
    with mended.api.load(*PATHS) as load:
        with tables_locked(mended):
            value = correct(mended)
            assert polled(mended) != "success"
            mended.until(lambda: dependency(mended, "database") == "unhealthy")
            mended.until(lambda: "Lock wait timeout" in mended.sync[0].health().text, within=20)
            assert rate(mended) != value
        mended.until(lambda: polled(mended) == "success", within=20)
        mended.until(lambda: everywhere(mended, value) and well(mended), within=20)
    assert load.failures == []
    assert load.levels.keys() == {"healthy"}


def test_an_instance_starts_from_the_documents_while_tables_are_locked(mended: Platform) -> None:
    """It is ready and fed by the stream, and says that the record does not answer."""
    before = rate(mended)
    instance = mended.api.instances[0]
    with tables_locked(mended):
        instance.kill()
        instance.start()
        mended.until(instance.ready, within=15)
        assert instance.get(CURRENT)["rate"] == before
        mended.until(lambda: dependency(mended, "database") == "unhealthy")
        assert instance.get("/readyz/fed").status == 200
    mended.until(lambda: well(mended), within=20)


def test_without_documents_an_instance_waits_for_the_lock_to_end(mended: Platform) -> None:
    """Its loads end in time; it is not ready and says why, while its neighbour answers."""
    instance = mended.api.instances[0]
    with mended.api.load(CURRENT) as load:
        with tables_locked(mended):
            instance.kill()
            mended.redis.flush()
            instance.start()
            mended.until(lambda: failed_loads(instance) >= 2, within=30)
            assert instance.get("/readyz").status == 503
            assert problem(instance.get(CURRENT)) == (503, "application/problem+json", True)
            health = instance.get("/health")
            assert (health["level"], health["dependencies"]["database"]) == (
                "critical",
                "unhealthy",
            )
        mended.until(lambda: well(mended), within=30)
    assert load.failures == []
