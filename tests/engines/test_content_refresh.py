"""`content_refresh` on moto: every way through it that a proof speaks of, told by the states that a run entered.

Times are those of the example, a hundredth as long: briefing has 9 s, drafting 18 s, tidying and publishing 3 s each.
moto reads a definition for a second at each start, so that the runs go one after the other; only what takes long goes
beside them.
"""

import time

import pytest

from harness import fails, made, says
from refresh import BRIEF, DRAFT, LIVE, OPPORTUNITY, STRAIGHT, TO_LEGAL, VAGUE, WEAK
from refresh import assert_ended, draft, owners, slowly, tidied

# name: (owners, path, status)
CASES = {
    "straight": (owners(), STRAIGHT, "SUCCEEDED"),
    "thin-briefs": (owners(briefing=VAGUE), ["briefing"] * 3 + ["stuck"], "FAILED"),
    "third-brief": (owners(briefing=[VAGUE, VAGUE, BRIEF]), ["briefing"] * 2 + STRAIGHT, "SUCCEEDED"),
    "rework-used-up": (owners(drafting=draft(0.3)), ["briefing"] + ["drafting"] * 4 + ["rejected"], "FAILED"),
    "rework-in-time": (
        owners(drafting=[draft(0.3), draft(0.59), draft(0.3), draft(0.6)]),
        ["briefing"] + ["drafting"] * 3 + STRAIGHT[1:],
        "SUCCEEDED",
    ),
    "too-weak": (owners(drafting=draft(0.299)), ["briefing", "drafting", "rejected"], "FAILED"),
    "high-risk": (
        owners(drafting=made(draft=DRAFT, quality=0.9, risk="high", confidence=0.8)),
        TO_LEGAL + ["publishing", "published"],
        "SUCCEEDED",
    ),
    "at-the-threshold": (owners(tidying=tidied(0.85)), STRAIGHT, "SUCCEEDED"),
    "approved": (owners(tidying=WEAK), TO_LEGAL + ["publishing", "published"], "SUCCEEDED"),
    "approved-later": (
        owners(tidying=WEAK, legal_review=says("approve", after=3, notes="fine")),
        TO_LEGAL + ["publishing", "published"],
        "SUCCEEDED",
    ),
    "revised": (
        owners(tidying=WEAK, legal_review=[says("revise", notes="softer"), says("approve")]),
        TO_LEGAL + ["drafting", "tidying", "legal_review", "publishing", "published"],
        "SUCCEEDED",
    ),
    "revisions-used-up": (
        owners(tidying=WEAK, legal_review=says("revise")),
        TO_LEGAL + ["drafting", "tidying", "legal_review"] * 2 + ["rejected"],
        "FAILED",
    ),
    "refused": (owners(tidying=WEAK, legal_review=says("reject")), TO_LEGAL + ["rejected"], "FAILED"),
    "step-fails": (owners(briefing=fails), ["briefing", "stuck"], "FAILED"),
    "step-says-it-fails": (owners(publishing={"fail": "409"}), STRAIGHT[:-1] + ["stuck"], "FAILED"),
    "page-not-live": (owners(publishing=made(live=LIVE | {"status": 503})), STRAIGHT[:-1] + ["stuck"], "FAILED"),
    "retried": (owners(drafting=(fails, {"made": {}}, draft(0.9))), STRAIGHT, "SUCCEEDED"),
    "retries-used-up": (owners(drafting=fails), ["briefing", "drafting", "stuck"], "FAILED"),
    "misfit": (owners(tidying=tidied(1.5)), ["briefing", "drafting", "tidying", "stuck"], "FAILED"),
}

# Within 18 s. The engine's own retries would have started the deadline anew with each attempt.
SLOW = (slowly(None, 7), slowly(None, 7), slowly(draft(0.9), 7))


@pytest.fixture(scope="module")
def lively(deployed, silent):
    deployment = deployed("content_refresh", 0.01)
    deployment.slow = deployment.start("content_refresh", "slow", OPPORTUNITY, owners(drafting=SLOW))
    deployment.runs = {}
    return deployment


def run_of(lively, name):
    """The run of a case, which the first test that asks for it starts."""
    if name not in lively.runs:
        lively.runs[name] = lively.start("content_refresh", name, OPPORTUNITY, CASES[name][0])
    return lively.runs[name]


@pytest.mark.parametrize("name", CASES)
def test_path(lively, name):
    _, path, status = CASES[name]
    assert_ended(run_of(lively, name), path, status)


