//! The values of one path, cut into cells at the constants with which the flow compares it: no guard of the flow can
//! tell two values of one cell apart. And sets of such cells.
//!
//! Must not know: other paths, guards, where they are looked at.
//!
//! Dense types (`number`, `percent`, `money`, `duration`) are cut into points and open intervals, `int` into points and
//! runs of whole numbers, enums and texts into what is mentioned and the rest; an optional path has one cell more, for
//! absence. Cells without a value are left out, so a set without cells is a set without values.

use rust_decimal::Decimal;
use smallvec::SmallVec;

use crate::model::{Approval, Bounds, CompareOp, Model, Path, Test, Type, Value};

/// Values that no guard of the flow tells apart.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// One number.
    Point(Decimal),
    /// The numbers between two, without these; `None` is unbounded on that side.
    Between(Option<Decimal>, Option<Decimal>),
    /// An enum's member or an option, by position.
    Member(u32),
    /// The members or options that are not mentioned.
    OtherMembers,
    /// true or false.
    Truth(bool),
    /// A text that is mentioned.
    Text(Box<str>),
    /// Every other text.
    OtherTexts,
    /// Whatever it is: it is only asked for presence.
    Present,
    /// No value.
    Absent,
}

/// The cells of one path, in order: numbers ascending, then the rest, absence last.
#[derive(Clone, Debug)]
pub struct Cells {
    cells: Box<[Cell]>,
    /// How many of them have a value.
    values: u32,
    /// There may be values that are not known: the enum or the options could not be read whole.
    pub open: bool,
}

/// Sorted, disjoint runs of cells that don't touch: `start..end`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CellSet(Runs);

/// Runs of cells; most sets are one or two.
pub(super) type Runs = SmallVec<[(u32, u32); 2]>;

impl CellSet {
    pub(super) fn new(runs: impl IntoIterator<Item = (u32, u32)>) -> CellSet {
        let mut joined = Runs::new();
        for (start, end) in runs.into_iter().filter(|(start, end)| start < end) {
            match joined.last_mut() {
                Some(last) if last.1 >= start => last.1 = last.1.max(end),
                _ => joined.push((start, end)),
            }
        }
        CellSet(joined)
    }

    /// Just that cell.
    #[must_use]
    pub fn one(cell: u32) -> CellSet {
        CellSet::new([(cell, cell.saturating_add(1))])
    }

    /// Its runs `start..end`, in order.
    #[must_use]
    pub fn runs(&self) -> &[(u32, u32)] {
        &self.0
    }

    /// No cell belongs to it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a cell belongs to it.
    #[must_use]
    pub fn contains(&self, cell: u32) -> bool {
        let after = self.0.partition_point(|&(start, _)| start <= cell);
        after.checked_sub(1).and_then(|index| self.0.get(index)).is_some_and(|&(_, end)| cell < end)
    }

    /// The cells that belong to both.
    #[must_use]
    pub fn intersection(&self, other: &CellSet) -> CellSet {
        let (mut runs, mut at) = (Runs::new(), 0);
        for &(start, end) in self.runs() {
            while let Some(&(from, to)) = other.0.get(at).filter(|run| run.0 < end) {
                runs.push((start.max(from), end.min(to)));
                if to > end {
                    break;
                }
                at += 1;
            }
        }
        CellSet::new(runs)
    }

    /// The cells that belong to one of both.
    #[must_use]
    pub fn union(&self, other: &CellSet) -> CellSet {
        if self == other {
            return self.clone();
        }
        let mut runs: Runs = self.0.iter().chain(other.0.iter()).copied().collect();
        runs.sort_unstable();
        CellSet::new(runs)
    }

    /// The cells of `0..cells` that don't belong to it.
    #[must_use]
    pub fn complement(&self, cells: u32) -> CellSet {
        let starts = std::iter::once(0).chain(self.0.iter().map(|run| run.1));
        let ends = self.0.iter().map(|run| run.0).chain(std::iter::once(cells));
        CellSet::new(starts.zip(ends))
    }

    /// Its cells.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.0.iter().flat_map(|&(start, end)| start..end)
    }
}

