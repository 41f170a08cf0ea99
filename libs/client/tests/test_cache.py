"""What is asked again, and what is not: ETags, what never changes, what is not to be kept."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from usdmxn import Cache, UnexpectedAnswer

Respond = Callable[..., httpx.Response]
SHARED = "public, max-age=0, must-revalidate, s-maxage=60"
IMMUTABLE = "public, max-age=31536000, immutable"


def current(rates: Any) -> Any:
    """Ask for the current rate."""
    return rates.current(kind="fix")


def not_modified(request: httpx.Request) -> httpx.Response:
    """Answer that nothing has changed since the ETag, which has to be there."""
    assert request.headers["if-none-match"] == '"a"'
    return httpx.Response(304, headers={"etag": '"a"'})


def test_an_unchanged_answer_is_not_sent_again(asking: Any, server: Any, example: Respond) -> None:
    """The second question costs a 304, which stands for the answer kept."""
    server.says(example("current_200_fix", etag='"a"', cache_control=SHARED), not_modified)
    first, second = asking(current, current)
    assert first == second
    assert len(server.requests) == 2


def test_a_changed_answer_replaces_the_one_before(
    asking: Any, server: Any, example: Respond
) -> None:
    """The next question names the newest ETag."""
    server.says(
        example("current_200_fix", etag='"0"', cache_control=SHARED),
        example("current_200_as_of", etag='"a"', cache_control=SHARED),
        not_modified,
    )
    first, second, third = asking(current, current, current)
    assert first != second == third


def test_what_never_changes_is_never_asked_again(
    asking: Any, server: Any, example: Respond
) -> None:
    """Answers by `as_of` and payloads are `immutable`."""
    server.says(example("current_200_as_of", etag='"a"', cache_control=IMMUTABLE))
    first, second = asking(current, current)
    assert first == second
    assert len(server.requests) == 1


def test_what_must_not_be_kept_is_not(asking: Any, server: Any, example: Respond) -> None:
    """Not even for a question with its ETag; what was kept of it before is dropped, too."""
    server.says(
        example("current_200_fix", etag='"a"', cache_control=SHARED),
        example("current_200_fix", etag='"a"', cache_control="no-store"),
        example("current_200_fix", etag='"a"', cache_control="no-store"),
    )
    asking(current, current, current)
    assert "if-none-match" not in server.requests[2].headers


def test_another_question_is_another_answer(asking: Any, server: Any, example: Respond) -> None:
    """The whole address is the key."""
    server.says(example("current_200_fix", etag='"a"', cache_control=IMMUTABLE))
    asking(current, lambda rates: rates.current(kind="dof"))
    assert "if-none-match" not in server.requests[1].headers


def test_a_client_may_keep_nothing(asking: Any, server: Any, example: Respond) -> None:
    """None turns it off."""
    server.says(example("current_200_fix", etag='"a"', cache_control=IMMUTABLE))
    asking(current, current, cache=None)
    assert len(server.requests) == 2
    assert "if-none-match" not in server.requests[1].headers


def test_clients_may_share_what_they_keep(asking: Any, server: Any, example: Respond) -> None:
    """Whatever their face."""
    server.says(example("current_200_fix", etag='"a"', cache_control=IMMUTABLE))
    cache = Cache()
    assert asking(current, cache=cache) == asking(current, cache=cache)
    assert len(server.requests) == 1


def test_a_foreign_answer_is_not_kept(asking: Any, server: Any, example: Respond) -> None:
    """A web page in place of an answer is not asked for by its ETag afterwards."""
    page = httpx.Response(
        200, html="<p>Welcome</p>", headers={"etag": '"p"', "cache-control": IMMUTABLE}
    )
    server.says(page, example("current_200_fix"))
    cache = Cache()
    with pytest.raises(UnexpectedAnswer):
        asking(current, cache=cache)
    asking(current, cache=cache)
    assert "if-none-match" not in server.requests[1].headers


def test_memory_is_bounded(asking: Any, server: Any, example: Respond) -> None:
    """What was asked for longest ago goes first; what is too large is not kept at all."""
    answer = example("current_200_fix", etag='"a"', cache_control=IMMUTABLE)
    server.says(answer)
    cache = Cache(max_bytes=2 * (len(answer.content) + 600))
    kinds = ["a", "b", "a", "c", "a", "b"]
    asking(*[lambda rates, kind=kind: rates.current(kind=kind) for kind in kinds], cache=cache)
    assert [asked[-1] for asked in server.asked] == ["a", "b", "c", "b"]
    server.requests.clear()
    asking(current, current, cache=Cache(max_bytes=100))
    assert len(server.requests) == 2


def test_an_answer_that_is_too_large_evicts_no_other(
    asking: Any, server: Any, example: Respond
) -> None:
    """It would be gone at once, and everything else with it."""
    answer = example("current_200_fix", etag='"a"', cache_control=IMMUTABLE)
    large = httpx.Response(200, content=answer.content + b" " * 10_000, headers=answer.headers)
    large.headers["content-length"] = str(len(large.content))
    server.says(answer, large, answer)
    cache = Cache(max_bytes=len(answer.content) + 600)
    kinds = ["a", "large", "a"]
    asking(*[lambda rates, kind=kind: rates.current(kind=kind) for kind in kinds], cache=cache)
    assert len(server.requests) == 2
