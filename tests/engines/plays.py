"""The scenarios of the examples as plays: what `baton test` says of each, for engines to go the same way."""

import functools
import json
import subprocess

from harness import BATON, ROOT

EXAMPLES = sorted(path.stem for path in (ROOT / "examples").glob("*.flow"))
WAYS = ("/accept", "/deadline", "/failure", "/wait", "/handoff")


@functools.cache
def told_of(name):
    """What `baton test` says of an example."""
    command = [BATON, "test", ROOT / "examples" / f"{name}.flow", "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def expected(scenario):
    """The states, the arrows and the outcome of the interpreter."""
    return scenario["states"], scenario["arrows"], scenario["play"]["outcome"]


def is_arrow(step):
    """Whether a step is an arrow: what an engine needs besides has other names, or a word behind a blank."""
    way = step.split("#")[0].rstrip("0123456789").removesuffix("-")
    return " " not in step and (step.startswith("intake-") and "/" not in step or way.endswith(WAYS))


def assert_every_arrow(name, taken):
    """Of an example, the arrows that were taken, each with its flow, are all that can be."""
    for flow in told_of(name)["coverage"]:
        missed = {arrow["id"] for arrow in flow["missed"]}
        seen = {arrow for of, arrow in taken if of == flow["flow"]}
        assert len(seen) == flow["arrows"] - len(missed) and not seen & missed, flow["flow"]
