//! The results as JUnit XML, for CI servers: a suite a flow, a case a scenario.
//!
//! Must not know: other formats.

use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::BytesText;

use super::Results;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::render::Look;
use crate::scenarios::Tested;

type Xml = Writer<Vec<u8>>;

pub(super) fn render(results: Results<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    let (tests, failures) = counts(results.tested);
    let root = xml.create_element("testsuites").with_attributes([
        ("name", "baton test"),
        ("tests", tests.as_str()),
        ("failures", failures.as_str()),
    ]);
    root.write_inner_content(|xml| results.by_flow().try_for_each(|flow| suite(results, flow, xml)))?;
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    out.write_all(&xml.into_inner())?;
    writeln!(out)
}

/// How many cases there are, and how many of them failed.
fn counts(tested: &[Tested]) -> (String, String) {
    let failed = tested.iter().filter(|tested| tested.failure.is_some()).count();
    (tested.len().to_string(), failed.to_string())
}

fn suite(results: Results<'_>, flow: &[Tested], xml: &mut Xml) -> io::Result<()> {
    let name = flow.first().map_or("", |tested| tested.scenario.flow.as_str());
    let (tests, failures) = counts(flow);
    let suite = xml.create_element("testsuite").with_attributes([
        ("name", name),
        ("tests", tests.as_str()),
        ("failures", failures.as_str()),
    ]);
    suite.write_inner_content(|xml| flow.iter().try_for_each(|tested| case(results, tested, xml)))?;
    Ok(())
}

fn case(results: Results<'_>, tested: &Tested, xml: &mut Xml) -> io::Result<()> {
    let file = results.sources.file(tested.scenario.span.file);
    let line = file.line_column(tested.scenario.span.start).line.to_string();
    let title = allowed(&tested.scenario.title);
    let case = xml.create_element("testcase").with_attributes([
        ("classname", tested.scenario.flow.as_str()),
        ("name", title.as_str()),
        ("file", file.path()),
        ("line", line.as_str()),
    ]);
    match &tested.failure {
        None => drop(case.write_empty()?),
        Some(failure) => drop(case.write_inner_content(|xml| failed(results, failure, xml))?),
    }
    Ok(())
}

/// The message, and as the text what people are shown.
fn failed(results: Results<'_>, failure: &Diagnostic, xml: &mut Xml) -> io::Result<()> {
    let shown = results.shown(std::slice::from_ref(failure), Look::plain())?;
    let (message, shown) = (allowed(&failure.message), allowed(&String::from_utf8_lossy(&shown)));
    let failure =
        xml.create_element("failure").with_attributes([("type", failure.code.id()), ("message", &message)]);
    failure.write_text_content(BytesText::new(&shown))?;
    Ok(())
}

/// The text without the characters that XML has no way to write.
fn allowed(text: &str) -> String {
    let allowed =
        |c: char| matches!(c, '\t' | '\n' | '\r') || c >= ' ' && !matches!(c, '\u{fffe}' | '\u{ffff}');
    text.chars().map(|c| if allowed(c) { c } else { '\u{fffd}' }).collect()
}
