"""What the shipped worker keeps of visits: whose they are, attempts, answers, and its doors. Table and queue are moto's, in
this process; the engine is a list of what it was told."""

import datetime
import json
import logging
import threading
import time

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws

from harness import shipped_worker

MAKES = {
    "type": "object",
    "properties": {"note": {"type": "string", "maxLength": 5}},
    "required": ["note"],
    "additionalProperties": False,
}
SECRET = "the-owner's-own-words"


@pytest.fixture(scope="module")
def module(tmp_path_factory):
    return shipped_worker(tmp_path_factory.mktemp("visits"))


class Steps:
    """An engine that remembers what it was told, by token."""

    def __init__(self):
        self.told, self.closed, self.started = {}, set(), []

    def _answer(self, token, answer):
        if token in self.closed:
            raise ClientError({"Error": {"Code": "TaskTimedOut", "Message": "x"}}, "SendTask")
        self.told[token] = answer

    def send_task_success(self, taskToken, output):
        self._answer(taskToken, json.loads(output))

    def send_task_failure(self, taskToken, error, cause):
        self._answer(taskToken, f"{error}: {cause}")

    def start_execution(self, **given):
        self.started.append(given)


class Desk:
    """A worker with a table and a queue, and all that it tells people."""

    def __init__(self, module, owners):
        self.module, self.notices, self.sfn = module, [], Steps()
        text = [{"AttributeName": name, "AttributeType": "S"} for name in ("visit", "waits_for", "arrived")]
        hashed = lambda name: {"AttributeName": name, "KeyType": "HASH"}  # noqa: E731
        index = [hashed("waits_for"), {"AttributeName": "arrived", "KeyType": "RANGE"}]
        self.table = boto3.resource("dynamodb", "us-east-1").create_table(
            TableName="visits",
            KeySchema=[hashed("visit")],
            AttributeDefinitions=text,
            BillingMode="PAY_PER_REQUEST",
            GlobalSecondaryIndexes=[{"IndexName": "waits_for", "KeySchema": index, "Projection": {"ProjectionType": "ALL"}}],
        )
        self.sqs = boto3.client("sqs", "us-east-1")
        self.queue = self.sqs.create_queue(QueueName="q")["QueueUrl"]
        tell = lambda _task, message: self.notices.append(message["attempt"])  # noqa: E731
        self.worker = module.Worker(self.table, self.sfn, self.sqs, owners=owners, tell=tell)

    def take(self, task):
        return self.worker.takes(json.dumps(task), self.queue)

    def queued(self):
        """The tasks that were put back, those that are held back included."""
        backend = mock_backend()
        return [json.loads(message.body) for message in backend.queues["q"]._messages]

    def row(self, visit="i/s#1"):
        return self.worker._get(visit)


def mock_backend():
    from moto.sqs.models import sqs_backends

    return sqs_backends["123456789012"]["us-east-1"]


@pytest.fixture
def desk(module, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        yield lambda **owners: Desk(module, owners)


def task(kind="human", retry=(0, 0), **instead):
    usual = {
        "v": 1, "kind": "work", "visit": "i/s#1", "token": "t", "execution": "e", "flow": "f", "item": "i", "state": "s",
        "reach": {"owner": "o", "kind": kind, "binding": "x"}, "makes": MAKES, "deadline": 3600, "accept": None,
        "arrived": datetime.datetime.now(datetime.timezone.utc).isoformat(), "retry": dict(zip(("times", "every"), retry)),
    }  # fmt: skip
    return usual | instead


def refused(act, *given):
    with pytest.raises(Exception) as found:
        act(*given)
    return found.value.reason


# ---------------------------------------------------------------------------------------------- whose a visit is


def test_a_visit_is_never_taken_from_the_execution_that_has_it(desk):
    desk = desk()
    desk.take(task())
    desk.take(task(token="another's", execution="e2", makes={}))
    assert desk.sfn.told == {"another's": "Baton.Failed: the item is at work elsewhere"}
    assert desk.notices == ["i/s#1.1"]
    desk.worker.answer("i/s#1", {"note": "yes"})
    assert desk.sfn.told["t"] == {"made": {"note": "yes"}}


def test_nor_is_its_acceptance(desk):
    desk = desk()
    desk.take(task(accept=60))
    for token, execution in (("a2", "e2"), ("a", "e")):
        desk.take({"kind": "accept", "visit": "i/s#1", "token": token, "execution": execution})
    desk.worker.accept("i/s#1")
    assert desk.sfn.told == {"a2": "Baton.Failed: the item is at work elsewhere", "a": {}}


ACCEPT = {"kind": "accept", "visit": "i/s#1", "token": "a", "execution": "e"}
DONE = {"t": {"made": {"note": "yes"}}}


def test_an_acceptance_that_is_sent_again_costs_no_answer(desk):
    desk = desk()
    desk.take(task(accept=60))
    desk.worker.accept("i/s#1")
    desk.sfn.closed.add("a")  # sent by a worker that died before it could write so
    assert desk.take(ACCEPT)
    assert desk.row()["acknowledged"] and "late" not in desk.row()
    desk.worker.answer("i/s#1", {"note": "yes"})
    assert desk.sfn.told == DONE


def test_nor_does_it_cost_an_owner_the_work(desk):
    desk = desk(o=lambda *_: {"made": {"note": "yes"}})
    desk.sfn.closed.add("a")
    desk.take(ACCEPT)
    desk.take(task("script", accept=60))
    assert desk.sfn.told == DONE


def ago(seconds):
    return (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=seconds)).isoformat()


