"""Every scenario of every example, played on moto: the same record, the same replies, and so the same states, arrows and
outcome as in Baton's interpreter.

The scenarios of an example take every arrow that can be taken. Each is played by the emitted state machine and the shipped
worker. What is changed beforehand is time alone: a wait takes none, and a timer that fires in some scenario takes
seconds, in a machine of its own beside the one that keeps all timers at full length. A flow that is called is a stub that
hands over its token (`test_calls.py` composes real ones): its run ends as the scenario says.
"""

import concurrent.futures
import contextlib
import itertools
import json
import re
import threading

import pytest

from harness import ROLE, Deployment, Everybody, Run, build, entered
from plays import EXAMPLES, assert_every_arrow, expected, is_arrow, told_of

ACCEPT, DEADLINE = 12, 16  # seconds of a timer that fires: all that is answered in time has to come before
LOOK = 2  # seconds between two looks at a run
AT_ONCE = 28  # plays: more of them would be so slow that timers overtake what is answered
TRIES = 4  # a play that this machine's slowness has brought to a timer's arrow is begun again
HAND_OVER = {"StartAt": "tell", "States": {"tell": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "End": True}}}


class Player:
    """What the owners of one play's item do, by visit."""

    def __init__(self, item, play):
        self.item, self.play = item, play
        own = len(play["item"]) + 1
        self.replies = {reply["visit"][own:]: reply for reply in play["replies"]}
        self.runs = {run["run"][own:]: run["receipt"] for run in play["runs"]}

    def reply(self, visit):
        return self.replies.get(visit[len(self.item) + 1 :])

    def of(self, task):
        """What the harness asks: what a program replies to its message, or what a person does once told of a task."""
        reply = self.reply(task["visit"])
        if reply is None:
            return None
        reply = {name: said for name, said in reply.items() if name != "visit"}
        return (lambda worker, visit: act(worker, visit, reply)) if "reach" in task else reply


def act(worker, visit, reply):
    with contextlib.suppress(type(worker).REFUSED):  # as late, on a machine that is too slow: the play is begun again
        if "accept" in reply:
            worker.accept(visit)
        elif "fail" in reply:
            worker.fail(visit, reply["fail"])
        else:
            worker.answer(visit, reply["made"], reply.get("decision"))


class Stage(Deployment):
    """An example, deployed for its plays: each flow in two machines, and stubs in the place of those that are called."""

    pollers = 1

    def __init__(self, engine, folder, name, tested):
        self.tested = tested
        self.calls = engine.client("sqs").create_queue(QueueName=f"{name}-calls")["QueueUrl"]
        super().__init__(engine, folder, name)
        self.threads.append(threading.Thread(target=self._end_runs, args=(engine.client("sqs"),)))
        self.threads[-1].start()

    def _machines(self, folder):
        tell = HAND_OVER["States"]["tell"] | {"Parameters": {"QueueUrl": self.calls, "MessageBody.$": "$"}}
        stub = json.dumps(HAND_OVER | {"States": {"tell": tell}})
        called = self._create("stub", stub)
        self.texts, self.short, self.most, long = {}, {}, {}, {}
        for machine in self._of("AWS::Serverless::StateMachine"):
            flow = self._flow(machine)
            text = (folder / f"{flow}.asl.json").read_text()
            for key, value in self._substitutions(machine).items():
                text = text.replace("${" + key + "}", self.queues.get(value["Ref"]) or called)
            self.most[flow] = int(re.search(r"at most (\d+) of 25000 events", text)[1])
            self.texts[flow] = text
            short = set().union(*(fired(scenario) for scenario in self.tested if scenario["flow"] == flow))
            self.short[flow] = self._create(f"{flow}-short", json.dumps(timed(json.loads(text), short)))
            long[flow] = self._create(flow, json.dumps(timed(json.loads(text), set())))
        return long

    def _create(self, name, text):
        assert "${" not in text, "a substitution is not bound by the template"
        return self.sfn.create_state_machine(name=f"{self.name}-{name}", definition=text, roleArn=ROLE)["stateMachineArn"]

    def _hired(self, sqs):
        return careless(self.module)(self.table, self.sfn, sqs, owners=Everybody(self), tell=self._tell)

    def _end_runs(self, sqs):
        while not self.stop.is_set():
            for message in sqs.receive_message(QueueUrl=self.calls, WaitTimeSeconds=1).get("Messages", ()):
                sqs.delete_message(QueueUrl=self.calls, ReceiptHandle=message["ReceiptHandle"])
                self._end_run(json.loads(message["Body"]))

    def _end_run(self, run):
        item, rest = run["item"].split("/", 1)
        runs = self.scripts[item].runs
        if rest not in runs:
            return  # it never ends
        if runs[rest] is None:
            self.sfn.send_task_failure(taskToken=run["caller"], error="stuck", cause="the run has failed")
        else:
            output = json.dumps({"end": "done", "owner": "o", "receipt": runs[rest]})
            self.module.sent(self.sfn.send_task_success, run["caller"], output=output)

    def played(self, scenario):
        """What came of a scenario: (states, arrows, outcome); of the first try that no timer has overtaken."""
        machine = (self.short if timers(scenario) else self.machines)[scenario["flow"]]
        for attempt in range(TRIES):
            item = f"{scenario['play']['item']}-{attempt}"
            found = self._play(scenario, item, machine)
            if found == expected(scenario):
                break
            machine = self._of_its_own(scenario, item)
        return found

    def _of_its_own(self, scenario, item):
        """A machine in which no timer is short but those that fire in this scenario."""
        text = self.texts[scenario["flow"]]
        return self._create(item, json.dumps(timed(json.loads(text), fired(scenario))))

    def _play(self, scenario, item, machine):
        flow, play = scenario["flow"], scenario["play"]
        self.scripts[item] = Player(item, play)
        source = next((i for i in self.intakes[flow] if i["name"] == play["intake"]), None)
        if source:
            self.module.submit(self.sfn, self.table, machine, source, play["record"], item)
        else:  # as a flow that calls this one would, without one
            given = {"item": item, "intake": play["intake"], "record": play["record"], "caller": None}
            self.sfn.start_execution(stateMachineArn=machine, name=item, input=json.dumps(given))
        run = Run(self, machine.replace(":stateMachine:", ":execution:") + ":" + item)
        status, outcome = run.ended(pause=LOOK)
        if (status == "SUCCEEDED") != ("receipt" in outcome):
            outcome = status, outcome
        events = run.events()
        assert len(events) <= self.most[flow], "more events than the definition says"
        steps = entered(events)
        arrows = [step for step in steps if is_arrow(step)]
        states = [step for step in steps if "/" not in step and not step.startswith("intake-")]
        return states, arrows, outcome


