//! Sets of values in an author's words: as a guard that takes just these, and as one readable example.
//!
//! Must not know: which rule speaks of them.

use rust_decimal::Decimal;

use super::facts::FlowFacts;
use crate::analysis::guards::{Cell, CellSet, Cells, Region, Space};
use crate::model::words::{amount, text};
use crate::model::{Flow, Kind, Model, Path, PathId, Root, Type};

/// More members than this are told by those that are left out, if they are fewer.
const LISTED: usize = 3;

/// What it takes to speak of a flow's values.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Values<'m> {
    model: &'m Model,
    space: &'m Space<'m>,
}

/// A number that ends a stretch of them.
#[derive(Clone, Copy, PartialEq, Debug)]
struct End {
    number: Decimal,
    /// It belongs to the stretch.
    closed: bool,
}

/// Numbers between two ends; `None` is without end.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    low: Option<End>,
    high: Option<End>,
    /// It begins where the type does, ends where the type does.
    whole: (bool, bool),
}

impl<'m> Values<'m> {
    pub(super) fn of(facts: &'m FlowFacts<'m>) -> Values<'m> {
        Values::new(&facts.guards.space)
    }

    pub(crate) fn new(space: &'m Space<'m>) -> Values<'m> {
        Values { model: space.model(), space }
    }

    /// `quality in 0.7..<0.8 and risk is high`; `None` for everything.
    pub(super) fn guard(self, region: &[(PathId, CellSet)]) -> Option<String> {
        let tests: Vec<_> = region.iter().filter_map(|(path, cells)| self.test(*path, cells)).collect();
        let alone = tests.len() == 1;
        let said = tests.into_iter().map(|test| if alone { test.words } else { test.in_a_row() });
        let said = said.collect::<Vec<_>>().join(" and ");
        (!said.is_empty()).then_some(said)
    }

    /// The guards of several regions, any of which may hold.
    pub(super) fn any(self, regions: &[Region]) -> Option<String> {
        let guards: Option<Vec<_>> = regions.iter().map(|region| self.guard(&region.cells)).collect();
        guards.map(|guards| guards.join(" or "))
    }

    /// `` `quality = 0.7` with `risk = high` and `reviewed = true` ``; `None` for anything.
    pub(super) fn example(self, region: &Region) -> Option<String> {
        let values = region.example.iter().filter_map(|(path, cells)| self.value(*path, cells));
        let said: Vec<_> = values.map(|value| format!("`{value}`")).collect();
        let (first, others) = said.split_first()?;
        Some(match others {
            [] => first.clone(),
            others => format!("{first} with {}", others.join(" and ")),
        })
    }

    fn path(self, id: PathId) -> &'m Path {
        let flow: &'m Flow = self.space.flow();
        &flow[id]
    }

    /// A test that just these cells of a path pass.
    fn test(self, id: PathId, set: &CellSet) -> Option<Said> {
        let (path, cells) = (self.path(id), self.space.cells(id));
        let values = set.intersection(&cells.present());
        let absent = !set.intersection(&cells.absent()).is_empty();
        let name = &path.text;
        let mut any = Vec::new();
        if absent {
            any.push(format!("{name} is absent"));
        }
        match (values == cells.present(), absent || cells.absent().is_empty()) {
            (true, true) => return None,
            (true, false) => any.push(format!("{name} is present")),
            (false, _) => any.extend(self.tests_of_values(id, &values)),
        }
        Some(Said { several: any.len() > 1, words: any.join(" or ") })
    }

    /// Tests one of which each of these values passes.
    fn tests_of_values(self, id: PathId, values: &CellSet) -> Vec<String> {
        let (path, cells) = (self.path(id), self.space.cells(id));
        let name = &path.text;
        match values.iter().next().and_then(|first| cells.get(first)) {
            None => Vec::new(),
            Some(Cell::Truth(truth)) => {
                vec![if *truth { name.to_string() } else { format!("{name} is false") }]
            }
            Some(Cell::Point(_) | Cell::Between(..)) => {
                stretches(cells, values, &path.ty).map(|stretch| numbers(path, stretch)).collect()
            }
            Some(_) => vec![self.listed(id, values)],
        }
    }

    /// `risk is high`, `risk in {low, medium}`, `risk is not high`
    fn listed(self, id: PathId, values: &CellSet) -> String {
        let cells = self.space.cells(id);
        let name = &self.path(id).text;
        let rest = values.complement(cells.count()).intersection(&cells.present());
        let (inside, outside) = (self.names(id, values), self.names(id, &rest));
        match (inside, outside) {
            (Some(inside), outside)
                if inside.len() <= LISTED
                    || outside.as_ref().is_none_or(|outside| inside.len() <= outside.len()) =>
            {
                match inside.as_slice() {
                    [only] => format!("{name} is {only}"),
                    inside => format!("{name} in {{{}}}", inside.join(", ")),
                }
            }
            (_, outside) => {
                let not =
                    outside.unwrap_or_default().into_iter().map(|value| format!("{name} is not {value}"));
                not.collect::<Vec<_>>().join(" and ")
            }
        }
    }

    /// The members, options or texts in these cells; `None` if they can't be counted up.
    fn names(self, id: PathId, set: &CellSet) -> Option<Vec<String>> {
        let (path, cells) = (self.path(id), self.space.cells(id));
        let member = |names: &'m [crate::model::Name]| {
            let total = u32::try_from(names.len()).unwrap_or(u32::MAX);
            let chosen = cells.members(set, total);
            chosen.into_iter().filter_map(|at| Some(names.get(at as usize)?.text.to_string())).collect()
        };
        match &path.ty {
            Type::Enum(id) => Some(member(&self.model[*id].members)),
            Type::Options(_) => self.options(path).map(member),
            _ => set
                .iter()
                .map(|cell| match cells.get(cell) {
                    Some(Cell::Text(mentioned)) => Some(text(mentioned)),
                    _ => None,
                })
                .collect(),
        }
    }

    fn options(self, path: &Path) -> Option<&'m [crate::model::Name]> {
        let Root::Decision(state) = path.root else { return None };
        match &self.space.flow()[state].kind {
            Kind::Approval(approval) => Some(&approval.options),
            _ => None,
        }
    }

    /// `quality = 0.7`
    pub(crate) fn value(self, id: PathId, set: &CellSet) -> Option<String> {
        let (path, cells) = (self.path(id), self.space.cells(id));
        let name = &path.text;
        Some(match cells.get(set.iter().next()?)? {
            Cell::Point(_) | Cell::Between(..) => {
                let number = readable(stretches(cells, set, &path.ty).next()?, &path.ty);
                format!("{name} = {}", amount(number, &path.ty))
            }
            Cell::Truth(truth) => format!("{name} = {truth}"),
            Cell::Text(mentioned) => format!("{name} = {}", text(mentioned)),
            Cell::OtherTexts if cells.present().iter().nth(1).is_none() => format!("{name} present"),
            Cell::OtherTexts => format!("{name} = any other text"),
            Cell::Member(_) | Cell::OtherMembers => format!("{name} = {}", self.names(id, set)?.first()?),
            Cell::Present => format!("{name} present"),
            Cell::Absent => format!("{name} absent"),
        })
    }
}

