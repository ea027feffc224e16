"""The worker of a pipeline that Baton compiled for Camunda 8: it takes jobs, lets owners work, and keeps the door.

It never decides where work goes next: thresholds, bounds and deadlines belong to the process. Programs are owners whose
attempts run here; people and queues answer by a form in Tasklist or by `answer`, and whatever they send goes through
`door.py` first: a user task's listeners ask this worker before the task is completed.

    python camunda.py deploy ../camunda8/*          once
    python camunda.py run                           for as long as work goes on
    python camunda.py submit FLOW SOURCE record.json --item ID
    python camunda.py open OWNER | answer | accept | fail …

Environment: CAMUNDA_URL (http://127.0.0.1:8080), CAMUNDA_TOKEN (a bearer token, if the cluster asks for one),
BATON_DOOR (the file with open visits, `door.db`), BATON_OWNERS (the owners whose jobs this process takes; all of them
otherwise), and for models OPENAI_BASE_URL and OPENAI_API_KEY.
"""

import argparse
import contextlib
import datetime
import json
import logging
import math
import os
import pathlib
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

import door
from door import BY_HAND, Door, Gone, Refused, checked, clipped, exact, plain, task_of, told

log = logging.getLogger("baton")

LISTENER = "baton-door"  # the type of the jobs by which user tasks ask the door
POLL = 10  # seconds that the engine may keep a request for jobs
HOLD = 60  # seconds for a job's bookkeeping beside the work itself
LONGEST_PAUSE = 60  # seconds before an engine that does not answer is asked again
HERE = pathlib.Path(__file__).parent


class Failed(Exception):
    """An owner's attempt that came to nothing; its text is the reason."""


# ------------------------------------------------------------------------------------------------------- engine


class Camunda:
    """The REST API of the orchestration cluster, as far as it is needed here."""

    def __init__(self, url, token=None):
        self.url, self.token = url.rstrip("/") + "/v2", token

    def activate(self, kind, timeout):
        """The next job of that type, or None."""
        body = {"type": kind, "timeout": timeout * 1000, "maxJobsToActivate": 1, "requestTimeout": POLL * 1000}
        jobs = self._post("/jobs/activation", body | {"worker": "baton"}, timeout=POLL + 30)["jobs"]
        return jobs[0] if jobs else None

    def complete_job(self, key, variables=None, result=None):
        self._post(f"/jobs/{key}/completion", {"variables": variables or {}} | ({"result": result} if result else {}))

    def fail_job(self, key, retries, reason, pause):
        body = {"retries": retries, "errorMessage": reason, "retryBackOff": pause * 1000}
        self._post(f"/jobs/{key}/failure", body)

    def throw(self, key, reason):
        self._post(f"/jobs/{key}/error", {"errorCode": "Baton.Failed", "errorMessage": reason})

    def hold(self, key, seconds):
        self._post(f"/jobs/{key}", {"changeset": {"timeout": max(seconds, 1) * 1000}}, method="PATCH")

    def complete_user_task(self, key, variables):
        self._post(f"/user-tasks/{key}/completion", {"variables": variables})

    def begin(self, process, variables):
        return self._post("/process-instances", {"processDefinitionId": process, "variables": variables})

    def deploy(self, files):
        """Deploys processes and forms together: what calls one another must come at once."""
        boundary = uuid.uuid4().hex
        parts = []
        for file in files:
            head = f'Content-Disposition: form-data; name="resources"; filename="{file.name}"'
            parts += [f"--{boundary}\r\n{head}\r\nContent-Type: application/octet-stream\r\n\r\n".encode(), file.read_bytes(), b"\r\n"]
        body = b"".join(parts) + f"--{boundary}--\r\n".encode()
        return self._send("POST", "/deployments", body, f"multipart/form-data; boundary={boundary}", 60)

    def _post(self, path, body, method="POST", timeout=30):
        return self._send(method, path, plain(body).encode(), "application/json", timeout)

    def _send(self, method, path, body, kind, timeout):
        """Raises Gone where the engine knows no such job or task, or has no use for it any more."""
        headers = {"Content-Type": kind} | ({"Authorization": f"Bearer {self.token}"} if self.token else {})
        request = urllib.request.Request(self.url + path, body, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=timeout) as response:
                return json.loads(response.read() or "{}")
        except urllib.error.HTTPError as error:
            if error.code in (404, 409):
                raise Gone(path) from None
            raise


# ------------------------------------------------------------------------------------------------------- owners


def run_script(binding, message, seconds):
    """Runs a command: the message on its standard input, the reply on its standard output. Whatever it has started ends
    with it."""
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as output:
        given.write(plain(message).encode())
        given.seek(0)
        process = subprocess.Popen(
            shlex.split(binding), stdin=given, stdout=output, stderr=subprocess.DEVNULL, start_new_session=True
        )
        try:
            status = process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Failed("it did not end in time") from None
        finally:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        output.seek(0)
        said = output.read(door.LIMIT + 1)
    if status != 0:
        raise Failed(f"it ended with status {status}")
    return within_limit(said)


