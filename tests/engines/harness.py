"""What the tests on moto stand on: a server, a deployed build, owners that follow a script, and the path of a run.

A deployment is made from the emitted folder alone: the queues, the table and the substitutions are those of its
template. The owners are stubs, but they work behind the worker that is shipped.
"""

import contextlib
import importlib.util
import json
import os
import pathlib
import socket
import subprocess
import sys
import threading
import time
import urllib.request

import boto3
import yaml

ROOT = pathlib.Path(__file__).parents[2]
BATON = pathlib.Path(os.environ.get("BATON", ROOT / "target" / "release" / "baton"))  # a debug build serves as well
ROLE = "arn:aws:iam::123456789012:role/baton"


def build(example, folder, scale=None):
    """Builds an example, or the flow in a file, for Step Functions and returns the folder."""
    file = example if isinstance(example, pathlib.Path) else ROOT / "examples" / f"{example}.flow"
    command = [BATON, "build", file, "--target", "asl", "--out", folder]
    command += ["--time-scale", str(scale)] if scale else []
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return pathlib.Path(folder)


def worker_of(folder):
    """The worker that a build ships, as a module."""
    spec = importlib.util.spec_from_file_location("worker", folder / "worker" / "worker.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def shipped_worker(folder):
    """The worker as it stands in the source, without a build: what it does by itself."""
    (folder / "worker").mkdir()
    (folder / "worker" / "worker.py").write_text((ROOT / "templates" / "asl" / "worker.py").read_text())
    return worker_of(folder)


class Engine:
    """A moto server of our own on a free loopback port."""

    def __init__(self, log):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        command = [sys.executable, str(pathlib.Path(__file__).with_name("engine.py")), "-H", "127.0.0.1", "-p", str(port)]
        self.process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        self._wait_until_it_answers()
        self._post("/moto-api/config", {"stepfunctions": {"execute_state_machine": True}})

    def _wait_until_it_answers(self):
        for _ in range(300):
            assert self.process.poll() is None, "moto's server has ended; see its log"
            with contextlib.suppress(OSError):
                return urllib.request.urlopen(self.url + "/moto-api/").close()
            time.sleep(0.1)
        raise AssertionError("moto's server does not answer")

    def _post(self, path, body):
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(), headers, method="POST")
        urllib.request.urlopen(request).close()

    def credentials(self):
        return {
            "endpoint_url": self.url,
            "region_name": "us-east-1",
            "aws_access_key_id": "test",
            "aws_secret_access_key": "test",
        }

    def client(self, service):
        return boto3.client(service, **self.credentials())

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Deployment:
    """One emitted folder on the engine: its queues, its table, its machines, and workers that serve the queues."""

    pollers = 2  # of each queue

    def __init__(self, engine, folder, name):
        self.name, self.engine, self.folder = name, engine, folder
        self.module = worker_of(folder)
        template = yaml.safe_load((folder / "template.yaml").read_text())
        self.template, self.outputs = template["Resources"], template["Outputs"]
        self.intakes = json.loads((folder / "worker" / "intakes.json").read_text())
        self.sfn, self.sqs = engine.client("stepfunctions"), engine.client("sqs")
        self.table = self._table(engine)
        self.queues = {r: self._queue(r) for r in self._of("AWS::SQS::Queue") if "RedrivePolicy" in self._properties(r)}
        self.scripts, self.notices, self.stop = {}, {}, threading.Event()
        self.worker = self._hired(self.sqs)
        self.machines = self._machines(folder)
        self.threads = [threading.Thread(target=self._serve, args=(engine, q)) for q in self.queues.values() for _ in range(self.pollers)]
        for thread in self.threads:
            thread.start()

    def _of(self, kind):
        return [name for name, resource in self.template.items() if resource["Type"] == kind]

    def _properties(self, resource):
        return self.template[resource]["Properties"]

    def _queue(self, resource):
        return self.sqs.create_queue(QueueName=f"{self.name}-{resource}", Attributes={"VisibilityTimeout": "60"})["QueueUrl"]

    def _table(self, engine):
        (resource,) = self._of("AWS::DynamoDB::Table")
        declared = {k: v for k, v in self._properties(resource).items() if k in TABLE}
        database = boto3.resource("dynamodb", **engine.credentials())
        return database.create_table(TableName=f"{self.name}-visits", **declared)

    def _machines(self, folder):
        """Creates the machines, each after those that its substitutions name."""
        waiting, made = dict.fromkeys(self._of("AWS::Serverless::StateMachine")), {}
        while waiting:
            ready = [m for m in waiting if all(k in made or k in self.queues for k in self._needed(m))]
            assert ready, f"nothing provides what {list(waiting)} need"
            for machine in ready:
                del waiting[machine]
                made[machine] = self._machine(folder, machine, made)
        return {self._flow(machine): arn for machine, arn in made.items()}

    def _substitutions(self, machine):
        return self._properties(machine).get("DefinitionSubstitutions", {})

    def _needed(self, machine):
        return [value["Ref"] for value in self._substitutions(machine).values()]

    def _flow(self, machine):
        return self._properties(machine)["DefinitionUri"].removesuffix(".asl.json")

    def _machine(self, folder, machine, made):
        text = (folder / self._properties(machine)["DefinitionUri"]).read_text()
        for name, value in self._substitutions(machine).items():
            text = text.replace("${" + name + "}", made.get(value["Ref"]) or self.queues[value["Ref"]])
        assert "${" not in text, "a substitution is not bound by the template"
        return self.sfn.create_state_machine(name=f"{self.name}-{machine}", definition=text, roleArn=ROLE)["stateMachineArn"]

    def _serve(self, engine, queue):
        self._hired(engine.client("sqs")).poll(queue, self.stop)

    def _hired(self, sqs):
        return self.module.Worker(self.table, self.sfn, sqs, owners=Everybody(self), tell=self._tell)

    def _tell(self, task, message):
        """A person is told: kept for the test, and answered if the item's script has something to say."""
        self.notices[task["visit"]] = message
        act = self.script(task).of(task)
        if act is not None:
            threading.Thread(target=act, args=(self.worker, task["visit"])).start()

    def script(self, task):
        return self.scripts[task["item"].split("/")[0]]

    def start(self, flow, item, record, script, source=None):
        self.scripts[item] = script
        self.module.submit(self.sfn, self.table, self.machines[flow], self.intake(flow, source), record, item)
        return self.run(flow, item)

    def run(self, flow, item):
        return Run(self, self.machines[flow].replace(":stateMachine:", ":execution:") + ":" + item)

    def intake(self, flow, source=None):
        (found,) = [i for i in self.intakes[flow] if source is None or i["source"] == source]
        return found

    def comes_to(self, run, visit):
        """Whether a person is told of this visit before the run ends."""
        while visit not in self.notices and run.status() == "RUNNING":
            time.sleep(0.05)
        return visit in self.notices

    def notice(self, visit, seconds=60):
        """The notice that a person got of a visit, once it is there."""
        limit = time.monotonic() + seconds
        while visit not in self.notices:
            assert time.monotonic() < limit, f"nobody was told of {visit}"
            time.sleep(0.05)
        return self.notices[visit]

    def close(self):
        self.stop.set()
        for thread in self.threads:
            thread.join()


