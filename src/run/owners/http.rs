//! Owners that are HTTP calls: the task is the body of the request, the body of the response is the reply.
//!
//! A server may never answer, or never stop: time and size are bounded. A status outside of 2xx is a failure, redirections
//! too: they would lose the body. Must not know: what a task or a reply says.

use std::collections::BTreeMap;
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use ureq::http;
use ureq::{Agent, Body};

use super::MAX_REPLY;
use crate::config::{HeaderName, Template};

/// To reach an address.
const CONNECT: Duration = Duration::from_secs(10);
/// So many characters of what a server says about a failure are shown.
const EXCERPT: usize = 200;

/// A method and an address, with what goes along.
#[derive(Debug)]
pub(super) struct Request {
    client: Client,
    method: http::Method,
    url: http::Uri,
    headers: Vec<(String, String)>,
}

impl Request {
    /// `POST https://cms.example.com/pages`, with the headers that are configured.
    ///
    /// # Errors
    /// In words for people, if it is no method and address, or an environment variable is not set.
    pub(super) fn new(
        calls: &str,
        headers: &BTreeMap<HeaderName, Template>,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Request, String> {
        let (method, url) =
            calls.split_once(' ').ok_or_else(|| format!("`{calls}` is not a method and a URL"))?;
        let method = method.parse().map_err(|_| format!("`{method}` is not a method of HTTP"))?;
        let url = address(url.trim())?;
        let mut filled = Vec::new();
        for (HeaderName(name), template) in headers {
            if let Some(missing) = template.variables().find(|name| environment(name).is_none()) {
                return Err(format!("the environment variable `{missing}` is not set"));
            }
            filled.push((name.clone(), template.filled(|name| environment(name).unwrap_or_default())));
        }
        Ok(Request { client: Client::new(), method, url, headers: filled })
    }

    pub(super) fn send(&self, task: &Value, time: Duration) -> Result<Vec<u8>, String> {
        let key = task.get("attempt").and_then(Value::as_str).unwrap_or_default();
        let builder = http::Request::builder().method(&self.method).uri(&self.url);
        let builder =
            builder.header("Content-Type", "application/json").header("Idempotency-Key", quoted(key));
        let headers = self.headers.iter();
        let builder = headers.fold(builder, |builder, (name, value)| builder.header(name, value));
        self.client.send(builder, task.to_string(), time)
    }
}

/// An address of the web.
pub(super) fn address(url: &str) -> Result<http::Uri, String> {
    let parsed: Option<http::Uri> = url.parse().ok();
    parsed
        .filter(|url| matches!(url.scheme_str(), Some("http" | "https")) && url.host().is_some())
        .ok_or_else(|| format!("`{url}` is no URL of the web"))
}

/// Connections, kept open between requests.
#[derive(Debug)]
pub(super) struct Client(Agent);

impl Client {
    pub(super) fn new() -> Client {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(CONNECT));
        Client(Agent::new_with_config(config.build()))
    }

    /// The body of the response.
    ///
    /// # Errors
    /// If there is none within the time, or the status is not one of success.
    pub(super) fn send(
        &self,
        request: http::request::Builder,
        body: String,
        time: Duration,
    ) -> Result<Vec<u8>, String> {
        let request = request.body(body).map_err(|error| format!("the request can't be made: {error}"))?;
        let config =
            self.0.configure_request(request).timeout_global(Some(time)).allow_non_standard_methods(true);
        let mut response = self.0.run(config.build()).map_err(|error| words(&error))?;
        let status = response.status();
        let said = read(response.body_mut());
        if !status.is_success() {
            let said = said.unwrap_or_default();
            let said = String::from_utf8_lossy(&said);
            let said: String =
                said.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(EXCERPT).collect();
            let excerpt = if said.is_empty() { said } else { format!(": {said}") };
            return Err(format!("it answered with status {}{excerpt}", status.as_u16()));
        }
        said
    }
}

fn read(body: &mut Body) -> Result<Vec<u8>, String> {
    body.with_config().limit(MAX_REPLY as u64).read_to_vec().map_err(|error| words(&error))
}

fn words(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Timeout(_) => "it did not answer in time".to_owned(),
        ureq::Error::BodyExceedsLimit(_) => format!("it answered with more than {MAX_REPLY} bytes"),
        other => format!("it can't be reached: {other}"),
    }
}

/// What stands for itself in the header `Idempotency-Key`.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'#')
    .remove(b':')
    .remove(b'@')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b'?')
    .remove(b'[')
    .remove(b']')
    .remove(b' ')
    .remove(b'_')
    .remove(b'.')
    .remove(b'-')
    .remove(b'~');

/// A key as the header wants it: a string of a structured field (RFC 8941), in ASCII.
fn quoted(key: &str) -> String {
    format!("\"{}\"", utf8_percent_encode(key, PLAIN))
}
