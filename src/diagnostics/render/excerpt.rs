//! The few lines of text that a finding is about, ready for miette: from several files, clipped, harmless.
//!
//! Must not know: diagnostics, colours. The text is copied, so that files of hundreds of megabytes and lines of
//! one megabyte cost no more than small ones, and a report owns all that it shows.

use std::ops::Range;

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use super::plain::{harmless, one_line};
use crate::source::{FileId, SourceFile, Sources, Span};

/// A line is shown whole up to so many bytes.
const LONG_LINE: usize = 240;
/// Of a longer line, so many bytes before and after the place are shown.
const AROUND: usize = 60;
/// No more than so many bytes of a place are underlined.
const LONG_PLACE: usize = 160;

/// Excerpts as one virtual text, one after the other, each with its file's name and line numbers.
#[derive(Clone, Debug)]
pub(super) struct Excerpts {
    chunks: Vec<Chunk>,
}

/// Consecutive text of one file.
#[derive(Clone, Debug)]
struct Chunk {
    path: String,
    text: String,
    /// Where it begins in the virtual text.
    base: usize,
    /// Its line in the file, from 0.
    line: usize,
    /// The column of its first character, from 0.
    column: usize,
}

/// Bytes of one file.
#[derive(Clone, Debug)]
struct Window {
    file: FileId,
    bytes: Range<usize>,
}

impl Excerpts {
    /// The surroundings of all places, and where each place lies in the virtual text. The excerpt with the first
    /// place comes first, the others in the order of the files.
    pub(super) fn new(sources: &Sources, places: &[Span]) -> (Excerpts, Vec<Range<usize>>) {
        let places: Vec<Window> = places.iter().map(|&place| shortened(sources, place)).collect();
        let mut windows = merged(places.iter().map(|place| surroundings(sources, place)).collect());
        if let Some(first) = places.first() {
            windows.sort_by_key(|window| !window.covers(first)); // stable
        }
        let mut chunks: Vec<Chunk> = Vec::with_capacity(windows.len());
        for window in &windows {
            let base = chunks.last().map_or(0, |chunk| chunk.base + chunk.text.len() + 1);
            chunks.push(Chunk::new(sources.file(window.file), window, base));
        }
        let found = places.iter().map(|place| {
            let (window, chunk) = windows.iter().zip(&chunks).find(|(window, _)| window.covers(place))?;
            let start = chunk.base + place.bytes.start - window.bytes.start;
            Some(start..start + place.bytes.len())
        });
        let found = found.map(Option::unwrap_or_default).collect(); // each lies in its surroundings
        (Excerpts { chunks }, found)
    }

    /// There is no text to show.
    pub(super) fn is_empty(&self) -> bool {
        self.chunks.iter().all(|chunk| chunk.text.is_empty())
    }
}

impl Window {
    fn covers(&self, place: &Window) -> bool {
        self.file == place.file && self.bytes.start <= place.bytes.start && place.bytes.end <= self.bytes.end
    }
}

impl Chunk {
    fn new(file: &SourceFile, window: &Window, base: usize) -> Chunk {
        let text = file.text();
        let mut shown = harmless(text.get(window.bytes.clone()).unwrap_or("")).into_owned();
        if shown.ends_with('\r') {
            shown.pop();
        }
        let start = file.line_column(u32::try_from(window.bytes.start).unwrap_or(u32::MAX));
        let (line, mut column) = (start.line - 1, start.column - 1);
        if !starts_line(text, window.bytes.start) && mark_cut(&mut shown, 0) {
            column += 2;
        }
        if !ends_line(text, window.bytes.end) {
            let end = shown.len().saturating_sub(3);
            mark_cut(&mut shown, end);
        }
        Chunk { path: one_line(file.path()).into_owned(), text: shown, base, line, column }
    }

    fn whole(&self) -> MietteSpanContents<'_> {
        let span = (self.base, self.text.len()).into();
        let lines = self.text.lines().count();
        self.contents(&self.text, span, self.line, 0, lines)
    }

    fn place(&self, span: &SourceSpan) -> MietteSpanContents<'_> {
        let start = span.offset() - self.base;
        let before = self.text.get(..start).unwrap_or("");
        let line = before.matches('\n').count();
        let column = before.chars().rev().take_while(|&c| c != '\n').count();
        let column = if line == 0 { self.column + column } else { column };
        let text = self.text.get(start..start + span.len()).unwrap_or("");
        self.contents(text, *span, self.line + line, column, 1)
    }

    fn contents<'a>(
        &self,
        text: &'a str,
        span: SourceSpan,
        line: usize,
        column: usize,
        lines: usize,
    ) -> MietteSpanContents<'a> {
        MietteSpanContents::new_named(self.path.clone(), text.as_bytes(), span, line, column, lines)
    }
}

/// The place as far as it is underlined: on its first line, and not too long.
fn shortened(sources: &Sources, place: Span) -> Window {
    let text = sources.file(place.file).text();
    let start = boundary(text, place.start as usize);
    let end = boundary(text, (place.end as usize).min(start + LONG_PLACE)).max(start);
    let line = text.get(start..end).unwrap_or("").split(['\n', '\r']).next().unwrap_or("");
    Window { file: place.file, bytes: start..start + line.len() }
}

