//! The condition that what arrived is there and of its type, which is looked at before any guard.
//!
//! Must not know: who delivered it.
//!
//! The door checks against the whole JSON Schema; this is the engine's own second look: at each field, and at each
//! field of a record one step down.

use rust_decimal::Decimal;

use super::feel::{among, below, joined, text};
use crate::plan::{Bounds, Exact, Field, Plan, Type};

/// A field that is found at `at` fits.
pub(super) fn field(plan: &Plan, field: &Field, at: &str) -> String {
    optional(field.optional, at, record(plan, &field.ty, at))
}

/// A value of this type that may be missing is found at `at`.
pub(super) fn raw(plan: &Plan, ty: &Type, may_be_absent: bool, at: &str) -> String {
    optional(may_be_absent, at, record(plan, ty, at))
}

fn record(plan: &Plan, ty: &Type, at: &str) -> String {
    let Type::Asset(name) = ty else { return value(plan, ty, at) };
    let fields = plan.assets.get(name).into_iter().flat_map(|asset| &asset.fields);
    let there = [format!("{at} != null")].into_iter();
    joined(
        " and ",
        there.chain(fields.map(|(name, field)| {
            let at = below(at, name);
            optional(field.optional, &at, value(plan, &field.ty, &at))
        })),
    )
}

fn optional(may_be_absent: bool, at: &str, fits: String) -> String {
    if may_be_absent { format!("({at} = null or ({fits}))") } else { fits }
}

fn value(plan: &Plan, ty: &Type, at: &str) -> String {
    match ty {
        Type::Text { .. } | Type::Url | Type::Date => format!("{at} instance of string"),
        Type::Bool => format!("{at} instance of boolean"),
        Type::Enum(name) => {
            let members = plan.enums.get(name).into_iter().flat_map(|closed| &closed.members);
            format!("({})", among(at, members.map(|member| text(member))))
        }
        Type::Asset(_) | Type::List { .. } => format!("{at} != null"),
        number => numbers(number, at),
    }
}

fn numbers(ty: &Type, at: &str) -> String {
    let Bounds { low, high, open } = bounds(ty);
    let low = low.map(|low| format!("{at} >= {low}"));
    let upper = if open { "<" } else { "<=" };
    let high = high.map(|high| format!("{at} {upper} {high}"));
    joined(" and ", [format!("{at} instance of number")].into_iter().chain(low).chain(high))
}

fn bounds(ty: &Type) -> Bounds {
    let zero = Some(Exact(Decimal::ZERO));
    match ty {
        Type::Int(bounds) | Type::Number(bounds) => bounds.clone(),
        Type::Percent => Bounds { low: zero, high: Some(Exact(Decimal::ONE)), open: false },
        _ => Bounds { low: zero, high: None, open: false },
    }
}
