"""A work item: where it is, what it holds, what can happen to it, and what is then to be done.

Must not know: a plan. All of it can be written as JSON and read back. Moments are microseconds since 1970.
"""

import re
from dataclasses import asdict, dataclass, field
from typing import Any

from .fit import Misfit

Record = dict[str, Any]

_KEY = re.compile(r"(.+)/([^/]+)#([1-9][0-9]*)(?:\.([1-9][0-9]*))?", re.DOTALL)


@dataclass(frozen=True)
class Key:
    """The n-th entry of an item into a state, and perhaps the k-th attempt there."""

    item: str
    state: str
    number: int
    attempt: int | None = None

    def __str__(self) -> str:
        visit = f"{self.item}/{self.state}#{self.number}"
        return visit if self.attempt is None else f"{visit}.{self.attempt}"

    def visit(self) -> "Key":
        """Without the attempt."""
        return Key(self.item, self.state, self.number)

    @staticmethod
    def read(text: str) -> "Key | None":
        """ITEM/STATE#N or ITEM/STATE#N.K; None of any other text."""
        if not (found := _KEY.fullmatch(text)):
            return None
        item, state, number, attempt = found.groups()
        return Key(item, state, int(number), int(attempt) if attempt else None)


@dataclass
class Visit:
    """An entry into a state that has not been left."""

    state: str
    number: int
    threshold: str
    since: int
    accepted: int | None = None
    attempt: int = 1
    until: int | None = None
    """The attempt has failed; the next one begins then."""
    runs: dict[str, Any] | None = None
    """Of a call: by run None while it is open, else `{"receipt": …}`, null for a failure."""


@dataclass
class Visits:
    """The visits of an item to one state."""

    count: int = 0
    answered: bool = False
    """The last one was left because of an answer: what comes now is a duplicate."""


@dataclass
class Item:
    """A work item."""

    id: str
    plan: str
    flow: str
    intake: str
    came: int
    caller: str | None = None
    visit: Visit | None = None
    outcome: Record | None = None
    """How it has ended: `{end, owner, receipt}` or `{end, owner, reason}`."""
    context: Record = field(default_factory=dict)
    taken: dict[str, int] = field(default_factory=dict)
    """How often it has taken each counted hop."""
    visits: dict[str, Visits] = field(default_factory=dict)
    cost: Record | None = None

    def key(self, visit: Visit) -> Key:
        """The name of its open visit."""
        return Key(self.id, visit.state, visit.number)

    def attempt(self, visit: Visit) -> Key:
        """The name of the last attempt there."""
        return Key(self.id, visit.state, visit.number, visit.attempt)

    def write(self) -> Record:
        """As JSON."""
        return asdict(self)

    @staticmethod
    def read(written: Record) -> "Item":
        """From JSON."""
        visit, visits = written["visit"], written["visits"]
        visits = {name: Visits(int(v["count"]), v["answered"]) for name, v in visits.items()}
        taken = {hop: int(times) for hop, times in written["taken"].items()}
        whole = {"came": int(written["came"]), "taken": taken, "visits": visits}
        return Item(**written | whole | {"visit": visit and _visit(visit)})


def _visit(written: Record) -> Visit:
    counts = ("number", "since", "accepted", "attempt", "until")
    whole = {name: None if written[name] is None else int(written[name]) for name in counts}
    return Visit(**written | whole)


class Refused(Exception):
    """What is refused, and changes nothing: `late`, `duplicate`, `unknown`, `misfit` or `broken`, and why."""

    def __init__(self, word: str, why: str) -> None:
        super().__init__(f"{word}: {why}")
        self.word, self.why = word, why

    @staticmethod
    def misfit(found: Misfit) -> "Refused":
        """Of something that does not fit."""
        return Refused("misfit", str(found))


@dataclass(frozen=True)
class Accept:
    """The owner has acknowledged receipt."""

    visit: Key


@dataclass(frozen=True)
class Answer:
    """The owner delivers."""

    visit: Key
    made: Record
    decision: str | None


@dataclass(frozen=True)
class Fail:
    """The owner can't, or the attempt came to nothing."""

    visit: Key
    reason: str


@dataclass(frozen=True)
class RunEnded:
    """A run of a call has ended; without a receipt, not in success."""

    run: str
    receipt: Any


@dataclass(frozen=True)
class Due:
    """Time has passed: what is due first happens."""


@dataclass(frozen=True)
class Cancel:
    """Somebody stops the item."""

    reason: str


Event = Accept | Answer | Fail | RunEnded | Due | Cancel


@dataclass(frozen=True)
class Note:
    """Something to be written down: a line of the log."""

    line: Record


@dataclass(frozen=True)
class Deliver:
    """An attempt begins: the owner is told."""

    attempt: Key


@dataclass(frozen=True)
class RunStart:
    """A run of a call begins: an item of its own."""

    id: str
    flow: str
    intake: str
    argument: Any
    caller: str


Effect = Note | Deliver | RunStart
