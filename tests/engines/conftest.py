"""The engine that all tests of this folder share."""

import pathlib

import pytest

from harness import Deployment, Engine, build, says
from refresh import OPPORTUNITY, WEAK, owners

LOGS = pathlib.Path(__file__).parents[2] / "target" / "engines"


@pytest.fixture(scope="session")
def engine():
    yield from started("moto")


@pytest.fixture(scope="session")
def another_engine():
    yield from started("moto-2")


def started(name):
    LOGS.mkdir(parents=True, exist_ok=True)
    with open(LOGS / f"{name}.log", "w") as log:
        engine = Engine(log)
        yield engine
        engine.stop()


@pytest.fixture(scope="session")
def deployed(engine, tmp_path_factory):
    """Builds an example or a file, with shortened times, and deploys it. What is deployed stays until all tests are done."""
    deployments = []

    def deploy(example, scale):
        name = pathlib.Path(example).stem
        folder = build(example, tmp_path_factory.mktemp(name), scale)
        deployments.append(Deployment(engine, folder, f"{name.replace('_', '-')}-{len(deployments)}"))
        return deployments[-1]

    yield deploy
    for deployment in deployments:
        deployment.close()


@pytest.fixture(scope="session")
def silent(deployed):
    """People who say nothing, in items by these names, whose runs are in `runs`."""
    deployment = deployed("content_refresh", 0.002)
    scripts = {
        "accepted-then-silent": owners(tidying=WEAK, legal_review=accepts, escalated_review=says("stop")),
        "unaccepted": owners(tidying=WEAK, legal_review=None, escalated_review=says("stop")),
    }
    deployment.runs = {name: at_legal_review(deployment, name, script) for name, script in scripts.items()}
    return deployment


def at_legal_review(deployment, name, script):
    """A run that has come to the lawyer. The steps before have a second or two each: too little on a busy machine, so
    that one which runs out of time is begun again."""
    for attempt in range(10):
        item = f"{name}-{attempt}"
        run = deployment.start("content_refresh", item, OPPORTUNITY, script)
        if deployment.comes_to(run, f"{item}/legal_review#1"):
            return run
    raise AssertionError("this machine is too busy for steps of a second")


def accepts(worker, visit):
    worker.accept(visit)
