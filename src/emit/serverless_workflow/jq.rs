//! Conditions and types as runtime expressions: jq.
//!
//! Must not know: tasks, and where a condition leads.
//!
//! A comparison of a path that may be absent asks first whether it is there: jq orders `null` before all else. Each
//! threshold, and each asset, is a function of its own, so that none is spelled out twice.

use indexmap::IndexSet;
use serde_json::Value;
use smol_str::SmolStr;

use crate::plan::{Bounds, Constant, Field, Flow, Guard, Named, Operator, Path, Plan, Type};

/// A runtime expression.
pub(super) fn expression(jq: impl AsRef<str>) -> Value {
    format!("${{ {} }}", jq.as_ref()).into()
}

/// A text of the pipeline's author: never taken for an expression.
pub(super) fn text(text: &str) -> Value {
    if text.contains("${") { expression(quoted(text)) } else { text.into() }
}

/// A text as jq writes it. What JSON escapes, jq reads alike; a backslash of the author's comes doubled.
pub(super) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// What stands below `base` under these names.
pub(super) fn along<'n>(base: &str, names: impl IntoIterator<Item = &'n SmolStr>) -> String {
    names.into_iter().fold(base.to_owned(), |path, name| format!("{path}{}", step(name)))
}

/// What stands under that name in `.`.
pub(super) fn below(name: &str) -> String {
    let step = step(name);
    if step.starts_with('[') { format!(".{step}") } else { step }
}

fn step(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !name.starts_with(|c: char| c.is_ascii_digit());
    if plain { format!(".{name}") } else { format!("[{}]", quoted(name)) }
}

/// Where the guards of a state find their values.
pub(super) struct Scope<'a> {
    pub(super) flow: &'a Flow,
    /// What was just made there, or given by the runs of a call.
    pub(super) made: Vec<&'a SmolStr>,
}

impl<'a> Scope<'a> {
    /// What was just made, else what came with the work.
    pub(super) fn field(&self, name: &SmolStr) -> String {
        along(if self.made.contains(&name) { "$context.reply.made" } else { "$context.work" }, [name])
    }

    fn at(&self, path: &Path) -> String {
        let mut names = path.names.iter();
        match names.next() {
            Some(_) if path.is_decision() => "$context.reply.decision".to_owned(),
            Some(first) => along(&self.field(first), names),
            None => "null".to_owned(),
        }
    }

    /// Whether a guard holds, with the thresholds that it names as functions before it.
    pub(super) fn holds(&self, guard: &'a Guard) -> String {
        let functions = named(self.flow, guard).into_iter().filter_map(|name| {
            let threshold = self.flow.thresholds.get(name)?;
            Some(format!("def {}: {}; ", self.function(name), self.guard(&threshold.guard)))
        });
        functions.collect::<String>() + &self.guard(guard)
    }

    fn function(&self, name: &SmolStr) -> String {
        let index = self.flow.thresholds.get_index_of(name).unwrap_or_default();
        if name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            format!("is_{name}")
        } else {
            format!("is_{index}")
        }
    }

    /// As deep as the guard as written, which the parser bounds.
    fn guard(&self, guard: &Guard) -> String {
        match guard {
            Guard::And(parts) => self.joined(parts, " and ", "true"),
            Guard::Or(parts) => self.joined(parts, " or ", "false"),
            Guard::Not(inner) => format!("({} | not)", self.guard(inner)),
            Guard::Compare { path, op, value, .. } => {
                self.asks(path, |at| format!("{at} {} {}", operator(*op), constant(value)))
            }
            Guard::Range { path, low, high, open, .. } => self.asks(path, |at| {
                let upper = if *open { "<" } else { "<=" };
                format!("{at} >= {} and {at} {upper} {}", constant(low), constant(high))
            }),
            Guard::Set { path, values, .. } => self.asks(path, |at| {
                let each: Vec<_> =
                    values.iter().map(|value| format!("{at} == {}", constant(value))).collect();
                format!("({})", each.join(" or "))
            }),
            Guard::Present { path, present: true } => format!("({} != null)", self.at(path)),
            Guard::Present { path, present: false } => format!("({} == null)", self.at(path)),
            Guard::True(path) => format!("({} == true)", self.at(path)),
            Guard::Delivered => "true".to_owned(),
            Guard::Threshold(name) => self.function(name),
        }
    }

    fn joined(&self, parts: &[Guard], word: &str, none: &str) -> String {
        let parts: Vec<_> = parts.iter().map(|part| self.guard(part)).collect();
        if parts.is_empty() { none.to_owned() } else { format!("({})", parts.join(word)) }
    }

    fn asks(&self, path: &Path, test: impl Fn(&str) -> String) -> String {
        let at = self.at(path);
        let test = test(&at);
        if path.optional { format!("({at} != null and {test})") } else { format!("({test})") }
    }
}

fn operator(op: Operator) -> &'static str {
    match op {
        Operator::Is => "==",
        Operator::IsNot => "!=",
        Operator::Less => "<",
        Operator::AtMost => "<=",
        Operator::Greater => ">",
        Operator::AtLeast => ">=",
    }
}

/// A constant as jq writes it.
pub(super) fn constant(constant: &Constant) -> String {
    match constant {
        Constant::Number(number) => number.0.normalize().to_string(),
        Constant::Text(text) => quoted(text),
        Constant::Bool(truth) => truth.to_string(),
    }
}

