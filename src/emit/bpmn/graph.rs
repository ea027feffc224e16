//! A process as nodes and sequence flows, before anybody has placed or written them.
//!
//! Must not know: XML, coordinates, and which engine will read it.

use indexmap::IndexSet;

/// One flow's process.
#[derive(Default)]
pub(super) struct Graph {
    /// Each after those that hold it, or that it stands on.
    pub(super) nodes: Vec<Node>,
    pub(super) edges: Vec<Edge>,
    /// The owners, each with a lane of its own.
    pub(super) lanes: IndexSet<String>,
}

/// A position in [`Graph::nodes`].
pub(super) type At = usize;

/// A flow node.
pub(super) struct Node {
    pub(super) id: String,
    /// For people.
    pub(super) name: String,
    pub(super) kind: Kind,
    /// A position in [`Graph::lanes`].
    pub(super) lane: usize,
    pub(super) place: Place,
    /// For people, at more length.
    pub(super) doc: Option<String>,
    /// What programs that read the diagram are told.
    pub(super) says: Vec<(&'static str, String)>,
    /// What is computed when work arrives here: names with FEEL.
    pub(super) input: Vec<(&'static str, String)>,
}

/// Where a node stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place {
    /// By itself, in the column of its layer.
    Free,
    /// On the border of that activity.
    On(At),
    /// An end right below what leads to it.
    Below(At),
    /// Inside of that sub-process, at a row and a column of its own.
    In(At, usize, usize),
}

/// What a node is.
pub(super) enum Kind {
    Start,
    /// An exclusive gateway where ways meet.
    Join,
    /// An exclusive gateway where ways part; the edge that is taken when no other is.
    Split(Option<usize>),
    /// A parallel gateway where ways part.
    Fork,
    /// A parallel gateway where all ways are waited for.
    Meet,
    /// Sets variables: names with FEEL.
    Script(Vec<(String, String)>),
    /// Work of a person.
    User {
        owner: String,
        due: String,
        form: String,
    },
    /// Work that a job worker of that type takes.
    Service {
        job: String,
        retries: u64,
    },
    /// Runs that process; the variable takes what it ends with.
    Call {
        process: String,
        result: String,
    },
    Sub,
    /// So many seconds pass.
    Wait(u64),
    /// On a border: so many seconds have passed since arrival.
    Timer(u64),
    /// On a border: that error was thrown within.
    Catch(Fault),
    /// A way ends.
    End,
    /// The work has ended; FEEL says how.
    Outcome(String),
    /// That error is thrown.
    Throw(Fault),
}

/// The errors of a process.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Fault {
    /// The owner can't: all attempts are used up.
    Failed,
    /// The owner did not acknowledge receipt in time.
    Unaccepted,
    /// No way on: it is proved that this can't be.
    Gap,
    /// The record does not fit: it never became work.
    Refused,
}

impl Fault {
    pub(super) const ALL: [Fault; 4] = [Fault::Failed, Fault::Unaccepted, Fault::Gap, Fault::Refused];

    pub(super) fn code(self) -> &'static str {
        match self {
            Fault::Failed => "Baton.Failed",
            Fault::Unaccepted => "Baton.Unaccepted",
            Fault::Gap => "Baton.Gap",
            Fault::Refused => "Baton.Refused",
        }
    }

    pub(super) fn id(self) -> &'static str {
        match self {
            Fault::Failed => "error-failed",
            Fault::Unaccepted => "error-unaccepted",
            Fault::Gap => "error-gap",
            Fault::Refused => "error-refused",
        }
    }
}

/// A sequence flow.
pub(super) struct Edge {
    pub(super) from: At,
    pub(super) to: At,
    /// For people.
    pub(super) name: String,
    /// FEEL.
    pub(super) condition: Option<String>,
    /// It takes part in the order from left to right; counted arrows do only where they lead on.
    pub(super) firm: bool,
}

impl Node {
    pub(super) fn new(id: impl Into<String>, name: impl Into<String>, kind: Kind, lane: usize) -> Node {
        Node {
            id: id.into(),
            name: name.into(),
            kind,
            lane,
            place: Place::Free,
            doc: None,
            says: Vec::new(),
            input: Vec::new(),
        }
    }

    pub(super) fn at(self, place: Place) -> Node {
        Node { place, ..self }
    }

    pub(super) fn documented(self, doc: impl Into<String>) -> Node {
        Node { doc: Some(doc.into()), ..self }
    }

    pub(super) fn saying(mut self, name: &'static str, what: impl Into<String>) -> Node {
        self.says.push((name, what.into()));
        self
    }
}

impl Graph {
    pub(super) fn add(&mut self, node: Node) -> At {
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    /// The id of a sequence flow: no two lead from one node to the same other.
    pub(super) fn edge_id(&self, edge: &Edge) -> String {
        let id = |at: At| self.nodes.get(at).map_or("", |node| node.id.as_str());
        format!("{}.to.{}", id(edge.from), id(edge.to))
    }

    /// A sequence flow without a condition.
    pub(super) fn link(&mut self, from: At, to: At) -> usize {
        self.flow(from, to, "", None)
    }

    pub(super) fn flow(&mut self, from: At, to: At, name: &str, condition: Option<String>) -> usize {
        self.edges.push(Edge { from, to, name: name.to_owned(), condition, firm: true });
        self.edges.len() - 1
    }

    /// The one that leads on from `split` when no condition holds.
    pub(super) fn otherwise(&mut self, split: At, to: At, name: &str) {
        let edge = self.flow(split, to, name, None);
        if let Some(Node { kind: Kind::Split(default), .. }) = self.nodes.get_mut(split) {
            *default = Some(edge);
        }
    }
}
