"""The edge keeps what rates-api serves to people as rates-api tells its answers apart.

Behaviours and policies are read from a plan's apply, paths and parameters from the service.
"""

import json
import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rates_api.http.endpoint import Endpoint
from rates_api.http.parameters import query_fields
from rates_api.pages.endpoints import PAGES
from rates_sync.notify.dispatcher import PURGED
from support.programs import require
from terraform.modules import EDGE

ROOT = Path(__file__).parents[2]
FUNCTION = ROOT / "deploy/terraform/modules/edge/files/one_spelling.js"
Resources = list[dict[str, Any]]

PUBLISHED = {"/", "/en", "/charts/fix.svg"}
"""What a publication changes, beside the answers below /api/v1."""


@pytest.fixture(scope="module")
def keys(created: Callable[[str, dict[str, Any]], Resources]) -> dict[str, set[str]]:
    """The parameters in the key of each path pattern that the balancer answers, pages first."""
    resources = created("edge", EDGE)
    policies = {
        one["id"]: one["parameters_in_cache_key_and_forwarded_to_origin"][0]
        for one in resources
        if one["type"] == "aws_cloudfront_cache_policy"
    }
    [distribution] = [one for one in resources if one["type"] == "aws_cloudfront_distribution"]
    return {
        behaviour["path_pattern"]: {
            name
            for strings in policies[behaviour["cache_policy_id"]]["query_strings_config"]
            for listed in strings["query_strings"]
            for name in listed["items"]
        }
        for behaviour in distribution["ordered_cache_behavior"]
        if behaviour["target_origin_id"] == "balancer"
    }


def pattern_of(path: str, patterns: dict[str, set[str]]) -> str | None:
    """Return CloudFront's pattern for a path: `*` is anything."""
    for pattern in patterns:
        if re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), path):
            return pattern
    return None


def parameters(endpoint: Endpoint) -> set[str]:
    """Return the names of an endpoint's parameters in the query string."""
    return set(query_fields(endpoint.query)) - set(re.findall(r"{(\w+)}", endpoint.path))


@pytest.mark.parametrize("endpoint", PAGES, ids=lambda one: one.name)
def test_the_key_of_a_page_has_its_parameters_and_no_others(
    keys: dict[str, set[str]], endpoint: Endpoint
) -> None:
    """Without one, two answers would share an entry; with others, anybody could fill the cache."""
    path = re.sub(r"{\w+}", "x", endpoint.path)
    pattern = pattern_of(path, keys)
    assert pattern is not None, f"{path} has no behaviour: modules/edge/pages.tf"
    assert keys[pattern] == parameters(endpoint)


def test_a_publication_purges_what_it_changes(keys: dict[str, set[str]]) -> None:
    """An entry with a question of its own is purged by its path and `?*` alone, or by a wildcard.

    https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/invalidation-specifying-objects.html
    """
    for path in PUBLISHED:
        assert purged(path), path
        pattern = pattern_of(path, keys)
        assert pattern is not None
        assert not keys[pattern] or purged(f"{path}?date=2026-08-16"), path
    # At once and 20 s later, with at most 15 wildcards in progress (…/InvalidationLimits.html).
    assert 2 * sum(one.endswith("*") for one in PURGED) <= 15
    assert not purged("/assets/page.0123.js")
    assert not purged("/guia/excel")


def test_the_runbook_purges_by_hand_what_a_publication_does() -> None:
    """In its command, word for word."""
    page = (ROOT / "docs/runbooks/alerts-and-purges.md").read_text(encoding="utf-8")
    [paths] = re.findall(r"create-invalidation .* --paths (.*)", page)
    assert tuple(shlex.split(paths)) == PURGED


def purged(uri: str) -> bool:
    """Whether a purge reaches an entry."""
    return any(
        uri.startswith(one.removesuffix("*")) if one.endswith("*") else uri == one for one in PURGED
    )


CASES = {
    "?last=10&kind=fix": "kind=fix&last=10",
    "?kind=fix&last=10": "kind=fix&last=10",
    "?dates=2026-02-02&kind=fix&dates=2026-01-01": "dates=2026-02-02&dates=2026-01-01&kind=fix",
    "?as_of=2026-01-01T00:00:00%2B00:00&kind=": "as_of=2026-01-01T00:00:00%2B00:00&kind=",
    "": "",
}
RUN = """
const cases = JSON.parse(require("fs").readFileSync(0, "utf8"));
console.log(JSON.stringify(cases.map((sent) => handler({ request: sent }).querystring)));
"""


def sent(query: str) -> dict[str, Any]:
    """Return a request as CloudFront hands it to a function.

    https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html
    """
    found: dict[str, Any] = {}
    for pair in filter(None, query.removeprefix("?").split("&")):
        name, _, value = pair.partition("=")
        if name in found:
            found[name].setdefault("multiValue", [{"value": found[name]["value"]}])
            found[name]["multiValue"].append({"value": value})
        found.setdefault(name, {"value": value})
    return {"method": "GET", "uri": "/api/v1/rates", "querystring": found}


def test_a_question_has_one_spelling() -> None:
    """Parameters in the order of their names; the values of one stay in theirs, as escaped."""
    require("node")
    program = FUNCTION.read_text(encoding="utf-8") + RUN
    given = json.dumps([sent(query) for query in CASES])
    done = subprocess.run(
        ["node", "-e", program], input=given, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == list(CASES.values())


def test_the_function_is_one_that_cloudfront_takes() -> None:
    """10 KB at most, and nothing that its runtime lacks.

    https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-javascript-runtime-20.html
    """
    text = FUNCTION.read_text(encoding="utf-8")
    assert len(text.encode()) <= 10_240
    assert not re.search(r"\b(class|import|require|setTimeout|fetch|eval|URLSearchParams)\b", text)


def test_composes_edge_hands_every_path_on() -> None:
    """HAProxy keeps nothing and refuses no path: the only one that it names is a stream's."""
    text = (ROOT / "deploy/compose/haproxy.cfg").read_text(encoding="utf-8")
    rules = re.sub(r"#.*", "", text)
    assert set(re.findall(r"\{ path(?:_\w+)? ([^ }]+)", rules)) == {"/api/v1/stream"}
    assert not re.search(r"\bcache-(use|store)\b|^\s*cache ", rules, re.MULTILINE)
    assert "deny" not in rules


def test_no_rule_of_the_firewall_speaks_of_a_path() -> None:
    """The limit counts each request, AWS's rules look at how it is made: the rest passes."""
    text = (ROOT / "deploy/terraform/modules/edge/firewall.tf").read_text(encoding="utf-8")
    assert re.search(r"default_action \{\s+allow \{\}", text)
    assert "uri_path" not in text
    assert "scope_down_statement" not in text
