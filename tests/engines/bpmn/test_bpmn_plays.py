"""Every scenario of every example takes the same way on SpiffWorkflow and on bpmn-engine as in the interpreter."""

import json
import subprocess

import pytest

import bpmn_builds as builds
import spiff
from bpmn_builds import EXAMPLES, MODULES


@pytest.fixture(scope="module")
def feel():
    feel = spiff.Feel(MODULES)
    yield feel
    feel.close()


def expected(scenario):
    return {name: scenario[name] for name in ("arrows", "states")} | {"outcome": scenario["play"]["outcome"]}


@pytest.mark.parametrize("example", EXAMPLES)
def test_spiffworkflow_takes_the_same_way(example, feel):
    for scenario in builds.scenarios(example):
        owners = builds.begun(example, scenario["flow"], scenario["play"], feel)
        owners.run()
        assert owners.taken() == expected(scenario), scenario["title"]


@pytest.mark.parametrize("example", EXAMPLES)
def test_bpmn_engine_takes_the_same_way(example):
    scenarios = builds.scenarios(example)
    folder = builds.built(example) / "generic"
    jobs = [
        {
            "source": str(folder / f"{s['flow']}.bpmn"),
            "play": s["play"],
            "variables": builds.variables(example, s["flow"], s["play"]),
        }
        for s in scenarios
    ]
    script = builds.ROOT / "tests" / "engines" / "bpmn" / "engine.mjs"
    done = subprocess.run(["node", script], input=json.dumps(jobs), capture_output=True, text=True, cwd=MODULES)
    assert done.returncode == 0, done.stderr
    for scenario, taken in zip(scenarios, json.loads(done.stdout), strict=True):
        assert {name: taken[name] for name in ("arrows", "states", "outcome")} == expected(scenario), scenario["title"]
        assert taken["over"] and taken["thrown"] == [], scenario["title"]
