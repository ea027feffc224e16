//! Scenarios of the model as stories of the plan.
//!
//! Must not know: how a story comes out.

use smol_str::SmolStr;

use super::flow::{intake_id, paths};
use super::guard::Guards;
use super::names::Names;
use super::words::Words;
use super::{Incomplete, money};
use crate::model::{self, Assigned, Assignment, Model, ScenarioLineKind, StateId};
use crate::plan::{Expectation, Expected, Given, Scenario, Stated, Told, Turn};
use crate::source::Span;

/// The scenarios of the flows in the checked files, by the names that the plan has for what they speak of.
///
/// # Errors
/// If something in one is missing or unresolved, which checks report as errors.
pub fn scenarios(model: &Model) -> Result<Vec<Scenario>, Incomplete> {
    let names = Names::of_reached(model);
    let checked = |span: Span| model.files.iter().any(|file| file.checked && file.file == span.file);
    let mut scenarios = Vec::new();
    for (index, flow) in model.flows.iter().enumerate() {
        let Some(name) = names.flows.name(index) else { continue };
        if flow.scenarios.is_empty() || !checked(flow.name.span) {
            continue;
        }
        let guards = Guards::new(Words { model, flow }, paths(&names, flow)?);
        let of = Of { name, flow, guards: &guards };
        for scenario in &flow.scenarios {
            scenarios.push(of.scenario(scenario)?);
        }
    }
    Ok(scenarios)
}

#[derive(Clone, Copy)]
struct Of<'m> {
    name: &'m SmolStr,
    flow: &'m model::Flow,
    guards: &'m Guards<'m>,
}

impl Of<'_> {
    fn scenario(self, scenario: &model::Scenario) -> Result<Scenario, Incomplete> {
        let place = scenario.title.span;
        let (mut started, mut told, mut expected) = (None, Vec::new(), Vec::new());
        for line in &scenario.lines {
            let span = line.span;
            match &line.kind {
                ScenarioLineKind::Start(intake, values) => {
                    started = Some((intake_id(intake.index()), self.given(values)?, span));
                }
                ScenarioLineKind::At(state, event, values) => {
                    let turn = self.turn(*state, *event, span)?;
                    let (state, given) = (self.state(*state), self.given(values)?);
                    told.push(Told { state, turn, given, span });
                }
                _ => expected.extend(self.expected(&line.kind).map(|what| Expected { what, span })),
            }
        }
        let (intake, given, start) = started.filter(|_| !scenario.unknown).ok_or(Incomplete { place })?;
        let (flow, title) = (self.name.clone(), SmolStr::from(&*scenario.title.value));
        Ok(Scenario { flow, title, intake, given, told, expected, span: place, start })
    }

    fn turn(self, state: StateId, event: model::Event, place: Span) -> Result<Turn, Incomplete> {
        Ok(match event {
            model::Event::Delivers => Turn::Delivers,
            model::Event::Decides(option) => {
                let option = self.guards.words.option(model::Root::Decision(state), option);
                Turn::Decides(option.ok_or(Incomplete { place })?)
            }
            model::Event::Fails => Turn::Fails,
            model::Event::Silent => Turn::Silent,
            model::Event::Unaccepted => Turn::Unaccepted,
        })
    }

    fn given(self, values: &[Assignment]) -> Result<Vec<Given>, Incomplete> {
        let given = values.iter().map(|given| {
            let place = given.span;
            let value = match &given.value {
                Assigned::Value(value) => {
                    let constant = self.guards.constant(self.flow[given.path].root, value);
                    Stated::Constant(constant.ok_or(Incomplete { place })?)
                }
                Assigned::Present => Stated::Present,
                Assigned::Absent => Stated::Absent,
            };
            Ok(Given { path: self.guards.path(given.path, place)?, value, span: place })
        });
        given.collect()
    }

    /// None for a line that expects nothing.
    fn expected(self, kind: &ScenarioLineKind) -> Option<Expectation> {
        Some(match kind {
            ScenarioLineKind::ExpectEnd(end) => Expectation::End(self.state(*end)),
            ScenarioLineKind::ExpectPath(states) => {
                Expectation::Path(states.iter().map(|state| self.state(*state)).collect())
            }
            ScenarioLineKind::ExpectVisits(count, state) => Expectation::Visits(*count, self.state(*state)),
            ScenarioLineKind::ExpectWithin(seconds) => Expectation::Within(*seconds),
            ScenarioLineKind::ExpectCosts(most) => Expectation::Costs(money(most)),
            ScenarioLineKind::Start(..) | ScenarioLineKind::At(..) => return None,
        })
    }

    fn state(self, id: StateId) -> SmolStr {
        self.flow[id].name.text.clone()
    }
}
