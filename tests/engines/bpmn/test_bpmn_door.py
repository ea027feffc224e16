"""What does not fit, comes late, twice or for something unknown is refused by the shipped door and changes nothing on the
engine; what the door was told before it died goes out again."""

import copy
import datetime
import json

import pytest

import bpmn_builds as builds
import spiff
from bpmn_builds import MODULES, door

FIRST = {
    "briefing": {"made": {"brief": {"outline": "o", "audience": "a", "forbidden": []}, "complete": 0.95}},
    "drafting": {
        "made": {"draft": {"title": "t", "body": "b"}, "quality": 0.7, "risk": "high", "confidence": 0.5},
    },
    "tidying": {"made": {"draft": {"title": "t", "body": "b"}, "quality": 0.2}},
}
RECORD = {"page": "https://example.com/a", "keyword": "k", "intent": "commercial", "priority": 3}


@pytest.fixture(scope="module")
def feel():
    feel = spiff.Feel(MODULES)
    yield feel
    feel.close()


def reviewed(feel):
    """An item that waits for the lawyer."""
    replies = [reply | {"visit": f"page/{state}#1"} for state, reply in FIRST.items()]
    play = {"item": "page", "intake": "intake-1", "record": RECORD, "replies": replies, "runs": []}
    owners = builds.begun("content_refresh", "content_refresh", play, feel)
    while owners.step():
        pass
    return owners


def where(owners):
    return [arrow for arrow in owners.taken()["arrows"]][-1]


def refused(act, *arguments):
    with pytest.raises(door.Refused) as found:
        act(*arguments)
    return found.value.reason


HOSTILE = [
    ({"notes": 7}, "approve"),
    ({"notes": "x" * 2001}, "approve"),
    ({"notes": "\x00"}, "approve"),
    ({"notes": "\ud800"}, "approve"),
    ({"notes": None, "quality": 1}, "approve"),
    ([], "approve"),
    ({}, None),
    ({}, "maybe"),
    ({}, ["approve"]),
    ({}, {"approve": True}),
]


def test_what_does_not_fit_is_refused(feel):
    owners = reviewed(feel)
    for made, decision in HOSTILE:
        assert refused(owners.door.answer, "page/legal_review#1", made, decision) == "misfit", (made, decision)
    assert refused(owners.door.fail, "page/legal_review#1", {"why": 1}) == "misfit"
    assert where(owners) == "tidying/handoff-2"
    owners.door.answer("page/legal_review#1", {"notes": "Fine"}, "approve")
    while owners.step():
        pass
    assert where(owners) == "legal_review/handoff-1"


def test_what_is_unknown_late_or_given_twice_is_refused(feel):
    owners = reviewed(feel)
    for visit in ("page/legal_review#2", "page/nowhere#1", "other/legal_review#1", "", None, 7, "\ud800", "page/drafting#1.1"):
        assert refused(owners.door.answer, visit, {}, "approve") == "unknown", visit
    assert refused(owners.door.answer, "page/drafting#1", FIRST["drafting"]["made"]) == "duplicate"
    owners.door.accept("page/legal_review#1")
    owners.door.accept("page/legal_review#1")  # saying so again changes nothing
    while owners.step():
        pass
    assert owners.item.advance()  # a day passes, and the deadline takes the work
    while owners.step():
        pass
    assert where(owners) == "legal_review/deadline"
    assert refused(owners.door.answer, "page/legal_review#1", {}, "approve") == "late"
    assert refused(owners.door.accept, "page/legal_review#1") == "late"
    assert refused(owners.door.fail, "page/legal_review#1", "no") == "late"
    assert where(owners) == "legal_review/deadline"


def test_a_timer_of_the_engine_wins_over_an_answer(feel):
    """The engine has taken the work away and the door has not noticed: the answer is late, not lost."""
    owners = reviewed(feel)
    moment = spiff.Clock.moment
    assert owners.item.advance()  # nobody has accepted
    while owners.step():
        pass
    spiff.Clock.moment = moment  # the door's clock is behind
    assert refused(owners.door.answer, "page/legal_review#1", {}, "approve") == "late"
    assert where(owners) == "legal_review/accept"


def test_receipt_that_is_acknowledged_does_not_move_the_deadline(feel):
    owners = reviewed(feel)
    begun = spiff.Clock.moment
    spiff.Clock.moment += datetime.timedelta(hours=3)
    owners.item.go_on()
    owners.door.accept("page/legal_review#1")
    while owners.step():
        pass
    assert owners.item.advance()
    assert where(owners) == "legal_review/deadline"
    assert spiff.Clock.moment - begun == datetime.timedelta(days=1, microseconds=1)


