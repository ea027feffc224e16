"""Flows that call flows, a queue, and a wait, on moto: `release_approval` and `video_titles`."""

import hashlib
import json
import time

import pytest

from harness import Run, Script, fails, made, says

CHANGE = {
    "summary": "New cache",
    "service": "search",
    "pull request": "https://git.example.com/7",
    "rollback plan": "Switch it off",
    "risk": "medium",
}
CALM, GRAVE = {"risk": "low", "comment": "fine"}, {"risk": "high", "comment": "hm"}
UP, DOWN = {"version": "2.0", "healthy": True}, {"version": "2.0", "healthy": False}
SIGN_OFFS = ["security_sign_off", "operations_sign_off", "product_sign_off"]


def sign_offs(security=says("approve", finding=CALM), operations=says("approve", finding=CALM), **others):
    keys = [f"sign_offs_1__{flow}__deciding" for flow in SIGN_OFFS]
    return Script(**dict(zip(keys, (security, operations, says("approve", finding=CALM)))), **others)


@pytest.fixture(scope="module")
def releases(deployed, silent):
    return deployed("release_approval", 0.005)


def child(deployment, item, flow):
    name = hashlib.sha256(f"{item}/sign_offs#1/{flow}".encode()).hexdigest()
    return Run(deployment, deployment.machines[flow].replace(":stateMachine:", ":execution:") + ":" + name)


def test_three_times_yes(releases):
    run = releases.start("release_approval", "yes", CHANGE, sign_offs(releasing=made(deployment=UP)))
    assert run.ended() == ("SUCCEEDED", {"end": "released", "owner": "release_manager", "receipt": UP})
    assert run.path() == ["sign_offs", "releasing", "released"]
    for flow in SIGN_OFFS:
        status, result = child(releases, "yes", flow).ended()
        assert (status, result["receipt"]) == ("SUCCEEDED", CALM)


def test_one_no_decides_and_the_other_runs_go_on_to_their_own_ends(releases):
    script = sign_offs(security=says("refuse", finding=GRAVE), operations=says("approve", after=6, finding=CALM))
    run = releases.start("release_approval", "no", CHANGE, script)
    status, result = run.ended()
    assert (status, result["end"]) == ("FAILED", "not_released")
    assert run.path() == ["sign_offs", "not_released"]
    assert child(releases, "no", "security_sign_off").ended()[0] == "FAILED"
    late = child(releases, "no", "operations_sign_off")
    assert late.ended()[0] == "SUCCEEDED"  # it told a caller that no longer waited
    assert "approved/tell" in late.steps()


def test_a_run_that_comes_to_no_end_is_a_failure_at_once(releases):
    """A run that began with what its flow does not take in: it dies at the door."""
    machine, module = releases.machines["security_sign_off"], releases.module
    told = []
    given = json.dumps({"item": "x", "intake": "no such way", "record": {}, "caller": "token"})
    releases.sfn.start_execution(stateMachineArn=machine, name="dies", input=given)
    run = releases.run("security_sign_off", "dies")
    assert run.ended()[0] == "FAILED"
    assert run.steps() == ["/intakes", "/refused", "/refused/tell", "/refused/end"]

    class Steps:
        def describe_execution(self, executionArn):
            return releases.sfn.describe_execution(executionArn=executionArn)

        def send_task_failure(self, **answer):
            told.append(answer)

    module.died({"executionArn": run.arn, "status": "ABORTED"}, Steps())
    assert told == [{"taskToken": "token", "error": "Baton.Died", "cause": "the run has ABORTED"}]


def test_a_high_risk_goes_to_the_director_and_a_bad_release_to_the_queue(releases):
    script = sign_offs(
        operations=says("approve", finding=GRAVE),
        director_review=says("release"),
        releasing=made(deployment=DOWN),
        rolling_back=says(rollback=UP),
    )
    run = releases.start("release_approval", "grave", CHANGE, script)
    status, result = run.ended()
    assert (status, result["end"]) == ("FAILED", "rolled_back")
    assert run.path() == ["sign_offs", "director_review", "releasing", "rolling_back", "rolled_back"]


def test_nobody_takes_it_from_the_queue(releases):
    run = releases.start("release_approval", "nobody", CHANGE, sign_offs(releasing=fails, rolling_back=None))
    releases.notice("nobody/rolling_back#1")
    assert "nobody/rolling_back#1" in [told["visit"] for told in releases.worker.open("on_call")]
    status, result = run.ended()
    assert (status, result["end"]) == ("FAILED", "broken")
    assert run.steps()[-2:] == ["rolling_back/accept", "broken"]


VIDEO = {"input": {"key": "k", "channel": "c", "seconds": 90}}
HEARD = made(speech={"text": "t", "confidence": 0.7})
TITLE = {"title": "t", "description": "d"}


def job(stage):
    return made(job={"name": "j", "stage": stage})


@pytest.fixture(scope="module")
def videos(deployed, silent):
    return deployed("video_titles", 0.1)


def test_a_wait_a_loop_two_runs_and_a_choice_that_may_be_absent(videos):
    proposals = {
        "titling_1__house_title__proposing": made(proposal=TITLE | {"confidence": 0.4}),
        "titling_1__guest_title__proposing": made(proposal=TITLE | {"confidence": 0.49}),
        "titling_2__house_title__proposing": made(proposal=TITLE | {"confidence": 0.4}),
        "titling_2__guest_title__proposing": made(proposal=TITLE | {"confidence": 0.5}),
    }
    script = Script(
        starting=job("queued"),
        polling=[job("running"), job("completed")],
        reading=HEARD,
        choosing=[says("use_mine"), says("use_mine", choice=TITLE)],
        painting=made(avatar={"address": "https://example.com/a", "safe": 0.9}),
        delivering=made(delivery={"message": "m", "status": 200}),
        **proposals,
    )
    began = time.monotonic()
    run = videos.start("video_titles", "v", VIDEO, script)
    status, result = run.ended()
    assert (status, result["receipt"]) == ("SUCCEEDED", {"message": "m", "status": 200})
    asked = ["starting", "listening", "polling", "listening", "polling", "reading"]
    assert run.path() == [*asked, "titling", "titling", "choosing", "choosing", "painting", "delivering", "delivered"]
    assert time.monotonic() - began > 12  # two waits of 6 s


def test_a_run_that_fails_is_the_failure_of_the_call(videos):
    proposals = {
        "titling_1__house_title__proposing": made(proposal=TITLE | {"confidence": 0}),
        "titling_1__guest_title__proposing": made(proposal=TITLE | {"confidence": 0.9}),
    }
    script = Script(starting=job("queued"), polling=job("completed"), reading=HEARD, **proposals)
    run = videos.start("video_titles", "w", VIDEO, script)
    status, result = run.ended()
    assert (status, result["end"]) == ("FAILED", "stuck")
    assert run.path() == ["starting", "listening", "polling", "reading", "titling", "stuck"]
    assert run.steps()[-2:] == ["titling/failure", "stuck"]
