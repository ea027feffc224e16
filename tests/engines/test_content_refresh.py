"""`content_refresh` on moto: every way through it that a proof speaks of, told by the states that a run entered.

All runs of one time scale start together. Two scales: at 0.002 the people's deadlines are short enough to pass
(legal review: to be accepted within 29 s, to be decided within 173 s), at 0.01 an owner has seconds to work in.
"""

import time

import pytest

from harness import Script, fails, made, says

OPPORTUNITY = {"page": "https://example.com/a", "keyword": "running shoes", "intent": "commercial", "priority": 2}
BRIEF = made(brief={"outline": "o", "audience": "a", "forbidden": []}, complete=0.95)
VAGUE = made(brief={"outline": "o", "audience": "a", "forbidden": []}, complete=0.5)
DRAFT = {"title": "t", "body": "b"}
LIVE = {"url": "https://example.com/a", "status": 200}


def draft(quality):
    return made(draft=DRAFT, quality=quality, risk="low", confidence=0.8)


def tidied(quality):
    return made(draft=DRAFT, quality=quality)


def slowly(reply, seconds):
    def work(message):
        time.sleep(seconds)
        if reply is None:
            raise RuntimeError("the owner can't")
        return reply

    return work


def owners(**instead):
    """Everything goes well, but for what is said."""
    usual = {"briefing": BRIEF, "drafting": draft(0.9), "tidying": tidied(0.9), "publishing": made(live=LIVE)}
    people = {"legal_review": says("approve"), "escalated_review": says("publish")}
    return Script(**(usual | people | instead))


def accepts(worker, visit):
    worker.accept(visit)


WEAK = tidied(0.8)  # below the threshold `publishable`: to legal review
STRAIGHT = ["briefing", "drafting", "tidying", "publishing", "published"]
TO_LEGAL = ["briefing", "drafting", "tidying", "legal_review"]

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
    # Within 18 s. The engine's own retries would have started the deadline anew with each attempt.
    "slow-failures": (
        owners(drafting=(slowly(None, 7), slowly(None, 7), slowly(draft(0.9), 7))),
        ["briefing", "drafting", "stuck"],
        "FAILED",
    ),
}

# At the shorter scale.
SILENT = {
    "unaccepted": (
        owners(tidying=WEAK, legal_review=None),
        TO_LEGAL + ["escalated_review", "publishing", "published"],
        "SUCCEEDED",
    ),
    "accepted-then-silent": (
        owners(tidying=WEAK, legal_review=accepts, escalated_review=says("stop")),
        TO_LEGAL + ["escalated_review", "rejected"],
        "FAILED",
    ),
}

RESULTS = {
    "published": {"end": "published", "owner": "growth", "receipt": LIVE},
    "rejected": {"end": "rejected", "owner": "growth", "reason": "The draft did not reach the bar"},
    "stuck": {"end": "stuck", "owner": "growth", "reason": "A step failed or ran out of time"},
}


def start(deployment, cases):
    return {name: deployment.start("content_refresh", name, OPPORTUNITY, case[0]) for name, case in cases.items()}


@pytest.fixture(scope="module")
def silent(deployed):
    """Their first steps have a second each: they go alone until people have to act."""
    deployment = deployed("content_refresh", 0.002)
    runs = start(deployment, SILENT)
    for name in SILENT:
        deployment.notice(f"{name}/legal_review#1")
    deployment.runs = runs
    return deployment


@pytest.fixture(scope="module")
def lively(deployed, silent):
    deployment = deployed("content_refresh", 0.01)
    deployment.runs = start(deployment, CASES)
    return deployment


def assert_ended(run, path, status):
    assert run.ended() == (status, RESULTS[path[-1]])
    assert run.path() == path


@pytest.mark.parametrize("name", CASES)
def test_path(lively, name):
    _, path, status = CASES[name]
    assert_ended(lively.runs[name], path, status)


def test_the_bound_is_counted_beside_the_context(lively):
    run = lively.runs["rework-used-up"]
    run.ended()
    steps = run.steps()
    assert steps.count("drafting/handoff-2 count") == 3
    assert steps.count("drafting/handoff-2 bound") == 4
    assert steps[-2:] == ["drafting/handoff-2#1", "rejected"]


def test_what_an_owner_is_told(lively):
    lively.runs["revised"].ended()
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


def test_a_late_answer_is_refused_and_changes_nothing(silent):
    run = silent.runs["unaccepted"]
    silent.notice("unaccepted/escalated_review#1")
    with pytest.raises(silent.module.Refused, match="^late"):
        silent.worker.answer("unaccepted/legal_review#1", {}, "reject")
    assert_ended(run, *SILENT["unaccepted"][1:])


def test_a_slow_success_after_the_deadline_is_dropped(lively):
    run = lively.runs["slow-failures"]
    run.ended()
    time.sleep(8)  # the third attempt delivers
    visit = lively.worker._get("slow-failures/drafting#1")
    assert "delivered" not in visit
    assert run.path() == ["briefing", "drafting", "stuck"]


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
    run = lively.runs["straight"]
    run.ended()
    before = run.steps()
    lively.start("content_refresh", "straight", OPPORTUNITY, owners())
    assert run.steps() == before


@pytest.mark.parametrize("name", SILENT)
def test_silence_escalates(silent, name):
    _, path, status = SILENT[name]
    assert_ended(silent.runs[name], path, status)


def test_the_deadline_and_not_the_acceptance_took_the_silent_one(silent):
    run = silent.runs["accepted-then-silent"]
    run.ended()
    assert "legal_review/deadline" in run.steps()
    assert "legal_review/accept" not in run.steps()
