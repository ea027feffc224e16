//! Owners that are models: any endpoint that speaks the chat protocol of OpenAI. One request, one reply.
//!
//! Must not know: what the state makes, but for its schema, which goes along.

use std::time::Duration;

use serde_json::{Map, Value, json};
use ureq::http;

use super::http::{Client, address};
use crate::config::Models;

/// What the model is told before the task. The worker of the target `asl` says the same.
const TOLD: &str = "You are one step of a pipeline. Do the work that `goal` describes on `context`. Reply with one JSON \
                    object {\"made\": …} and nothing else; `made` must fit the JSON Schema in `makes`.";

/// An endpoint with the name of one of its models.
pub(super) struct Endpoint {
    client: Client,
    url: http::Uri,
    key: Option<String>,
    model: String,
}

/// Without the key.
impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Endpoint({} at {})", self.model, self.url)
    }
}

impl Endpoint {
    /// The endpoint of `baton.toml` or of the environment. Without a key none is sent: local servers want none.
    ///
    /// # Errors
    /// In words for people, if there is no address.
    pub(super) fn new(
        route: &str,
        models: &Models,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Endpoint, String> {
        let url = models.url.clone().or_else(|| environment("OPENAI_BASE_URL"));
        let url = url.ok_or("neither `url` under `[models]` in baton.toml nor the environment variable `OPENAI_BASE_URL` says where")?;
        let url = address(&format!("{}/chat/completions", url.trim_end_matches('/')))?;
        let model = models.routes.get(route).map_or(route, String::as_str).to_owned();
        Ok(Endpoint { client: Client::new(), url, key: environment(&models.key), model })
    }

    pub(super) fn ask(&self, task: &Value, time: Duration) -> Result<Vec<u8>, String> {
        let request = http::Request::post(&self.url).header("Content-Type", "application/json");
        let request = match &self.key {
            Some(key) => request.header("Authorization", format!("Bearer {key}")),
            None => request,
        };
        let said = self.client.send(request, self.question(task).to_string(), time)?;
        let said: Value =
            serde_json::from_slice(&said).map_err(|_| "the endpoint did not answer in JSON".to_owned())?;
        let message = said.pointer("/choices/0/message").ok_or("the endpoint answered without a message")?;
        if let Some(refusal) = message.get("refusal").and_then(Value::as_str) {
            return Err(format!("the model refused: {refusal}"));
        }
        let text = message.get("content").and_then(Value::as_str).ok_or("the model said nothing")?;
        Ok(last_object(text).into())
    }

    fn question(&self, task: &Value) -> Value {
        json!({
            "model": self.model,
            "messages": [
                { "role": "system", "content": TOLD },
                { "role": "user", "content": task.to_string() },
            ],
            "response_format": {
                "type": "json_schema",
                "json_schema": { "name": "reply", "schema": reply_schema(task) },
            },
        })
    }
}

/// The schema of `{made: …}`; the definitions that `makes` refers to stand at its root.
fn reply_schema(task: &Value) -> Value {
    let mut makes = task.get("makes").cloned().unwrap_or(Value::Bool(true));
    let mut root = Map::new();
    if let Value::Object(members) = &mut makes {
        for keyword in ["$schema", "$defs"] {
            root.extend(members.shift_remove(keyword).map(|value| (keyword.to_owned(), value)));
        }
    }
    let closed = json!({
        "type": "object", "properties": { "made": makes }, "required": ["made"], "additionalProperties": false,
    });
    if let Value::Object(members) = closed {
        root.extend(members);
    }
    root.into()
}

/// The last JSON object in what a model says, as it stands there, for some put words or a fence around it; nothing if
/// there is none.
fn last_object(text: &str) -> &str {
    let (mut found, mut rest) = ("", text);
    while let Some(at) = rest.find('{') {
        let here = rest.get(at..).unwrap_or_default();
        let mut values = serde_json::Deserializer::from_str(here).into_iter::<Value>(); // nests only so deep
        let end = match values.next() {
            Some(Ok(_)) => values.byte_offset(),
            _ => 1,
        };
        if end > 1 {
            found = here.get(..end).unwrap_or_default();
        }
        rest = here.get(end..).unwrap_or_default();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_object_counts() {
        assert_eq!(last_object("so {x}: {\"a\": {}} and {\"b\": \"}\"} :-}"), "{\"b\": \"}\"}");
        assert_eq!(last_object("no {"), "");
        assert_eq!(last_object(&"{\"a\":".repeat(10_000)), "");
    }
}