impl Cells {
    /// The cells of a path that is compared with these constants; `approval`: whose decision it is.
    pub(super) fn new(
        model: &Model,
        approval: Option<&Approval>,
        path: &Path,
        constants: &[&Value],
    ) -> Cells {
        let (mut cells, open) = match &path.ty {
            Type::Int(bounds) => (stretches(&whole(bounds), &points(constants, true), true), false),
            Type::Number(bounds) => (stretches(bounds, &points(constants, false), false), false),
            Type::Percent => (stretches(&share(), &points(constants, false), false), false),
            Type::Duration | Type::Money(_) => {
                (stretches(&amounts(), &points(constants, false), false), false)
            }
            Type::Enum(id) => {
                let declared = &model[*id];
                (members(declared.members.len(), constants), declared.unknown)
            }
            Type::Options(_) => approval.map_or((Vec::new(), true), |approval| {
                (members(approval.options.len(), constants), approval.options_unknown)
            }),
            Type::Bool => (vec![Cell::Truth(false), Cell::Truth(true)], false),
            Type::Text { max } => (texts(*max, constants), false),
            Type::Url => (texts(None, constants), false),
            Type::Date | Type::Asset(_) | Type::List { .. } | Type::Unknown => (vec![Cell::Present], false),
        };
        let values = count(cells.len());
        if path.optional {
            cells.push(Cell::Absent);
        }
        Cells { cells: cells.into(), values, open }
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> u32 {
        count(self.cells.len())
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> CellSet {
        CellSet::new([(0, self.count())])
    }

    /// Those with a value.
    #[must_use]
    pub fn present(&self) -> CellSet {
        CellSet::new([(0, self.values)])
    }

    /// The one without a value, if the path is optional.
    #[must_use]
    pub fn absent(&self) -> CellSet {
        CellSet::new([(self.values, self.count())])
    }

    /// The cell at a position.
    #[must_use]
    pub fn get(&self, cell: u32) -> Option<&Cell> {
        self.cells.get(cell as usize)
    }

    /// The positions of the members or options, of so many, that lie in some of these cells.
    #[must_use]
    pub fn members(&self, cells: &CellSet, total: u32) -> Vec<u32> {
        let rest = self.cells.iter().position(|cell| *cell == Cell::OtherMembers).map(count);
        let cell = |member: u32| {
            let (start, end) = self.place(&Value::Option(member));
            if start < end { Some(start) } else { rest }
        };
        (0..total).filter(|&member| cell(member).is_some_and(|cell| cells.contains(cell))).collect()
    }

    /// Those whose values pass a test. A test of an absent path is false, but for the one that asks for absence.
    #[must_use]
    pub fn passing(&self, test: &Test) -> CellSet {
        match test {
            Test::Compare(op, value) => self.comparing(*op, value),
            Test::Range { ends, open } => {
                let [low, high] = &**ends;
                let (start, _) = self.place(low);
                let (below, upto) = self.place(high);
                CellSet::new([(start, if *open { below } else { upto })])
            }
            Test::Set(values) => {
                let mut places: Runs = values.iter().map(|value| self.place(value)).collect();
                places.sort_unstable();
                CellSet::new(places)
            }
            Test::Present(true) => self.present(),
            Test::Present(false) => self.absent(),
            Test::True => CellSet::new([self.place(&Value::Bool(true))]),
        }
    }

    /// That of a constant.
    pub(super) fn is(&self, value: &Value) -> CellSet {
        CellSet::new([self.place(value)])
    }

    fn comparing(&self, op: CompareOp, value: &Value) -> CellSet {
        let (start, end) = self.place(value);
        match op {
            CompareOp::Is => CellSet::new([(start, end)]),
            CompareOp::IsNot => CellSet::new([(0, start), (end, self.values)]),
            CompareOp::Less => CellSet::new([(0, start)]),
            CompareOp::AtMost => CellSet::new([(0, end)]),
            CompareOp::Greater => CellSet::new([(end, self.values)]),
            CompareOp::AtLeast => CellSet::new([(start, self.values)]),
        }
    }

    /// The cell of a constant at which they were cut, as a run; of one that the type can't take, the empty run where it
    /// would stand.
    fn place(&self, value: &Value) -> (u32, u32) {
        let values = self.cells.get(..self.values as usize).unwrap_or_default();
        let run = |below: usize, is: bool| (count(below), count(below) + u32::from(is));
        match value {
            Value::Number(number) => {
                let below = values.partition_point(|cell| is_below(cell, *number));
                run(below, values.get(below) == Some(&Cell::Point(*number)))
            }
            Value::Money(money) => self.place(&Value::Number(money.amount)),
            Value::Bool(truth) => run(usize::from(*truth), true),
            Value::Member(_, member) | Value::Option(member) => {
                let below = values.partition_point(|cell| matches!(cell, Cell::Member(id) if id < member));
                run(below, values.get(below) == Some(&Cell::Member(*member)))
            }
            Value::Text(text) => {
                let below = values.partition_point(|cell| matches!(cell, Cell::Text(other) if other < text));
                let is = matches!(values.get(below), Some(Cell::Text(other)) if other == text);
                run(below, is)
            }
        }
    }
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// All values of the cell are below the number, which is in no cell's midst.
fn is_below(cell: &Cell, number: Decimal) -> bool {
    match cell {
        Cell::Point(point) => *point < number,
        Cell::Between(_, high) => high.is_some_and(|high| high <= number),
        _ => false,
    }
}

fn share() -> Bounds {
    Bounds { low: Some(Decimal::ZERO), high: Some(Decimal::ONE), open: false }
}

fn amounts() -> Bounds {
    Bounds { low: Some(Decimal::ZERO), high: None, open: false }
}

/// The same whole numbers between closed, whole ends.
fn whole(bounds: &Bounds) -> Bounds {
    let high = bounds.high.map(|high| match high.is_integer() && bounds.open {
        true => high - Decimal::ONE,
        false => high.floor(),
    });
    Bounds { low: bounds.low.map(|low| low.ceil()), high, open: false }
}

/// The numbers at which a path is cut, ascending; of a fraction that cuts whole numbers, its neighbours.
fn points(constants: &[&Value], whole: bool) -> Vec<Decimal> {
    let numbers = constants.iter().filter_map(|value| match value {
        Value::Number(number) => Some(*number),
        Value::Money(money) => Some(money.amount),
        _ => None,
    });
    let mut points: Vec<_> = match whole {
        true => numbers.flat_map(|number| [number.floor(), number.ceil()]).collect(),
        false => numbers.collect(),
    };
    points.sort_unstable();
    points.dedup();
    points
}

/// Points and what lies between them, within the bounds.
fn stretches(bounds: &Bounds, points: &[Decimal], whole: bool) -> Vec<Cell> {
    let inside = |point: &Decimal| {
        bounds.low.is_none_or(|low| low <= *point)
            && bounds.high.is_none_or(|high| *point < high || *point == high && !bounds.open)
    };
    let closed_high = bounds.high.filter(|_| !bounds.open);
    let mut points: Vec<_> =
        bounds.low.into_iter().chain(points.iter().copied().filter(inside)).chain(closed_high).collect();
    points.retain(inside);
    points.dedup();
    let first = points.first().copied();
    let below = || bounds.low.is_none().then_some(Cell::Between(None, first.or(bounds.high)));
    let mut cells: Vec<Cell> = below().into_iter().collect();
    for (index, point) in points.iter().enumerate() {
        cells.push(Cell::Point(*point));
        let next = points.get(index + 1).copied().or(bounds.high);
        if next.is_none_or(|next| holds_between(*point, next, whole)) {
            cells.push(Cell::Between(Some(*point), next));
        }
    }
    cells
}

fn holds_between(low: Decimal, high: Decimal, whole: bool) -> bool {
    let gap = if whole { Decimal::ONE } else { Decimal::ZERO };
    high.checked_sub(low).is_none_or(|width| width > gap)
}

fn members(total: usize, constants: &[&Value]) -> Vec<Cell> {
    let mut mentioned: Vec<_> = constants
        .iter()
        .filter_map(|value| match value {
            Value::Member(_, member) | Value::Option(member) => Some(*member),
            _ => None,
        })
        .collect();
    mentioned.sort_unstable();
    mentioned.dedup();
    let rest = (mentioned.len() < total).then_some(Cell::OtherMembers);
    mentioned.into_iter().map(Cell::Member).chain(rest).collect()
}

fn texts(max: Option<u64>, constants: &[&Value]) -> Vec<Cell> {
    let mut mentioned: Vec<&str> = constants
        .iter()
        .filter_map(|value| match value {
            Value::Text(text) => Some(&**text),
            _ => None,
        })
        .collect();
    mentioned.sort_unstable();
    mentioned.dedup();
    // Only the empty text has no character.
    let rest = (max != Some(0) || mentioned.is_empty()).then_some(Cell::OtherTexts);
    mentioned.into_iter().map(|text| Cell::Text(text.into())).chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cells(ty: Type, optional: bool, constants: &[Decimal]) -> Cells {
        let path = Path {
            root: crate::model::Root::Field(crate::model::FieldId(0)),
            steps: Vec::new(),
            text: "x".into(),
            ty,
            optional,
        };
        let constants: Vec<Value> = constants.iter().map(|number| Value::Number(*number)).collect();
        Cells::new(&Model::default(), None, &path, &constants.iter().collect::<Vec<_>>())
    }

    fn range(low: i64, high: i64, open: bool) -> Bounds {
        Bounds { low: Some(low.into()), high: Some(high.into()), open }
    }

    #[test]
    fn cells_without_a_value_are_left_out() {
        let shown = |cells: Cells| format!("{:?}", cells.cells);
        assert_eq!(
            shown(cells(Type::Int(range(0, 3, false)), false, &[1.into(), 2.into()])),
            "[Point(0), Point(1), Point(2), Point(3)]"
        );
        assert_eq!(shown(cells(Type::Int(range(1, 3, true)), false, &[])), "[Point(1), Point(2)]");
        assert_eq!(
            shown(cells(Type::Number(range(0, 1, true)), true, &[])),
            "[Point(0), Between(Some(0), Some(1)), Absent]"
        );
        assert_eq!(
            shown(cells(Type::Number(Bounds::default()), false, &[5.into()])),
            "[Between(None, Some(5)), Point(5), Between(Some(5), None)]"
        );
    }

    /// A value that stands for a cell.
    fn inside(cell: &Cell, discrete: bool) -> Option<Decimal> {
        let step = if discrete { Decimal::ONE } else { Decimal::new(5, 1) };
        match cell {
            Cell::Point(number) => Some(*number),
            Cell::Between(Some(low), _) => Some(low + step),
            Cell::Between(None, Some(high)) => Some(high - step),
            Cell::Between(None, None) => Some(Decimal::ZERO),
            _ => None,
        }
    }

    proptest! {
        /// A test lets a cell pass exactly if it lets a value of it pass.
        #[test]
        fn tests_choose_cells_by_their_values(
            constants in prop::collection::vec(0_i64..6, 1..5),
            at in any::<prop::sample::Index>(),
            low in 0_i64..3, width in 1_i64..4, open: bool, discrete: bool, optional: bool,
            op in prop::sample::select(vec![
                CompareOp::Is, CompareOp::IsNot, CompareOp::Less,
                CompareOp::AtMost, CompareOp::Greater, CompareOp::AtLeast,
            ]),
        ) {
            let constants: Vec<Decimal> = constants.into_iter().map(Decimal::from).collect();
            let bounds = range(low, low + width, open);
            let ty = if discrete { Type::Int(bounds) } else { Type::Number(bounds) };
            let cells = cells(ty, optional, &constants);
            let constant = constants[at.index(constants.len())];
            let passing = cells.passing(&Test::Compare(op, Value::Number(constant)));
            for (index, cell) in cells.cells.iter().enumerate() {
                let passes = inside(cell, discrete).is_some_and(|value| match op {
                    CompareOp::Is => value == constant,
                    CompareOp::IsNot => value != constant,
                    CompareOp::Less => value < constant,
                    CompareOp::AtMost => value <= constant,
                    CompareOp::Greater => value > constant,
                    CompareOp::AtLeast => value >= constant,
                });
                prop_assert_eq!(passing.contains(index as u32), passes, "{:?}", cell);
            }
        }

        #[test]
        fn sets_are_sets(one in prop::collection::vec((0_u32..9, 0_u32..9), 0..4), other in prop::collection::vec((0_u32..9, 0_u32..9), 0..4)) {
            let set = |mut runs: Vec<(u32, u32)>| {
                runs.sort_unstable();
                CellSet::new(runs)
            };
            let (one, other) = (set(one), set(other));
            for cell in 0..9 {
                prop_assert_eq!(one.union(&other).contains(cell), one.contains(cell) || other.contains(cell));
                prop_assert_eq!(one.intersection(&other).contains(cell), one.contains(cell) && other.contains(cell));
                prop_assert_eq!(one.complement(9).contains(cell), !one.contains(cell));
            }
        }
    }
}