def test_work_is_not_begun_once_its_acceptance_is_overdue(desk):
    asked = []
    desk = desk(o=lambda *_: asked.append(1) or {"fail": "no"})
    for kind in ("script", "human"):
        desk.take(task(kind, accept=60, arrived=ago(100)))
    assert asked == desk.notices == [] and "accepted" not in desk.row()
    desk.take(task("script", visit="i/t#1", retry=(1, 0), accept=60))
    desk.take(task("script", visit="i/t#1", retry=(1, 0), accept=60, arrived=ago(100), attempt=2))
    assert asked == [1, 1]  # accepted in time: the next attempt may begin whenever it does


def test_a_task_that_is_delivered_twice_is_one(desk):
    desk = desk()
    desk.take(task())
    desk.worker.answer("i/s#1", {"note": "yes"})
    desk.take(task())
    assert desk.sfn.told == {"t": {"made": {"note": "yes"}}}


INTAKE = {"name": "intake-1", "schema": {"type": "object", "properties": {"a": {"type": "string"}}}}


def test_an_item_belongs_to_one_flow(desk, module):
    desk = desk()
    submit = lambda machine, item: module.submit(desk.sfn, desk.table, machine, INTAKE, {"a": "b"}, item)  # noqa: E731
    assert (submit("m1", "i"), submit("m1", "i")) == ("i", "i")
    assert refused(submit, "m2", "i") == "duplicate"
    assert submit("m2", "i2") == "i2"
    assert [given["stateMachineArn"] for given in desk.sfn.started] == ["m1", "m1", "m2"]


@pytest.mark.parametrize("item", ["", "x" * 257, "a\nb", "a\ud800", 7, {}, "a/s#1/run", "a/s#1/run/t#2/x"])
def test_ids_that_are_no_items(desk, module, item):
    desk = desk()
    assert refused(module.submit, desk.sfn, desk.table, "m", INTAKE, {}, item) == "misfit"
    assert desk.sfn.started == []


@pytest.mark.parametrize(
    "record",
    [{"x": "y" * 300_000}, {"x": "\ud800"}, '{"x": NaN}', '{"x": 1e400}', "[" * 100_000, {"a": 7}, b"\xff", {"x": float("inf")}],
    ids=range(8),
)
def test_records_that_no_engine_can_hold_are_refused(desk, module, record):
    desk = desk()
    assert refused(module.submit, desk.sfn, desk.table, "m", INTAKE, record, "i") == "misfit"
    assert "Item" not in desk.table.get_item(Key={"visit": "i#item"})


# ------------------------------------------------------------------------------------------------------ attempts


def test_a_person_who_fails_may_try_again_as_often_as_the_flow_says(desk):
    desk = desk()
    desk.take(task(retry=(1, 30)))
    desk.worker.fail("i/s#1", "no time")
    assert desk.sfn.told == {}
    assert refused(desk.worker.fail, "i/s#1", "no time") == "duplicate"  # the next attempt has not begun
    ((again,),) = [desk.queued()]
    assert again["attempt"] == 2
    assert [message["attempt"] for message in desk.worker.open("o")] == ["i/s#1.2"]
    begin_next_attempt(desk, again)
    assert desk.notices == ["i/s#1.1", "i/s#1.2"]
    desk.worker.fail("i/s#1", "still none")
    assert desk.sfn.told == {"t": "Baton.Failed: still none"}


