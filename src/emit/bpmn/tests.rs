//! The files of examples, read again: whole they keep everything; with any element taken out of them, the reading says that
//! something is lost.

use quick_xml::Reader;
use quick_xml::events::Event;
use rayon::prelude::*;

use super::*;
use crate::emit::asl::tests::planned;
use crate::plan::Kind;

/// What people read, and where it is written.
const FREE: &[&str] = &["bpmn:documentation", "bpmndi:BPMNLabel", "di:waypoint"];

/// The bytes of each element of a file, and its name. What is below a free one is not among them.
fn elements(text: &str) -> Vec<(std::ops::Range<usize>, String)> {
    let mut reader = Reader::from_str(text);
    let mut open: Vec<(usize, String)> = Vec::new();
    let mut found = Vec::new();
    loop {
        let start = usize::try_from(reader.buffer_position()).unwrap();
        let end = |reader: &Reader<&[u8]>| usize::try_from(reader.buffer_position()).unwrap();
        match reader.read_event().unwrap() {
            Event::Start(tag) => open.push((start, tag.name().as_ref().to_owned())),
            Event::Empty(tag) => found.push((start..end(&reader), tag.name().as_ref().to_owned())),
            Event::End(_) => {
                let (start, name) = open.pop().unwrap();
                found.push((start..end(&reader), name));
            }
            Event::Eof => break,
            _ => {}
        }
    }
    let free = |name: &String| FREE.contains(&name.as_str());
    let hidden: Vec<_> = found.iter().filter(|(_, name)| free(name)).map(|(span, _)| span.clone()).collect();
    let inside = |span: &std::ops::Range<usize>| {
        hidden.iter().any(|outer| outer.start <= span.start && span.end <= outer.end)
    };
    found.into_iter().filter(|(span, _)| !inside(span)).collect()
}

#[test]
fn whatever_is_taken_out_is_missed() {
    let mut all = 0;
    let various = [
        planned("content_refresh", include_str!("../../../examples/content_refresh.flow")),
        planned("release_approval", include_str!("../../../examples/release_approval.flow")),
    ];
    for plan in various {
        let expected = reread::Expected::new(&plan, None);
        for file in emit(&plan, &Options::default()).unwrap() {
            let Some(name) = file.path.strip_suffix(".bpmn") else { continue };
            let name = name.split_once('/').unwrap().1;
            assert_eq!(reread::lost(&expected, name, &file.text), Vec::<String>::new());
            let elements = elements(&file.text);
            all += elements.len();
            let unnoticed: Vec<_> = elements
                .par_iter()
                .filter(|(span, _)| {
                    let changed = [&file.text[..span.start], &file.text[span.end..]].concat();
                    reread::lost(&expected, name, &changed).is_empty()
                })
                .map(|(span, _)| file.text[span.clone()].to_owned())
                .collect();
            assert_eq!(unnoticed, Vec::<String>::new(), "{}", file.path);
        }
    }
    assert!(all > 3_000, "only {all} elements were found");
}

#[test]
fn wrong_times_bounds_and_targets_are_noticed() {
    let plan = planned("content_refresh", include_str!("../../../examples/content_refresh.flow"));
    let expected = reread::Expected::new(&plan, None);
    for file in emit(&plan, &Options::default()).unwrap().iter().filter(|file| file.path.ends_with(".bpmn")) {
        for (what, other) in [
            (">PT30M<", ">PT31M<"),
            (">P1D<", ">P2D<"),
            ("&lt; 3</bpmn:cond", "&lt; 4</bpmn:cond"),
            ("targetRef=\"drafting.in\"", "targetRef=\"tidying\""),
            ("attachedToRef=\"drafting\"", "attachedToRef=\"tidying\""),
            ("reply.made.quality &gt;= 0.6</", "reply.made.quality &gt;= 0.7</"),
            ("errorRef=\"error-unaccepted\"", "errorRef=\"error-failed\""),
            ("default=\"drafting.decide.to.drafting.gap\"", ""),
        ] {
            let changed = file.text.replacen(what, other, 1);
            assert_ne!(changed, file.text, "{what} {}", file.path);
            assert_ne!(reread::lost(&expected, "content_refresh", &changed), Vec::<String>::new(), "{what}");
        }
    }
}

#[test]
fn not_all_runs_can_be_waited_for() {
    let mut plan = planned("release_approval", include_str!("../../../examples/release_approval.flow"));
    for state in plan.flows.values_mut().flat_map(|flow| flow.states.values_mut()) {
        if let Kind::Call(call) = &mut state.kind {
            call.join = 1;
        }
    }
    let refused = emit(&plan, &Options::default()).unwrap_err();
    let messages: Vec<_> = refused.iter().map(|found| found.message.as_str()).collect();
    assert_eq!(messages, ["a process can't go on after 1 of the 3 runs of `sign_offs`: it waits for all"]);
}

#[test]
fn times_are_written_as_iso_8601_has_them() {
    for (seconds, text) in
        [(1, "PT1S"), (1800, "PT30M"), (86_400, "P1D"), (93_784, "P1DT2H3M4S"), (0, "PT0S")]
    {
        assert_eq!(iso(seconds), text);
    }
}