def fired(scenario):
    """The timers that fire in it."""
    arrows = (arrow.split("#")[0] for arrow in scenario["arrows"])
    return {arrow for arrow in arrows if arrow.endswith(("/accept", "/deadline"))}


def timers(scenario):
    """How many of its arrows are those of timers."""
    return sum(arrow.split("#")[0] in fired(scenario) for arrow in scenario["arrows"])


def timed(machine, fired):
    """A machine in which waits and pauses take no time, and the timers whose arrows are among `fired` take seconds."""
    for name, state in machine["States"].items():
        if state["Type"] == "Wait":
            state["Seconds"] = 0
        deadline = DEADLINE if f"{name}/deadline" in fired else None
        accept = ACCEPT if f"{name}/accept" in fired else None
        tasks = [(name, state)] if state["Type"] == "Task" else []
        tasks += [item for branch in state.get("Branches", ()) for item in branch["States"].items()]
        for task, waits in tasks:
            seconds = accept if task.endswith("/acknowledge") else deadline
            if seconds and "TimeoutSeconds" in waits:
                waits["TimeoutSeconds"] = seconds
            body = waits.get("Parameters", {}).get("MessageBody", {})
            if isinstance(body, dict) and body.get("kind") == "work":
                body |= {"deadline": deadline or body["deadline"], "accept": accept or body["accept"]}
                body["retry"]["every"] = 0
    return machine


def careless(worker):
    """The shipped worker, for programs that may stay silent: their task is lost, once it is accepted if the play says so."""

    class Careless(worker.Worker):
        REFUSED = worker.Refused

        def handle(self, task, queue_url):
            if task["kind"] == "work" and task["reach"]["kind"] not in worker.BY_HAND:
                reply = self.owners.deployment.scripts[task["visit"].split("/")[0]].reply(task["visit"])
                if reply is None or "accept" in reply:
                    return self._accept(self._open(task, queue_url)) if reply else None
            return super().handle(task, queue_url)

    return Careless


@pytest.fixture(scope="module")
def stages(engine, another_engine, tmp_path_factory, silent):
    """All examples at once, on two servers; those plays first that last the longest."""
    found, stages = {}, []
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for name, server in zip(EXAMPLES, itertools.cycle([engine, another_engine])):
            scenarios = told_of(name)["scenarios"]
            folder = build(name, tmp_path_factory.mktemp(name))
            stages.append(Stage(server, folder, f"plays-{name.replace('_', '-')}", scenarios))
            slow = sorted(scenarios, key=lambda scenario: -len(scenario["arrows"]) - 10 * timers(scenario))
            found[name] = [(scenario, pool.submit(stages[-1].played, scenario)) for scenario in slow]
    for stage in stages:
        stage.close()
    return found


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_scenario_goes_the_same_way_as_in_the_interpreter(stages, name):
    assert len(stages[name]) == len(told_of(name)["scenarios"])
    for scenario, play in stages[name]:
        assert play.result() == expected(scenario), scenario["title"]
    assert_every_arrow(name, {(scenario["flow"], arrow) for scenario, play in stages[name] for arrow in play.result()[1]})
