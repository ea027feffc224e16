//! A flow as nodes and lines, for every target that draws.
//!
//! Must not know: any drawing language.
//!
//! Arrows with one start, one target and one style are one line. Lines for rework and escalation are slack: they do
//! not say which state stands above which, so that the way to success reads from top to bottom. Where many states
//! escalate to one place, their boxes say so, in place of a bundle of lines that hides all others.

use std::fmt::Write as _;

use indexmap::IndexMap;
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

use super::{Feature, Support};
use crate::plan::{Cause, Flow, Hop, Kind, Outcome, Plan, State};

/// A flow to be drawn.
pub(super) struct Picture<'p> {
    pub(super) nodes: Vec<Node<'p>>,
    pub(super) lines: Vec<Line<'p>>,
}

/// A box.
pub(super) struct Node<'p> {
    /// The key: a state's or an end's name, or an intake's id, which no state can have.
    pub(super) id: &'p str,
    pub(super) shape: Shape,
    pub(super) title: &'p str,
    /// Who owns the work, or what arrives.
    pub(super) subtitle: String,
    /// The escalations that are written here rather than drawn, a line each: `stuck if too late, failed`.
    pub(super) notes: Vec<String>,
    /// A colour for each owner, as a position in [`FILLS`].
    pub(super) colour: Option<usize>,
}

/// What a node is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Shape {
    Intake,
    State,
    Approval,
    Wait,
    Call,
    Success,
    Failure,
}

/// One or more arrows.
pub(super) struct Line<'p> {
    pub(super) from: &'p str,
    pub(super) to: &'p str,
    /// What is written beside it, a line each.
    pub(super) words: Vec<String>,
    pub(super) style: Style,
    /// It takes part in the order from top to bottom.
    pub(super) firm: bool,
}

/// What a line is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Style {
    /// The work goes on.
    Handoff,
    /// The work comes back, a counted number of times.
    Counted,
    /// Nobody answered, somebody failed, or a count is used up.
    Escalation,
}

/// Light fills on which black text reads well, told apart by the colour-blind.
pub(super) const FILLS: [&str; 8] =
    ["#dbeafe", "#fef3c7", "#e9d5ff", "#cffafe", "#ffedd5", "#e2e8f0", "#fce7f3", "#ecfccb"];

/// What a picture shows.
pub(super) const SUPPORTS: &[(Support, &[Feature])] = &[(
    Support::Drawn,
    &[
        Feature::Guards,
        Feature::Deadline,
        Feature::Accept,
        Feature::Failure,
        Feature::Bounds,
        Feature::Approval,
        Feature::Wait,
        Feature::JoinAll,
        Feature::JoinSome,
    ],
)];

/// A condition is cut after so many characters.
const LONGEST: usize = 48;

/// So many lines of escalation to one place are drawn; where there are more, the boxes say it.
const BUNDLE: usize = 3;

/// Draws a flow.
pub(super) fn picture<'p>(plan: &'p Plan, flow: &'p Flow) -> Picture<'p> {
    let mut lines = intake_lines(flow);
    lines.extend(flow.states.iter().flat_map(|(name, state)| state_lines(name, state)));
    let mut picture = Picture { nodes: nodes(plan, flow), lines };
    picture.write_bundles(flow);
    picture.hold_what_floats();
    picture
}

impl Picture<'_> {
    /// Turns the bundles of escalations to one place into notes.
    fn write_bundles(&mut self, flow: &Flow) {
        let bundled = bundled(flow, &self.lines);
        let mut notes = FxHashMap::<&str, Vec<String>>::default();
        self.lines.retain(|line| {
            let drawn = line.style != Style::Escalation || !bundled.contains(line.to);
            if !drawn {
                notes.entry(line.from).or_default().push(format!("{} if {}", line.to, line.words.join(", ")));
            }
            drawn
        });
        for node in &mut self.nodes {
            node.notes = notes.remove(node.id).unwrap_or_default();
        }
    }

    /// What only slack lines lead to would float to the top: the first of them holds it.
    fn hold_what_floats(&mut self) {
        let mut held: FxHashSet<_> = self.lines.iter().filter(|line| line.firm).map(|line| line.to).collect();
        for line in &mut self.lines {
            if line.from != line.to && held.insert(line.to) {
                line.firm = true;
            }
        }
    }
}

/// Where a bundle of escalations leads: failure ends, and states that handoffs lead to as well.
fn bundled<'p>(flow: &Flow, lines: &[Line<'p>]) -> FxHashSet<&'p str> {
    let mut count = FxHashMap::<&str, usize>::default();
    for line in lines.iter().filter(|line| line.style == Style::Escalation) {
        *count.entry(line.to).or_default() += 1;
    }
    let firm: FxHashSet<_> = lines.iter().filter(|line| line.firm).map(|line| line.to).collect();
    let stands = |to: &str| match flow.ends.get(to) {
        Some(end) => matches!(end.outcome, Outcome::Failure { .. }),
        None => firm.contains(to),
    };
    count.into_iter().filter(|&(to, count)| count > BUNDLE && stands(to)).map(|(to, _)| to).collect()
}

