"""The shipped worker against owners and people that give it anything at all. No engine: a table and a token are enough."""

import datetime
import decimal
import json
import math

import pytest

from harness import ROOT, worker_of

ASSET = {
    "type": "object",
    "properties": {
        "title": {"type": "string", "maxLength": 5},
        "page": {"type": "string", "format": "uri", "maxLength": 2048},
        "day": {"anyOf": [{"type": "string", "format": "date", "pattern": "^x"}, {"type": "null"}]},
        "kind": {"$ref": "#/$defs/Gr%C3%B6%C3%9Fe"},
        "parts": {"type": "array", "maxItems": 2, "items": {"$ref": "#/$defs/Part"}},
        "level": {"type": "integer", "minimum": 1, "maximum": 5},
        "share": {"type": "number", "minimum": 0, "exclusiveMaximum": 1, "description": "said"},
        "sure": {"type": "boolean"},
    },
    "required": ["title", "page", "kind", "parts", "level", "share", "sure"],
    "additionalProperties": False,
    "$defs": {
        "Größe": {"enum": ["small", "large"]},
        "Part": {
            "type": "object",
            "properties": {"name": {"type": "string"}, "below": {"anyOf": [{"$ref": "#/$defs/Part"}, {"type": "null"}]}},
            "required": ["name"],
            "additionalProperties": False,
        },
    },
}
GOOD = {
    "title": "äöü",
    "page": "https://example.com/x",
    "kind": "small",
    "parts": [{"name": "a"}],
    "level": 3,
    "share": 0.85,
    "sure": True,
}


@pytest.fixture(scope="module")
def module(tmp_path_factory):
    folder = tmp_path_factory.mktemp("worker")
    (folder / "worker").mkdir()
    (folder / "worker" / "worker.py").write_text((ROOT / "templates" / "asl" / "worker.py").read_text())
    return worker_of(folder)


def fitted(module, value):
    return module.fitted(module.exact(value), ASSET, "made")


def test_a_good_value_fits_and_gets_its_nulls(module):
    value, problem = fitted(module, GOOD)
    assert problem is None
    assert (value["day"], value["parts"][0]["below"]) == (None, None)
    assert json.loads(module.plain(value))["share"] == 0.85


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"title": "sixsix"}, "made.title"),
        ({"title": "\ud800"}, "made.title"),
        ({"title": "a\x1b[0m"}, "made.title"),
        ({"title": None}, "made.title"),
        ({"page": "not a url"}, "made.page"),
        ({"page": "http://[::1"}, "made.page"),
        ({"page": "https://example.com/größe"}, "made.page"),
        ({"page": 'https://example.com/"'}, "made.page"),
        ({"page": "https://example.com/" + "x" * 2048}, "made.page"),
        ({"day": "2026-02-30"}, "made.day"),
        ({"day": "20260203"}, "made.day"),
        ({"day": 7}, "made.day"),
        ({"kind": "odd"}, "made.kind"),
        ({"kind": ["small"]}, "made.kind"),
        ({"parts": {}}, "made.parts"),
        ({"parts": [{"name": "a"}] * 3}, "made.parts"),
        ({"parts": [{"name": "a"}, {}]}, "made.parts[1].name"),
        ({"parts": [{"name": "a", "below": {"name": 1}}]}, "made.parts[0].below.name"),
        ({"level": 0}, "made.level"),
        ({"level": 2.5}, "made.level"),
        ({"level": True}, "made.level"),
        ({"level": "3"}, "made.level"),
        ({"share": 1}, "made.share"),
        ({"share": -0.1}, "made.share"),
        ({"share": 0.1234567890123456}, "made.share"),
        ({"sure": 1}, "made.sure"),
        ({"more": 1}, "`more`"),
    ],
)
def test_what_does_not_fit_is_named(module, change, place):
    assert place in fitted(module, GOOD | change)[1]


@pytest.mark.parametrize("name", sorted(set(GOOD)))
def test_what_is_missing_is_named(module, name):
    value = {k: v for k, v in GOOD.items() if k != name}
    assert fitted(module, value)[1] == f"made.{name}: is missing"


