"""What is absent, on moto: in raw records whose parents are missing, and on the way to what guards compare."""

import json
import pathlib

import pytest

from harness import Script, made

HERE = pathlib.Path(__file__).parent
FIX = {"released": False, "cost": None, "took": None, "level": None, "share": None, "score": None, "by": None}


@pytest.fixture(scope="module")
def absent(deployed):
    return deployed(HERE / "absence.flow", 0.1)


def reports(report):
    return Script(checking=made(report=report))


@pytest.mark.parametrize(
    ("name", "record", "report", "end"),
    [
        ("no-parent", {"title": "t"}, {}, "nothing"),
        ("null-parent", {"title": "t", "more": None}, {"fix": None, "count": None}, "nothing"),
        ("empty-parent", {"title": "t", "more": {}}, {"fix": {"released": False}}, "nothing"),
        ("null-below", {"title": "t", "more": {"details": None, "count": None}}, {"fix": FIX}, "nothing"),
        ("notes", {"title": "t", "more": {"details": {"notes": "n"}}}, {"fix": FIX}, "noted"),
        ("count", {"title": "t", "more": {"count": 9}}, {}, "found"),
        ("level", {"title": "t"}, {"fix": FIX | {"level": "high"}}, "found"),
        ("score", {"title": "t"}, {"fix": FIX | {"score": 0.5}}, "found"),
    ],
)
def test_what_is_absent_is_neither_an_error_nor_true(absent, name, record, report, end):
    run = absent.start("absence", name, record, reports(report))
    assert run.ended()[0] == "SUCCEEDED"
    assert run.path() == ["checking", end]
    assert f"{end}/receipt" in run.steps()


@pytest.mark.parametrize("more", ['null', '{}', '{"details": null}', '{"details": {"notes": "n"}, "count": 3}'])
def test_the_engine_fills_what_the_door_has_not_seen(absent, more):
    name = f"forced-{len(more)}"
    absent.scripts[name] = reports({})
    given = f'{{"item": "{name}", "intake": "intake-1", "raw": {{"title": "t", "more": {more}}}}}'
    absent.sfn.start_execution(stateMachineArn=absent.machines["absence"], name=name, input=given)
    run = absent.run("absence", name)
    assert run.ended()[0] == "SUCCEEDED"
    assert run.path() == ["checking", "found" if "count" in more else "nothing"]


@pytest.mark.parametrize("record", [{"title": "t", "more": "text"}, {"title": "t", "more": {"details": 7}}, {"more": {}}])
def test_a_parent_of_another_kind_is_refused(absent, record):
    with pytest.raises(absent.module.Refused, match="raw"):
        absent.start("absence", "refused", record, reports({}))
    name = f"forced-bad-{len(json.dumps(record))}"
    given = json.dumps({"item": name, "intake": "intake-1", "raw": record})
    absent.sfn.start_execution(stateMachineArn=absent.machines["absence"], name=name, input=given)
    run = absent.run("absence", name)
    assert run.ended()[0] == "FAILED"
    assert run.steps()[-1] == "/refused"
