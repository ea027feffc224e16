//! What the emitted schemas accept and refuse, type by type, as the runtime protocol says values travel.

use std::str::FromStr;

use baton::emit::schema;
use baton::plan::{Asset, Bounds, Enum, Exact, Field, Plan, Type};
use baton::source::{FileId, Span};
use rust_decimal::Decimal;
use serde_json::{Value, json};

fn field(ty: Type) -> Field {
    Field { doc: None, ty, optional: false, span: Span::new(FileId(0), 0, 0) }
}

fn optional(ty: Type) -> Field {
    Field { optional: true, ..field(ty) }
}

fn bounds(low: &str, high: &str, open: bool) -> Bounds {
    let exact = |text| Some(Exact(Decimal::from_str(text).unwrap()));
    Bounds { low: exact(low), high: exact(high), open }
}

/// A plan with the asset `Row`, its fields as given, besides an enum, a record, and a record that holds itself.
fn plan(fields: &[(&str, Field)]) -> Plan {
    let asset = |fields: &[(&str, Field)]| Asset {
        doc: None,
        fields: fields.iter().map(|(name, field)| ((*name).into(), field.clone())).collect(),
    };
    let tree = Type::List { max: Some(2), of: Box::new(Type::Asset("Tree".into())) };
    let assets = [
        ("Row".into(), asset(fields)),
        ("Point".into(), asset(&[("x", field(Type::Bool))])),
        ("Tree".into(), asset(&[("below", field(tree))])),
    ];
    let members = vec!["low".into(), "high".into()];
    Plan {
        version: baton::plan::VERSION,
        hash: "".into(),
        enums: [("Risk".into(), Enum { doc: None, members })].into_iter().collect(),
        assets: assets.into_iter().collect(),
        actors: Default::default(),
        flows: Default::default(),
    }
}

/// The values that a field of that type accepts and refuses.
#[track_caller]
fn check(field: Field, accepted: &[Value], refused: &[Value]) {
    let document = schema::asset(&plan(&[("it", field)]), "Row");
    assert!(jsonschema::meta::is_valid(&document), "{document}");
    let validator = jsonschema::validator_for(&document).unwrap();
    for value in accepted {
        assert!(validator.is_valid(&json!({ "it": value })), "{document} refuses {value}");
    }
    for value in refused {
        assert!(!validator.is_valid(&json!({ "it": value })), "{document} accepts {value}");
    }
}

/// A number with just these digits.
fn number(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn text_counts_unicode_scalars() {
    let text = field(Type::Text { max: Some(3) });
    check(text, &[json!(""), json!("äöü"), json!("👩👩👩")], &[json!("abcd"), json!(1), json!(null)]);
}

#[test]
fn a_url_has_at_most_2048_characters() {
    let url = |length: usize| json!(format!("https://a.example/{}", "x".repeat(length - 18)));
    check(field(Type::Url), &[url(2048)], &[url(2049), json!(7)]);
}

#[test]
fn an_int_has_no_fraction() {
    let stars = field(Type::Int(bounds("1", "5", false)));
    check(stars, &[json!(1), json!(5)], &[json!(0), json!(6), number("1.5"), json!("1"), json!(true)]);
}

#[test]
fn an_open_end_is_left_out() {
    let share = field(Type::Number(bounds("0.3", "0.6", true)));
    check(share, &[number("0.3"), number("0.599999999")], &[number("0.6"), number("0.2999")]);
}

#[test]
fn an_unbounded_number_is_any_number() {
    check(field(Type::Number(Bounds::default())), &[number("-1e9"), number("0.001")], &[json!("1")]);
}

#[test]
fn a_percent_is_a_fraction() {
    check(field(Type::Percent), &[json!(0), number("0.8"), json!(1)], &[json!(80), number("-0.1")]);
}

#[test]
fn times_and_amounts_start_at_zero() {
    check(field(Type::Duration), &[json!(0), json!(900)], &[json!(-1), json!("15m")]);
    check(field(Type::Money("USD".into())), &[number("0.15")], &[number("-0.15"), json!("0.15 USD")]);
}

#[test]
fn money_says_its_currency() {
    let document = schema::asset(&plan(&[("fee", field(Type::Money("EUR".into())))]), "Row");
    assert_eq!(document["properties"]["fee"]["title"], "EUR");
}

#[test]
fn a_date_is_a_day() {
    let refused = [json!("2026-13-01"), json!("2026-1-1"), json!("2026-11-22T10:00:00Z"), json!(20_261_122)];
    check(field(Type::Date), &[json!("2026-11-22")], &refused);
}

#[test]
fn an_enum_is_closed() {
    check(field(Type::Enum("Risk".into())), &[json!("low")], &[json!("medium"), json!(null), json!(0)]);
}

#[test]
fn a_record_has_just_its_fields() {
    let refused = [json!({}), json!({ "x": true, "y": 1 }), json!({ "x": null }), json!(true)];
    check(field(Type::Asset("Point".into())), &[json!({ "x": true })], &refused);
}

#[test]
fn a_record_may_hold_itself() {
    let leaf = json!({ "below": [] });
    let refused = [json!({ "below": [1] }), json!({ "below": [leaf, leaf, leaf] })];
    check(field(Type::Asset("Tree".into())), &[json!({ "below": [leaf, { "below": [leaf] }] })], &refused);
}

#[test]
fn absent_is_null_or_missing() {
    check(optional(Type::Bool), &[json!(true), json!(null)], &[json!("yes")]);
    let document = schema::asset(&plan(&[("it", optional(Type::Bool))]), "Row");
    assert!(jsonschema::is_valid(&document, &json!({})));
    let document = schema::asset(&plan(&[("it", field(Type::Bool))]), "Row");
    assert!(!jsonschema::is_valid(&document, &json!({})));
}

#[test]
fn every_digit_of_a_bound_is_kept() {
    let fine = field(Type::Number(bounds("0", "0.1234567890123456789", false)));
    let document = schema::asset(&plan(&[("it", fine)]), "Row");
    assert!(document.to_string().contains("\"maximum\":0.1234567890123456789}"), "{document}");
}
