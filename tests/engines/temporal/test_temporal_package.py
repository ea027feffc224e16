"""What is shipped is typed, formatted, and without a finding of the linter; so is what a build adds."""

import pathlib
import subprocess
import sys

import pytest
from temporal_plays import EXAMPLES, ROOT, build

TOOLS = pathlib.Path(sys.executable).parent


def holds(folder, tool, *words):
    done = subprocess.run([TOOLS / tool, *words], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return build(ROOT / "examples" / "support_requests.flow", tmp_path_factory.mktemp("package"))


def test_it_is_typed(folder):
    holds(folder, "mypy", "--strict", "--cache-dir", "/dev/null", "baton", *map(str, (folder / "owners").glob("*.py")))


@pytest.mark.parametrize("example", EXAMPLES)
def test_it_is_formatted_and_without_findings(example, tmp_path):
    folder = build(ROOT / "examples" / f"{example}.flow", tmp_path)
    holds(folder, "ruff", "check", "--no-cache", ".")
    holds(folder, "ruff", "format", "--no-cache", "--check", ".")


def test_its_requirements_are_those_of_the_tests(folder):
    lock = (ROOT / "tests" / "engines" / "requirements.lock").read_text().splitlines()
    pins = (folder / "requirements.txt").read_text().splitlines()
    assert pins and all("==" in pin and pin in lock for pin in pins)