def begin_next_attempt(desk, again):
    """As if the pause had passed."""
    past = "2020-01-01T00:00:00+00:00"
    change = {"UpdateExpression": "SET not_before = :b", "ExpressionAttributeValues": {":b": past}}
    desk.table.update_item(Key={"visit": again["visit"]}, **change)
    desk.take(again | {"not_before": past})


def test_the_next_attempt_of_a_queue_can_still_succeed(desk):
    desk = desk()
    desk.take(task("queue", retry=(2, 1)))
    desk.worker.fail("i/s#1", "no")
    begin_next_attempt(desk, desk.queued()[0])
    assert refused(desk.worker.answer, "i/s#1", {"note": 7}) == "misfit"  # no attempt is lost by that
    assert desk.row()["attempts"] == 1
    desk.worker.answer("i/s#1", {"note": "yes"})
    assert desk.sfn.told == {"t": {"made": {"note": "yes"}}}


def test_without_retry_a_person_who_fails_has_failed(desk):
    desk = desk()
    desk.take(task())
    desk.worker.fail("i/s#1", "x" * 5000 + "\ud800")
    assert len(desk.sfn.told["t"]) < 1100
    assert refused(desk.worker.fail, "i/s#1", "no") == "duplicate"


def test_a_task_that_waits_for_its_next_attempt_is_not_told_before(desk):
    desk = desk()
    desk.take(task(attempt=2, not_before="2999-01-01T00:00:00+00:00"))
    assert desk.notices == []
    assert len(desk.queued()) == 1


def test_an_overdue_task_is_left_to_the_engine(desk):
    desk = desk(o=lambda *_: pytest.fail("nobody is to be asked"))
    desk.take(task("script", arrived="2020-01-01T00:00:00Z", deadline=5))
    assert desk.sfn.told == {}


def test_an_owner_has_no_longer_than_the_function_runs(desk):
    given = []
    desk = desk(o=lambda _binding, _message, seconds: given.append(seconds) or {"made": {"note": "a"}})
    desk.worker.spare = lambda: 20
    desk.take(task("script"))
    assert given == [15]


# ------------------------------------------------------------------------------------------------------- answers


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (None, "misfit"), (7, "misfit"), ([], "misfit"), ("x", "misfit"), ({}, "misfit"), ({"visit": "i/s#1"}, "misfit"),
        ({"visit": "i/s#1", "accept": "no"}, "misfit"), ({"visit": "i/s#1", "fail": {"a": 1}}, "misfit"),
        ({"visit": "i/s#1", "made": {"note": "a"}, "fail": "b"}, "misfit"), ({"open": 7}, "misfit"), ({"open": ""}, "misfit"),
        ({"visit": 7, "made": {}}, "unknown"), ({"visit": "", "fail": "x"}, "unknown"), ({"visit": "i#item", "fail": "x"}, "unknown"),
        ({"visit": "\ud800/s#1", "made": {}}, "unknown"), ({"visit": "i/s#1" * 1000, "accept": True}, "unknown"),
        ({"visit": ["i/s#1"], "accept": True}, "unknown"), ({"visit": "i/s#1", "made": {"note": float("nan")}}, "misfit"),
        ({"visit": "i/s#1", "made": {"note": "a"}, "decision": {"a": []}}, "misfit"), ({"visit": "i/s#1", "made": [1e308]}, "misfit"),
    ],
    ids=range(20),
)  # fmt: skip
def test_hostile_answers_are_refused_and_change_nothing(desk, module, event, reason):
    desk = desk()
    desk.take(task())
    before = desk.row()
    assert refused(module.answered, desk.worker, event) == reason
    assert desk.row() == before


def test_the_door_takes_what_the_protocol_says(desk, module):
    desk = desk()
    desk.take(task())
    assert [told["visit"] for told in module.answered(desk.worker, {"open": "o"})["open"]] == ["i/s#1"]
    assert module.answered(desk.worker, {"visit": "i/s#1", "accept": True}) == {}
    assert module.answered(desk.worker, {"visit": "i/s#1", "made": {"note": "a"}, "decision": None}) == {}
    assert desk.sfn.told == {"t": {"made": {"note": "a"}}}


