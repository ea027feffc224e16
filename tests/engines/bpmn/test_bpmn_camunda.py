"""The worker for Camunda, before a stand-in for its REST API: what it does with jobs, and what it tells the engine."""

import http.server
import importlib
import json
import sys
import threading

import pytest

import bpmn_builds as builds

sys.path.insert(0, str(builds.ROOT / "templates" / "bpmn"))
camunda = importlib.import_module("camunda")
door = importlib.import_module("door")

MAKES = {
    "type": "object",
    "properties": {"score": {"type": "number", "minimum": 0, "maximum": 1}},
    "required": ["score"],
    "additionalProperties": False,
}
HEADERS = {
    "v": "1",
    "flow": "f",
    "plan": "sha256:0",
    "state": "scoring",
    "asset": "thing",
    "goal": "A score",
    "owner": "scorer",
    "kind": "script",
    "binding": "unused",
    "makes": json.dumps(MAKES),
    "retry_times": "1",
    "retry_every": "30",
}
VARIABLES = {
    "item": "i",
    "visit": "i/scoring#1",
    "threshold": "always",
    "context": {"thing": None},
    "due": "2999-01-01T00:00:00.5Z[GMT]",
    "accept_due": None,
}


class StandIn(http.server.BaseHTTPRequestHandler):
    """Keeps what it is asked; answers as the test says."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        said = json.loads(body) if self.headers["Content-Type"] == "application/json" else body
        self.server.asked.append((self.command, self.path, said))
        status, answer = self.server.answers.get(self.path, (200, {}))
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    do_PATCH = do_POST

    def log_message(self, *_):
        pass


@pytest.fixture
def engine():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), StandIn)
    server.asked, server.answers = [], {}
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def client(engine):
    return camunda.Camunda(f"http://127.0.0.1:{engine.server_port}")


def worker(client, tmp_path, **owners):
    return camunda.Worker(client, door.Door(tmp_path / "door.db", camunda.Engine(client)), owners)


def job(retries=2, headers=None, variables=None, **more):
    return {
        "jobKey": "7",
        "type": "scorer",
        "retries": retries,
        "customHeaders": HEADERS | (headers or {}),
        "variables": VARIABLES | (variables or {}),
    } | more


def told(engine):
    return [(path.removeprefix("/v2"), body) for method, path, body in engine.asked if method == "POST"]


def test_an_attempt_that_fits_completes_the_job(engine, client, tmp_path):
    seen = []

    def owner(binding, message, seconds):
        seen.append((message["attempt"], message["makes"]))
        return '{"made": {"score": 0.5}}'

    worker(client, tmp_path, script=owner).take(job(retries=1))
    assert seen == [("i/scoring#1.2", MAKES)]
    assert told(engine) == [("/jobs/7/completion", {"variables": {"reply": {"made": {"score": 0.5}}}})]


@pytest.mark.parametrize("said", ['{"made": {"score": 2}}', '{"fail": "no"}', "{", '{"made": {"score": 0.5}, "x": 1}'])
def test_an_attempt_that_fails_is_repeated_then_thrown(said, engine, client, tmp_path):
    taker = worker(client, tmp_path, script=lambda *_: said)
    taker.take(job(retries=2))
    taker.take(job(retries=1))
    (first, again), (last, thrown) = told(engine)
    assert (first, again["retries"], again["retryBackOff"]) == ("/jobs/7/failure", 1, 30_000)
    assert (last, thrown["errorCode"]) == ("/jobs/7/error", "Baton.Failed")


def test_a_queue_is_answered_by_hand(engine, client, tmp_path):
    taker = worker(client, tmp_path)
    taker.take(job(headers={"kind": "queue", "retry_times": "0"}))
    assert told(engine) == []
    assert [task["attempt"] for task in taker.door.waiting("scorer")] == ["i/scoring#1.1"]
    with pytest.raises(door.Refused, match="misfit"):
        taker.door.answer("i/scoring#1", {"score": 7})
    taker.door.answer("i/scoring#1", {"score": 1})
    with pytest.raises(door.Refused, match="duplicate"):
        taker.door.answer("i/scoring#1", {"score": 1})
    assert told(engine) == [("/jobs/7/completion", {"variables": {"reply": {"made": {"score": 1}}}})]


def test_what_the_engine_no_longer_waits_for_is_late(engine, client, tmp_path):
    taker = worker(client, tmp_path)
    taker.take(job(headers={"kind": "queue"}))
    engine.answers["/v2/jobs/7/completion"] = (404, {})
    with pytest.raises(door.Refused, match="late"):
        taker.door.answer("i/scoring#1", {"score": 1})


def listens(event, reply=None, expects=None):
    said = {"kind": "human"} | ({"expects": expects} if expects else {})
    given = {"reply": reply} if reply is not None else {}
    task = {"userTaskKey": "9"}
    return job(headers=said, variables=given, type="baton-door", listenerEventType=event, userTask=task)


def test_a_user_task_asks_before_it_is_completed(engine, client, tmp_path):
    taker = worker(client, tmp_path)
    taker.take(listens("CREATING"))
    taker.take(listens("COMPLETING", {"made": {"score": "high"}}))
    taker.take(listens("COMPLETING", {"made": {"score": 0.3}, "fail": ""}))
    taker.take(listens("COMPLETING", {"made": {"score": 0.4}}))
    results = [body["result"] for _, body in told(engine)]
    assert [result["denied"] for result in results] == [False, True, False, True]
    assert results[1]["deniedReason"].startswith("misfit") and results[3]["deniedReason"].startswith("duplicate")


def test_a_user_task_that_is_taken_away_is_late(engine, client, tmp_path):
    taker = worker(client, tmp_path)
    taker.take(listens("CREATING"))
    taker.take(listens("CANCELING"))
    with pytest.raises(door.Refused, match="late"):
        taker.door.answer("i/scoring#1", {"score": 1})


def test_programs_accept_when_work_reaches_them(engine, client, tmp_path):
    worker(client, tmp_path).take(job(headers={"expects": "accept"}))
    assert told(engine) == [("/jobs/7/completion", {"variables": {}})]


def test_jobs_are_taken_and_an_owner_that_breaks_breaks_nothing(engine, client, tmp_path):
    def broken(*_):
        raise RuntimeError("boom")

    engine.answers["/v2/jobs/activation"] = (200, {"jobs": [job(retries=1)]})
    stop = threading.Event()
    taker = worker(client, tmp_path, script=broken)
    thread = threading.Thread(target=taker.poll, args=("scorer", stop))
    thread.start()
    while not any(path == "/v2/jobs/7/error" for _, path, _ in list(engine.asked)):
        assert thread.is_alive()
    stop.set()
    thread.join()
    asked = next(body for _, path, body in engine.asked if path == "/v2/jobs/activation")
    assert asked["type"] == "scorer" and asked["maxJobsToActivate"] == 1


def test_files_are_deployed_together(engine, client):
    files = sorted((builds.built("release_approval") / "camunda8").iterdir())
    client.deploy(files)
    _, path, body = engine.asked[0]
    assert path == "/v2/deployments" and body.count(b'name="resources"') == len(files)


def test_a_script_has_until_it_is_due():
    reply = camunda.run_script("cat", {"made": {}}, 5)
    assert json.loads(reply) == {"made": {}}
    with pytest.raises(camunda.Failed, match="in time"):
        camunda.run_script("sleep 30", {}, 0.1)
    with pytest.raises(camunda.Failed, match="status 1"):
        camunda.run_script("false", {}, 5)
