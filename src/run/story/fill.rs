//! Values for what no line gives one: the smallest of each type that does no harm.
//!
//! Must not know: what a line is.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use smol_str::{SmolStr, format_smolstr};

use crate::plan::{Bounds, Exact, Field, Given, Plan, Stated, Type};
use crate::run::door::value_of;
use crate::run::fit::DEEPEST;

/// Values of a plan's types, as lines give them and made up otherwise.
pub(super) struct Fill<'a> {
    plan: &'a Plan,
    /// By the text of their paths.
    given: BTreeMap<&'a str, &'a Stated>,
    /// The paths whose values were made up.
    pub(super) made_up: BTreeSet<SmolStr>,
}

/// The type at this path nests too deep.
pub(super) struct Deep(pub(super) SmolStr);

impl<'a> Fill<'a> {
    pub(super) fn new(plan: &'a Plan, given: &'a [Given]) -> Fill<'a> {
        let given = given.iter().map(|given| (given.path.text.as_str(), &given.value)).collect();
        Fill { plan, given, made_up: BTreeSet::new() }
    }

    /// Whether a line says something of what is at this path, or below it.
    pub(super) fn is_given(&self, path: &str) -> bool {
        let below = format!("{path}.");
        self.given.contains_key(path)
            || self.given.range(below.as_str()..).next().is_some_and(|(path, _)| path.starts_with(&below))
    }

    /// Whether a line says that nothing is at this path.
    pub(super) fn is_absent(&self, path: &str) -> bool {
        self.given.get(path) == Some(&&Stated::Absent)
    }

    /// What a field holds: absent if it may be and no line says more.
    pub(super) fn field(&mut self, field: &Field, path: SmolStr, depth: usize) -> Result<Value, Deep> {
        match field.optional && !self.is_given(&path) || self.is_absent(&path) {
            true => Ok(Value::Null),
            false => self.value(&field.ty, path, depth),
        }
    }

    /// A value that is there. Recurses no deeper than [`DEEPEST`].
    pub(super) fn value(&mut self, ty: &Type, path: SmolStr, depth: usize) -> Result<Value, Deep> {
        if let Some(Stated::Constant(constant)) = self.given.get(path.as_str()) {
            return Ok(value_of(constant));
        }
        let Type::Asset(name) = ty else {
            self.made_up.insert(path);
            return Ok(smallest(self.plan, ty));
        };
        if depth >= DEEPEST {
            return Err(Deep(path));
        }
        let fields = self.plan.assets.get(name).into_iter().flat_map(|asset| &asset.fields);
        let fields = fields.map(|(name, field)| {
            let value = self.field(field, format_smolstr!("{path}.{name}"), depth + 1)?;
            Ok((name.to_string(), value))
        });
        fields.collect::<Result<_, _>>().map(Value::Object)
    }
}

/// The smallest value of what is no record.
fn smallest(plan: &Plan, ty: &Type) -> Value {
    match ty {
        Type::Text { .. } => json!(""),
        Type::Url => json!("https://example.com/"),
        Type::Bool => json!(false),
        Type::Int(bounds) | Type::Number(bounds) => nearest_to_zero(bounds).number().into(),
        Type::Percent | Type::Duration | Type::Money(_) => json!(0),
        Type::Date => json!("2000-01-01"),
        Type::Enum(name) => plan
            .enums
            .get(name)
            .and_then(|closed| closed.members.first())
            .map_or_else(|| json!(""), |member| json!(member)),
        Type::List { .. } => json!([]),
        Type::Asset(_) => json!({}),
    }
}

fn nearest_to_zero(bounds: &Bounds) -> Exact {
    let zero = Exact(0.into());
    let above = bounds.low.filter(|low| *low > zero);
    let below = || bounds.high.filter(|high| *high < zero || bounds.open && *high == zero);
    match above {
        Some(low) => low,
        None => below().map_or(zero, |high| if bounds.open { bounds.low.unwrap_or(high) } else { high }),
    }
}
