//! How each declaration, member and clause is written, as an example.
//!
//! Must not know: what was wrong.

use crate::syntax::grammar::Rule;

/// How what begins with `word` is written.
pub(super) fn form(rule: Rule, word: &str) -> Option<&'static str> {
    Some(match (rule, word) {
        (Rule::one_field, _) => "title: text max 70",
        (Rule::one_declaration, "use") => "use \"team.flow\"",
        (Rule::one_declaration, "enum") => "enum Risk { low, medium, high }",
        (Rule::one_declaration, "asset") => "asset Draft { title: text max 70, body: text }",
        (Rule::one_declaration, "actor") => "actor writer: model { uses \"writer-large\" }",
        (Rule::one_declaration, "threshold") => "threshold good: quality >= 0.85",
        (_, "flow") => "flow refresh { … }",
        (_, "context") => "context { draft: Draft }",
        (_, "default") => "default deadline 1h else -> stuck",
        (_, "intake") => "intake lead from \"web\" -> sorting",
        (_, "state") => "state drafting { … }",
        (_, "approval") => "approval review { … }",
        (_, "wait") => "wait cooling { … }",
        (_, "call") => "call checks { … }",
        (_, "end") => "end done: success { … }",
        (_, "prove") => "prove ends within 6d",
        (_, "scenario") => "scenario \"a weak draft is rejected\" { … }",
        (_, "owner") => "owner writer",
        (_, "asset") => "asset draft",
        (_, "goal") => "goal \"what done means here\"",
        (_, "needs") => "needs brief, notes?",
        (_, "makes") => "makes draft, quality",
        (_, "accept") => "accept 4h else -> escalated",
        (_, "deadline") => "deadline 24h else -> stuck",
        (_, "failure") => "failure -> stuck",
        (_, "retry") => "retry 2 times every 30s",
        (_, "handoff") => "handoff -> drafting when quality < 0.6 at most 3 times else -> rejected",
        (_, "asks") => "asks \"May this be published?\"",
        (_, "shows") => "shows risk, confidence",
        (_, "options") => "options approve, reject",
        (_, "for") => "for 14d -> measuring",
        (Rule::one_actor_clause, "runs") => "runs \"tools/humanise\"",
        (_, "runs") => "runs fact_check(draft) gives facts",
        (_, "join") => "join all",
        (_, "receipt") => "receipt live",
        (_, "reason") => "reason \"why it ended\"",
        (_, "map") => "map page = raw.url",
        (_, "start") => "start opportunity",
        (_, "at") => "at drafting quality = 0.2, risk = low",
        (_, "expect") => "expect rejected",
        (_, "uses") => "uses \"writer-large\"",
        (_, "calls") => "calls \"POST https://cms.example.com/pages\"",
        (_, "contact") => "contact \"legal@example.com\"",
        (_, "name") => "name \"support-tier-1\"",
        (_, "responds") => "responds within 24h",
        (_, "costs") => "costs 0.15 USD",
        _ => return None,
    })
}
