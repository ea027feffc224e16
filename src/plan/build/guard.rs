//! Guards of the model as guards of the plan, and the thresholds that they name.
//!
//! Must not know: how a guard is printed (see `words`).

use std::collections::BTreeMap;
use std::sync::Arc;

use smol_str::SmolStr;

use super::Incomplete;
use super::names::Taken;
use super::words::Words;
use crate::model::{self, Atom, CompareOp, PathId, Test, ThresholdId, Value};
use crate::plan::{Constant, Exact, Guard, Named, Operator, Path, Threshold};
use crate::source::Span;

/// Translates the guards of one flow, and remembers which thresholds they name.
pub(super) struct Guards<'m> {
    pub(super) words: Words<'m>,
    /// The flow's paths, by id.
    paths: Vec<Path>,
    /// The thresholds that were named. A flow resolves each alike wherever it is named.
    named: BTreeMap<ThresholdId, SmolStr>,
    taken: Taken,
    open: Vec<(ThresholdId, Span, Arc<model::Guard>)>,
}

impl<'m> Guards<'m> {
    pub(super) fn new(words: Words<'m>, paths: Vec<Path>) -> Guards<'m> {
        Guards { words, paths, named: BTreeMap::new(), taken: Taken::default(), open: Vec::new() }
    }

    /// A guard nests no deeper than the text does, since thresholds are referred to by name.
    pub(super) fn guard(&mut self, guard: &model::Guard, place: Span) -> Result<Guard, Incomplete> {
        Ok(match guard {
            model::Guard::And(all) => Guard::And(self.guards(all, place)?),
            model::Guard::Or(some) => Guard::Or(self.guards(some, place)?),
            model::Guard::Not(inner) => Guard::Not(Box::new(self.guard(inner, place)?)),
            model::Guard::Atom(atom) => self.atom(atom)?,
            model::Guard::Delivered(_) => Guard::Delivered,
            model::Guard::Threshold { id, span, guard } => {
                Guard::Threshold(self.threshold(*id, *span, guard))
            }
            model::Guard::Unknown => return Err(Incomplete { place }),
        })
    }

    fn guards(&mut self, guards: &[model::Guard], place: Span) -> Result<Vec<Guard>, Incomplete> {
        guards.iter().map(|guard| self.guard(guard, place)).collect()
    }

    fn threshold(&mut self, id: ThresholdId, span: Span, guard: &Arc<model::Guard>) -> SmolStr {
        if let Some(name) = self.named.get(&id) {
            return name.clone();
        }
        let name = self.taken.unique(&self.words.model[id].name.text);
        self.named.insert(id, name.clone());
        self.open.push((id, span, Arc::clone(guard)));
        name
    }

    fn atom(&self, atom: &Atom) -> Result<Guard, Incomplete> {
        let span = atom.span;
        let path = self.path(atom.path, atom.path_span)?;
        let root = self.words.flow[atom.path].root;
        let constant = |value: &Value| self.constant(root, value).ok_or(Incomplete { place: span });
        Ok(match &atom.test {
            Test::Compare(op, value) => {
                Guard::Compare { path, op: operator(*op), value: constant(value)?, span }
            }
            Test::Range { ends, open } => {
                let [low, high] = &**ends;
                Guard::Range { path, low: constant(low)?, high: constant(high)?, open: *open, span }
            }
            Test::Set(values) => {
                Guard::Set { path, values: values.iter().map(constant).collect::<Result<_, _>>()?, span }
            }
            Test::Present(present) => Guard::Present { path, present: *present },
            Test::True => Guard::True(path),
        })
    }

    pub(super) fn path(&self, id: PathId, place: Span) -> Result<Path, Incomplete> {
        self.paths.get(id.index()).cloned().ok_or(Incomplete { place })
    }

    /// `root` is where the path starts that the constant belongs to.
    pub(super) fn constant(&self, root: model::Root, value: &Value) -> Option<Constant> {
        Some(match value {
            Value::Number(number) => Constant::Number(Exact(*number)),
            Value::Money(money) => Constant::Number(Exact(money.amount)),
            Value::Text(text) => Constant::Text(SmolStr::from(&**text)),
            Value::Bool(value) => Constant::Bool(*value),
            Value::Member(id, member) => {
                Constant::Text(self.words.model[*id].members.get(*member as usize)?.text.clone())
            }
            Value::Option(option) => Constant::Text(self.words.option(root, *option)?),
        })
    }

    /// The thresholds that were named, and those that these name, in the order of their declaration.
    pub(super) fn thresholds(mut self) -> Result<Named<Threshold>, Incomplete> {
        let mut built = BTreeMap::new();
        while let Some((id, span, guard)) = self.open.pop() {
            let doc = self.words.model[id].doc.as_deref().map(Into::into);
            let text = self.words.guard(&guard);
            built.insert(id, Threshold { doc, text, guard: self.guard(&guard, span)? });
        }
        let named =
            built.into_iter().filter_map(|(id, threshold)| Some((self.named.remove(&id)?, threshold)));
        Ok(named.collect())
    }
}

fn operator(op: CompareOp) -> Operator {
    match op {
        CompareOp::Is => Operator::Is,
        CompareOp::IsNot => Operator::IsNot,
        CompareOp::Less => Operator::Less,
        CompareOp::AtMost => Operator::AtMost,
        CompareOp::Greater => Operator::Greater,
        CompareOp::AtLeast => Operator::AtLeast,
    }
}