# ---------------------------------------------------------------------------------------------- logs, and polling


def raises(*_):
    raise RuntimeError(SECRET)


@pytest.mark.parametrize(
    "owner", [raises, lambda *_: {"fail": SECRET}, lambda *_: {"made": {SECRET: 1}}, lambda *_: {"made": {"note": SECRET}}]
)
def test_what_an_owner_says_is_never_logged(desk, caplog, owner):
    caplog.set_level(logging.DEBUG, "baton")
    desk = desk(o=owner)
    desk.take(task("script", retry=(1, 1)))
    assert "i/s#1.1 failed" in caplog.text
    desk.worker.sqs = None  # the worker breaks while it handles the failure
    assert not desk.take(task("script", retry=(1, 1), visit="i/t#1"))
    assert "could not handle" in caplog.text
    assert SECRET not in caplog.text


class Shaky:
    """A queue that can't be reached, then throttles, then works."""

    def __init__(self, stop):
        self.asked, self.deleted, self.stop = 0, [], stop

    def receive_message(self, **_):
        self.asked += 1
        if self.asked == 1:
            raise EndpointConnectionError(endpoint_url="http://q")
        if self.asked == 2:
            raise ClientError({"Error": {"Code": "RequestThrottled", "Message": "x"}}, "ReceiveMessage")
        return {"Messages": [{"Body": json.dumps(task()), "ReceiptHandle": str(self.asked)}]}

    def delete_message(self, ReceiptHandle, **_):
        if self.asked == 3:
            raise EndpointConnectionError(endpoint_url="http://q")
        self.deleted.append(ReceiptHandle)
        self.stop.set()


def test_polling_goes_on_when_the_queue_does_not_answer(desk):
    pauses = []

    class Stop(threading.Event):
        def wait(self, pause=None):
            pauses.append(pause)
            return self.is_set() or len(pauses) > 20

    desk, stop = desk(), Stop()
    desk.worker.sqs = Shaky(stop)
    desk.worker.poll("q", stop)
    assert desk.worker.sqs.deleted == ["4"]
    assert pauses == [0, 1, 2, 4, 0]


class Impatient:
    """A queue that gives its one message to whoever asks once nobody holds it, and at first does not answer who holds it."""

    def __init__(self, body):
        self.body, self.free_at, self.held, self.deleted = body, 0, 0, False

    def receive_message(self, **_):
        if self.deleted or time.monotonic() < self.free_at:
            return {}
        self.free_at = time.monotonic() + 0.3
        return {"Messages": [{"Body": self.body, "ReceiptHandle": "r"}]}

    def change_message_visibility(self, QueueUrl, ReceiptHandle, VisibilityTimeout):
        self.held += 1
        if self.held == 1:
            raise EndpointConnectionError(endpoint_url="http://q")
        self.free_at = time.monotonic() + VisibilityTimeout

    def delete_message(self, **_):
        self.deleted = True


def test_an_attempt_that_outlasts_the_queues_patience_is_not_begun_beside(desk, module, monkeypatch):
    monkeypatch.setattr(module, "RENEWAL", 0.02)
    attempts, threads = [], threading.active_count()

    def slow(*_):
        attempts.append(1)
        if len(attempts) == 1:
            time.sleep(0.5)
            desk.worker._poll_once("q")  # as another poller would meanwhile
        return {"made": {"note": "yes"}}

    desk = desk(o=slow)
    desk.worker.sqs = queue = Impatient(json.dumps(task("script")))
    desk.worker._poll_once("q")
    assert (attempts, desk.sfn.told, queue.deleted) == ([1], DONE, True)
    assert queue.held > 2 and threading.active_count() == threads


def test_no_attempt_is_longer_than_a_message_can_be_held(desk, module):
    given = []
    desk = desk(o=lambda _binding, _message, seconds: given.append(seconds) or {"made": {"note": "a"}})
    desk.take(task("script", deadline=7 * 24 * 3600))
    assert given[0] + module.HOLD < 12 * 3600 and module.RENEWAL * 3 <= module.HOLD
