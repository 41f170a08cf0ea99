"""All that was ever recorded and said: what the judges compare with.

Positions and events are learnt at each commit, from the database itself.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime

LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Violation:
    """A broken invariant: which, when by true time, and what was seen."""

    invariant: str
    at: datetime
    what: str

    def __str__(self) -> str:
        """Say it in a line."""
        return f"{self.at:%H:%M:%S} {self.invariant}: {self.what}"


@dataclass
class History:
    """What happened, in order; its digest is the same for the same seed."""

    story: list[tuple[datetime, str]] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)
    committed: dict[str, str] = field(default_factory=dict)
    """By event ID: the stream ID of every event that was ever committed."""
    committed_at: dict[str, datetime] = field(default_factory=dict)
    """By event ID: when, by true time."""
    _digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    _seen: set[tuple[str, str]] = field(default_factory=set)

    def tell(self, at: datetime, what: str) -> None:
        """Add to the story, and to the digest."""
        self.story.append((at, what))
        self.digest(f"{at.isoformat()} {what}".encode())

    def digest(self, what: bytes) -> None:
        """Add to the digest alone."""
        self._digest.update(what)

    def violate(self, invariant: str, at: datetime, what: str) -> None:
        """Note a violation, each kind with the same words once."""
        if (invariant, what) not in self._seen:
            self._seen.add((invariant, what))
            self.violations.append(Violation(invariant, at, what))
            self.tell(at, f"VIOLATION {invariant}: {what}")

    @property
    def hexdigest(self) -> str:
        """Return the digest so far."""
        return self._digest.hexdigest()[:16]