def within_limit(said):
    if len(said) > door.LIMIT:
        raise Failed(f"it said more than {door.LIMIT} bytes")
    return said


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirection would lose the body: it is a failure."""

    def redirect_request(self, *_):
        return None


def call_action(binding, message, seconds):
    """Calls `METHOD URL` with the message as its body; the body of the response is the reply. Any status but 2xx is a
    failure."""
    method, url = binding.split(None, 1)
    key = '"' + urllib.parse.quote(message["attempt"], safe="/#:@!$&'()*+,;=?[] ") + '"'
    return web(method, url, message, {"Idempotency-Key": key}, seconds)


def web(method, url, message, headers, seconds):
    if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
        raise Failed("its address is no URL of the web")
    headers = {"Content-Type": "application/json"} | headers
    request = urllib.request.Request(url, plain(message).encode(), headers, method=method)
    try:
        with urllib.request.build_opener(NoRedirect).open(request, timeout=seconds) as response:
            return within_limit(response.read(door.LIMIT + 1))
    except urllib.error.HTTPError as error:
        raise Failed(f"it answered with status {error.code}") from None


def ask_model(binding, message, seconds):
    """Asks an endpoint that speaks the chat protocol of OpenAI; the last JSON object of what it says is the reply."""
    told_so = (
        "You are one step of a pipeline. Do the work that `goal` describes on `context`. Reply with one JSON object "
        '{"made": …} and nothing else; `made` must fit the JSON Schema in `makes`.'
    )
    messages = [{"role": "system", "content": told_so}, {"role": "user", "content": plain(message)}]
    key = os.environ.get("OPENAI_API_KEY")
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    url = os.environ["OPENAI_BASE_URL"].rstrip("/") + "/chat/completions"
    said = json.loads(web("POST", url, {"model": binding, "messages": messages}, headers, seconds))
    return last_object(said["choices"][0]["message"]["content"])


def last_object(text):
    """The last JSON object in a text, as it stands there; nothing if there is none."""
    found, at = "", text.find("{")
    while at >= 0:
        try:
            end = json.JSONDecoder().raw_decode(text, at)[1]
            found = text[at:end]
        except (ValueError, RecursionError):
            end = at + 1
        at = text.find("{", end)
    return found


# An owner is a function from (binding, message, seconds left) to a reply. An entry for an owner's name goes before the
# one for its kind.
OWNERS = {"script": run_script, "action": call_action, "model": ask_model}


# ------------------------------------------------------------------------------------------------------- worker


class Engine:
    """What the door asks of Camunda: keys of jobs and of user tasks, told apart by their first letter."""

    def __init__(self, camunda):
        self.camunda = camunda

    def accept(self, key):
        self._complete(key, {})

    def complete(self, key, reply):
        if key.startswith("job:") and "fail" in reply:
            return self.camunda.throw(key.removeprefix("job:"), reply["fail"])
        self._complete(key, {"reply": {"made": {}} | reply})

    def _complete(self, key, variables):
        if key.startswith("job:"):
            self.camunda.complete_job(key.removeprefix("job:"), variables)
        else:
            self.camunda.complete_user_task(key.removeprefix("task:"), variables)


class Worker:
    """Takes jobs of Camunda. Everything may be delivered twice or break off in the middle: each step can be done again."""

    def __init__(self, camunda, visits, owners=None):
        self.camunda, self.door, self.owners = camunda, visits, OWNERS if owners is None else owners

    def take(self, job):
        """Does what one job asks."""
        if job["type"] == LISTENER:
            return self._listen(job)
        task = task_of(job["customHeaders"], job["variables"])
        if task["kind"] in BY_HAND:
            self.camunda.hold(job["jobKey"], left(task))
            return self.door.open(task, f"job:{job['jobKey']}")
        if task["expects"] == "accept":
            return self.camunda.complete_job(job["jobKey"])
        self._attempt(job, task)

    def _attempt(self, job, task):
        """One attempt. The engine counts what is left of them, and waits between two; its timers go on meanwhile."""
        number = task["retry_times"] + 2 - job["retries"]
        self.camunda.hold(job["jobKey"], left(task) + HOLD)
        try:
            reply = checked(self._work(task, number), task)
        except (Failed, Refused) as error:
            log.warning("%s.%d failed", task["visit"], number)
            if job["retries"] > 1:
                return self.camunda.fail_job(job["jobKey"], job["retries"] - 1, clipped(error), task["retry_every"])
            return self.camunda.throw(job["jobKey"], clipped(error))
        self.camunda.complete_job(job["jobKey"], {"reply": reply})

    def _work(self, task, number):
        work = self.owners.get(task["owner"]) or self.owners.get(task["kind"])
        if work is None:
            raise Failed(f"this worker knows no owner `{task['owner']}`")
        try:
            reply = exact(work(task["binding"], told(task, number), left(task)))
        except Failed:
            raise
        except Exception as error:  # whatever an owner does, the worker lives on and the attempt has failed
            raise Failed(str(error) or type(error).__name__) from error
        if isinstance(reply, dict) and reply.get("fail") is not None:
            raise Failed(str(reply["fail"]))
        return plain(reply)

    def _listen(self, job):
        """A user task asks: it begins, somebody wants to complete it, or the engine takes it away."""
        key = job["userTask"]["userTaskKey"]
        task = task_of(job["customHeaders"], job["variables"])
        event = job["listenerEventType"]
        try:
            if event == "CREATING":
                self.door.open(task, f"task:{key}")
            elif event == "CANCELING":
                self.door.left(task["visit"])
            elif task["expects"] != "accept":
                self.door.submitted(task["visit"], job["variables"].get("reply") or {})
            else:
                self.door.accepted(task["visit"])
        except Refused as refused:
            denied = {"type": "userTask", "denied": True, "deniedReason": clipped(refused)}
            return self.camunda.complete_job(job["jobKey"], result=denied)
        self.camunda.complete_job(job["jobKey"], result={"type": "userTask", "denied": False})

    def poll(self, kind, stop):
        """Takes jobs of one type until `stop` is set, however often the engine does not answer."""
        pause = 0
        while not stop.wait(pause):
            try:
                job = self.camunda.activate(kind, HOLD)
                pause = 0
                if job:
                    self.take(job)
            except Gone:
                log.info("a job of %s has been taken away by the engine", kind)
            except Refused as refused:
                log.warning("refused as %s", refused.reason)
            except (OSError, ValueError, KeyError) as error:
                pause = min(2 * pause or 1, LONGEST_PAUSE)
                log.warning("jobs of %s: %s; again in %d s", kind, type(error).__name__, pause)


def left(task):
    """The seconds until a task is due, at least one."""
    due = datetime.datetime.fromisoformat(task["due"])
    return max(math.ceil((due - door.now()).total_seconds()), 1)


# ------------------------------------------------------------------------------------------------- command line


def from_environment():
    camunda = Camunda(os.environ.get("CAMUNDA_URL", "http://127.0.0.1:8080"), os.environ.get("CAMUNDA_TOKEN"))
    return Worker(camunda, Door(os.environ.get("BATON_DOOR", HERE / "door.db"), Engine(camunda)))


def described():
    return json.loads((HERE / "intakes.json").read_text(encoding="utf-8"))


def run(_):
    worker, stop = from_environment(), threading.Event()
    owners = os.environ.get("BATON_OWNERS", "").split() or described()["owners"]
    for kind in [LISTENER, *owners]:
        threading.Thread(target=worker.poll, args=(kind, stop), daemon=True).start()
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            time.sleep(3600)
    stop.set()


def submit(arguments):
    flow = described()["flows"].get(arguments.flow)
    if flow is None:
        raise Refused("unknown", f"there is no flow `{arguments.flow}`")
    worker, item = from_environment(), arguments.item or str(uuid.uuid4())
    record = pathlib.Path(arguments.record).read_text(encoding="utf-8")
    variables = worker.door.let_in(flow, arguments.intake, record, item)
    if variables is not None:
        worker.camunda.begin(flow["process"], variables)
        worker.door.begun(item)
    print(item)


def main():
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    commands = parser.add_subparsers(required=True)

    def command(name, text, act, *positional):
        found = commands.add_parser(name, help=text)
        found.set_defaults(act=act)
        for argument in positional:
            found.add_argument(argument)
        return found

    command("run", "take jobs until interrupted", run)
    deploy = command("deploy", "deploy processes and forms", lambda a: from_environment().camunda.deploy(a.files))
    deploy.add_argument("files", nargs="+", type=pathlib.Path)
    command("submit", "let a record in", submit, "flow", "intake", "record").add_argument("--item")
    command("open", "what waits for an owner", lambda a: print(plain(from_environment().door.waiting(a.owner))), "owner")
    answer = command(
        "answer", "answer an open visit", lambda a: from_environment().door.answer(a.visit, a.made, a.decision), "visit"
    )
    answer.add_argument("--made", type=json.loads, default={}, help="what was made, as a JSON object")
    answer.add_argument("--decision")
    command("accept", "the work has reached you", lambda a: from_environment().door.accept(a.visit), "visit")
    fail = command("fail", "you can't do it", lambda a: from_environment().door.fail(a.visit, a.reason), "visit")
    fail.add_argument("--reason", required=True)
    arguments = parser.parse_args()
    try:
        arguments.act(arguments)
    except Refused as refused:
        sys.exit(str(refused))


if __name__ == "__main__":
    main()
