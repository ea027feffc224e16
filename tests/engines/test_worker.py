"""What the shipped worker takes for a fitting value: owners and people may give it anything at all."""

import decimal
import json
import math

import pytest

from harness import shipped_worker

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
    return shipped_worker(tmp_path_factory.mktemp("worker"))


def test_a_reply_with_something_that_is_not_asked_for_is_a_misfit(module):
    task = {"visit": "a/s#1", "makes": ASSET}
    assert module.checked({"made": GOOD, "note": None}, task)["made"]["level"] == 3
    with pytest.raises(module.Refused) as refused:
        module.checked({"made": GOOD, "note": "x"}, task)
    assert "note" in str(refused.value)


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


def test_all_of_several_schemas_are_asked(module):
    either = {"anyOf": [{"type": "string", "maxLength": 3}, {"type": "null"}]}
    record = {"type": "object", "properties": {"a": {"allOf": [either, {"type": "string"}]}, "b": {"allOf": [either, either]}}}
    assert module.fitted({"a": "xyz"}, record, "raw") == ({"a": "xyz", "b": None}, None)
    assert "longer than" in module.fitted({"a": "four"}, record, "raw")[1]
    assert "expected string" in module.fitted({"a": None}, record, "raw")[1]


def test_numbers_that_nothing_holds_are_no_json(module):
    for text in ("1e301", "1e-301", "1e999999999", "9" * 400, "NaN", "Infinity", "-Infinity"):
        with pytest.raises(ValueError):
            module.exact(f'{{"unread": {text}}}')
    with pytest.raises(ValueError):
        module.plain({"a": math.nan})


def test_a_large_answer_is_a_misfit(module):
    task = {"visit": "i/s#1", "makes": {"type": "object", "properties": {"a": {"type": "string"}}}}
    with pytest.raises(module.Refused, match="larger than"):
        module.checked({"made": {"a": "x" * 300_000}}, task)


def test_numbers_travel_with_all_their_digits(module):
    for text in ("0.1", "0.85", "123456789012345", "-0.000001", "1.5e10", "99999999999999.9"):
        assert decimal.Decimal(module.plain(module.exact(text))) == decimal.Decimal(text)


def test_ids_that_cannot_be_names_are_hashed(module):
    assert module.execution_name("order-7") == "order-7"
    assert len(module.execution_name("order/7 ü")) == 64
    assert len(module.execution_name("x" * 81)) == 64
    hashed = module.execution_name("x" * 81)
    assert module.execution_name(hashed) != hashed  # an item that is named like another's execution


@pytest.mark.parametrize(
    ("said", "reply"),
    [
        ('{"made": {"a": {}}}', '{"made": {"a": {}}}'),
        ('As {"made": 1} is too low:\n```json\n{"made": {"a": "}"}}\n```\nDone {so far}', '{"made": {"a": "}"}}'),
        ("nothing { to } read", ""),
        ('{"made": ' * 5000, ""),
        ("", ""),
    ],
)
def test_of_what_a_model_says_the_last_object_is_the_reply(module, said, reply):
    assert module.last_object(said) == reply