/// A test in words.
struct Said {
    words: String,
    /// It says `or`.
    several: bool,
}

impl Said {
    /// As one of several that must hold.
    fn in_a_row(self) -> String {
        if self.several { format!("({})", self.words) } else { self.words }
    }
}

/// The stretches of numbers that the runs of cells make up; those of whole numbers have ends that belong to them.
fn stretches<'c>(cells: &'c Cells, set: &'c CellSet, ty: &Type) -> impl Iterator<Item = Stretch> + 'c {
    let discrete = matches!(ty, Type::Int(_));
    let end = move |number: Decimal, towards: Decimal| match discrete {
        true => End { number: number + towards, closed: true },
        false => End { number, closed: false },
    };
    let closed = |number: &Decimal| Some(End { number: *number, closed: true });
    set.runs().iter().map(move |&(first, past)| {
        let low = match cells.get(first) {
            Some(Cell::Point(number)) => closed(number),
            Some(Cell::Between(low, _)) => low.map(|low| end(low, Decimal::ONE)),
            _ => None,
        };
        let high = match past.checked_sub(1).and_then(|last| cells.get(last)) {
            Some(Cell::Point(number)) => closed(number),
            Some(Cell::Between(_, high)) => high.map(|high| end(high, Decimal::NEGATIVE_ONE)),
            _ => None,
        };
        let is_last = cells.present().runs().iter().all(|all| past == all.1);
        Stretch { low, high, whole: (first == 0, is_last) }
    })
}

/// A test that the numbers of a stretch pass.
fn numbers(path: &Path, stretch: Stretch) -> String {
    let name = &path.text;
    let say = |end: End| amount(end.number, &path.ty);
    let above = |low: End| format!("{name} {} {}", if low.closed { ">=" } else { ">" }, say(low));
    let below = |high: End| format!("{name} {} {}", if high.closed { "<=" } else { "<" }, say(high));
    if let (Some(low), Some(high)) = (stretch.low, stretch.high)
        && low == high
    {
        return format!("{name} is {}", say(low));
    }
    let (from_start, to_end) = stretch.whole;
    match (stretch.low.filter(|_| !from_start), stretch.high.filter(|_| !to_end)) {
        (Some(low), Some(high)) if low.closed && !matches!(path.ty, Type::Money(_)) => {
            let dots = if high.closed { ".." } else { "..<" };
            format!("{name} in {}{dots}{}", say(low), say(high))
        }
        (Some(low), Some(high)) => format!("{} and {}", above(low), below(high)),
        (Some(low), None) => above(low),
        (None, Some(high)) => below(high),
        (None, None) => format!("{name} is present"),
    }
}

