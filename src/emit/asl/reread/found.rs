//! A state as it stands in the definition.
//!
//! Must not know: the plan.

use serde_json::Value;

/// A state and its name.
#[derive(Clone, Copy)]
pub(super) struct Found<'a> {
    pub(super) name: &'a str,
    pub(super) value: &'a Value,
}

impl<'a> Found<'a> {
    pub(super) fn is(self, kind: &str) -> bool {
        self.text("Type") == Some(kind)
    }

    /// Whether it is of this kind, and has no other members than these and words for people.
    pub(super) fn has(self, kind: &str, members: &[&str]) -> bool {
        let known = |key: &str| ["Type", "Comment"].contains(&key) || members.contains(&key);
        self.is(kind) && self.value.as_object().is_some_and(|all| all.keys().all(|key| known(key)))
    }

    pub(super) fn text(self, member: &str) -> Option<&'a str> {
        self.value.get(member)?.as_str()
    }

    pub(super) fn says(self, member: &str, text: &str) -> bool {
        self.text(member) == Some(text)
    }

    pub(super) fn seconds(self, member: &str) -> Option<u64> {
        self.value.get(member)?.as_u64()
    }

    pub(super) fn list(self, member: &str) -> &'a [Value] {
        self.value.get(member).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    pub(super) fn ends(self) -> bool {
        self.value.get("End") == Some(&Value::Bool(true))
    }

    /// Where just this error leads; what happened is put to `path`, beside what the item carries.
    pub(super) fn catch(self, error: &str, path: &Value) -> Option<&'a Value> {
        let named = |catch: &&Value| {
            catch
                .get("ErrorEquals")
                .and_then(Value::as_array)
                .is_some_and(|errors| errors.as_slice() == [error])
        };
        let caught = self.list("Catch").iter().find(named)?;
        (caught.get("ResultPath") == Some(path)).then(|| caught.get("Next"))?
    }

    /// Whether it catches so many errors, and all that is left last.
    pub(super) fn catches(self, count: usize) -> bool {
        let last = self.list("Catch").last().and_then(|last| last.pointer("/ErrorEquals/0"));
        self.list("Catch").len() == count && last.is_some_and(|last| last == "States.ALL")
    }

    /// The error with which a branch fails once its task has timed out.
    pub(super) fn error_after_timeout(branch: &'a Value, task: Found<'a>) -> Option<&'a str> {
        let catch = task.list("Catch").first().filter(|_| task.list("Catch").len() == 1)?;
        let timeout = catch.get("ErrorEquals")?.as_array()?.as_slice() == ["States.Timeout"];
        let name = catch.get("Next")?.as_str().filter(|_| timeout)?;
        let fail = Found { name, value: branch.get("States")?.get(name)? };
        if fail.has("Fail", &["Error"]) { fail.text("Error") } else { None }
    }

    /// The one task of a branch.
    pub(super) fn only_task(branch: &'a Value) -> Option<Found<'a>> {
        let name = branch.get("StartAt")?.as_str()?;
        let value = branch.get("States")?.get(name)?;
        let task = Found { name, value };
        (task.ends() && task.is("Task")).then_some(task)
    }
}
