//! Who is reached how: owners by plan and name, and those who are told of open work.
//!
//! Must not know: items.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use smol_str::SmolStr;

use crate::config::Config;
use crate::plan::Plan;
use crate::run::owners::{Notifier, Owner, Secrets, Surroundings};

/// So many attempts of one owner run at the same time, unless `baton.toml` says otherwise.
const AT_ONCE: usize = 4;
/// The second notice comes so many seconds before it is too late, unless `baton.toml` says otherwise.
const LEAD: u64 = 3600;

/// The machine as `baton.toml` describes it.
pub struct Desk {
    config: Config,
    config_folder: PathBuf,
    flow_folder: PathBuf,
    environment: fn(&str) -> Option<String>,
    secrets: Arc<Secrets>,
    owners: BTreeMap<(SmolStr, SmolStr), Result<Arc<Owner>, String>>,
}

impl Desk {
    /// Paths of `config` begin at `config_folder`, those of `runs` at `flow_folder`.
    #[must_use]
    pub fn new(
        config: Config,
        config_folder: PathBuf,
        flow_folder: PathBuf,
        environment: fn(&str) -> Option<String>,
    ) -> Desk {
        let secrets = Arc::new(Secrets::of(&config, &environment));
        Desk { config, config_folder, flow_folder, environment, secrets, owners: BTreeMap::new() }
    }

    /// Whether every program that owns work in a plan can be reached.
    ///
    /// # Errors
    /// In words for people, of the first that can't.
    pub fn check(&mut self, plan: &Plan) -> Result<(), String> {
        let names: Vec<_> = plan.actors.keys().cloned().collect();
        names.iter().try_for_each(|name| match self.owner(plan, name) {
            Err(why) => Err(why),
            Ok(_) => Ok(()),
        })
    }

    /// The program that is an actor of a plan; `None` for people and queues.
    pub(super) fn owner(&mut self, plan: &Plan, name: &SmolStr) -> Result<Option<Arc<Owner>>, String> {
        let key = (plan.hash.clone(), name.clone());
        if let Some(known) = self.owners.get(&key) {
            return known.clone().map(Some);
        }
        let Some(actor) = plan.actors.get(name) else { return Err(format!("there is no actor `{name}`")) };
        let found = match Owner::of(name, actor, &self.around()) {
            Ok(None) => return Ok(None),
            Ok(Some(owner)) => Ok(Arc::new(owner)),
            Err(why) => Err(why),
        };
        self.owners.insert(key, found.clone());
        found.map(Some)
    }

    /// Who is told of work that waits for an actor.
    pub(super) fn notifier(&self, name: &str) -> Option<Notifier> {
        Notifier::of(name, &self.around())
    }

    /// The actors of which somebody is told, with how many seconds before it is too late.
    pub(super) fn told(&self) -> Vec<(SmolStr, u64)> {
        let told = self.config.actors.iter().filter(|(_, actor)| actor.notify.is_some());
        told.map(|(name, actor)| (name.into(), actor.remind.map_or(LEAD, |remind| remind.0))).collect()
    }

    /// So many attempts of an actor run at the same time.
    pub(super) fn at_once(&self, name: &str) -> usize {
        let said = self.config.actors.get(name).and_then(|actor| actor.at_once);
        said.map_or(AT_ONCE, |count| usize::try_from(count.get()).unwrap_or(AT_ONCE))
    }

    pub(super) fn secrets(&self) -> Arc<Secrets> {
        Arc::clone(&self.secrets)
    }

    fn around(&self) -> Surroundings<'_> {
        Surroundings {
            config: &self.config,
            config_folder: &self.config_folder,
            flow_folder: &self.flow_folder,
            environment: &self.environment,
        }
    }
}
