"""Plays scenarios on SpiffWorkflow, which is taught FEEL, a clock of our own, and what the generic files say in the
namespace of Baton. What owners reply goes through the shipped door."""

import datetime
import json
import pathlib
import subprocess
import sys

from lxml import etree
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser, BpmnValidator
from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine
from SpiffWorkflow.bpmn.specs.event_definitions import timer
from SpiffWorkflow.bpmn.specs.event_definitions.item_aware_event import ErrorEventDefinition
from SpiffWorkflow.bpmn.util import BpmnEvent
from SpiffWorkflow.bpmn.util.task import BpmnTaskIterator
from SpiffWorkflow.util.task import TaskState

HERE = pathlib.Path(__file__).parent
DEEP = 20_000  # steps that one item may go through; the engine looks at 1,000 by itself
BpmnTaskIterator.__init__.__defaults__ = tuple(DEEP if d == 1000 else d for d in BpmnTaskIterator.__init__.__defaults__)
sys.setrecursionlimit(DEEP)  # the engine walks all that an item has been through, one step within the other
MODEL = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
OURS = "{https://github.com/baton-lang/baton/bpmn}"

class Feel:
    """FEEL, evaluated by feelin in a process of its own."""

    def __init__(self, modules):
        command = ["node", str(HERE / "feel.mjs")]
        self.process = subprocess.Popen(command, cwd=modules, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.known = {}

    def __call__(self, expression, context):
        expression = expression.replace("now()", f'date and time("{Clock.moment.isoformat()}")')
        asked = json.dumps({"expression": expression, "context": context}, default=str)
        if asked not in self.known:
            self.process.stdin.write(asked + "\n")
            self.process.stdin.flush()
            self.known[asked] = json.loads(self.process.stdout.readline())
        answer = self.known[asked]
        assert "error" not in answer, (expression, answer)
        return json.loads(json.dumps(answer["value"]))

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)


class Clock(datetime.datetime):
    """What the engine takes for the time: it stands until somebody moves it."""

    moment = datetime.datetime(2026, 11, 23, tzinfo=datetime.timezone.utc)

    @classmethod
    def now(cls, tz=None):
        return cls.moment


class Engine(PythonScriptEngine):
    """Conditions and scripts are FEEL; a script's value says what is set."""

    def __init__(self, feel):
        super().__init__()
        self.feel = feel

    def evaluate(self, task, expression, external_context=None):
        return expression if expression.startswith("P") else self.feel(expression, task.data)  # a duration says itself

    def execute(self, task, script, external_context=None):
        task.data.update(self.feel(script, task.data))
        for name in [name for name, value in task.data.items() if value is None]:
            del task.data[name]  # ways side by side have data of their own here, and null would hide what another has set
        return True


class Said:
    """What a file says of one node beside BPMN."""

    def __init__(self, node):
        self.id, self.tag = node.get("id"), node.tag.removeprefix(MODEL)
        extension = node.find(f"{MODEL}extensionElements")
        said = [] if extension is None else extension
        self.property = {e.get("name"): e.get("value") for e in said if e.tag == f"{OURS}property"}
        self.input = {e.get("name"): e.get("value") for e in said if e.tag == f"{OURS}input"}
        self.result = next((e.get("name") for e in said if e.tag == f"{OURS}result"), None)


def stub(called):
    """A process in the place of one that is called: it waits for the driver."""
    return etree.fromstring(
        f"""<bpmn:definitions xmlns:bpmn="{MODEL[1:-1]}" id="{called}.stub" targetNamespace="stub">
          <bpmn:process id="{called}" isExecutable="true">
            <bpmn:startEvent id="{called}-a"><bpmn:outgoing>{called}-b</bpmn:outgoing></bpmn:startEvent>
            <bpmn:sequenceFlow id="{called}-b" sourceRef="{called}-a" targetRef="{called}-run"/>
            <bpmn:userTask id="{called}-run">
              <bpmn:incoming>{called}-b</bpmn:incoming><bpmn:outgoing>{called}-c</bpmn:outgoing>
            </bpmn:userTask>
            <bpmn:sequenceFlow id="{called}-c" sourceRef="{called}-run" targetRef="{called}-d"/>
            <bpmn:endEvent id="{called}-d"><bpmn:incoming>{called}-c</bpmn:incoming></bpmn:endEvent>
          </bpmn:process>
        </bpmn:definitions>"""
    )


class Process:
    """A generic file, as the engine has read it; other processes that it calls are stubs."""

    def __init__(self, path):
        document = etree.parse(str(path))
        self.said = {node.get("id"): Said(node) for node in document.iter() if node.get("id")}
        self.id = document.find(f"{MODEL}process").get("id")
        parser = BpmnParser(validator=BpmnValidator())
        parser.add_bpmn_xml(document, filename=str(path))
        called = sorted({node.get("calledElement") for node in document.iter(f"{MODEL}callActivity")})
        for process in called:
            parser.add_bpmn_xml(etree.ElementTree(stub(process)), filename=f"{process}.stub")
        self.top, self.subs = parser.get_spec(self.id), parser.get_subprocess_specs(self.id)


class Item:
    """One work item in its process. `door` is the shipped module; owners reply through it."""

    def __init__(self, process, feel, door, variables):
        timer.datetime = Clock
        self.process, self.door = process, door
        self.workflow = BpmnWorkflow(process.top, process.subs, script_engine=Engine(feel))
        self.feel = feel
        self.workflow.get_next_task(spec_name="Start").data.update(variables)
        self.go_on()

    def go_on(self):
        self.workflow.refresh_timers()
        self.workflow.do_engine_steps()

    def said(self, task):
        return self.process.said.get(getattr(task.task_spec, "bpmn_id", None))

    def open(self):
        """What waits for somebody: each task with what the file says of it. What a stub waits for, as its call."""
        for task in self.workflow.get_tasks(state=TaskState.READY | TaskState.STARTED):
            said = self.said(task)
            if said is None and task.task_spec.manual:
                call = self.workflow.get_task_from_id(task.workflow.parent_task_id)
                yield task, self.said(call)
            elif said is not None and said.tag in ("userTask", "serviceTask"):
                yield task, said

    def task_of(self, task, said):
        """The protocol's message for the owner."""
        return self.door.task_of(said.property, {name: self.feel(e, task.data) for name, e in said.input.items()})

    def complete(self, task, **variables):
        task.data.update(variables)
        task.run() if task.state == TaskState.READY else task.complete()
        self.go_on()

    def throw(self, task, code):
        """A worker gives a job up."""
        event = BpmnEvent(ErrorEventDefinition(name=code, code=code), target=task.workflow)
        self.workflow.catch(event)
        self.go_on()

    def advance(self):
        """Moves the clock to the next timer; whether there was one."""
        waiting = self.workflow.get_tasks(state=TaskState.WAITING)
        due = [task._get_internal_data("event_value") for task in waiting if is_timer(task)]
        if not due:
            return False
        first = min(datetime.datetime.fromisoformat(moment) for moment in due)
        Clock.moment = max(first, Clock.moment) + datetime.timedelta(microseconds=1)
        self.go_on()
        return True

    def passed(self):
        """The ids of what was entered, in order, outside of sub-processes."""
        entered = TaskState.READY | TaskState.STARTED | TaskState.WAITING | TaskState.COMPLETED | TaskState.CANCELLED
        tasks = self.workflow.get_tasks(skip_subprocesses=True, state=entered)
        return [(said, task) for task in tasks if (said := self.said(task)) is not None]


def is_timer(task):
    return isinstance(getattr(task.task_spec, "event_definition", None), timer.TimerEventDefinition)