fn nodes<'p>(plan: &'p Plan, flow: &'p Flow) -> Vec<Node<'p>> {
    let owners = Owners::of(plan);
    let intakes = flow.intakes.iter().map(|(id, intake)| Node {
        id,
        shape: Shape::Intake,
        title: &intake.field,
        subtitle: intake.from.as_ref().map_or_else(|| "from calls".into(), |from| format!("from {from}")),
        notes: Vec::new(),
        colour: None,
    });
    let states = flow.states.iter().map(|(name, state)| Node {
        id: name,
        shape: shape(&state.kind),
        title: name,
        subtitle: owners.words(&state.owner),
        notes: Vec::new(),
        colour: owners.colour(&state.owner),
    });
    let ends = flow.ends.iter().map(|(name, end)| Node {
        id: name,
        shape: if matches!(end.outcome, Outcome::Success { .. }) { Shape::Success } else { Shape::Failure },
        title: name,
        subtitle: end.owner.to_string(),
        notes: Vec::new(),
        colour: None,
    });
    intakes.chain(states).chain(ends).collect()
}

fn shape(kind: &Kind) -> Shape {
    match kind {
        Kind::State => Shape::State,
        Kind::Approval(_) => Shape::Approval,
        Kind::Wait { .. } => Shape::Wait,
        Kind::Call(_) => Shape::Call,
    }
}

/// Who is who, each owner with its place among them.
struct Owners<'p> {
    plan: &'p Plan,
    places: FxHashMap<&'p str, usize>,
}

impl<'p> Owners<'p> {
    fn of(plan: &'p Plan) -> Owners<'p> {
        let mut places = FxHashMap::default();
        for actor in plan.actors.values() {
            let next = places.len();
            places.entry(actor.owner.as_str()).or_insert(next);
        }
        Owners { plan, places }
    }

    fn colour(&self, actor: &str) -> Option<usize> {
        let owner = &self.plan.actors.get(actor)?.owner;
        self.places.get(owner.as_str()).map(|place| place % FILLS.len())
    }

    fn words(&self, actor: &str) -> String {
        let kind = self.plan.actors.get(actor).map(|found| found.kind.word());
        kind.map_or_else(|| actor.to_owned(), |kind| format!("{actor}, {kind}"))
    }
}

fn intake_lines(flow: &Flow) -> Vec<Line<'_>> {
    let line = |(id, to)| Line { from: id, to, words: Vec::new(), style: Style::Handoff, firm: true };
    flow.intakes.iter().map(|(id, intake)| (id.as_str(), intake.arrow.to.as_str())).map(line).collect()
}

/// One line for each target and style.
fn state_lines<'p>(name: &'p SmolStr, state: &'p State) -> impl Iterator<Item = Line<'p>> {
    let mut words = IndexMap::<(&str, Style), Vec<String>>::new();
    for (cause, hops) in state.routes() {
        for (place, hop) in hops.iter().enumerate() {
            let line = words.entry((hop.to.as_str(), style(cause, place, hop))).or_default();
            line.push(word(cause, place, hop));
        }
    }
    words.into_iter().map(|((to, style), words)| Line {
        from: name,
        to,
        words: joined(words, style),
        style,
        firm: style == Style::Handoff,
    })
}

fn style(cause: Cause<'_>, place: usize, hop: &Hop) -> Style {
    match cause {
        Cause::Accept(_) | Cause::Deadline(_) | Cause::Failure => Style::Escalation,
        Cause::Wait(_) | Cause::Handoff(_) if place > 0 => Style::Escalation,
        Cause::Wait(_) | Cause::Handoff(_) if hop.at_most.is_some() => Style::Counted,
        Cause::Wait(_) | Cause::Handoff(_) => Style::Handoff,
    }
}

fn word(cause: Cause<'_>, place: usize, hop: &Hop) -> String {
    let mut said = match cause {
        Cause::Wait(_) | Cause::Handoff(_) if place > 0 => "used up".to_owned(),
        Cause::Wait(_) => hop.envelope.threshold.to_string(),
        Cause::Handoff(handoff) => cut(&handoff.threshold),
        Cause::Accept(_) => "not accepted".to_owned(),
        Cause::Deadline(_) => "too late".to_owned(),
        Cause::Failure => "failed".to_owned(),
    };
    if place > 0 && matches!(cause, Cause::Accept(_) | Cause::Deadline(_) | Cause::Failure) {
        said.push_str(" again");
    }
    if let Some(bound) = hop.at_most {
        let _ = write!(said, " (at most {bound}×)");
    }
    said
}

/// Conditions stand one a line, the short words of escalation side by side, each once.
fn joined(words: Vec<String>, style: Style) -> Vec<String> {
    match style {
        Style::Handoff | Style::Counted => words,
        Style::Escalation => {
            let unique: indexmap::IndexSet<_> = words.into_iter().collect();
            vec![unique.into_iter().collect::<Vec<_>>().join(", ")]
        }
    }
}

/// The beginning of a long condition.
fn cut(words: &str) -> String {
    match words.char_indices().nth(LONGEST) {
        None => words.to_owned(),
        Some((end, _)) => format!("{}…", words.get(..end).unwrap_or(words).trim_end()),
    }
}
