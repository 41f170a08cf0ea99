"""The evaluator of policies decides as IAM's documentation says, case by case."""

from typing import Any

import pytest

from terraform.iam import allows, matches

BUCKET = "arn:aws:s3:::rates"


def allow(**more: Any) -> dict[str, Any]:
    """Return a statement that allows reading an object of the bucket."""
    return {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{BUCKET}/*"} | more


DENY = allow(Effect="Deny", Action="s3:*", Resource=f"{BUCKET}/secret/*")


def test_what_nothing_allows_is_denied() -> None:
    """reference_policies_evaluation-logic: "implicit deny"."""
    assert not allows([], "s3:GetObject", f"{BUCKET}/a")
    assert not allows([allow()], "s3:PutObject", f"{BUCKET}/a")
    assert not allows([allow()], "s3:GetObject", BUCKET)


def test_a_deny_wins_wherever_it_stands() -> None:
    """reference_policies_evaluation-logic: "an explicit deny in any policy overrides"."""
    for statements in ([allow(), DENY], [DENY, allow()]):
        assert allows(statements, "s3:GetObject", f"{BUCKET}/a")
        assert not allows(statements, "s3:GetObject", f"{BUCKET}/secret/a")


def test_actions_know_no_case_resources_do() -> None:
    """reference_policies_elements_action: "not case sensitive"."""
    assert allows([allow(Action="S3:getobject")], "s3:GetObject", f"{BUCKET}/a")
    assert not allows([allow(Resource=f"{BUCKET}/A")], "s3:GetObject", f"{BUCKET}/a")


@pytest.mark.parametrize(
    ("pattern", "value", "matched"),
    [("a*c", "a/b/c", True), ("a?c", "abc", True), ("a?c", "ac", False), ("a[b]", "a[b]", True)],
)
def test_wildcards(pattern: str, value: str, matched: bool) -> None:
    """reference_policies_elements_resource: `*` is any characters, slashes too, `?` is one."""
    assert matches(pattern, value) is matched


def test_all_keys_must_hold_and_one_of_a_keys_values() -> None:
    """reference_policies_condition-logic-multiple-context-keys-or-values: AND, within a key OR."""
    equals = {"aws:SourceAccount": "1", "aws:PrincipalTag/team": ["a", "b"]}
    statement = allow(Condition={"StringEquals": equals})
    for context, allowed in (
        ({"aws:SourceAccount": "1", "aws:PrincipalTag/team": "b"}, True),
        ({"aws:SourceAccount": "1", "aws:PrincipalTag/team": "c"}, False),
        ({"aws:PrincipalTag/team": "a"}, False),
    ):
        assert allows([statement], "s3:GetObject", f"{BUCKET}/a", context) is allowed


def test_a_missing_key_fails_but_for_negations_and_if_exists() -> None:
    """reference_policies_elements_condition_operators: "missing keys"."""
    for operator, allowed in (
        ("StringEquals", False),
        ("StringEqualsIfExists", True),
        ("StringNotEquals", True),
        ("Bool", False),
    ):
        statement = allow(Condition={operator: {"aws:SourceVpc": "vpc"}})
        assert allows([statement], "s3:GetObject", f"{BUCKET}/a") is allowed, operator


def test_keys_know_no_case() -> None:
    """reference_policies_elements_condition: "condition key names are not case-sensitive"."""
    statement = allow(Condition={"StringEquals": {"AWS:SourceAccount": "1"}})
    assert allows([statement], "s3:GetObject", f"{BUCKET}/a", {"aws:SourceAccount": "1"})


def test_for_any_value_takes_one_of_many() -> None:
    """reference_policies_condition-single-vs-multi-valued-context-keys."""
    statement = allow(Condition={"ForAnyValue:StringEquals": {"aws:TagKeys": ["a", "b"]}})
    assert allows([statement], "s3:GetObject", f"{BUCKET}/a", {"aws:TagKeys": ["x", "b"]})
    assert not allows([statement], "s3:GetObject", f"{BUCKET}/a", {"aws:TagKeys": ["x"]})
    assert not allows([statement], "s3:GetObject", f"{BUCKET}/a")


def test_what_is_not_understood_is_not_passed_over() -> None:
    """An element or operator that the evaluator lacks fails the test that meets it."""
    with pytest.raises(AssertionError):
        allows([allow(NotAction="s3:*")], "s3:GetObject", f"{BUCKET}/a")
    statement = allow(Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})
    with pytest.raises(KeyError):
        allows([statement], "s3:GetObject", f"{BUCKET}/a", {"aws:SourceIp": "10.0.0.1"})