/// A number of a stretch that is short to read: one inside if there is a short one, else an end that belongs to it.
fn readable(stretch: Stretch, ty: &Type) -> Decimal {
    let ends = [stretch.low, stretch.high].into_iter().flatten().filter(|end| end.closed);
    let ends: Vec<Decimal> = ends.map(|end| end.number).collect();
    for (step, is_short) in steps(ty) {
        let end = ends.iter().find(|end| end.checked_rem(step).is_some_and(|rest| rest.is_zero()));
        let inside = inside(stretch, step);
        match (inside, end) {
            (Some(inside), _) if is_short => return inside,
            (_, Some(end)) if !is_short || ends.len() == 2 && stretch.low == stretch.high => return *end,
            (Some(inside), None) => return inside,
            _ => {}
        }
    }
    ends.first().copied().or(stretch.low.map(|low| low.number)).unwrap_or_default()
}

/// Steps by which numbers of a type are counted, from the coarsest on; and whether their multiples are short to read.
fn steps(ty: &Type) -> impl Iterator<Item = (Decimal, bool)> + use<> {
    let (units, finest_short): (&[u32], _) = match ty {
        Type::Duration => (&[86_400, 3_600, 60], Decimal::ONE),
        Type::Percent => (&[], Decimal::new(1, 2)),
        _ => (&[], Decimal::new(1, 1)),
    };
    let tens = std::iter::successors(Some(Decimal::ONE), |step| step.checked_mul(Decimal::TEN));
    let mut coarse: Vec<Decimal> = match units {
        [] => tens.skip(1).take(27).collect(),
        units => units.iter().rev().map(|&unit| Decimal::from(unit)).collect(),
    };
    coarse.reverse();
    let digits = if matches!(ty, Type::Int(_)) { 0 } else { 28 };
    let fine = (0..=digits).map(|digits| Decimal::new(1, digits));
    coarse.into_iter().chain(fine).map(move |step| (step, step >= finest_short))
}

/// The multiple of a step that lies nearest to the middle of a stretch, without its ends; beyond one end, the first.
fn inside(stretch: Stretch, step: Decimal) -> Option<Decimal> {
    let (low, high) = (stretch.low.map(|end| end.number), stretch.high.map(|end| end.number));
    let within =
        |number: &Decimal| low.is_none_or(|low| low < *number) && high.is_none_or(|high| *number < high);
    let multiple = |number: Decimal| number.checked_div(step)?.round().checked_mul(step);
    match (low, high) {
        (Some(low), Some(high)) => {
            let middle = low.checked_add(high.checked_sub(low)?.checked_div(Decimal::TWO)?)?;
            let near = multiple(middle)?;
            [Some(near), near.checked_sub(step), near.checked_add(step)].into_iter().flatten().find(within)
        }
        _ if step > low.or(high).unwrap_or_default().abs().max(Decimal::ONE) => None,
        (Some(low), None) => multiple(low)?.checked_add(step).filter(within),
        (None, Some(high)) => multiple(high)?.checked_sub(step).filter(within),
        (None, None) => Some(Decimal::ZERO),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Bounds;

    fn example(low: Option<(&str, bool)>, high: Option<(&str, bool)>, ty: &Type) -> String {
        let end = |(number, closed): (&str, bool)| End { number: number.parse().unwrap(), closed };
        let stretch = Stretch { low: low.map(end), high: high.map(end), whole: (false, false) };
        amount(readable(stretch, ty), ty)
    }

    #[test]
    fn examples_are_short_and_inside_where_they_can_be() {
        let number = Type::Number(Bounds::default());
        let closed = |text| Some((text, true));
        let open = |text| Some((text, false));
        assert_eq!(example(closed("0.7"), open("0.8"), &number), "0.7");
        assert_eq!(example(closed("0.3"), open("0.6"), &number), "0.4");
        assert_eq!(example(open("0.8"), closed("1"), &number), "0.9");
        assert_eq!(example(open("0.5"), open("0.51"), &number), "0.505");
        assert_eq!(example(closed("0.5"), closed("0.5"), &number), "0.5");
        assert_eq!(example(open("5"), None, &number), "6");
        assert_eq!(example(None, open("-20"), &number), "-30");
        assert_eq!(example(None, None, &number), "0");
        assert_eq!(example(closed("100"), closed("599"), &number), "300");
        let int = Type::Int(Bounds::default());
        assert_eq!(example(closed("6"), closed("7"), &int), "6");
        assert_eq!(example(closed("6"), closed("9"), &int), "8");
        assert_eq!(example(open("0.7"), open("0.8"), &Type::Percent), "75%");
        assert_eq!(example(open("3600"), open("7200"), &Type::Duration), "1h30m");
        assert_eq!(example(open("59"), open("60"), &Type::Duration), "59.5s");
        assert_eq!(example(closed("60"), None, &Type::Duration), "2m");
    }
}
