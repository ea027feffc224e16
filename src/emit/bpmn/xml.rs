//! Elements of XML, and their text.
//!
//! Must not know: what any of them says.

use std::io;

use quick_xml::Writer;
use quick_xml::events::BytesText;

/// An element with what it holds.
pub(super) struct Element {
    name: &'static str,
    attributes: Vec<(&'static str, String)>,
    elements: Vec<Element>,
    text: Option<String>,
}

impl Element {
    pub(super) fn new(name: &'static str) -> Element {
        Element { name, attributes: Vec::new(), elements: Vec::new(), text: None }
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Element {
        self.attributes.push((name, value.into()));
        self
    }

    /// With that attribute, unless there is nothing to say.
    pub(super) fn with_any(self, name: &'static str, value: &str) -> Element {
        if value.is_empty() { self } else { self.with(name, value) }
    }

    pub(super) fn saying(mut self, text: impl Into<String>) -> Element {
        self.text = Some(text.into());
        self
    }

    pub(super) fn holding(mut self, elements: impl IntoIterator<Item = Element>) -> Element {
        self.elements.extend(elements);
        self
    }

    pub(super) fn is_empty(&self) -> bool {
        self.elements.is_empty() && self.text.is_none()
    }

    /// The text of a document of which this is the root.
    pub(super) fn document(&self) -> String {
        let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
        let written = self.write(&mut xml);
        debug_assert!(written.is_ok(), "memory takes all");
        let body = String::from_utf8(xml.into_inner()).unwrap_or_default();
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{body}\n")
    }

    /// As deep as elements are nested here: some ten levels.
    fn write(&self, xml: &mut Writer<Vec<u8>>) -> io::Result<()> {
        let attributes: Vec<_> =
            self.attributes.iter().map(|(name, value)| (*name, allowed(value))).collect();
        let pairs = attributes.iter().map(|(name, value)| (*name, value.as_str()));
        let element = xml.create_element(self.name).with_attributes(pairs);
        match &self.text {
            Some(text) => drop(element.write_text_content(BytesText::new(&allowed(text)))?),
            None if self.elements.is_empty() => drop(element.write_empty()?),
            None => drop(element.write_inner_content(|xml| {
                self.elements.iter().try_for_each(|element| element.write(xml))
            })?),
        }
        Ok(())
    }
}

/// Without the characters that XML has no place for.
fn allowed(text: &str) -> String {
    text.chars().filter(|letter| matches!(letter, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)).collect()
}