/// The line of the place with one line before and after, or as much of them as is not too long.
fn surroundings(sources: &Sources, place: &Window) -> Window {
    let text = sources.file(place.file).text();
    let line = line_around(text, &place.bytes);
    if line.len() > LONG_LINE {
        let start = boundary(text, place.bytes.start.saturating_sub(AROUND).max(line.start));
        let end = boundary(text, (place.bytes.end + AROUND).min(line.end));
        return Window { file: place.file, bytes: start..end.max(place.bytes.end) };
    }
    let before = line.start.checked_sub(1).map(|end| line_around(text, &(end..end)));
    let after = (line.end < text.len()).then(|| line_around(text, &(line.end + 1..line.end + 1)));
    let short = |line: &Range<usize>| line.len() <= LONG_LINE;
    let start = before.filter(short).map_or(line.start, |before| before.start);
    let end =
        after.filter(|after| short(after) && after.start < text.len()).map_or(line.end, |after| after.end);
    Window { file: place.file, bytes: start..end }
}

/// The line that holds the bytes, without its line end. Of a long line only so much that one sees that it is long.
fn line_around(text: &str, bytes: &Range<usize>) -> Range<usize> {
    let earliest = boundary(text, bytes.start.saturating_sub(LONG_LINE + 4));
    let latest = boundary(text, bytes.end + LONG_LINE + 4);
    let before = text.get(earliest..bytes.start).unwrap_or("");
    let after = text.get(bytes.end..latest).unwrap_or("");
    let start = before.rfind('\n').map_or(earliest, |at| earliest + at + 1);
    let end = after.find('\n').map_or(latest, |at| bytes.end + at);
    start..end
}

/// Windows that touch or overlap become one; in the order of files and bytes.
fn merged(mut windows: Vec<Window>) -> Vec<Window> {
    windows.sort_by_key(|window| (window.file, window.bytes.start));
    let mut merged: Vec<Window> = Vec::with_capacity(windows.len());
    for window in windows {
        match merged.last_mut() {
            Some(last) if last.file == window.file && window.bytes.start <= last.bytes.end + 1 => {
                last.bytes.end = last.bytes.end.max(window.bytes.end);
            }
            _ => merged.push(window),
        }
    }
    merged
}

/// The nearest character boundary at or before `at`.
fn boundary(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (at.saturating_sub(3)..=at).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

fn starts_line(text: &str, at: usize) -> bool {
    text.get(..at).is_none_or(|before| before.is_empty() || before.ends_with('\n'))
}

fn ends_line(text: &str, at: usize) -> bool {
    text.get(at..).is_none_or(|after| after.is_empty() || after.starts_with(['\n', '\r']))
}

/// Puts `…` over three bytes where a line was cut, if they are ASCII, so that offsets stay.
fn mark_cut(text: &mut String, at: usize) -> bool {
    let plain = text.get(at..at + 3).is_some_and(|cut| cut.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
    if plain {
        text.replace_range(at..at + 3, "…");
    }
    plain
}

impl SourceCode for Excerpts {
    /// Whole excerpts, whatever context is asked for; without context, just the place.
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let end = span.offset() + span.len();
        let holds = |chunk: &&Chunk| chunk.base <= span.offset() && end <= chunk.base + chunk.text.len();
        let chunk = self.chunks.iter().find(holds).ok_or(MietteError::OutOfBounds)?;
        Ok(Box::new(if before + after == 0 { chunk.place(span) } else { chunk.whole() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, start: usize, end: usize) -> String {
        let mut sources = Sources::new();
        let file = sources.add("a.flow", text);
        let (excerpts, found) = Excerpts::new(&sources, &[Span::new(file, start, end)]);
        let all: String = excerpts.chunks.iter().map(|chunk| chunk.text.as_str()).collect();
        format!("{all}|{}", &all[found[0].clone()])
    }

    #[test]
    fn one_line_of_context_on_each_side() {
        assert_eq!(shown("a\nb\nc d\ne\nf", 4, 5), "b\nc d\ne|c");
        assert_eq!(shown("a\r\nb\r\n", 0, 1), "a\r\nb|a");
    }

    #[test]
    fn the_end_of_the_text_is_a_place() {
        assert_eq!(shown("a\nb", 3, 3), "a\nb|");
        assert_eq!(shown("a\n", 2, 2), "a\n|");
        assert_eq!(shown("", 0, 0), "|");
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let text = format!("short\n{}HERE{}\nshort", "é".repeat(500_000), "x".repeat(500_000));
        let at = text.find("HERE").unwrap();
        let shown = shown(&text, at, at + 4);
        assert_eq!(shown, format!("{}HERE{}…|HERE", "é".repeat(30), "x".repeat(57)));
    }

    #[test]
    fn a_place_of_many_lines_is_its_first() {
        assert_eq!(shown("flow a {\n}\n}\n", 0, 10), "flow a {\n}|flow a {");
    }

    #[test]
    fn lines_and_columns_are_those_of_the_file() {
        let mut sources = Sources::new();
        let text = format!("\n\n{}HERE", "x".repeat(1000));
        let file = sources.add("a.flow", text);
        let (excerpts, found) = Excerpts::new(&sources, &[Span::new(file, 1002, 1006)]);
        let span = (found[0].start, 4).into();
        let place = excerpts.read_span(&span, 0, 0).unwrap();
        assert_eq!((place.line(), place.column(), place.name()), (2, 1000, Some("a.flow")));
    }
}
