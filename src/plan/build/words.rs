//! Guards and constants as a person writes them.
//!
//! Must not know: how the author spelled them. Thresholds keep their names.

use smol_str::{SmolStr, ToSmolStr, format_smolstr};

use crate::model::words::{self, amount};
use crate::model::{Atom, CompareOp, Flow, Guard, Kind, Model, Path, Root, Test, Value};
use crate::plan::Exact;

/// What it takes to print a flow's guards.
#[derive(Clone, Copy)]
pub(super) struct Words<'m> {
    pub(super) model: &'m Model,
    pub(super) flow: &'m Flow,
}

/// How tightly a guard binds; what is looser than its surroundings stands in parentheses.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Binds {
    Or,
    And,
    Not,
    Name,
}

impl Words<'_> {
    /// `quality >= 0.85 and risk is not high`
    pub(super) fn guard(self, guard: &Guard) -> SmolStr {
        let mut text = String::new();
        self.write(guard, Binds::Or, &mut text);
        text.into()
    }

    /// Guards nest no deeper than the text does, since thresholds are named only.
    fn write(self, guard: &Guard, around: Binds, text: &mut String) {
        let own = binds(guard);
        if own < around {
            text.push('(');
            self.write(guard, Binds::Or, text);
            text.push(')');
            return;
        }
        match guard {
            Guard::And(all) => self.join(all, " and ", Binds::Not, text),
            Guard::Or(some) => self.join(some, " or ", Binds::And, text),
            Guard::Not(inner) => {
                text.push_str("not ");
                self.write(inner, Binds::Name, text);
            }
            Guard::Atom(atom) => text.push_str(&self.atom(atom)),
            Guard::Delivered(_) => text.push_str("delivered"),
            Guard::Threshold { id, .. } => text.push_str(&self.model[*id].name.text),
            Guard::Unknown => text.push('?'),
        }
    }

    fn join(self, guards: &[Guard], word: &str, around: Binds, text: &mut String) {
        for (place, guard) in guards.iter().enumerate() {
            if place > 0 {
                text.push_str(word);
            }
            self.write(guard, around, text);
        }
    }

    fn atom(self, atom: &Atom) -> SmolStr {
        let path = &self.flow[atom.path];
        let say = |value: &Value| self.value(path, value);
        match &atom.test {
            Test::Compare(op, value) => format_smolstr!("{} {} {}", path.text, operator(*op), say(value)),
            Test::Range { ends, open } => {
                let [low, high] = &**ends;
                let dots = if *open { "..<" } else { ".." };
                format_smolstr!("{} in {}{dots}{}", path.text, say(low), say(high))
            }
            Test::Set(values) => {
                let values: Vec<_> = values.iter().map(say).collect();
                format_smolstr!("{} in {{{}}}", path.text, values.join(", "))
            }
            Test::Present(true) => format_smolstr!("{} is present", path.text),
            Test::Present(false) => format_smolstr!("{} is absent", path.text),
            Test::True => path.text.clone(),
        }
    }

    fn value(self, path: &Path, value: &Value) -> SmolStr {
        match value {
            Value::Number(number) => amount(*number, &path.ty).into(),
            Value::Money(money) => format_smolstr!("{} {}", Exact(money.amount), money.currency.code()),
            Value::Text(text) => words::text(text).into(),
            Value::Bool(value) => value.to_smolstr(),
            Value::Member(id, member) => {
                let found = self.model[*id].members.get(*member as usize);
                found.map_or_else(SmolStr::default, |member| member.text.clone())
            }
            Value::Option(option) => self.option(path.root, *option).unwrap_or_default(),
        }
    }

    /// The word of an option, if `root` is an approval's decision.
    pub(super) fn option(self, root: Root, option: u32) -> Option<SmolStr> {
        let Root::Decision(state) = root else { return None };
        let Kind::Approval(approval) = &self.flow[state].kind else { return None };
        approval.options.get(option as usize).map(|name| name.text.clone())
    }
}

fn binds(guard: &Guard) -> Binds {
    match guard {
        Guard::Or(_) => Binds::Or,
        Guard::And(_) => Binds::And,
        Guard::Atom(Atom { test: Test::True, .. }) => Binds::Name,
        Guard::Not(_) | Guard::Atom(_) => Binds::Not,
        Guard::Delivered(_) | Guard::Threshold { .. } | Guard::Unknown => Binds::Name,
    }
}

fn operator(op: CompareOp) -> &'static str {
    match op {
        CompareOp::Is => "is",
        CompareOp::IsNot => "is not",
        CompareOp::Less => "<",
        CompareOp::AtMost => "<=",
        CompareOp::Greater => ">",
        CompareOp::AtLeast => ">=",
    }
}
