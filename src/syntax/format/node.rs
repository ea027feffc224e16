//! What the formatter has to know of each thing in a tree: its place, its sort, what stands in its braces, in which
//! order, and where a line of it may be cut into columns or broken.
//!
//! Must not know: how anything is printed.

use std::ops::Range;

use crate::source::Span;
use crate::syntax::tree::{
    ActorClause, ActorClauseKind, Assignment, Clause, ClauseKind, EndClause, EndClauseKind, FieldItem,
    HandoffClause, Item, MapItem, Member, Name, ProveItem, ProveKind, ScenarioLine, ScenarioLineKind, When,
};

/// Something that stands in a list: a declaration, a member, a clause, a field.
#[derive(Clone, Copy, Debug)]
pub(super) enum Node<'t> {
    Item(&'t Item),
    Member(&'t Member),
    Clause(&'t Clause),
    ActorClause(&'t ActorClause),
    EndClause(&'t EndClause),
    Field(&'t FieldItem),
    EnumMember(&'t Name),
    Map(&'t MapItem),
    ScenarioLine(&'t ScenarioLine),
}

/// Sorts of things. Neighbours of one sort share their columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Use,
    Enum,
    Asset,
    Actor,
    Threshold,
    Flow,
    Context,
    Default,
    Intake,
    State,
    End,
    Prove,
    Scenario,
    Clause,
    Handoff,
    Field,
    EnumMember,
    Map,
    Visit,
    ScenarioLine,
}

/// What stands in the braces of a thing.
#[derive(Clone, Debug)]
pub(super) struct Body<'t> {
    /// In the order of the text.
    pub(super) nodes: Vec<Node<'t>>,
    /// How the things in it are told apart.
    pub(super) style: Style,
}

/// How the things in braces are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// A line each, always.
    Open,
    /// One line with two spaces between them, where the author wrote one and it fits.
    Clauses,
    /// One line with commas between them, where the author wrote one and it fits; else `separator` at line ends.
    List {
        /// What a line that is not the last ends with.
        separator: &'static str,
    },
}

/// Where the second column of a line begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    None,
    /// After the first such token.
    After(&'static str),
    /// Before the first such token.
    Before(&'static str),
    /// Before the token that begins there; two spaces part it off if `wide`.
    At {
        byte: usize,
        wide: bool,
    },
    /// Two spaces after the second token.
    AfterSecond,
}

/// Where a line that is too long may be broken, besides after commas.
#[derive(Clone, Debug, Default)]
pub(super) struct Breaks {
    /// Before each of these bytes, if at all.
    pub(super) hard: Vec<usize>,
    /// Before `at most`, if at all.
    pub(super) bounds: bool,
    /// Before the mark (`->` of a path, `or`) that stands before each of these bytes, where it helps; in order.
    pub(super) soft: Vec<usize>,
    /// Before the `and` and `or` of this guard where it helps.
    pub(super) guard: Option<Range<usize>>,
}

impl<'t> Node<'t> {
    /// Where it stands.
    pub(super) fn span(self) -> Span {
        match self {
            Node::Item(item) => item_span(item),
            Node::Member(member) => member_span(member),
            Node::Clause(clause) => clause.span,
            Node::ActorClause(clause) => clause.span,
            Node::EndClause(clause) => clause.span,
            Node::Field(field) => field.span,
            Node::EnumMember(name) => name.span,
            Node::Map(map) => map.span,
            Node::ScenarioLine(line) => line.span,
        }
    }

    /// Which sort it is of.
    pub(super) fn sort(self) -> Sort {
        match self {
            Node::Item(item) => item_sort(item),
            Node::Member(member) => member_sort(member),
            Node::Clause(Clause { kind: ClauseKind::Handoff(_), .. }) => Sort::Handoff,
            Node::Clause(_) | Node::ActorClause(_) | Node::EndClause(_) => Sort::Clause,
            Node::Field(_) => Sort::Field,
            Node::EnumMember(_) => Sort::EnumMember,
            Node::Map(_) => Sort::Map,
            Node::ScenarioLine(ScenarioLine { kind: ScenarioLineKind::At { .. }, .. }) => Sort::Visit,
            Node::ScenarioLine(_) => Sort::ScenarioLine,
        }
    }

    /// `runs flow(argument)`, whose parentheses are a call's.
    pub(super) fn is_run(self) -> bool {
        matches!(self, Node::Clause(Clause { kind: ClauseKind::Runs(_), .. }))
    }

    /// Its place among its neighbours; those of one rank keep the author's order.
    pub(super) fn rank(self) -> u8 {
        match self {
            Node::Clause(clause) => clause_rank(&clause.kind),
            Node::ActorClause(clause) => actor_clause_rank(&clause.kind),
            Node::EndClause(clause) => end_clause_rank(&clause.kind),
            _ => 0,
        }
    }

    /// What stands in its braces, if it may have any.
    pub(super) fn body(self) -> Option<Body<'t>> {
        match self {
            Node::Item(item) => item_body(item),
            Node::Member(member) => member_body(member),
            _ => None,
        }
    }

    /// Where its second column begins.
    pub(super) fn cut(self) -> Cut {
        match self {
            Node::Field(_)
            | Node::Item(Item::Threshold(_) | Item::Actor(_))
            | Node::Member(Member::End(_)) => Cut::After(":"),
            Node::Map(_) => Cut::Before("="),
            Node::Clause(Clause { kind: ClauseKind::Handoff(handoff), .. }) => handoff_cut(handoff),
            Node::ScenarioLine(line) => scenario_cut(&line.kind),
            _ => Cut::None,
        }
    }

    /// Where a line of it may be broken.
    pub(super) fn breaks(self) -> Breaks {
        match self {
            Node::Item(Item::Threshold(threshold)) => guard_breaks(threshold.guard.span),
            Node::Member(Member::Default(_)) => Breaks { bounds: true, ..Breaks::default() },
            Node::Member(Member::Prove(prove)) => prove_breaks(prove),
            Node::Clause(Clause { kind: ClauseKind::Handoff(handoff), .. }) => handoff_breaks(handoff),
            Node::Clause(_) => Breaks { bounds: true, ..Breaks::default() },
            Node::ScenarioLine(ScenarioLine { kind: ScenarioLineKind::ExpectPath(states), .. }) => Breaks {
                soft: states.iter().skip(1).map(|state| start(state.span)).collect(),
                ..Breaks::default()
            },
            _ => Breaks::default(),
        }
    }
}

impl Style {
    /// What ends a line that is not the last.
    pub(super) fn separator(self) -> &'static str {
        match self {
            Style::List { separator } => separator,
            Style::Open | Style::Clauses => "",
        }
    }
}

impl Sort {
    /// Its lines begin with a keyword in the fixed clause column.
    pub(super) fn is_clause(self) -> bool {
        matches!(self, Sort::Clause | Sort::Handoff)
    }

    /// Whether a blank line stands between two neighbours, where the author left one (`authored`) or none.
    pub(super) fn parted(self, next: Sort, authored: bool) -> bool {
        if self.is_line() && next.is_line() {
            return authored;
        }
        authored || self != next || !self.may_be_tight()
    }

    /// Lines of it stay within so many columns where the language lets them be broken: declarations that stand on a
    /// line of their own are rows of a table, and may be wider than what is read as a sentence.
    pub(super) fn width(self) -> usize {
        if matches!(self, Sort::Enum | Sort::Asset | Sort::Actor | Sort::End) { 120 } else { 100 }
    }

    /// A line of a body, where blank lines are the author's.
    fn is_line(self) -> bool {
        use Sort::{Clause, EnumMember, Field, Handoff, Map, ScenarioLine, Visit};
        matches!(self, Clause | Handoff | Field | EnumMember | Map | Visit | ScenarioLine)
    }

    fn may_be_tight(self) -> bool {
        use Sort::{Actor, Asset, Default, End, Enum, Intake, Prove, Threshold, Use};
        matches!(self, Use | Enum | Asset | Actor | Threshold | Default | Intake | End | Prove)
    }
}

fn start(span: Span) -> usize {
    span.range().start
}

fn item_span(item: &Item) -> Span {
    match item {
        Item::Use(item) => item.span,
        Item::Enum(item) => item.span,
        Item::Asset(item) => item.span,
        Item::Actor(item) => item.span,
        Item::Threshold(item) => item.span,
        Item::Flow(item) => item.span,
        Item::Junk(junk) => junk.span,
    }
}

fn member_span(member: &Member) -> Span {
    match member {
        Member::Context(member) => member.span,
        Member::Default(member) => member.span,
        Member::Intake(member) => member.span,
        Member::State(member) => member.span,
        Member::End(member) => member.span,
        Member::Prove(member) => member.span,
        Member::Scenario(member) => member.span,
        Member::Junk(junk) => junk.span,
    }
}

fn item_sort(item: &Item) -> Sort {
    match item {
        Item::Use(_) => Sort::Use,
        Item::Enum(_) => Sort::Enum,
        Item::Asset(_) => Sort::Asset,
        Item::Actor(_) => Sort::Actor,
        Item::Threshold(_) => Sort::Threshold,
        Item::Flow(_) | Item::Junk(_) => Sort::Flow,
    }
}

fn member_sort(member: &Member) -> Sort {
    match member {
        Member::Context(_) => Sort::Context,
        Member::Default(_) => Sort::Default,
        Member::Intake(_) => Sort::Intake,
        Member::State(_) | Member::Junk(_) => Sort::State,
        Member::End(_) => Sort::End,
        Member::Prove(_) => Sort::Prove,
        Member::Scenario(_) => Sort::Scenario,
    }
}

fn item_body(item: &Item) -> Option<Body<'_>> {
    let body = match item {
        Item::Enum(item) => Body {
            nodes: item.members.iter().map(Node::EnumMember).collect(),
            style: Style::List { separator: "," },
        },
        Item::Asset(item) => fields(&item.fields, Style::List { separator: "" }),
        Item::Actor(item) => {
            Body { nodes: item.clauses.iter().map(Node::ActorClause).collect(), style: Style::Clauses }
        }
        Item::Flow(item) => {
            Body { nodes: item.members.iter().map(Node::Member).collect(), style: Style::Open }
        }
        Item::Use(_) | Item::Threshold(_) | Item::Junk(_) => return None,
    };
    Some(body)
}

fn member_body(member: &Member) -> Option<Body<'_>> {
    let body = match member {
        Member::Context(context) => fields(&context.fields, Style::Open),
        Member::Intake(intake) => {
            Body { nodes: intake.maps.as_ref()?.iter().map(Node::Map).collect(), style: Style::Open }
        }
        Member::State(state) => {
            Body { nodes: state.clauses.iter().map(Node::Clause).collect(), style: Style::Open }
        }
        Member::End(end) => {
            Body { nodes: end.clauses.iter().map(Node::EndClause).collect(), style: Style::Clauses }
        }
        Member::Scenario(scenario) => {
            Body { nodes: scenario.lines.iter().map(Node::ScenarioLine).collect(), style: Style::Open }
        }
        Member::Default(_) | Member::Prove(_) | Member::Junk(_) => return None,
    };
    Some(body)
}

fn fields(fields: &[FieldItem], style: Style) -> Body<'_> {
    Body { nodes: fields.iter().map(Node::Field).collect(), style }
}

/// The order of the language's table of clauses; what only one sort of state has stands where that sort is read:
/// the question of an approval and the runs of a call after what is needed, the time of a wait at its end.
fn clause_rank(kind: &ClauseKind) -> u8 {
    match kind {
        ClauseKind::Owner(_) => 0,
        ClauseKind::Asset(_) => 1,
        ClauseKind::Goal(_) => 2,
        ClauseKind::Needs(_) => 3,
        ClauseKind::Asks(_) => 4,
        ClauseKind::Shows(_) => 5,
        ClauseKind::Options(_) => 6,
        ClauseKind::Runs(_) => 7,
        ClauseKind::Join(_) => 8,
        ClauseKind::Makes(_) => 9,
        ClauseKind::Accept { .. } => 10,
        ClauseKind::Deadline { .. } => 11,
        ClauseKind::Failure(_) => 12,
        ClauseKind::Retry { .. } => 13,
        ClauseKind::For { .. } => 14,
        ClauseKind::Handoff(_) => 15,
        ClauseKind::Junk(_) => 16,
    }
}

fn actor_clause_rank(kind: &ActorClauseKind) -> u8 {
    match kind {
        ActorClauseKind::Binding(..) => 0,
        ActorClauseKind::Responds(_) => 1,
        ActorClauseKind::Costs(_) => 2,
        ActorClauseKind::Junk(_) => 3,
    }
}

fn end_clause_rank(kind: &EndClauseKind) -> u8 {
    match kind {
        EndClauseKind::Owner(_) => 0,
        EndClauseKind::Receipt(_) => 1,
        EndClauseKind::Reason(_) => 2,
        EndClauseKind::Junk(_) => 3,
    }
}

fn condition(handoff: &HandoffClause) -> Option<Span> {
    match handoff.when {
        When::Guard(word, _) | When::Otherwise(word) => Some(word),
        When::Missing => None,
    }
}

fn handoff_cut(handoff: &HandoffClause) -> Cut {
    condition(handoff).map_or(Cut::None, |word| Cut::At { byte: start(word), wide: false })
}

fn scenario_cut(kind: &ScenarioLineKind) -> Cut {
    let first = |values: &[Assignment]| values.first().map(|value| start(value.path.span));
    match kind {
        ScenarioLineKind::At { .. } => Cut::AfterSecond,
        ScenarioLineKind::Start { values, .. } => {
            first(values).map_or(Cut::None, |byte| Cut::At { byte, wide: true })
        }
        _ => Cut::None,
    }
}

fn guard_breaks(guard: Span) -> Breaks {
    Breaks { guard: Some(guard.range()), ..Breaks::default() }
}

fn handoff_breaks(handoff: &HandoffClause) -> Breaks {
    let carry = handoff.carry.as_ref().map(|carry| carry.keyword);
    let guard = match &handoff.when {
        When::Guard(_, guard) => Some(guard.span.range()),
        When::Otherwise(_) | When::Missing => None,
    };
    let hard = condition(handoff).into_iter().chain(carry).map(start).collect();
    Breaks { hard, bounds: true, guard, soft: Vec::new() }
}

fn prove_breaks(prove: &ProveItem) -> Breaks {
    match &prove.kind {
        ProveKind::OnlyIf(_, guard) => guard_breaks(guard.span),
        ProveKind::Passes { gates, .. } => Breaks {
            soft: gates.iter().skip(1).map(|gate| start(gate.state.span)).collect(),
            ..Breaks::default()
        },
        _ => Breaks::default(),
    }
}
