//! Every page of `docs/checks` is executed: the bad example gives just its code, the good one gives nothing.

use baton::diagnostics::Code;

use crate::markdown::{Block, blocks};
use crate::support::{Mark, check_all, marks, mismatches, none, tested};

/// Reported by `build`, or not of a text: the first example is clean for `check` and `test`.
const NOT_OF_A_CHECK: [Code; 2] = [Code::Io, Code::NotExpressible];

#[test]
fn bad_examples_give_their_code_and_good_ones_nothing() {
    none(Code::all().flat_map(differences).collect(), "differences between the pages and the findings");
}

#[test]
fn every_page_shows_a_bad_example_and_its_repair() {
    for code in Code::all().filter(|&code| code != Code::Io) {
        let cases = cases(code.page());
        let of = |heading: &str| cases.iter().filter(|case| case.heading == heading).count();
        assert!(of("Example") >= 1 && of("Repair") >= 1, "{}: a bad and a good example are due", code.id());
        let marked =
            cases.iter().filter(|case| case.heading == "Example").all(|case| !case.marks().is_empty());
        assert!(marked, "{}: a bad example without a marker", code.id());
    }
}

/// One example: the first file is checked, the others are there to be used.
struct Case {
    heading: String,
    files: Vec<(String, String)>,
}

impl Case {
    fn marks(&self) -> Vec<Mark> {
        self.files.iter().flat_map(|(path, text)| marks(path, text)).collect()
    }
}

/// A block without a file's name begins a case; named ones belong to the case before them.
fn cases(page: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for Block { info, text, heading, .. } in blocks(page) {
        match info.split_whitespace().collect::<Vec<_>>()[..] {
            ["flow"] => cases.push(Case { heading, files: vec![("main.flow".to_owned(), text)] }),
            ["flow", name] => match cases.last_mut().filter(|case| case.heading == heading) {
                Some(case) => case.files.push((name.to_owned(), text)),
                None => cases.push(Case { heading, files: vec![(name.to_owned(), text)] }),
            },
            _ => {}
        }
    }
    cases
}

fn differences(code: Code) -> Vec<String> {
    let check = |case: Case| {
        let files: Vec<(&str, &str)> =
            case.files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        let mut expected = case.marks();
        let foreign: Vec<Mark> = expected.iter().filter(|mark| mark.code != code).cloned().collect();
        expected.retain(|mark| !NOT_OF_A_CHECK.contains(&mark.code));
        let mut wrong = mismatches(&tested(check_all(&files)), &expected);
        wrong.extend(
            foreign.iter().map(|mark| format!("line {}: the page marks {}", mark.line, mark.code.id())),
        );
        let name = format!("{}, {}", code.id(), case.heading);
        wrong.into_iter().map(move |line| format!("{name}: {line}")).collect::<Vec<_>>()
    };
    cases(code.page()).into_iter().flat_map(check).collect()
}

/// The examples of a page: of each its files by name, the one that is checked first.
pub(crate) fn examples(code: Code) -> Vec<Vec<(String, String)>> {
    cases(code.page()).into_iter().map(|case| case.files).collect()
}

/// The bad example of a page, without its markers.
pub(crate) fn broken(code: Code) -> String {
    example(code, "Example")
        .lines()
        .map(|line| line.split(" //~").next().unwrap().to_owned() + "\n")
        .collect()
}

/// The good example of a page.
pub(crate) fn repaired(code: Code) -> String {
    example(code, "Repair")
}

fn example(code: Code, heading: &str) -> String {
    let case = cases(code.page()).into_iter().find(|case| case.heading == heading).unwrap();
    case.files[0].1.clone()
}
