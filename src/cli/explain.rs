//! `baton explain`: the page of a code, with light styling where there are colours, else as Markdown.
//!
//! Must not know: any rule; the pages are those of `docs/checks`.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use clap::Args;

use super::output::Output;
use super::{Failure, Outcome};
use crate::diagnostics::Code;

#[derive(Args, Debug)]
pub(super) struct ExplainArguments {
    /// A code or its name: `B305`, `unbounded-loop`
    #[arg(value_name = "CODE")]
    code: String,
}

pub(super) fn run(arguments: &ExplainArguments, out: &mut Output) -> Result<Outcome, Failure> {
    let Some(code) = Code::find(&arguments.code) else {
        let failure = Failure::new(format!("there is no code `{}`", arguments.code));
        return Err(match Code::nearest(&arguments.code) {
            Some(code) => failure.help(format!("did you mean `{}` ({})?", code.id(), code.slug())),
            None => failure.help("`baton check` prints the code of each finding, such as `B305`"),
        });
    };
    if out.colour() {
        styled(code.page(), out)?
    } else {
        out.write_all(code.page().as_bytes())?
    }
    Ok(Outcome::Clean)
}

/// Markdown as far as the pages use it: headings, fences, `code`, **strong**, links.
fn styled(page: &str, out: &mut dyn Write) -> io::Result<()> {
    let mut fenced = false;
    for line in page.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
        } else if fenced {
            writeln!(out, "    {}", example(line))?;
        } else if line.starts_with('#') {
            let heading = Style::new().bold().underline();
            writeln!(out, "{heading}{}{heading:#}", line.trim_start_matches(['#', ' ']))?;
        } else {
            writeln!(out, "{}", prose(line))?;
        }
    }
    Ok(())
}

/// A line of an example; the marker that tests look for becomes a comment in yellow.
fn example(line: &str) -> String {
    let mark = Style::new().fg_color(Some(AnsiColor::Yellow.into()));
    match line.split_once("//~ ") {
        Some((text, codes)) => format!("{text}{mark}// {codes}{mark:#}"),
        None => line.to_owned(),
    }
}

fn prose(line: &str) -> String {
    let code = Style::new().fg_color(Some(AnsiColor::Cyan.into()));
    let line = without_targets(line);
    alternating(&alternating(&line, "`", code), "**", Style::new().bold())
}

/// Every second part of what `mark` divides gets the style; an odd mark stays.
fn alternating(line: &str, mark: &str, style: Style) -> String {
    let mut rest = line;
    let mut styled = String::with_capacity(line.len());
    while let Some((before, inside, after)) = between(rest, mark, mark) {
        styled.push_str(&format!("{before}{style}{inside}{style:#}"));
        rest = after;
    }
    styled + rest
}

/// `[words](target)` becomes `words`.
fn without_targets(line: &str) -> String {
    let mut rest = line;
    let mut words = String::with_capacity(line.len());
    while let Some((before, _, after)) = between(rest, "](", ")") {
        let start = before.rfind('[').unwrap_or(before.len());
        let (lead, text) = before.split_at(start);
        words.push_str(lead);
        words.push_str(text.strip_prefix('[').unwrap_or(text));
        rest = after;
    }
    words + rest
}

/// What stands before `open`, up to `close`, and behind it.
fn between<'a>(text: &'a str, open: &str, close: &str) -> Option<(&'a str, &'a str, &'a str)> {
    let (before, rest) = text.split_once(open)?;
    let (inside, after) = rest.split_once(close)?;
    Some((before, inside, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_become_styles_and_links_their_words() {
        let line = prose("see [B020](B020-type-mismatch.md), `max 3` and **why**; 2 ` 3");
        let plain = anstream::adapter::strip_str(&line).to_string();
        assert_eq!(plain, "see B020, max 3 and why; 2 ` 3");
        assert_ne!(line, plain);
    }
}
