"""What the tests of `content_refresh` share: its record, and owners for whom everything goes well but what is said."""

import time

from harness import Script, made, says

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
    def work(_message):
        time.sleep(seconds)
        if reply is None:
            raise RuntimeError("the owner can't")
        return reply

    return work


def owners(**instead):
    usual = {"briefing": BRIEF, "drafting": draft(0.9), "tidying": tidied(0.9), "publishing": made(live=LIVE)}
    people = {"legal_review": says("approve"), "escalated_review": says("publish")}
    return Script(**(usual | people | instead))


WEAK = tidied(0.8)  # below the threshold `publishable`: to legal review
STRAIGHT = ["briefing", "drafting", "tidying", "publishing", "published"]
TO_LEGAL = ["briefing", "drafting", "tidying", "legal_review"]

RESULTS = {
    "published": {"end": "published", "owner": "growth", "receipt": LIVE},
    "rejected": {"end": "rejected", "owner": "growth", "reason": "The draft did not reach the bar"},
    "stuck": {"end": "stuck", "owner": "growth", "reason": "A step failed or ran out of time"},
}


def assert_ended(run, path, status):
    assert run.ended() == (status, RESULTS[path[-1]])
    assert run.path() == path
