"""The engine that all tests of this folder share."""

import pathlib

import pytest

from harness import Engine, build, Deployment

LOGS = pathlib.Path(__file__).parents[2] / "target" / "engines"


@pytest.fixture(scope="session")
def engine():
    LOGS.mkdir(parents=True, exist_ok=True)
    with open(LOGS / "moto.log", "w") as log:
        engine = Engine(log)
        yield engine
        engine.stop()


@pytest.fixture(scope="session")
def deployed(engine, tmp_path_factory):
    """Builds an example, with shortened times, and deploys it. What is deployed stays until all tests are done."""
    deployments = []

    def deploy(example, scale):
        folder = build(example, tmp_path_factory.mktemp(example), scale)
        deployments.append(Deployment(engine, folder, f"{example.replace('_', '-')}-{len(deployments)}"))
        return deployments[-1]

    yield deploy
    for deployment in deployments:
        deployment.close()
