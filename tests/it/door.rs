//! The door of the interpreter and the schema that is published for it let the same records in.

use baton::emit::schema;
use baton::run::{Refusal, start};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::emitted::examples;
use crate::theorem::{Dice, World};

/// Spoilt records of each intake.
const RECORDS: u64 = 400;

/// Puts something else in some place of a record, or takes it away.
fn spoilt(record: &mut Value, dice: &mut Dice) {
    let others = [
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(2.5),
        json!(1_000_000),
        json!("é"),
        json!([]),
        json!({}),
    ];
    let down = dice.roll(4) > 0;
    match record {
        Value::Object(members) if down && !members.is_empty() => {
            let keys: Vec<_> = members.keys().cloned().collect();
            let key = dice.pick(&keys);
            match dice.roll(6) {
                0 => drop(members.shift_remove(key)),
                1 => drop(members.insert("unasked".to_owned(), json!(1))),
                _ => spoilt(&mut members[key], dice),
            }
        }
        Value::Array(entries) if down && !entries.is_empty() => {
            let repeated = dice.pick(entries).clone();
            match dice.roll(3) {
                0 => entries.resize(30, repeated),
                _ => spoilt(&mut entries[0], dice),
            }
        }
        Value::String(text) if dice.roll(2) == 0 => *text = "é".repeat(30_000),
        record => *record = dice.pick(&others).clone(),
    }
}

#[test]
fn the_door_is_as_wide_as_its_schema() {
    let (mut let_in, mut refused) = (0, 0);
    for (name, plan) in examples() {
        for (flow_name, flow) in &plan.flows {
            for (id, intake) in flow.intakes.iter().filter(|(_, intake)| intake.from.is_some()) {
                let schema = schema::raw(&plan, flow, intake);
                let schema = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
                for seed in 1..=RECORDS {
                    let mut world = World::new(&plan, seed);
                    let mut raw = world.record(flow, id);
                    for _ in 0..world.dice.roll(3) {
                        spoilt(&mut raw, &mut world.dice);
                    }
                    match (
                        start(&plan, flow_name, id, "item", &raw, Timestamp::UNIX_EPOCH),
                        schema.is_valid(&raw),
                    ) {
                        (Ok(_), true) => let_in += 1,
                        (Err(Refusal::Misfit(_)), false) => refused += 1,
                        (answer, valid) => panic!("{name}: {answer:?}, and for the schema {valid}: {raw}"),
                    }
                }
            }
        }
    }
    assert!(let_in > 1000 && refused > 1000, "{let_in} were let in, {refused} refused");
}
