"""The plan: what Baton compiled, as `plans/DIGITS/plan.json` has it.

Must not know: how it is run. The names are those of Baton's `plan.schema.json`, which describes them.
"""

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path as File
from typing import Any, NotRequired, TypedDict

Type = str | dict[str, Any]
"""What a value may be: `"url"`, `{"text": {"max": 70}}`, …"""
Guard = str | dict[str, Any]
"""A condition: `"delivered"`, `{"and": […]}`, `{"compare": {…}}`, …"""

BY_HAND = ("human", "queue")
"""The kinds of actor whose visits stay open until somebody answers."""


class Field(TypedDict):
    type: Type
    optional: bool


class Asset(TypedDict):
    fields: dict[str, Field]


class Enum(TypedDict):
    members: list[str]


class Binding(TypedDict):
    clause: str
    text: str


class Money(TypedDict):
    amount: Decimal
    currency: str


class Actor(TypedDict):
    owner: str
    kind: str
    binding: Binding
    costs: NotRequired[Money]


class Path(TypedDict):
    names: list[str]
    text: str
    type: Type
    optional: bool


class Limit(TypedDict):
    seconds: int
    escalation: list[str]


class Verification(TypedDict):
    schema: str
    present: list[str]


class Envelope(TypedDict):
    asset: str
    goal: str
    state: str
    threshold: str
    owner: str
    context: list[str]
    accept: NotRequired[Limit]
    deadline: NotRequired[Limit]
    bound: NotRequired[int]
    verification: Verification


class Hop(TypedDict):
    id: str
    to: str
    at_most: NotRequired[int]
    envelope: Envelope


class Timer(TypedDict):
    seconds: int
    route: list[Hop]


class Retry(TypedDict):
    times: int
    every: int


class Handoff(TypedDict):
    when: Any
    threshold: str
    route: list[Hop]


class Need(TypedDict):
    path: Path
    optional: bool


class Choice(TypedDict):
    name: str
    to: list[str]


class Run(TypedDict):
    id: str
    flow: str
    intake: str
    argument: Path
    gives: NotRequired[str]


class State(TypedDict):
    owner: str
    asset: str
    goal: str
    kind: str
    needs: list[Need]
    makes: list[str]
    accept: NotRequired[Timer]
    deadline: NotRequired[Timer]
    failure: NotRequired[list[Hop]]
    retry: NotRequired[Retry]
    handoffs: NotRequired[list[Handoff]]
    question: NotRequired[str]
    shows: NotRequired[list[Path]]
    options: NotRequired[list[Choice]]
    time: NotRequired[Timer]
    runs: NotRequired[list[Run]]
    join: NotRequired[int]


class End(TypedDict):
    owner: str
    outcome: str
    receipt: NotRequired[str]
    reason: NotRequired[str]


class Map(TypedDict):
    path: Path
    value: dict[str, Any]


Intake = TypedDict(
    "Intake",
    {
        "field": str,
        "from": NotRequired[str],
        "maps": NotRequired[list[Map]],
        "arrow": Hop,
    },
)


class Threshold(TypedDict):
    guard: Guard


class Flow(TypedDict):
    context: dict[str, Field]
    thresholds: dict[str, Threshold]
    intakes: dict[str, Intake]
    states: dict[str, State]
    ends: dict[str, End]


class Plan(TypedDict):
    hash: str
    enums: dict[str, Enum]
    assets: dict[str, Asset]
    actors: dict[str, Actor]
    flows: dict[str, Flow]


Makes = dict[str, dict[str, Any]]
"""By flow and state, the JSON Schema of what its owner has to make."""


class Plans(Mapping[str, Plan]):
    """Plans by their hashes. Items keep the plan with which they started."""

    def __init__(self) -> None:
        self._plans: dict[str, Plan] = {}
        self._makes: dict[str, Makes] = {}
        self.current = ""
        """The hash of the plan of the last build: new items get it."""

    def load(self, folder: File) -> None:
        """Reads what a build, and those before it, have put into a folder."""
        for found in sorted(folder.glob("*/plan.json")):
            plan: Plan = _read(found)
            self._plans[plan["hash"]] = plan
            self._makes[plan["hash"]] = _read(found.with_name("makes.json"))
        self.current = _read(folder / "current.json")["plan"]

    def __getitem__(self, hash: str) -> Plan:
        if hash not in self._plans:
            raise LookupError(f"this worker has no plan {hash}: put it back below `plans/`")
        return self._plans[hash]

    def __iter__(self) -> Iterator[str]:
        return iter(self._plans)

    def __len__(self) -> int:
        return len(self._plans)

    def makes(self, hash: str, flow: str, state: str) -> Any:
        """The JSON Schema of what the owner of a state has to make."""
        return self._makes[hash][flow][state]

    def owners(self) -> dict[str, Actor]:
        """Who owns work in any of the plans, by name; of actors that are one owner the first."""
        actors = [a for plan in self._plans.values() for a in plan["actors"].items()]
        current = list(self[self.current]["actors"].items())
        return {name: actor for name, actor in [*actors, *current] if actor["owner"] == name}


def part(union: Type | Guard) -> tuple[str, Any]:
    """Which one of a union it is, and what it says: `"url"` or `{"text": {…}}`."""
    if isinstance(union, str):
        return union, None
    ((word, body),) = union.items()
    return word, body


def queue(hash: str) -> str:
    """The task queue of the items that keep a plan."""
    return "items-" + digits(hash)


def owner_queue(owner: str) -> str:
    """The task queue of an owner's attempts."""
    return "owner-" + owner


def digits(hash: str) -> str:
    """The name of a plan's folder."""
    return hash.removeprefix("sha256:")[:16]


def by_hand(plan: Plan, state: State) -> bool:
    """Whether a person or the members of a queue answer."""
    return plan["actors"][state["owner"]]["kind"] in BY_HAND


def _read(file: File) -> Any:
    return json.loads(file.read_text(encoding="utf-8"), parse_float=Decimal)
