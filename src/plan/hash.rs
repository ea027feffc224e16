//! The plan's hash: SHA-256 of its canonical JSON.
//!
//! Canonical is: no white space, the members of every object sorted by name, numbers with exactly their digits; the
//! `hash` itself and every `doc` left out. So comments, formatting and the order of declarations change nothing.
//!
//! Must not know: what the plan means.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use smol_str::{SmolStr, format_smolstr};

use super::{Asset, Flow, Named, Plan};

/// `sha256:` and the digits.
pub(super) fn of(plan: &Plan) -> SmolStr {
    let mut canonical = Canonical(Sha256::new());
    canonical.plan(plan);
    let digest = canonical.0.finalize();
    let digits = digest.iter().fold(String::new(), |mut digits, byte| {
        let _ = write!(digits, "{byte:02x}");
        digits
    });
    format_smolstr!("sha256:{digits}")
}

/// Takes the canonical text piece by piece, so that it never stands in memory whole.
struct Canonical(Sha256);

impl Canonical {
    fn plan(&mut self, plan: &Plan) {
        self.say("{\"actors\":");
        self.table(&plan.actors, Self::leaf);
        self.say(",\"assets\":");
        self.table(&plan.assets, Self::asset);
        self.say(",\"enums\":");
        self.table(&plan.enums, Self::leaf);
        self.say(",\"flows\":");
        self.table(&plan.flows, Self::flow);
        self.say(&format!(",\"version\":{}}}", plan.version));
    }

    fn asset(&mut self, asset: &Asset) {
        self.say("{\"fields\":");
        self.table(&asset.fields, Self::leaf);
        self.say("}");
    }

    fn flow(&mut self, flow: &Flow) {
        self.say("{\"context\":");
        self.table(&flow.context, Self::leaf);
        self.say(",\"ends\":");
        self.table(&flow.ends, Self::leaf);
        self.say(",\"intakes\":");
        self.table(&flow.intakes, Self::leaf);
        self.say(",\"states\":");
        self.table(&flow.states, Self::leaf);
        self.say(",\"thresholds\":");
        self.table(&flow.thresholds, Self::leaf);
        self.say(",\"worst\":");
        self.leaf(&flow.worst);
        self.say("}");
    }

    fn table<T>(&mut self, table: &Named<T>, item: impl Fn(&mut Self, &T)) {
        let mut sorted: Vec<_> = table.iter().collect();
        sorted.sort_by_key(|(name, _)| *name);
        self.say("{");
        for (place, (name, value)) in sorted.into_iter().enumerate() {
            self.say(if place == 0 { "" } else { "," });
            self.value(&Value::from(name.as_str()));
            self.say(":");
            item(self, value);
        }
        self.say("}");
    }

    /// A declaration that holds no further declarations, without its documentation.
    fn leaf<T: Serialize>(&mut self, declaration: &T) {
        let mut value = serde_json::to_value(declaration).unwrap_or_default();
        if let Value::Object(members) = &mut value {
            members.shift_remove("doc");
        }
        value.sort_all_objects();
        self.value(&value);
    }

    fn value(&mut self, value: &Value) {
        self.say(&value.to_string());
    }

    fn say(&mut self, text: &str) {
        self.0.update(text);
    }
}