/// The thresholds that a guard names, each after those that it names itself.
fn named<'g>(flow: &'g Flow, guard: &'g Guard) -> IndexSet<&'g SmolStr> {
    let mut found = IndexSet::new();
    let mut open: Vec<(&SmolStr, bool)> = mentioned(guard).map(|name| (name, false)).collect();
    while let Some((name, ready)) = open.pop() {
        if ready {
            found.insert(name);
        } else if !found.contains(name) {
            open.push((name, true));
            let guard = flow.thresholds.get(name).map(|threshold| &threshold.guard);
            open.extend(guard.into_iter().flat_map(mentioned).map(|name| (name, false)));
        }
    }
    found
}

/// The thresholds that stand in a guard.
fn mentioned(guard: &Guard) -> impl Iterator<Item = &SmolStr> {
    let mut open = vec![guard];
    std::iter::from_fn(move || {
        while let Some(next) = open.pop() {
            match next {
                Guard::And(parts) | Guard::Or(parts) => open.extend(parts),
                Guard::Not(inner) => open.push(inner),
                Guard::Threshold(name) => return Some(name),
                _ => {}
            }
        }
        None
    })
}

/// What values of the plan's types have to be.
pub(super) struct Types<'a> {
    plan: &'a Plan,
    /// The assets that were asked for, each after those that it holds.
    functions: Named<String>,
    open: Vec<SmolStr>,
}

impl<'a> Types<'a> {
    pub(super) fn new(plan: &'a Plan) -> Types<'a> {
        Types { plan, functions: Named::default(), open: Vec::new() }
    }

    /// The functions that all conditions so far need, to stand before them.
    pub(super) fn functions(&self) -> String {
        self.functions.values().map(|function| format!("{function} ")).collect()
    }

    /// Whether `.` is an object of just these fields.
    pub(super) fn record(&mut self, fields: &[(&SmolStr, &Field)]) -> String {
        let names: Vec<_> = fields.iter().map(|(name, _)| quoted(name)).collect();
        let each: String = fields
            .iter()
            .map(|(name, field)| format!(" and ({} | {})", below(name), self.field(field)))
            .collect();
        format!("(type == \"object\" and (keys - [{}] == []){each})", names.join(", "))
    }

    fn field(&mut self, field: &Field) -> String {
        self.value(&field.ty, field.optional)
    }

    /// Whether `.` is of that type, or absent where it may be. As deep as the type, which the parser bounds.
    pub(super) fn value(&mut self, ty: &Type, optional: bool) -> String {
        let fits = self.ty(ty);
        if optional { format!("(. == null or {fits})") } else { fits }
    }

    fn ty(&mut self, ty: &Type) -> String {
        match ty {
            Type::Text { max: None } => "(type == \"string\")".to_owned(),
            Type::Text { max: Some(max) } => format!("(type == \"string\" and length <= {max})"),
            Type::Url => "(type == \"string\" and length <= 2048)".to_owned(),
            Type::Date => "(type == \"string\" and test(\"^[0-9]{4}-[0-9]{2}-[0-9]{2}$\"))".to_owned(),
            Type::Bool => "(type == \"boolean\")".to_owned(),
            Type::Int(bounds) => format!("(type == \"number\" and . == floor{})", within(bounds)),
            Type::Number(bounds) => format!("(type == \"number\"{})", within(bounds)),
            Type::Percent => "(type == \"number\" and . >= 0 and . <= 1)".to_owned(),
            Type::Duration | Type::Money(_) => "(type == \"number\" and . >= 0)".to_owned(),
            Type::Enum(name) => self.member(name),
            Type::Asset(name) => self.asset(name),
            Type::List { max, of } => {
                let most = max.map(|max| format!(" and length <= {max}")).unwrap_or_default();
                format!("(type == \"array\"{most} and all(.[]; {}))", self.ty(of))
            }
        }
    }

    fn member(&self, name: &SmolStr) -> String {
        let members = self.plan.enums.get(name).into_iter().flat_map(|closed| &closed.members);
        let each: Vec<_> = members.map(|member| format!(". == {}", quoted(member))).collect();
        format!("({})", each.join(" or "))
    }

    /// The function of an asset. One that holds itself asks itself; in a longer circle the last is looked at no deeper.
    fn asset(&mut self, name: &SmolStr) -> String {
        let index = self.plan.assets.get_index_of(name).unwrap_or_default();
        let function = format!("asset_{index}");
        let again = self.open.last() == Some(name);
        if again || self.functions.contains_key(name) {
            return function;
        }
        if self.open.contains(name) {
            return "(type == \"object\")".to_owned();
        }
        self.open.push(name.clone());
        let fields = self.plan.assets.get(name).into_iter().flat_map(|asset| &asset.fields);
        let rule = self.record(&fields.collect::<Vec<_>>());
        self.open.pop();
        self.functions.insert(name.clone(), format!("def {function}: {rule};"));
        function
    }
}

fn within(bounds: &Bounds) -> String {
    let low = bounds.low.map(|low| format!(" and . >= {}", low.0.normalize())).unwrap_or_default();
    let upper = if bounds.open { "<" } else { "<=" };
    let high = bounds.high.map(|high| format!(" and . {upper} {}", high.0.normalize())).unwrap_or_default();
    low + &high
}