TABLE = {"KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes", "BillingMode"}


class Script:
    """What the owners of one item do: for each state, one act a visit; for each visit, one act an attempt.

    For models, scripts and actions an act is a reply, or a function of the message that gives one. For people it is a
    function of the worker and the visit, or None for silence.
    """

    def __init__(self, **states):
        self.states = states

    def of(self, task):
        number = int(task["visit"].rsplit("#", 1)[1])
        key = task["visit"].split("/", 1)[1].rsplit("#", 1)[0].replace("/", "__").replace("#", "_")
        acts = self.states[key] if key in self.states else self.states[task["state"]]
        return acts[number - 1] if isinstance(acts, list) else acts


class Everybody(dict):
    """The owners of a deployment: whoever is asked for, the item's script speaks for them."""

    def __init__(self, deployment):
        super().__init__()
        self.deployment = deployment

    def get(self, owner, default=None):
        return self._work

    def _work(self, _binding, message, _seconds):
        act = self.deployment.script(message).of(message)
        if isinstance(act, tuple):
            act = act[int(message["attempt"].rsplit(".", 1)[1]) - 1]
        return act(message) if callable(act) else act


def made(**fields):
    """The reply of an owner who has made these fields."""
    return {"made": fields}


def fails(_message):
    raise RuntimeError("the owner can't")


def says(decision=None, after=0.0, **fields):
    """A person who answers after so many seconds."""

    def act(worker, visit):
        time.sleep(after)
        worker.answer(visit, fields, decision)

    return act


class Run:
    """One execution."""

    def __init__(self, deployment, arn):
        self.sfn, self.arn = deployment.sfn, arn

    def ended(self, seconds=280, pause=0.25):
        """Waits for its end, and looks that often: (status, what it returned)."""
        limit = time.monotonic() + seconds
        while (found := self.sfn.describe_execution(executionArn=self.arn))["status"] == "RUNNING":
            assert time.monotonic() < limit, f"still running after {seconds} s, on {self.path()}"
            time.sleep(pause)
        returned = found.get("output") or found.get("cause") or "null"
        return found["status"], json.loads(returned) if returned[:1] == "{" else returned

    def status(self):
        return self.sfn.describe_execution(executionArn=self.arn)["status"]

    def item(self):
        return self.arn.rsplit(":", 1)[1]

    def events(self):
        """Its history."""
        pages = self.sfn.get_paginator("get_execution_history").paginate(executionArn=self.arn)
        return [event for page in pages for event in page["events"]]

    def steps(self):
        """Every state of the machine that it entered, in order."""
        return entered(self.events())

    def path(self):
        """The states of the flow that it entered: what the machine needs besides has a `/` in its name."""
        return [name for name in self.steps() if "/" not in name and not name.startswith("intake-")]


def entered(events):
    """The states of a machine that were entered, in order."""
    return [event["stateEnteredEventDetails"]["name"] for event in events if "stateEnteredEventDetails" in event]
