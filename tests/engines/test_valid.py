"""Every example's output, before anything runs: accepted by asl-validator, by cfn-lint, and complete."""

import json
import pathlib
import re
import subprocess
import sys

import pytest
import yaml

from harness import ROOT, build

EXAMPLES = sorted(path.stem for path in (ROOT / "examples").glob("*.flow"))
TOOLS = ROOT / "target" / "engines"


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return {name: build(name, tmp_path_factory.mktemp(name)) for name in EXAMPLES}


def test_asl_validator_accepts_every_definition(folders):
    definitions = [str(path) for folder in folders.values() for path in folder.glob("*.asl.json")]
    assert len(definitions) >= len(EXAMPLES)
    script = pathlib.Path(__file__).with_name("validate.js")
    done = subprocess.run(["node", script, *definitions], capture_output=True, text=True, cwd=TOOLS)
    assert done.returncode == 0, done.stdout + done.stderr


def test_cfn_lint_accepts_every_template(folders):
    templates = [str(folder / "template.yaml") for folder in folders.values()]
    done = subprocess.run([pathlib.Path(sys.executable).with_name("cfn-lint"), *templates], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_template_binds_every_substitution(folders, name):
    resources = yaml.safe_load((folders[name] / "template.yaml").read_text())["Resources"]
    machines = [r["Properties"] for r in resources.values() if r["Type"] == "AWS::Serverless::StateMachine"]
    assert {m["DefinitionUri"] for m in machines} == {path.name for path in folders[name].glob("*.asl.json")}
    for machine in machines:
        text = (folders[name] / machine["DefinitionUri"]).read_text()
        bound = {key: value["Ref"] for key, value in machine["DefinitionSubstitutions"].items()}
        assert set(re.findall(r"\$\{(\w+)\}", text)) == set(bound)
        assert all(resources[to]["Type"] in {"AWS::SQS::Queue", "AWS::Serverless::StateMachine"} for to in bound.values())


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_reference_of_the_template_is_to_something_in_it(folders, name):
    template = yaml.safe_load((folders[name] / "template.yaml").read_text())
    text = json.dumps(template)
    referred = set(re.findall(r'{"Ref": "(\w+)"}', text)) | set(re.findall(r'"Fn::GetAtt": \["(\w+)"', text))
    assert referred <= set(template["Resources"]) | set(template["Parameters"])


@pytest.mark.parametrize("name", EXAMPLES)
def test_nothing_waits_for_ever_and_the_engine_retries_nothing(folders, name):
    for path in folders[name].glob("*.asl.json"):
        for state in states(json.loads(path.read_text())):
            assert "Retry" not in state
            assert state["Type"] != "Task" or state["TimeoutSeconds"] > 0
            assert state["Type"] != "Choice" or "Default" in state


def states(machine):
    for state in machine["States"].values():
        yield state
        for branch in state.get("Branches", ()):
            yield from states(branch)


def test_shortened_times_are_marked(tmp_path):
    folder = build("content_refresh", tmp_path, 0.5)
    machine = json.loads((folder / "content_refresh.asl.json").read_text())
    assert machine["Comment"].startswith("FOR TESTS ONLY")
    assert yaml.safe_load((folder / "template.yaml").read_text())["Description"].startswith("FOR TESTS ONLY")
    assert "FOR TESTS ONLY" in (folder / "README.md").read_text()
