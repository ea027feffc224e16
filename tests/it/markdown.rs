//! Markdown as far as tests run it: fenced blocks and links.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// A fenced block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// Its info string: `flow broken.flow`.
    pub(crate) info: String,
    /// What stands between the fences.
    pub(crate) text: String,
    /// Where that text stands in the document.
    pub(crate) range: Range<usize>,
    /// The words of the heading above it.
    pub(crate) heading: String,
}

/// The fenced blocks, in order.
pub(crate) fn blocks(document: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let (mut open, mut in_heading, mut heading) = (false, false, String::new());
    for (event, range) in parser(document) {
        match event {
            Event::Start(Tag::Heading { .. }) => {
                in_heading = true;
                heading.clear();
            }
            Event::End(TagEnd::Heading(_)) => in_heading = false,
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                open = true;
                let at = range.start + document[range].find('\n').map_or(0, |at| at + 1);
                let block = Block {
                    info: info.to_string(),
                    text: String::new(),
                    range: at..at,
                    heading: heading.clone(),
                };
                blocks.push(block);
            }
            Event::End(TagEnd::CodeBlock) => open = false,
            Event::Text(text) if open => {
                let block = blocks.last_mut().unwrap();
                block.text.push_str(&text);
                block.range.end = range.end;
            }
            Event::Text(text) | Event::Code(text) if in_heading => heading.push_str(&text),
            _ => {}
        }
    }
    blocks
}

/// The targets of all links and images.
pub(crate) fn links(document: &str) -> Vec<String> {
    let target = |(event, _)| match event {
        Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => Some(dest_url.to_string()),
        _ => None,
    };
    parser(document).filter_map(target).collect()
}

/// The anchors of all headings, as repository pages make them.
pub(crate) fn anchors(document: &str) -> Vec<String> {
    let mut anchors = Vec::new();
    let mut heading: Option<String> = None;
    for (event, _) in parser(document) {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => anchors.extend(heading.take().map(|words| anchor(&words))),
            Event::Text(text) | Event::Code(text) => {
                if let Some(words) = &mut heading {
                    words.push_str(&text);
                }
            }
            _ => {}
        }
    }
    anchors
}

fn anchor(words: &str) -> String {
    let keep = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    words.to_lowercase().chars().filter(keep).map(|c| if c == ' ' { '-' } else { c }).collect()
}

fn parser(document: &str) -> impl Iterator<Item = (Event<'_>, Range<usize>)> {
    Parser::new_ext(document, Options::ENABLE_TABLES).into_offset_iter()
}
