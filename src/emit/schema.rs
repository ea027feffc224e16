//! JSON Schemas (2020-12) of what travels: records, what a state makes, an owner's reply, a handover's envelope.
//!
//! Must not know: any engine, nor how files are named. Values travel as the runtime protocol says: a percent as a
//! fraction, money as a number, a duration in seconds, a date as ISO 8601, absent as `null` or missing.

use indexmap::{IndexMap, IndexSet};
use serde_json::{Map, Value, json};
use smol_str::SmolStr;

use crate::plan::{self, Bounds, Envelope, Field, Flow, Intake, Kind, MapValue, Named, Plan, State, Type};

/// The dialect of every schema here.
pub const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The longest URL.
const URL_MAX: u64 = 2048;

/// The schema of an asset's records; accepts anything if the plan has no asset of that name.
#[must_use]
pub fn asset(plan: &Plan, name: &str) -> Value {
    let mut schemas = Schemas::new(plan);
    let root = plan.assets.get(name).map_or(Value::Bool(true), |asset| {
        let described = described(asset.doc.as_ref(), schemas.record(&asset.fields));
        with(described, "title", name)
    });
    schemas.document(root)
}

/// The schema of what the owner of a state has to deliver as `made`: each field that the state makes, and nothing
/// else.
#[must_use]
pub fn makes(plan: &Plan, flow: &Flow, state: &State) -> Value {
    let mut schemas = Schemas::new(plan);
    let root = schemas.made(flow, state);
    schemas.document(root)
}

/// The schema of the raw record that an intake takes: an object with what its `map` reads, and whatever else; without
/// `map`, the intake's own field.
#[must_use]
pub fn raw(plan: &Plan, flow: &Flow, intake: &Intake) -> Value {
    let mut schemas = Schemas::new(plan);
    let root = match (&intake.maps, flow.context.get(&intake.field)) {
        (Some(maps), _) => schemas.read(flow, maps),
        (None, Some(field)) => schemas.ty(&field.ty),
        (None, None) => Value::Bool(true),
    };
    schemas.document(root)
}

/// The schema of a whole reply from the owner of a state: it accepts, delivers, or fails. An approval's delivery has
/// a `decision`.
#[must_use]
pub fn reply(plan: &Plan, flow: &Flow, state: &State) -> Value {
    let mut schemas = Schemas::new(plan);
    let mut delivery = vec![("made", schemas.made(flow, state))];
    if let Kind::Approval(approval) = &state.kind {
        let options: Vec<_> = approval.options.iter().map(|option| option.name.as_str()).collect();
        delivery.push(("decision", json!({ "enum": options })));
    }
    schemas.document(json!({ "oneOf": [
        message(vec![("accept", json!({ "const": true }))]),
        message(delivery),
        message(vec![("fail", json!({ "type": "string" }))]),
    ] }))
}

/// The schema of the message that tells the next owner of work that comes with this envelope. The five things that
/// it must carry are constants; the context holds what travels, what the next owner reads being present.
#[must_use]
pub fn envelope(plan: &Plan, flow_name: &str, flow: &Flow, envelope: &Envelope) -> Value {
    let mut schemas = Schemas::new(plan);
    let context = schemas.context(flow, envelope);
    let said = [
        ("flow", flow_name),
        ("state", envelope.state.as_str()),
        ("asset", envelope.asset.as_str()),
        ("goal", envelope.goal.as_str()),
        ("threshold", envelope.threshold.as_str()),
        ("owner", envelope.owner.as_str()),
    ];
    let constants = said.map(|(name, text)| (name.to_owned(), json!({ "const": text })));
    let properties: Map<_, _> = constants.into_iter().chain([("context".to_owned(), context)]).collect();
    let required: Vec<_> = properties.keys().cloned().collect();
    schemas.document(json!({ "type": "object", "properties": properties, "required": required }))
}

/// Builds one document, and knows which enums and assets it refers to.
struct Schemas<'a> {
    plan: &'a Plan,
    named: IndexSet<SmolStr>,
}