def test_an_unknown_keyword_is_no_silent_pass(module):
    assert "multipleOf" in module.fitted(decimal.Decimal(3), {"type": "number", "multipleOf": 2}, "made")[1]


DEEP = "[" * 100_000 + "]" * 100_000
NESTED = '{"made": {"title": ' + '{"a":' * 900 + "1" + "}" * 900 + "}}"
HOSTILE = [
    None, 7, "", "nonsense", b"\xff\xfe", [], {}, {"made": []}, {"made": None}, {"visit": "another", "made": GOOD},
    DEEP, NESTED, "{" + '"a":' * 50_000, '{"made": {"level": 1e999999999}}', '{"made": {"level": 1e99999999999999999999}}',
    '{"made": {"level": NaN}}', '{"made": {"level": ' + "9" * 10_000 + "}}", {"made": {"level": math.nan}},
    {"made": {"level": math.inf}}, {"made": {"level": {1, 2}}}, {"made": GOOD | {"title": object()}}, object(),
    {"made": GOOD, "decision": "approve"},
]  # fmt: skip


@pytest.mark.parametrize("reply", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_replies_are_misfits(module, reply):
    task = {"visit": "i/s#1", "makes": ASSET}
    with pytest.raises(module.Refused, match="^misfit"):
        module.checked(reply, task)


def test_a_list_in_a_list_is_no_way_round_the_limit(module):
    part = {"name": "x"}
    for _ in range(300):
        part = {"name": "x", "below": part}
    _, problem = fitted(module, GOOD | {"parts": [part]})
    assert problem is None or "nested too deep" in problem


def test_a_large_answer_is_a_misfit(module):
    task = {"visit": "i/s#1", "makes": {"type": "object", "properties": {"a": {"type": "string"}}}}
    with pytest.raises(module.Refused, match="larger than"):
        module.checked({"made": {"a": "x" * 300_000}}, task)


def test_numbers_travel_with_all_their_digits(module):
    for text in ("0.1", "0.85", "123456789012345", "-0.000001", "1.5e10", "99999999999999.9"):
        assert decimal.Decimal(module.plain(module.exact(text))) == decimal.Decimal(text)


def script_task(seconds=60):
    return {"attempt": "i/s#1.1", "visit": "i/s#1"}, seconds


def test_a_script_gets_the_message_and_gives_the_reply(module):
    message, seconds = script_task()
    assert module.exact(module.run_script("cat", message, seconds)) == module.exact(message)


@pytest.mark.parametrize(
    ("command", "why"), [("false", "status 1"), ("yes", "wrote more than"), ("sleep 30", "status -9"), ("no/such/tool", "No such file")]
)
def test_a_script_that_fails_floods_or_hangs_has_failed(module, command, why):
    began = datetime.datetime.now()
    with pytest.raises((module.Failed, OSError), match=why):
        module.run_script(command, script_task()[0], 1)
    assert (datetime.datetime.now() - began).total_seconds() < 10


def test_ids_that_cannot_be_names_are_hashed(module):
    assert module.execution_name("order-7") == "order-7"
    assert len(module.execution_name("order/7 ü")) == 64
    assert len(module.execution_name("x" * 81)) == 64


def test_an_overdue_task_is_left_to_the_engine(module):
    class Anything:
        def __getattr__(self, name):
            raise AssertionError(f"{name} is not to be asked for")

    class Table:
        def update_item(self, **_):
            return {"Attributes": {"visit": "i/s#1"}}

        meta = type("meta", (), {"client": type("client", (), {"exceptions": type("e", (), {"ConditionalCheckFailedException": KeyError})})})

    worker = module.Worker(Table(), Anything(), Anything(), owners={"s": Anything()})
    task = {
        "kind": "work", "visit": "i/s#1", "token": "t", "makes": {}, "retry": {"times": 0, "every": 0},
        "reach": {"owner": "s", "kind": "script", "binding": "x"}, "arrived": "2020-01-01T00:00:00Z", "deadline": 5,
        "accept": None,
    }  # fmt: skip
    worker.take(json.dumps(task), "queue")