def test_two_slow_failures_and_a_success_end_at_the_deadline(lively):
    assert_ended(lively.slow, ["briefing", "drafting", "stuck"], "FAILED")
    assert lively.slow.steps()[-2:] == ["drafting/deadline", "stuck"]
    time.sleep(8)  # the third attempt delivers, and is refused
    assert "delivered" not in lively.worker._get("slow/drafting#1")


def test_the_bound_is_counted_beside_the_context(lively):
    run = run_of(lively, "rework-used-up")
    run.ended()
    steps = run.steps()
    assert steps.count("drafting/handoff-2 count") == 3
    assert steps.count("drafting/handoff-2 bound") == 4
    assert steps[-2:] == ["drafting/handoff-2#1", "rejected"]


def test_what_an_owner_is_told(lively):
    run_of(lively, "revised").ended()
    told = lively.notice("revised/legal_review#1")
    assert told["attempt"] == "revised/legal_review#1.1"
    assert (told["state"], told["asset"], told["owner"]) == ("legal_review", "draft", "counsel")
    assert told["goal"] == "Decide whether this page may carry our name"
    assert told["threshold"] == "otherwise" or "publishable" in told["threshold"]
    assert set(told["context"]) == {"draft", "risk", "confidence"}
    assert [option["name"] for option in told["options"]] == ["approve", "revise", "reject"]
    assert told["options"][0]["to"] == ["publishing"]
    assert told["due"] > told["accept_due"]
    assert "token" not in told


@pytest.fixture(scope="module")
def refusals(lively):
    """One run with a person who answers in every way that is not to be taken, and then in the one that is."""
    Refused, worker, visit = lively.module.Refused, lively.worker, "patient/legal_review#1"
    run = lively.start("content_refresh", "patient", OPPORTUNITY, owners(tidying=WEAK, legal_review=None))
    lively.notice(visit)
    refused = {}

    def attempt(name, act, *given):
        try:
            act(*given)
        except Refused as problem:
            refused[name] = problem.reason

    attempt("unknown", worker.answer, "patient/legal_review#2", {}, "approve")
    attempt("no such option", worker.answer, visit, {}, "publish")
    attempt("no decision", worker.answer, visit, {})
    attempt("not asked for", worker.answer, visit, {"risk": "low"}, "approve")
    attempt("wrong type", worker.answer, visit, {"notes": 7}, "approve")
    attempt("not an object", worker.answer, visit, "x", "approve")
    still_open = [told["visit"] for told in worker.open("counsel")]
    before = run.path()
    attempt("good", worker.answer, visit, {"notes": "yes"}, "reject")
    attempt("again", worker.answer, visit, {"notes": "yes"}, "reject")
    attempt("otherwise", worker.answer, visit, {}, "approve")
    attempt("another's", worker.answer, "patient/drafting#1", {}, None)
    return run, refused, still_open, before


def test_an_answer_that_does_not_fit_is_refused_and_the_visit_stays_open(refusals):
    _, refused, still_open, before = refusals
    for name in ("no such option", "no decision", "not asked for", "wrong type", "not an object"):
        assert refused[name] == "misfit", name
    assert "patient/legal_review#1" in still_open
    assert before == TO_LEGAL


def test_the_first_answer_counts_and_a_second_is_a_duplicate(refusals):
    run, refused, _, _ = refusals
    assert "good" not in refused
    assert (refused["again"], refused["otherwise"]) == ("duplicate", "duplicate")
    assert_ended(run, TO_LEGAL + ["rejected"], "FAILED")


def test_unknown_visits_are_refused(refusals):
    _, refused, _, _ = refusals
    assert refused["unknown"] == "unknown"
    assert refused["another's"] == "duplicate"  # a model has answered it


def test_a_record_that_does_not_fit_never_becomes_work(lively):
    with pytest.raises(lively.module.Refused, match="raw.priority"):
        lively.start("content_refresh", "refused", OPPORTUNITY | {"priority": 9}, owners())


def test_the_engine_refuses_it_as_well(lively):
    given = '{"item": "forced", "intake": "intake-1", "raw": {"page": "p", "keyword": "k", "intent": "odd", "priority": 1}}'
    lively.sfn.start_execution(stateMachineArn=lively.machines["content_refresh"], name="forced", input=given)
    run = lively.run("content_refresh", "forced")
    assert run.ended()[0] == "FAILED"
    assert run.path() == []
    assert run.steps()[-1] == "/refused"


def test_submitting_again_changes_nothing(lively):
    run = run_of(lively, "straight")
    run.ended()
    before = run.steps()
    lively.start("content_refresh", "straight", OPPORTUNITY, owners())
    assert run.steps() == before