impl<'a> Schemas<'a> {
    fn new(plan: &'a Plan) -> Schemas<'a> {
        Schemas { plan, named: IndexSet::new() }
    }

    /// `root` with the dialect, and with the definitions that it needs.
    fn document(mut self, root: Value) -> Value {
        let mut definitions = Map::new();
        let mut next = 0;
        while let Some(name) = self.named.get_index(next).cloned() {
            definitions.insert(name.to_string(), self.definition(&name));
            next += 1;
        }
        let mut document = Map::from_iter([("$schema".to_owned(), DIALECT.into())]);
        match root {
            Value::Object(members) => document.extend(members),
            _anything => {}
        }
        if !definitions.is_empty() {
            document.insert("$defs".to_owned(), definitions.into());
        }
        document.into()
    }

    fn definition(&mut self, name: &str) -> Value {
        if let Some(closed) = self.plan.enums.get(name) {
            return described(closed.doc.as_ref(), json!({ "enum": closed.members }));
        }
        let asset = self.plan.assets.get(name);
        asset.map_or(Value::Bool(true), |asset| described(asset.doc.as_ref(), self.record(&asset.fields)))
    }

    /// An object of just these fields; those that are not optional are required.
    fn record(&mut self, fields: &Named<Field>) -> Value {
        let properties: Map<_, _> =
            fields.iter().map(|(name, field)| (name.to_string(), self.field(field))).collect();
        let required = fields.iter().filter(|(_, field)| !field.optional).map(|(name, _)| name.as_str());
        closed(properties, required)
    }

    /// The context fields that the state makes.
    fn made(&mut self, flow: &Flow, state: &State) -> Value {
        let fields = state.makes.iter().filter_map(|name| flow.context.get_key_value(name));
        let fields: Vec<_> = fields.collect();
        let properties =
            fields.iter().map(|(name, field)| (name.to_string(), self.field(field))).collect::<Map<_, _>>();
        let required = fields.iter().filter(|(_, field)| !field.optional).map(|(name, _)| name.as_str());
        closed(properties, required)
    }

    /// What travels. A field may not have been made yet, unless the next owner reads it.
    fn context(&mut self, flow: &Flow, envelope: &Envelope) -> Value {
        let mut needed = Presence::default();
        for path in &envelope.verification.present {
            needed.add(path.split('.'));
        }
        let mut properties = Map::new();
        for name in envelope.context.iter() {
            let Some(field) = flow.context.get(name) else { continue };
            let value = described(field.doc.as_ref(), self.ty(&field.ty));
            let schema = match needed.below.get(name.as_str()) {
                Some(presence) => presence.asked_of(value),
                None => or_null(value),
            };
            properties.insert(name.to_string(), schema);
        }
        closed(properties, needed.below.keys().map(|name| &**name))
    }

    /// An object that holds at least what `maps` read from it.
    fn read(&mut self, flow: &Flow, maps: &[plan::Map]) -> Value {
        let mut root = Raw { needed: true, ..Raw::default() };
        for map in maps {
            let MapValue::Raw(keys) = &map.value else { continue };
            let value = self.ty(&map.path.ty);
            let may_be_absent = may_be_absent(self.plan, flow, &map.path);
            root.add(keys, !may_be_absent, if may_be_absent { or_null(value) } else { value });
        }
        root.schema()
    }

    fn field(&mut self, field: &Field) -> Value {
        let value = self.ty(&field.ty);
        described(field.doc.as_ref(), if field.optional { or_null(value) } else { value })
    }

    /// Types nest no deeper than the text does.
    fn ty(&mut self, ty: &Type) -> Value {
        match ty {
            Type::Text { max: None } => json!({ "type": "string" }),
            Type::Text { max: Some(max) } => json!({ "type": "string", "maxLength": max }),
            Type::Url => json!({ "type": "string", "format": "uri", "maxLength": URL_MAX }),
            Type::Bool => json!({ "type": "boolean" }),
            Type::Int(bounds) => bounded("integer", bounds),
            Type::Number(bounds) => bounded("number", bounds),
            Type::Percent => json!({ "type": "number", "minimum": 0, "maximum": 1 }),
            Type::Duration => json!({ "type": "number", "minimum": 0, "description": "seconds" }),
            Type::Money(currency) => json!({
                "type": "number", "minimum": 0, "title": currency, "description": format!("an amount in {currency}"),
            }),
            Type::Date => json!({ "type": "string", "format": "date", "pattern": DAY }),
            Type::Enum(name) | Type::Asset(name) => self.reference(name),
            Type::List { max, of } => {
                let list = json!({ "type": "array", "items": self.ty(of) });
                match max {
                    Some(max) => with(list, "maxItems", *max),
                    None => list,
                }
            }
        }
    }

    fn reference(&mut self, name: &SmolStr) -> Value {
        self.named.insert(name.clone());
        json!({ "$ref": format!("#/$defs/{}", escaped(name)) })
    }
}

/// A day of ISO 8601; whether the month has that day is left to the format.
const DAY: &str = "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$";

/// Which paths are present: below each field that is, the same again.
#[derive(Default)]
struct Presence {
    below: IndexMap<Box<str>, Presence>,
}

impl Presence {
    fn add<'p>(&mut self, names: impl Iterator<Item = &'p str>) {
        let mut here = self;
        for name in names {
            here = here.below.entry(name.into()).or_default();
        }
    }

