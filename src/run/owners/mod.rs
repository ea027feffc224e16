//! How owners that are programs are reached: a command, an HTTP call, a model. One attempt each; nothing that an owner
//! does, or leaves undone, breaks the runner.
//!
//! Must not know: flows, retries, or where work goes next. What is sent is what the worker of the target `asl` sends.

#![allow(clippy::disallowed_methods)] // this is a place for them: processes, network and clock

mod command;
mod http;
mod model;
mod secrets;

use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use crate::config::{self, CommandLine, Config};
use crate::plan::{Actor, ActorKind};
use command::Program;
use http::Request;
use model::Endpoint;
pub use secrets::Secrets;

/// The most that an owner may answer, in bytes.
pub const MAX_REPLY: usize = 4 * 1024 * 1024;
/// The longest reason of a failure, in characters.
const MAX_REASON: usize = 1000;
/// No attempt lasts longer than that, whatever its deadline.
const LONGEST: Duration = Duration::from_secs(366 * 24 * 3600);

/// What is known of the machine when owners are looked up.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// What `baton.toml` says.
    pub config: &'a Config,
    /// The folder of `baton.toml`.
    pub config_folder: &'a Path,
    /// The folder of the `.flow` file.
    pub flow_folder: &'a Path,
    /// The values of environment variables.
    pub environment: &'a dyn Fn(&str) -> Option<String>,
}

/// A program that can own work.
#[derive(Debug)]
pub struct Owner(Reach);

#[derive(Debug)]
enum Reach {
    Command(Program),
    Action(Request),
    Model(Endpoint),
}

impl Owner {
    /// How an actor is reached; `None` for people and queues.
    ///
    /// # Errors
    /// In words for people, if it can't be reached from here.
    pub fn of(name: &str, actor: &Actor, around: &Surroundings<'_>) -> Result<Option<Owner>, String> {
        let Surroundings { config, flow_folder, .. } = *around;
        let settings = config.actors.get(name).cloned().unwrap_or_default();
        let reach = match (actor.kind, &settings.command) {
            (ActorKind::Human | ActorKind::Queue, None) => return Ok(None),
            (kind @ (ActorKind::Human | ActorKind::Queue), Some(_)) => {
                return Err(format!("`{name}` is a {}, and no command can answer for it", kind.word()));
            }
            (_, Some(command)) => Reach::Command(configured(command, &settings, around)),
            (ActorKind::Script, None) => {
                let command = CommandLine::try_from(actor.binding.text.to_string())
                    .map_err(|why| format!("`{name}` can't be run: {why}"))?;
                let folder = match &settings.folder {
                    Some(folder) => around.config_folder.join(folder),
                    None => flow_folder.to_owned(),
                };
                Reach::Command(Program::new(&command, flow_folder, folder))
            }
            (ActorKind::Action, None) => Reach::Action(
                Request::new(&actor.binding.text, &settings.headers, around.environment)
                    .map_err(|why| format!("`{name}` can't be called: {why}"))?,
            ),
            (ActorKind::Model, None) => Reach::Model(
                Endpoint::new(&actor.binding.text, &config.models, around.environment)
                    .map_err(|why| format!("`{name}` can't be asked: {why}"))?,
            ),
        };
        Ok(Some(Owner(reach)))
    }

    /// Makes one attempt: gives the owner the task, and waits for its reply, a JSON value, for at most so long.
    ///
    /// # Errors
    /// Why the attempt has failed, in words for people; nothing secret is in them, nor in the reply.
    pub fn attempt(&self, task: &Value, time: Duration, secrets: &Secrets) -> Result<Value, String> {
        let time = time.min(LONGEST);
        let said = match &self.0 {
            Reach::Command(program) => program.run(&task.to_string(), time),
            Reach::Action(request) => request.send(task, time),
            Reach::Model(endpoint) => endpoint.ask(task, time),
        };
        let reply = said.and_then(|said| {
            serde_json::from_slice(&said).map_err(|error| format!("its reply is not JSON: {error}"))
        });
        let mut reply = reply.map_err(|reason| clipped(&secrets.hidden(&reason)))?;
        secrets.hide(&mut reply);
        Ok(reply)
    }
}

/// A command that is told of open work, as `baton.toml` has it.
#[derive(Debug)]
pub struct Notifier(Program);

impl Notifier {
    /// The one that is configured for an actor.
    #[must_use]
    pub fn of(name: &str, around: &Surroundings<'_>) -> Option<Notifier> {
        let settings = around.config.actors.get(name)?;
        let command = settings.notify.as_ref()?;
        Some(Notifier(configured(command, settings, around)))
    }

    /// Runs it with the notice on its standard input.
    ///
    /// # Errors
    /// Why it did not succeed within the time.
    pub fn tell(&self, notice: &Value, time: Duration, secrets: &Secrets) -> Result<(), String> {
        let told = self.0.run(&notice.to_string(), time).map(drop);
        told.map_err(|reason| clipped(&secrets.hidden(&reason)))
    }
}

/// A command of `baton.toml`.
fn configured(command: &CommandLine, settings: &config::Actor, around: &Surroundings<'_>) -> Program {
    let here = around.config_folder;
    let folder = settings.folder.as_ref().map_or_else(|| here.to_owned(), |folder| here.join(folder));
    Program::new(command, here, folder)
}

/// A reason no longer than people read.
#[must_use]
pub fn clipped(reason: &str) -> String {
    match reason.char_indices().nth(MAX_REASON) {
        Some((end, _)) => format!("{}…", reason.get(..end).unwrap_or_default()),
        None => reason.to_owned(),
    }
}

#[cfg(test)]
mod tests;
