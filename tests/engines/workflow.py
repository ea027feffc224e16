"""Runs documents of the Serverless Workflow DSL, as far as Baton emits them, by the words of its specification; expressions
are real jq. Time is a number that jumps: what nobody answers lasts until the first time-out around it.

Whatever it does not know is an error: no member of a task is passed over.
"""

import functools

import jq

TIMEOUT = {"type": "https://serverlessworkflow.io/spec/1.0.0/errors/timeout", "status": 408, "title": "Timeout"}
RUNTIME = {"type": "https://serverlessworkflow.io/spec/1.0.0/errors/runtime", "status": 500, "title": "Runtime"}
KINDS = {"set", "switch", "emit", "listen", "wait", "try", "raise", "do", "fork", "run"}


class Fault(Exception):
    """An error of the workflow."""

    def __init__(self, error):
        super().__init__(str(error))
        self.error = error


class Late(Exception):
    """The time-out of a task has passed."""

    def __init__(self, clock):
        super().__init__("late")
        self.clock = clock


@functools.cache
def program(text):
    return jq.compile(f". as {{$context, $error, $task, $value}} | $value | {text}")


class Workflow:
    """One run. `outside` answers events (`hear`), runs other workflows (`run`), and is told (`tell`)."""

    def __init__(self, document, outside):
        self.document, self.outside = document, outside
        self.context, self.error, self.now, self.timers, self.path = None, None, 0, [], []

    def start(self, given):
        """What it returns. Raises Fault."""
        assert set(self.document) == {"document", "do"}
        _, output = self.tasks(self.document["do"], given, outermost=True)
        return output

    def value(self, said, value):
        """What is said, its expressions evaluated."""
        if isinstance(said, dict):
            return {name: self.value(member, value) for name, member in said.items()}
        if isinstance(said, list):
            return [self.value(entry, value) for entry in said]
        if not isinstance(said, str) or "${" not in said:
            return said
        assert said.startswith("${ ") and said.endswith(" }"), said
        task = {"startedAt": {"epoch": {"seconds": self.now}}}
        given = {"context": self.context, "error": self.error, "task": task, "value": value}
        try:
            (found,) = program(said[3:-2]).input_value(given).all()
        except ValueError as error:
            raise Fault(RUNTIME | {"detail": str(error)}) from None
        return found

    def tasks(self, entries, value, outermost=False):
        """Runs a list of tasks: (whether the whole workflow is over, the last output)."""
        names = [name for entry in entries for name in entry]
        assert len(set(names)) == len(names) == len(entries)
        place = 0
        while place < len(entries):
            ((name, task),) = entries[place].items()
            if outermost:
                self.path.append(name)
            over, then, value = self.task(task, value)
            if over or then == "end":
                return True, value
            if then == "exit":
                return outermost, value
            place = place + 1 if then in (None, "continue") else names.index(then)
        return False, value

    def task(self, task, value):
        (kind,) = KINDS & set(task)
        assert set(task) <= {kind, "then", "export", "timeout", "catch"}, set(task)
        assert ("catch" in task) == (kind == "try")
        limit = self.now + task["timeout"]["after"]["seconds"] if "timeout" in task else None
        if limit is not None:
            self.timers.append(limit)
        depth = len(self.timers)
        try:
            over, then, value = getattr(self, f"_{kind}")(task[kind], value, task)
        except Late as late:
            if limit is None or late.clock != depth - 1:
                raise
            raise Fault(TIMEOUT) from None
        finally:
            if limit is not None:
                del self.timers[depth - 1 :]
        if "export" in task:
            self.context = self.value(task["export"]["as"], value)
        return over, then or task.get("then"), value

    def pass_time(self, until=None):
        """Lets time pass until then, or for ever: the first time-out that comes before is taken."""
        due = min(self.timers, default=None)
        if due is not None and (until is None or due < until):
            self.now = due
            raise Late(self.timers.index(due))
        assert until is not None, "nothing ends this silence"
        self.now = until

    def _set(self, members, value, _task):
        return False, None, self.value(members, value)

    def _switch(self, cases, value, _task):
        cases = [case for entry in cases for case in entry.values()]
        assert [("when" in case) for case in cases].count(False) == 1
        held = (case for case in cases if "when" not in case or self.value(case["when"], value) is True)
        return False, next(held)["then"], value

    def _emit(self, emit, value, _task):
        self.outside.tell(self.value(emit["event"]["with"], value))
        return False, None, value

    def _listen(self, listen, value, _task):
        assert listen["read"] == "data"
        one = listen["to"]["one"]
        ((_, correlation),) = one["correlate"].items()
        heard = self.outside.hear(one["with"]["type"])
        if heard is None:
            self.pass_time()
        assert self.value(correlation["from"], {"data": heard}) == self.value(correlation["expect"], value)
        return False, None, [heard]

    def _wait(self, wait, value, _task):
        self.pass_time(self.now + wait["seconds"])
        return False, None, value

    def _raise(self, raised, value, _task):
        raise Fault(self.value(raised["error"], value))

    def _do(self, entries, value, _task):
        over, value = self.tasks(entries, value)
        return over, None, value

    def _try(self, entries, value, task):
        catch = task["catch"]
        try:
            over, output = self.tasks(entries, value)
        except Fault as fault:
            if fault.error["type"] != catch.get("errors", {}).get("with", fault.error)["type"]:
                raise
            self.error = fault.error
            over, output = self.tasks(catch["do"], value)
        return over, None, output

    def _fork(self, fork, value, _task):
        assert fork["compete"] is False
        branches = [task["run"] for entry in fork["branches"] for task in entry.values()]
        ended = [self.outside.run(self.value(branch["workflow"], value)) for branch in branches]
        for receipt in ended:
            if receipt is False:
                raise Fault(RUNTIME | {"detail": "a run has failed"})
        if None in ended:
            self.pass_time()
        return False, None, ended
