//! Source texts: which files there are, where a byte stands, what a span says.
//!
//! Must not know: what the text means, nor how a file was read. Offsets are bytes; lines and columns
//! count from 1, columns in characters.

use std::sync::{Arc, OnceLock};

/// Which file of a [`Sources`].
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FileId(pub u32);

/// A half-open range of bytes in one file.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The span from byte `start` up to, not including, byte `end`.
    #[must_use]
    pub fn new(file: FileId, start: usize, end: usize) -> Span {
        Span { file, start: offset(start), end: offset(end) }
    }

    /// From the start of `self` to the end of `other`, both in one file.
    #[must_use]
    pub fn to(self, other: Span) -> Span {
        Span { file: self.file, start: self.start, end: other.end }
    }

    /// The empty span where `self` ends.
    #[must_use]
    pub fn end_point(self) -> Span {
        Span { start: self.end, ..self }
    }

    /// Whether all of `inner` lies in it.
    #[must_use]
    pub fn contains(self, inner: Span) -> bool {
        self.file == inner.file && self.start <= inner.start && inner.end <= self.end
    }

    /// As a range of `usize`, for slicing.
    #[must_use]
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// Files are bounded at 512 MiB, so an offset always fits; a longer text is cut at the bound.
fn offset(byte: usize) -> u32 {
    u32::try_from(byte).unwrap_or(u32::MAX)
}

/// A place for people: line and column from 1, the column in characters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct LineColumn {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// One text with the name under which it is shown.
#[derive(Clone, Debug)]
pub struct SourceFile {
    path: String,
    text: Arc<str>,
    lines: OnceLock<Arc<[u32]>>,
    marks: OnceLock<Arc<[u32]>>,
}

/// How many bytes lie between two marks of [`SourceFile::chars_before`].
const MARK: usize = 4096;

impl SourceFile {
    /// The path as shown to people: relative where the user gave it so, with `/` between its parts.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// The byte offsets at which lines start; the first is 0.
    #[must_use]
    pub fn line_starts(&self) -> &[u32] {
        self.lines.get_or_init(|| line_starts(&self.text))
    }

    /// Where byte `at` stands. Offsets past the end count as the end.
    #[must_use]
    pub fn line_column(&self, at: u32) -> LineColumn {
        let starts = self.line_starts();
        let line = starts.partition_point(|&start| start <= at).max(1);
        let start = starts.get(line - 1).copied().unwrap_or(0);
        let column = self.chars_before(at).saturating_sub(self.chars_before(start)) + 1;
        LineColumn { line, column }
    }

    /// How many characters begin before byte `at`: in constant time, however long a line is.
    fn chars_before(&self, at: u32) -> usize {
        let marks = self.marks.get_or_init(|| marks(&self.text));
        let at = (at as usize).min(self.text.len());
        let counted = marks.get(at / MARK).map_or(0, |&count| count as usize);
        let rest = self.text.as_bytes().get(at / MARK * MARK..at).unwrap_or_default();
        counted + rest.iter().filter(|&&byte| begins_char(byte)).count()
    }
}

fn line_starts(text: &str) -> Arc<[u32]> {
    let newlines = text.bytes().enumerate().filter(|&(_, byte)| byte == b'\n');
    std::iter::once(0).chain(newlines.map(|(at, _)| offset(at + 1))).collect()
}

/// The characters before each multiple of [`MARK`].
fn marks(text: &str) -> Arc<[u32]> {
    let counts = text.as_bytes().chunks(MARK).scan(0, |before, chunk| {
        let here = *before;
        *before += offset(chunk.iter().filter(|&&byte| begins_char(byte)).count());
        Some(here)
    });
    counts.collect()
}

/// Whether the byte is not the second or a later one of a character in UTF-8.
fn begins_char(byte: u8) -> bool {
    byte & 0b1100_0000 != 0b1000_0000
}

/// All texts of one run, in the order in which they were added.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
}

impl Sources {
    /// No files yet.
    #[must_use]
    pub fn new() -> Sources {
        Sources::default()
    }

    /// Adds a text under the path by which it is shown.
    pub fn add(&mut self, path: impl Into<String>, text: impl Into<Arc<str>>) -> FileId {
        let id = FileId(offset(self.files.len()));
        self.files.push(SourceFile {
            path: path.into(),
            text: text.into(),
            lines: OnceLock::new(),
            marks: OnceLock::new(),
        });
        id
    }

    /// The file of that id.
    ///
    /// # Panics
    /// Only if the id was made by another `Sources`.
    #[must_use]
    #[allow(clippy::indexing_slicing)] // ids are only made by `add`
    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// What a span says; empty if it does not lie on character boundaries.
    #[must_use]
    pub fn text(&self, span: Span) -> &str {
        self.file(span.file).text.get(span.range()).unwrap_or("")
    }

    /// All files with their ids.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files.iter().enumerate().map(|(index, file)| (FileId(offset(index)), file))
    }

    /// How many files there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there is no file.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_characters_from_one() {
        let mut sources = Sources::new();
        let text = format!("ä\n{}x\n", "é".repeat(2 * MARK));
        let id = sources.add("a.flow", text.as_str());
        let file = sources.file(id);
        let place = |at: usize| file.line_column(offset(at));
        assert_eq!(place(0), LineColumn { line: 1, column: 1 });
        assert_eq!(place(2), LineColumn { line: 1, column: 2 });
        assert_eq!(place(3), LineColumn { line: 2, column: 1 });
        assert_eq!(place(3 + 4 * MARK), LineColumn { line: 2, column: 2 * MARK + 1 });
        assert_eq!(place(text.len()), LineColumn { line: 3, column: 1 });
        assert_eq!(place(text.len() + 9), LineColumn { line: 3, column: 1 });
    }

    #[test]
    fn an_empty_text_has_one_place() {
        let mut sources = Sources::new();
        let id = sources.add("a.flow", "");
        assert_eq!(sources.file(id).line_column(7), LineColumn { line: 1, column: 1 });
    }
}
