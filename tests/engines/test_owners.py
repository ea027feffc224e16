"""How the shipped worker reaches owners: scripts, HTTP actions and models that hang, drip, flood or leave things behind."""

import contextlib
import http.server
import json
import threading
import time

import pytest

from harness import shipped_worker

MESSAGE = {"attempt": 'ü "1"/s#1.1', "visit": 'ü "1"/s#1'}


@pytest.fixture(scope="module")
def module(tmp_path_factory):
    return shipped_worker(tmp_path_factory.mktemp("owners"))


def fails_within(seconds, why, work, *given):
    began = time.monotonic()
    with pytest.raises(Exception, match=why):
        work(*given)
    assert time.monotonic() - began < seconds


def test_a_script_gets_the_message_and_gives_the_reply(module):
    assert module.exact(module.run_script("cat", MESSAGE, 60)) == module.exact(MESSAGE)


@pytest.mark.parametrize(
    ("command", "why"), [("false", "status 1"), ("yes", "wrote more than"), ("sleep 30", "in time"), ("no/such/tool", "No such file")]
)
def test_a_script_that_fails_floods_or_hangs_has_failed(module, command, why):
    fails_within(10, why, module.run_script, command, MESSAGE, 1)


@pytest.mark.parametrize(
    "command",
    ["sh -c 'sleep 40 &'", "sh -c 'exec >&-; sleep 40'", "sh -c 'while :; do echo x; sleep 0.1; done'"],
    ids=["a child holds the output", "the output is closed first", "it drips"],
)
def test_nothing_holds_the_worker_past_the_deadline(module, command):
    fails_within(5, "in time", module.run_script, command, MESSAGE, 1)


def test_what_a_script_has_started_ends_with_it(module, tmp_path):
    left = tmp_path / "left"
    module.run_script(f"sh -c 'sleep 60 >/dev/null & echo $! > {left}'", MESSAGE, 10)
    assert ended(int(left.read_text()))


def ended(process):
    for _ in range(100):
        try:
            state = open(f"/proc/{process}/stat").read().rsplit(")", 1)[1].split()[0]
        except OSError:
            return True
        if state == "Z":  # killed, and its new parent has not looked yet
            return True
        time.sleep(0.05)
    return False


class Action(http.server.BaseHTTPRequestHandler):
    """What an address does is its path."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.server.seen.append((self.headers, self.rfile.read(int(self.headers["Content-Length"]))))
        with contextlib.suppress(OSError):
            getattr(self, self.path.strip("/").split("?")[0])()

    def good(self, body=b'{"made": {}}', status=200):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def refused(self):
        self.good(status=409)

    def moved(self):
        self.send_response(302)
        self.send_header("Location", "/good")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def flood(self):
        self.good(b"x" * 300_000)

    def silent(self):
        time.sleep(4)

    def dripping_headers(self):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        self.drip()

    def dripping_body(self):
        self.send_response(200)
        self.end_headers()
        self.drip()

    def drip(self):
        for _ in range(40):
            self.wfile.write(b"x")
            time.sleep(0.1)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def address():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Action)
    server.seen = []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"POST http://127.0.0.1:{server.server_port}/", server
    server.shutdown()
    server.server_close()
    thread.join()


def test_an_action_gets_the_message_and_its_key(module, address):
    at, server = address
    assert module.call_action(at + "good?a=1", MESSAGE, 10) == b'{"made": {}}'
    headers, body = server.seen[-1]
    assert json.loads(body) == MESSAGE
    assert headers["Idempotency-Key"] == '"%C3%BC %221%22/s#1.1"'


@pytest.mark.parametrize("key", ['a"/s#1.1', "a\\/s#1.1", "a\r\nX: y/s#1.1", "ü/s#1.1", "%22/s#1.1", '"/s#1.1'])
def test_keys_are_strings_of_a_structured_field_and_stay_apart(module, key):
    quoted = module.quoted(key)
    assert quoted[0] == quoted[-1] == '"' and quoted.isascii() and quoted.isprintable()
    assert not set(quoted[1:-1]) & {'"', "\\"}
    assert module.urllib.parse.unquote(quoted[1:-1]) == key


@pytest.mark.parametrize(("path", "why"), [("refused", "status 409"), ("moved", "status 302"), ("flood", "more than")])
def test_an_action_that_refuses_or_floods_has_failed(module, address, path, why):
    fails_within(10, why, module.call_action, address[0] + path, MESSAGE, 10)


@pytest.mark.parametrize("path", ["silent", "dripping_headers", "dripping_body"])
def test_an_action_is_hung_up_on_at_its_deadline(module, address, path):
    fails_within(3, None, module.call_action, address[0] + path, MESSAGE, 1)


def test_an_action_is_on_the_web(module):
    fails_within(3, "no URL", module.call_action, "POST file:///etc/hostname", MESSAGE, 1)


def test_a_model_is_asked_once_and_for_no_longer_than_there_is_time(module, monkeypatch):
    asked = {}

    class Bedrock:
        def converse(self, **_):
            return {"output": {"message": {"content": [{"text": 'Here: {"made": {}} '}]}}}

    def client(service, config):
        asked.update(service=service, config=config)
        return Bedrock()

    monkeypatch.setattr(module.boto3, "client", client)
    assert module.ask_model("some.model", MESSAGE, 12) == '{"made": {}}'
    config = asked["config"]
    assert config.connect_timeout + config.read_timeout <= 12
    assert config.retries == {"total_max_attempts": 1}


