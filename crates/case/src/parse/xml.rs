//! XML payloads: an element whose attribute values and texts are templates.

use std::sync::Arc;

use stanza::{ChildSpans, Element, Name, Node, Spans};

use super::Parsed;
use super::cursor::{Cursor, is_blank};
use super::template::plain;
use crate::{
    AttrPattern, ChildPattern, Code, Control, Diagnostic, ElementPattern, Source, Span, Template,
    TextRule, suggest,
};

/// The namespace that `t:` stands for while a payload is read. It is never sent.
const CONTROL: &str = "urn:finesse-conformance:control";

/// The declaration that makes `t:` known.
const DECLARATION: &str = " xmlns:t=\"urn:finesse-conformance:control\"";

const CONTROLS: &[&str] = &["closed", "absent", "optional", "text"];

/// Whether the notation can write names of this namespace: it has no braces and is not that of
/// `t:`.
pub fn is_writable(namespace: &str) -> bool {
    namespace != CONTROL && !namespace.contains(['{', '}'])
}

/// The element that stands at `span`.
pub(super) fn element(source: &Arc<Source>, span: Span) -> Parsed<ElementPattern> {
    let text = source.text.get(span.clone()).unwrap_or_default().trim_end();
    let declared_at =
        text.find(|c: char| is_blank(c) || c == '/' || c == '>').unwrap_or(text.len());
    let document = if text.contains("t:") {
        [&text[..declared_at], DECLARATION, &text[declared_at..]].concat()
    } else {
        text.to_owned()
    };
    let added = document.len() - text.len();
    let reader = Reader { source, document: &document, start: span.start, declared_at, added };
    let (element, spans) =
        stanza::parse_spanned(&document).map_err(|error| reader.refused(&error))?;
    reader.element(&element, &spans)
}

struct Reader<'a> {
    source: &'a Arc<Source>,
    document: &'a str,
    start: usize,
    declared_at: usize,
    added: usize,
}

