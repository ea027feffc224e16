"""Small changes to a sound text, one at a time: each clause, declaration and list item taken away, each token bent."""

import re

from flow import Parser

BENT = {
    ">=": [">", "<"],
    ">": [">="],
    "<=": ["<"],
    "<": ["<="],
    "..": ["..<"],
    "..<": [".."],
    "is": ["is not"],
    "and": ["or"],
    "or": ["and"],
    "not": [""],
    "otherwise": ["when delivered"],
    "all": ["any"],
    "success": ["failure"],
    "failure": ["success"],
    "present": ["absent"],
    "true": ["false"],
    "false": ["true"],
}


def without_scenarios(text):
    """The text without its scenarios: they are not checked, and would only repeat what a change breaks."""
    return re.sub(r"\n  scenario .*?\n  }\n", "\n", text, flags=re.DOTALL)


def mutants(text, used):
    """Every small change, as (what, text)."""
    parser = Parser(text, used)
    parser.file_members()
    for what, start, end in parser.file.clauses:
        yield f"no {what}: {short(text[start:end])}", text[:start] + text[end:]
    states = [state for flow in parser.file.flows.values() for state in flow.states]
    actors = list(parser.file.actors)
    previous = ""
    for kind, word, at in parser.tokens:
        others = bent(kind, word)
        if previous == "->" and word in states:
            others = [another(states, word, 1), another(states, word, 5)]
        elif previous == "owner" and word in actors:
            others = [another(actors, word, 1), another(actors, word, 3)]
        previous = word
        for other in dict.fromkeys(others):
            if other != word:
                yield f"`{word}` is now `{other}` at {line(text, at)}", text[:at] + other + text[at + len(word) :]


def bent(kind, word):
    if kind == "number":
        return [re.sub(r"\d(?=\D*$)", lambda digit: str((int(digit[0]) + 1) % 10), word)]
    return BENT.get(word, []) if kind in ("name", "sign") else []


def another(names, name, further):
    return names[(names.index(name) + further) % len(names)]


def short(text):
    return " ".join(text.split())[:60]


def line(text, at):
    number = text.count("\n", 0, at)
    return f"line {number + 1}: {short(text.splitlines()[number])}"
