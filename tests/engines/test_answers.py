"""The command with which people answer, as they type it, on moto; and how they are told."""

import http.server
import importlib.util
import json
import os
import subprocess
import sys
import threading

import pytest

from harness import shipped_worker
from refresh import OPPORTUNITY, STRAIGHT, TO_LEGAL, WEAK, assert_ended, owners
from test_visits import desk, task  # noqa: F401


@pytest.fixture(scope="module")
def module(tmp_path_factory):
    return shipped_worker(tmp_path_factory.mktemp("answers"))


@pytest.fixture(scope="module")
def office(deployed, silent):
    """A deployment at full length of time, whose people answer by the command alone."""
    return deployed("content_refresh", None)


def people(deployment, *words, given=None, **instead):
    """What the command says to such words: (status, what it printed)."""
    credentials = deployment.engine.credentials()
    environment = os.environ | {
        "AWS_ENDPOINT_URL": credentials["endpoint_url"],
        "AWS_DEFAULT_REGION": credentials["region_name"],
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "BATON_TABLE": deployment.table.name,
        "BATON_MACHINES": json.dumps(deployment.machines),
    }
    command = [sys.executable, deployment.folder / "worker" / "answer.py", *words]
    done = subprocess.run(command, env=environment | instead, input=given, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout + done.stderr


def silently(**instead):
    return owners(**{"tidying": WEAK, "legal_review": None, "escalated_review": None} | instead)


def test_people_see_what_waits_and_decide(office):
    run = office.start("content_refresh", "page-1", OPPORTUNITY, silently())
    office.notice("page-1/legal_review#1")
    _, shown = people(office, "inbox", "legal@example.com")
    assert "page-1/legal_review#1: for counsel (legal@example.com), due in 23h\n" in shown
    assert "  May this page be published?\n" in shown and "    confidence = 0.8\n" in shown
    assert "decide page-1 revise       -> drafting or rejected\n" in shown
    assert people(office, "inbox", "growth") == (0, "nothing waits for anybody\n")
    assert people(office, "accept", "page-1") == (0, "taken: page-1/legal_review#1\n")
    assert ", accepted\n" in people(office, "inbox")[1]
    assert people(office, "decide", "page-1", "revise", "--set", "notes=Shorter") == (0, "taken: page-1/legal_review#1\n")
    office.notice("page-1/legal_review#2")
    assert json.loads(people(office, "inbox", "--format", "json")[1])[0]["task"]["visit"] == "page-1/legal_review#2"
    assert people(office, "decide", "page-1", "approve", "--file", "-", given="{}") == (0, "taken: page-1/legal_review#2\n")
    assert_ended(run, [*TO_LEGAL, "drafting", "tidying", "legal_review", "publishing", "published"], "SUCCEEDED")


def test_what_people_answer_wrongly_is_refused_and_changes_nothing(office):
    run = office.start("content_refresh", "page-2", OPPORTUNITY, silently())
    office.notice("page-2/legal_review#1")
    before = office.worker._get("page-2/legal_review#1")
    for words, why in [
        (["decide", "page-2", "maybe"], "refused as misfit: decision: expected one of approve, revise, reject"),
        (["deliver", "page-2"], "refused as misfit: decision"),
        (["decide", "page-2", "approve", "--file", "-"], "refused as misfit: made: `more` is not asked for"),
        (["decide", "page-22", "approve"], "refused as unknown: there is no item `page-22`"),
        (["decide", "page-2/legal_review#7", "approve"], "refused as unknown"),
        (["fail", "page-2/drafting#1", "--reason", "x"], "refused as duplicate"),
    ]:
        status, said = people(office, *words, given='{"more": 1}')
        assert (status, said[: len(why)]) == (1, why)
    for words, why in [
        (["decide", "page-2", "approve", "--set", "live=7"], "there is no `live`; there are notes"),
        (["decide", "page-2", "approve", "--set", "notes"], "it is written `field=value`"),
        (["decide", "page-2", "approve", "--file", "nowhere.json"], "`nowhere.json` can't be read"),
    ]:
        status, said = people(office, *words)
        assert status == 2 and why in said
    assert office.worker._get("page-2/legal_review#1") == before
    assert people(office, "fail", "page-2", "--reason", "no access") == (0, "taken: page-2/legal_review#1\n")
    assert_ended(run, [*TO_LEGAL, "stuck"], "FAILED")
    assert people(office, "decide", "page-2/legal_review#1", "approve")[1].startswith("refused as duplicate")
    assert people(office, "decide", "page-2", "approve") == (1, "refused as late: nothing of `page-2` waits for anybody\n")


def test_records_are_let_in_once(office):
    for name in ("page-3", "page-4"):
        office.scripts[name] = owners()
    records = "\n".join(json.dumps(OPPORTUNITY | {"keyword": name}) for name in ("page-3", "page-4"))
    for given in (records, f"[{records.replace(chr(10), ', ')}]"):
        said = people(office, "submit", "content_refresh", "--input", "-", "--id-from", "keyword", given=given)
        assert said == (0, "taken: page-3\ntaken: page-4\n")
    for name in ("page-3", "page-4"):
        assert_ended(office.run("content_refresh", name), STRAIGHT, "SUCCEEDED")
    bad = json.dumps(OPPORTUNITY | {"priority": 9})
    status, said = people(office, "submit", "content_refresh", "--input", "-", given=bad)
    assert status == 1 and said.startswith("refused as misfit: raw.priority: 9 breaks")
    assert people(office, "submit", "other", "--input", "-", given=bad)[0] == 2


def test_a_stack_s_outputs_say_where_the_pipeline_is(office):
    outputs = {"Visits": office.table.name, "Machines": json.dumps(office.machines)}
    template = {
        "Resources": {"Any": {"Type": "AWS::SQS::Queue"}},
        "Outputs": {name: {"Value": value} for name, value in outputs.items()},
    }
    assert set(outputs) <= set(office.outputs)
    office.engine.client("cloudformation").create_stack(StackName="pages", TemplateBody=json.dumps(template))
    nowhere = {"BATON_TABLE": "", "BATON_MACHINES": ""}
    assert people(office, "--stack", "pages", "decide", "nothing", "x", **nowhere)[1].startswith("refused as unknown")
    assert "BATON_STACK" in people(office, "inbox", **nowhere)[1]


@pytest.mark.parametrize(
    ("text", "schema", "value"),
    [
        ("70%", {"type": "number", "maximum": 1}, "0.7"),
        ("1_000.5", {"type": "number"}, "1000.5"),
        ("1d12h", {"type": "number"}, "129600"),
        ("0.15 EUR", {"type": "number", "title": "EUR"}, "0.15"),
        ("true", {"type": "boolean"}, "true"),
        ("7", {"type": "string"}, '"7"'),
        ("low", {"$ref": "#/$defs/Level"}, '"low"'),
        ('["a"]', {"anyOf": [{"type": "array"}, {"type": "null"}]}, '["a"]'),
    ],
)
def test_values_are_written_as_their_types_are(office, text, schema, value):
    answer = answers_of(office)
    document = {"properties": {"a": schema}, "$defs": {"Level": {"enum": ["low", "high"]}}}
    made = {}
    answer.assign(made, f"a={text}", document, office.module.Schema(document).resolved)
    assert office.module.plain(made["a"]) == value


@pytest.mark.parametrize("text", ["0.15 USD", "seventy", "7 0", "1h 30m", ""])
def test_what_is_no_figure_is_said_to_be_none(office, text):
    answer = answers_of(office)
    with pytest.raises(answer.Unusable, match="0.15 EUR"):
        answer.number(text, {"type": "number", "title": "EUR"})


def answers_of(deployment):
    spec = importlib.util.spec_from_file_location("answer", deployment.folder / "worker" / "answer.py")
    answer = importlib.util.module_from_spec(spec)
    sys.modules["worker"] = deployment.module
    spec.loader.exec_module(answer)
    return answer


# ------------------------------------------------------------------------------------------------- being told

ASKED = {"flow": "f", "goal": "g", "question": "May it?", "shows": ["risk"], "asset": "page", "owner": "o"}
ASKED |= {"context": {"page": {"at": "x\x1b"}, "risk": "low"}, "options": [{"name": "yes", "to": ["done"]}]}


def telling(module, desk, monkeypatch, **environment):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    desk.worker.tell = module.tell_people
    return desk


def test_a_command_is_told_and_may_fail(desk, module, monkeypatch, tmp_path):  # noqa: F811
    told = tmp_path / "told"
    desk = telling(module, desk(), monkeypatch, BATON_NOTIFY=f"sh -c 'cat > {told}'")
    assert desk.take(task(**ASKED))
    notice = json.loads(told.read_text())
    assert (notice["notice"], notice["contact"], notice["task"]["attempt"]) == ("arrival", "x", "i/s#1.1")
    assert notice["text"].splitlines()[:2] == ["g", "May it?"] and "\x1b" not in notice["text"]
    assert notice["text"].endswith("python worker/answer.py decide i yes          -> done")
    monkeypatch.setenv("BATON_NOTIFY", "false")
    assert desk.take(task(visit="i/t#1", **ASKED))  # the work waits all the same
    desk.worker.answer("i/t#1", {"note": "yes"}, "yes")


def test_a_webhook_is_told(desk, module, monkeypatch):  # noqa: F811
    seen = []

    class Hook(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            seen.append((self.headers["Idempotency-Key"], json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Hook)
    thread = threading.Thread(target=server.handle_request)
    thread.start()
    telling(module, desk(), monkeypatch, BATON_NOTIFY=f"http://127.0.0.1:{server.server_port}/").take(task(**ASKED))
    thread.join()
    server.server_close()
    ((key, notice),) = seen
    assert (key, notice["task"]["visit"]) == ('"i/s#1.1/arrival"', "i/s#1")


def test_a_topic_gets_all_of_it_and_a_mail_says_it_in_words(desk, module, monkeypatch):  # noqa: F811
    published = []

    class Topic:
        def publish(self, **given):
            published.append(given)

    desk = telling(module, desk(), monkeypatch, BATON_TOPIC="arn")
    monkeypatch.setattr(module.boto3, "client", lambda _service: Topic())
    desk.take(task(**ASKED))
    (given,) = published
    message = json.loads(given["Message"])
    assert (given["Subject"], given["MessageStructure"]) == ("f: s", "json")
    assert json.loads(message["default"])["task"]["visit"] == "i/s#1" and message["email"].startswith("g\nMay it?")


def test_a_reminder_comes_once_and_before_it_is_too_late(desk, module, monkeypatch):  # noqa: F811
    desk = desk()
    monkeypatch.setenv("BATON_REMIND", "600")
    desk.take(task())
    ((again,),) = [desk.queued()]
    assert again["reminder"] and again["not_before"] == (module.moment(again, 3000)).isoformat()
    desk.take(again)  # too early: held back once more
    assert (desk.notices, len(desk.queued())) == (["i/s#1.1"], 2)
    desk.take(again | {"not_before": "2020-01-01T00:00:00+00:00"})
    assert (desk.notices, len(desk.queued())) == (["i/s#1.1"] * 2, 2)
    desk.worker.answer("i/s#1", {"note": "yes"})
    desk.take(again | {"not_before": "2020-01-01T00:00:00+00:00"})
    assert desk.notices == ["i/s#1.1"] * 2


def test_nobody_is_reminded_of_what_is_due_before(desk, monkeypatch):  # noqa: F811
    desk = desk()
    monkeypatch.setenv("BATON_REMIND", "7200")
    desk.take(task())
    assert (desk.notices, desk.queued()) == (["i/s#1.1"], [])