impl Reader<'_> {
    /// From an octet of the document to one of the file: the declaration stands in the document
    /// alone.
    fn place(&self, offset: usize) -> usize {
        let offset = offset.min(self.document.len());
        self.start
            + if offset <= self.declared_at {
                offset
            } else {
                self.declared_at.max(offset - self.added.min(offset))
            }
    }

    fn span(&self, span: &Span) -> Span {
        self.place(span.start)..self.place(span.end)
    }

    fn refused(&self, error: &stanza::Error) -> Diagnostic {
        let at = self.place(error.offset);
        let len = self
            .source
            .text
            .get(at..)
            .and_then(|rest| rest.chars().next())
            .map_or(0, char::len_utf8);
        let diagnostic =
            Diagnostic::error(Code::Xml, self.source, at..at + len, "not one well-formed element")
                .label(error.kind.to_string());
        if error.kind.is_restricted() {
            return diagnostic.help("to send XML that XMPP does not allow, write `[text \"…\"]`");
        }
        match &error.kind {
            stanza::ErrorKind::UndeclaredPrefix(prefix) if prefix == "stream" => {
                diagnostic.help("declare the prefix as it is sent: `xmlns:stream=\"http://etherx.jabber.org/streams\"`")
            }
            stanza::ErrorKind::UnclosedElement(_) | stanza::ErrorKind::Unclosed(_) => {
                diagnostic.help("indent all lines of a payload deeper than its arrow or label; an empty line ends it")
            }
            stanza::ErrorKind::TrailingContent | stanza::ErrorKind::Declaration | stanza::ErrorKind::LeadingText => {
                diagnostic.help("to send something else than one element, write `[text \"…\"]`")
            }
            _ => diagnostic,
        }
    }

    fn element(&self, element: &Element, spans: &Spans) -> Parsed<ElementPattern> {
        let name_span = self.span(&spans.name);
        self.check_name(&element.name, &name_span)?;
        let mut attrs = Vec::new();
        let mut control = Control::default();
        for (index, attr) in element.attrs.iter().enumerate() {
            let (Some(name_at), Some(value_at)) =
                (spans.attr_names.get(index), spans.attrs.get(index))
            else {
                continue;
            };
            let span = self.place(name_at.start)..self.place(value_at.end + 1);
            if attr.name.ns == CONTROL {
                self.set_control(&mut control, &attr.name.local, &attr.value, &span)?;
                continue;
            }
            self.check_name(&attr.name, &span)?;
            let value = self.template(value_at, &attr.value, ValuePlace::Attribute)?;
            attrs.push(AttrPattern { name: attr.name.clone(), span, value });
        }
        let children = self.children(element, spans)?;
        if control.text == TextRule::Xml
            && !matches!(children.as_slice(), [ChildPattern::Element(_)])
        {
            return Err(Box::new(
                Diagnostic::error(
                    Code::ControlAttribute,
                    self.source,
                    name_span,
                    "`t:text=\"xml\"` wants exactly one element inside",
                )
                .help("write the element of the text, unescaped"),
            ));
        }
        Ok(ElementPattern { name: element.name.clone(), span: name_span, attrs, children, control })
    }

    fn children(&self, element: &Element, spans: &Spans) -> Parsed<Vec<ChildPattern>> {
        let has_elements = element.nodes.iter().any(|node| matches!(node, Node::Element(_)));
        let mut children = Vec::new();
        for (node, spans) in element.nodes.iter().zip(&spans.children) {
            match (node, spans) {
                (Node::Element(child), ChildSpans::Element(spans)) => {
                    children.push(ChildPattern::Element(self.element(child, spans)?));
                }
                (Node::Text(text), ChildSpans::Text(span)) => {
                    let text = self.template(
                        span,
                        text,
                        ValuePlace::Text { beside_elements: has_elements },
                    )?;
                    if !text.pieces.is_empty() {
                        children.push(ChildPattern::Text(text));
                    }
                }
                _ => {}
            }
        }
        Ok(children)
    }

    fn template(&self, span: &Span, value: &str, whole: ValuePlace) -> Parsed<Template> {
        let raw = self.document.get(span.clone()).unwrap_or_default();
        let mut text = Resolved::read(raw, whole == ValuePlace::Attribute);
        if text.as_str() != value {
            // White space that is dropped anyway and would cost the exact place of a token.
            text = Resolved::all_at(value);
        }
        if let ValuePlace::Text { beside_elements } = whole {
            text.trim(beside_elements);
        }
        let places: Vec<usize> =
            text.places.iter().map(|offset| self.place(span.start + offset)).collect();
        let string = text.as_str();
        let mut cursor = Cursor::over_resolved(self.source, &string, &places);
        plain(&mut cursor, |_| false)
    }

    fn check_name(&self, name: &Name, span: &Span) -> Parsed<()> {
        if name.ns == CONTROL {
            return Err(Box::new(Diagnostic::error(
                Code::ControlAttribute,
                self.source,
                span.clone(),
                "`t:` can only begin the name of an attribute",
            )));
        }
        if !is_writable(&name.ns) {
            return Err(Box::new(
                Diagnostic::error(
                    Code::Token,
                    self.source,
                    span.clone(),
                    "a token in a namespace name",
                )
                .label("braces in its namespace")
                .help("write the namespace name out"),
            ));
        }
        Ok(())
    }

    fn set_control(
        &self,
        control: &mut Control,
        local: &str,
        value: &str,
        span: &Span,
    ) -> Parsed<()> {
        let rule = match value {
            "any" => Some(TextRule::Any),
            "xml" => Some(TextRule::Xml),
            _ => None,
        };
        let wanted = match local {
            "text" => {
                let Some(rule) = rule else {
                    let help = "write `t:text=\"any\"` or `t:text=\"xml\"`, or leave it out";
                    return Err(Box::new(self.no_control_value(local, value, span).help(help)));
                };
                control.text = rule;
                return Ok(());
            }
            "closed" => &mut control.closed,
            "absent" => &mut control.absent,
            "optional" => &mut control.optional,
            _ => {
                return Err(Box::new(
                    Diagnostic::error(
                        Code::ControlAttribute,
                        self.source,
                        span.clone(),
                        format!("there is no `t:{local}`"),
                    )
                    .help(suggest::help(local, CONTROLS.iter().copied())),
                ));
            }
        };
        if value != "yes" {
            let help = format!("write `t:{local}=\"yes\"`, or leave it out");
            return Err(Box::new(self.no_control_value(local, value, span).help(help)));
        }
        *wanted = true;
        Ok(())
    }

    fn no_control_value(&self, local: &str, value: &str, span: &Span) -> Diagnostic {
        let message = format!("`{value}` is not a value of `t:{local}`");
        Diagnostic::error(Code::ControlAttribute, self.source, span.clone(), message)
    }
}