    /// `value` with the fields below being there as well. Paths are no longer than they are written.
    fn asked_of(&self, value: Value) -> Value {
        if self.below.is_empty() { value } else { json!({ "allOf": [value, self.asked()] }) }
    }

    fn asked(&self) -> Value {
        if self.below.is_empty() {
            return json!({ "not": { "type": "null" } });
        }
        let properties: Map<_, _> =
            self.below.iter().map(|(name, presence)| (name.to_string(), presence.asked())).collect();
        let required: Vec<_> = properties.keys().cloned().collect();
        json!({ "type": "object", "properties": properties, "required": required })
    }
}

/// An object that has no other properties than these.
fn closed<'n>(properties: Map<String, Value>, required: impl Iterator<Item = &'n str>) -> Value {
    let required: Vec<_> = required.collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

/// Whether what fills a path may be absent: its last field is optional. A field that holds it is there by that.
pub(crate) fn may_be_absent(plan: &Plan, flow: &Flow, path: &plan::Path) -> bool {
    let mut names = path.names.iter();
    let mut field = names.next().and_then(|name| flow.context.get(name));
    for name in names {
        let Some(Field { ty: Type::Asset(asset), .. }) = field else { return path.optional };
        field = plan.assets.get(asset).and_then(|asset| asset.fields.get(name));
    }
    field.map_or(path.optional, |field| field.optional)
}

/// What is read of a raw record at one place: all of it, and below each key the same again.
#[derive(Default)]
struct Raw {
    /// What must hold of the value itself.
    all: Vec<Value>,
    /// It must be there.
    needed: bool,
    below: IndexMap<SmolStr, Raw>,
}

impl Raw {
    fn add(&mut self, keys: &[SmolStr], needed: bool, value: Value) {
        let mut here = self;
        for key in keys {
            here = here.below.entry(key.clone()).or_default();
            here.needed |= needed;
        }
        here.all.push(value);
    }

    /// Keys are no more than are written in a row.
    fn schema(self) -> Value {
        let mut all = self.all;
        if !self.below.is_empty() || all.is_empty() {
            let object = object(self.below);
            all.push(if self.needed { object } else { or_null(object) });
        }
        match <[Value; 1]>::try_from(all) {
            Ok([only]) => only,
            Err(all) => json!({ "allOf": all }),
        }
    }
}

/// An object that has at least these.
fn object(below: IndexMap<SmolStr, Raw>) -> Value {
    let needed: Vec<_> = below.iter().filter(|(_, raw)| raw.needed).map(|(key, _)| key.to_string()).collect();
    let mut object = json!({ "type": "object" });
    if !needed.is_empty() {
        object = with(object, "required", needed);
    }
    if below.is_empty() {
        return object;
    }
    let properties = below.into_iter().map(|(key, raw)| (key.to_string(), raw.schema()));
    with(object, "properties", properties.collect::<Map<_, _>>())
}

/// A reply about one visit that says just this.
fn message(says: Vec<(&str, Value)>) -> Value {
    let visit = ("visit", json!({ "type": "string" }));
    let properties: Map<_, _> =
        [visit].into_iter().chain(says).map(|(name, schema)| (name.to_owned(), schema)).collect();
    let required: Vec<_> = properties.keys().cloned().collect();
    closed(properties, required.iter().map(String::as_str))
}

fn bounded(ty: &str, bounds: &Bounds) -> Value {
    let mut schema = json!({ "type": ty });
    if let Some(low) = bounds.low {
        schema = with(schema, "minimum", low.number());
    }
    if let Some(high) = bounds.high {
        schema = with(schema, if bounds.open { "exclusiveMaximum" } else { "maximum" }, high.number());
    }
    schema
}

fn or_null(schema: Value) -> Value {
    json!({ "anyOf": [schema, { "type": "null" }] })
}

fn described(doc: Option<&SmolStr>, schema: Value) -> Value {
    match doc {
        Some(doc) => with(schema, "description", doc.as_str()),
        None => schema,
    }
}

fn with(mut schema: Value, keyword: &str, value: impl Into<Value>) -> Value {
    if let Value::Object(members) = &mut schema {
        members.insert(keyword.to_owned(), value.into());
    }
    schema
}

/// A name as a part of a URI's fragment: letters beyond ASCII as their bytes.
fn escaped(name: &str) -> String {
    let bytes = name.bytes();
    bytes.fold(String::new(), |escaped, byte| match byte {
        ascii if ascii.is_ascii() => escaped + &char::from(ascii).to_string(),
        other => escaped + &format!("%{other:02X}"),
    })
}
