"""The package `baton` of these tests is the one that is shipped. Must not know: any test."""

import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[3] / "templates" / "temporal"))

STATUS = pytest.StashKey[int]()


def pytest_sessionfinish(session, exitstatus):
    session.config.stash[STATUS] = exitstatus


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    """Threads of Temporal's client may still run, and Python would trip over them when it ends by itself."""
    sys.stdout.flush()
    sys.stderr.flush()
    if STATUS in config.stash:
        os._exit(int(config.stash[STATUS]))