def test_an_answer_before_receipt_is_acknowledged_counts(feel):
    owners = reviewed(feel)
    owners.door.answer("page/legal_review#1", {"notes": None}, "reject")
    while owners.step():
        pass
    assert owners.taken()["states"][-1] == "rejected"
    assert refused(owners.door.answer, "page/legal_review#1", {}, "approve") == "duplicate"


def test_attempts_are_counted_and_paused_between(feel):
    owners = reviewed(feel)
    task = task_of(owners)
    task |= {"retry_times": 1, "retry_every": 60, "visit": "other/task#1", "expects": None}
    owners.tasks["other"] = owners.tasks[next(iter(owners.tasks))]
    owners.door.open(task, "other")
    owners.door.fail("other/task#1", "first")
    assert refused(owners.door.fail, "other/task#1", "at once") == "duplicate"
    spiff.Clock.moment += datetime.timedelta(seconds=61)
    assert owners.door.waiting(task["owner"])[-1]["attempt"] == "other/task#1.2"


def task_of(owners):
    row = owners.door.store.execute("SELECT task FROM visits WHERE visit = 'page/legal_review#1'").fetchone()
    return json.loads(row["task"])


class Recorded:
    """An engine that keeps what it is told, and may be away."""

    def __init__(self):
        self.told, self.away = [], False

    def accept(self, key):
        self.complete(key, "accept")

    def complete(self, key, reply):
        if self.away:
            raise OSError("the engine is away")
        self.told.append((key, reply))


def test_what_was_recorded_goes_out_once(feel, tmp_path):
    task = task_of(reviewed(feel)) | {"expects": None, "accept_due": None}
    task["due"] = (door.now() + datetime.timedelta(hours=1)).isoformat()
    engine = Recorded()
    first = door.Door(tmp_path / "door.db", engine)
    first.open(task, "key")
    engine.away = True
    with pytest.raises(OSError):
        first.answer(task["visit"], {}, "approve")
    engine.away = False
    again = door.Door(tmp_path / "door.db", engine)  # another process
    assert refused(again.answer, task["visit"], {}, "reject") == "duplicate"
    again.open(task, "key")  # the engine says again that it waits
    again.open(task, "key")
    assert engine.told == [("key", {"made": {}, "decision": "approve"})]


def test_a_form_that_does_not_fit_is_refused_before_the_engine_takes_it(feel, tmp_path):
    """As Camunda's listener of a user task asks."""
    task = task_of(reviewed(feel)) | {"expects": None, "accept_due": None}
    task["due"] = (door.now() + datetime.timedelta(hours=1)).isoformat()
    visits = door.Door(tmp_path / "door.db", Recorded())
    assert refused(visits.submitted, task["visit"], {"decision": "approve"}) == "unknown"
    visits.open(task, "key")
    assert refused(visits.submitted, task["visit"], {"decision": "perhaps"}) == "misfit"
    assert refused(visits.submitted, task["visit"], {"decision": "approve", "more": 1}) == "misfit"
    visits.submitted(task["visit"], {"made": {"notes": "n"}, "decision": "approve", "fail": ""})
    visits.submitted(task["visit"], {"made": {"notes": "n"}, "decision": "approve", "fail": ""})  # the engine asks twice
    assert refused(visits.submitted, task["visit"], {"decision": "reject"}) == "duplicate"


def test_items_come_in_once_and_only_what_fits(tmp_path):
    flow = json.loads((builds.built("content_refresh") / "worker" / "intakes.json").read_text())["flows"]["content_refresh"]
    visits = door.Door(tmp_path / "door.db", Recorded())
    known = visits.let_in(flow, "rank-tracker", RECORD, "page")
    assert known == {"item": "page", "intake": "intake-1", "raw": RECORD}
    visits.begun("page")
    assert visits.let_in(flow, "rank-tracker", RECORD, "page") is None
    other = copy.deepcopy(flow) | {"process": "another"}
    assert refused(visits.let_in, other, "rank-tracker", RECORD, "page") == "duplicate"
    assert refused(visits.let_in, flow, "nobody", RECORD, "next") == "unknown"
    for name, value in (("page", "no url"), ("priority", 6), ("priority", True), ("intent", "x"), ("keyword", None)):
        assert refused(visits.let_in, flow, "rank-tracker", RECORD | {name: value}, "next") == "misfit", (name, value)
    for item in ("", "a\n", "a/b#1/c", "x" * 257):
        assert refused(visits.let_in, flow, "rank-tracker", RECORD, item) == "misfit", item
    for text in ("{", "[" * 100_000, '{"page": NaN}', "7", "null"):
        assert refused(visits.let_in, flow, "rank-tracker", text, "next") == "misfit", text[:20]
