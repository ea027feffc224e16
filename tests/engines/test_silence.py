"""People who stay silent in `content_refresh`, on moto: begun before all other tests, looked at after them.

Times are a five-hundredth of the example's: legal review is to be accepted within 29 s and decided within 173 s.
"""

import pytest

from refresh import TO_LEGAL, assert_ended


def test_silence_until_acceptance_is_due_escalates(silent):
    run = silent.runs["unaccepted"]
    assert_ended(run, TO_LEGAL + ["escalated_review", "rejected"], "FAILED")
    assert "legal_review/accept" in run.steps()


def test_a_late_answer_is_refused_and_changes_nothing(silent):
    run = silent.runs["unaccepted"]
    run.ended()
    before = run.steps()
    with pytest.raises(silent.module.Refused, match="^late"):
        silent.worker.answer(f"{run.item()}/legal_review#1", {}, "approve")
    with pytest.raises(silent.module.Refused, match="^late"):
        silent.worker.accept(f"{run.item()}/legal_review#1")
    assert run.steps() == before


def test_silence_until_the_deadline_escalates(silent):
    run = silent.runs["accepted-then-silent"]
    assert_ended(run, TO_LEGAL + ["escalated_review", "rejected"], "FAILED")
    assert "legal_review/deadline" in run.steps()
    assert "legal_review/accept" not in run.steps()
