"""Judges the form and the time of an answer, inside the breaker (protocol rules 19 and 27).

An answer that confirms nothing is neither a success nor a failure of Banxico. What only the record
can tell is judged when the answer is recorded.
"""

from rates_contracts.observation import FIX
from rates_sync.errors import Unconfirmed
from rates_sync.upstream import Answer, Banxico, Query


class Confirmation:
    """The `Banxico` port that accepts only answers which confirm the newest known FIX."""

    def __init__(self, inner: Banxico) -> None:
        self._inner = inner

    async def ask(self, query: Query) -> Answer:
        """Ask. Raises `Unconfirmed`, with the answer, unless it is of now and shows the FIX."""
        answer = await self._inner.ask(query)
        if query.confirms is not None:
            _check(answer, query)
        return answer


def _check(answer: Answer, query: Query) -> None:
    if not answer.is_of_now:
        raise Unconfirmed(f"made at {answer.answered_at}, {answer.age} old", answer)
    newest = (query.confirms or {}).get(FIX)
    if not answer.shows(FIX, newest):
        raise Unconfirmed(f"shows no usable FIX of {newest or 'any day'} or later", answer)