/// The place of a raw value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ValuePlace {
    Attribute,
    Text {
        /// Whether its parent has elements, too: then white space is layout.
        beside_elements: bool,
    },
}

/// A raw value with its references resolved, and the place of each octet.
struct Resolved {
    chars: Vec<Char>,
    /// One more than octets.
    places: Vec<usize>,
    end: usize,
}

struct Char {
    value: char,
    at: usize,
    /// Written as itself, not as a reference or in CDATA.
    literal: bool,
}

impl Resolved {
    fn read(raw: &str, attribute: bool) -> Self {
        let mut chars = Vec::new();
        let mut at = 0;
        let mut cdata = false;
        while let Some(next) = raw[at..].chars().next() {
            let rest = &raw[at..];
            if !attribute && !cdata && rest.starts_with("<![CDATA[") {
                cdata = true;
                at += "<![CDATA[".len();
                continue;
            }
            if cdata && rest.starts_with("]]>") {
                cdata = false;
                at += "]]>".len();
                continue;
            }
            let reference = if cdata { None } else { reference(rest) };
            let (value, len, literal) = match (reference, next) {
                (Some((value, len)), _) => (value, len, false),
                // XML 1.0 §2.11 and §3.3.3: line ends are one line feed, and blanks in attribute
                // values.
                (None, '\r') => (
                    if attribute { ' ' } else { '\n' },
                    if rest.starts_with("\r\n") { 2 } else { 1 },
                    true,
                ),
                (None, '\n' | '\t') if attribute => (' ', 1, true),
                (None, next) => (next, next.len_utf8(), !cdata),
            };
            chars.push(Char { value, at, literal });
            at += len;
        }
        Self::with_places(chars, raw.len())
    }

    fn all_at(value: &str) -> Self {
        Self::with_places(
            value.chars().map(|value| Char { value, at: 0, literal: false }).collect(),
            0,
        )
    }

    fn with_places(chars: Vec<Char>, end: usize) -> Self {
        let mut resolved = Self { chars, places: Vec::new(), end };
        resolved.locate();
        resolved
    }

    fn locate(&mut self) {
        self.places.clear();
        for c in &self.chars {
            self.places.extend(std::iter::repeat_n(c.at, c.value.len_utf8()));
        }
        self.places.push(self.end);
    }

    fn as_str(&self) -> String {
        self.chars.iter().map(|c| c.value).collect()
    }

    /// Drops white space that is layout: all of it between elements, and at an end with a line
    /// break.
    fn trim(&mut self, beside_elements: bool) {
        let is_layout = |c: &Char| c.literal && is_blank(c.value);
        let leading = self.chars.iter().take_while(|c| is_layout(c)).count();
        if leading == self.chars.len() && beside_elements {
            self.chars.clear();
        }
        let breaks = |chars: &[Char]| chars.iter().any(|c| c.value == '\n');
        let trailing = self.chars.iter().rev().take_while(|c| is_layout(c)).count();
        let kept = self.chars.len() - trailing;
        if breaks(&self.chars[kept..]) {
            self.end = self.chars[kept].at;
            self.chars.truncate(kept);
        }
        let leading = leading.min(self.chars.len());
        if breaks(&self.chars[..leading]) {
            self.chars.drain(..leading);
        }
        self.locate();
    }
}

/// The character of a reference, and its length. The text is known to be well-formed.
fn reference(text: &str) -> Option<(char, usize)> {
    let inside = text.strip_prefix('&')?;
    let end = inside.find(';')?;
    let value = match &inside[..end] {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        number => {
            let number = number.strip_prefix('#')?;
            let code = match number.strip_prefix('x') {
                Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)?
        }
    };
    Some((value, end + 2))
}
