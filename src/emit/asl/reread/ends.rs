//! Where work ends: that each end says what it is, gives its receipt or its reason, and tells a flow that called.
//!
//! Must not know: how work comes there.

use serde_json::{Value, json};

use super::Reading;
use super::found::Found;
use super::paths::{path, same};
use super::rules;
use crate::plan::{End, Outcome};

/// The errors of what is proved never to happen, and of a record that does not fit.
pub(super) const GAP: &str = "Baton.Gap";
pub(super) const REFUSED: &str = "Baton.Refused";

impl<'a> Reading<'a> {
    pub(super) fn end(&self, name: &str, end: &End) -> bool {
        let Some(found) = self.find(name) else { return false };
        match &end.outcome {
            Outcome::Success { receipt } => self.success(found, name, end, receipt),
            Outcome::Failure { reason } => {
                let said = json!({ "end": name, "owner": end.owner, "reason": reason });
                let cause =
                    |cause: &str| serde_json::from_str::<Value>(cause).is_ok_and(|cause| cause == said);
                self.gives_up(found, name, cause)
            }
        }
    }

    fn success(&self, found: Found<'a>, name: &str, end: &End, receipt: &str) -> bool {
        let result = json!({ "end": name, "owner": end.owner, "receipt.$": path(["context", receipt]) });
        let said = |expected: &Value| found.value.get("Parameters").is_some_and(|said| same(said, expected));
        if !self.answers {
            return found.has("Pass", &["Parameters", "End"]) && found.ends() && said(&result);
        }
        let answer = json!({ "TaskToken.$": "$.caller", "Output.$": "States.JsonToString($.result)" });
        let ends = |last: Found<'a>| {
            last.has("Pass", &["InputPath", "End"]) && last.ends() && last.says("InputPath", "$.result")
        };
        found.has("Pass", &["Parameters", "Next"])
            && said(&json!({ "caller.$": "$.caller", "result": result }))
            && self
                .at(found.value.get("Next"))
                .is_some_and(|asks| self.answers_before(asks, "sendTaskSuccess", &answer, ends))
    }

    /// Whether this way ends as failed, with this error.
    pub(super) fn fails(&self, target: Option<&'a Value>, error: &str) -> bool {
        self.at(target).is_some_and(|found| self.gives_up(found, error, |_| true))
    }

    /// Whether it is that failure, and a flow that called learns the same.
    fn gives_up(&self, found: Found<'a>, error: &str, is_cause: impl Fn(&str) -> bool) -> bool {
        let fails = |found: Found<'a>| {
            found.has("Fail", &["Error", "Cause"])
                && found.says("Error", error)
                && found.text("Cause").is_some_and(&is_cause)
        };
        if !self.answers {
            return fails(found);
        }
        let last = self.at(found.value.get("Default")).filter(|last| fails(*last));
        let cause = last.and_then(|last| last.text("Cause")).unwrap_or_default();
        let answer = json!({ "TaskToken.$": "$.caller", "Error": error, "Cause": cause });
        self.answers_before(found, "sendTaskFailure", &answer, fails)
    }

    /// Whether a caller is told, if there is one, and the work `ends` then, also where the caller no longer waits.
    fn answers_before(
        &self,
        asks: Found<'a>,
        call: &str,
        answer: &Value,
        ends: impl Fn(Found<'a>) -> bool,
    ) -> bool {
        let [rule] = asks.list("Choices") else { return false };
        let called = rules::read(rule) == Some(rules::present(vec!["caller".into()]));
        let end = asks.value.get("Default");
        let Some(tell) = self.at(rule.get("Next")) else { return false };
        let members = ["Resource", "Parameters", "TimeoutSeconds", "ResultPath", "Catch", "Next"];
        let told = tell.has("Task", &members)
            && tell.says("Resource", &format!("arn:aws:states:::aws-sdk:sfn:{call}"))
            && tell.value.get("Parameters").is_some_and(|found| same(found, answer))
            && tell.value.get("ResultPath") == Some(&Value::Null)
            && tell.catches(1);
        let goes_on = tell.value.get("Next") == end && tell.catch("States.ALL", &Value::Null) == end;
        asks.has("Choice", &["Choices", "Default"])
            && called
            && told
            && goes_on
            && self.at(end).is_some_and(ends)
    }
}
