//! The parser: quick-xml finds the tokens; this module refuses all that quick-xml tolerates.

use std::mem;
use std::ops::Range;

use quick_xml::Reader;
use quick_xml::events::{BytesDecl, Event};

use crate::element::{Attribute, Element, Node, Spelling};
use crate::error::{Error, ErrorKind};
use crate::name::{self, Name};
use crate::reference::resolve;
use crate::rules::Rules;
use crate::scope::Scope;
use crate::spans::{ChildSpans, Spans};
use crate::tag::{self, Tag, is_space};
use crate::text;

/// Reads a whole WebSocket message: one element as RFC 6120 §11 restricts it, white space after it
/// at most.
///
/// White space between elements stays in the tree. CDATA sections are text, as XMPP does not
/// prohibit them, and a node of their own only where the rules say so.
pub fn parse(input: &str) -> Result<Element, Error> {
    parse_spanned(input).map(|(element, _)| element)
}

/// As [`parse`], with the places of all parts.
pub fn parse_spanned(input: &str) -> Result<(Element, Spans), Error> {
    parse_with(input, &Rules::STRICT)
}

/// Reads a whole text by `rules`: one element, and after it nothing but white space or what the
/// rules skip.
pub fn parse_with(input: &str, rules: &Rules) -> Result<(Element, Spans), Error> {
    let mut parser = Parser::new(input, rules)?;
    let tree = parser.element()?;
    parser.end()?;
    Ok(tree)
}

/// Reads the first element by `rules` and returns the offset after it; the rest is not looked at.
pub fn parse_prefix(input: &str, rules: &Rules) -> Result<(Element, usize), Error> {
    let mut parser = Parser::new(input, rules)?;
    let (element, spans) = parser.element()?;
    Ok((element, spans.whole.end))
}

const BYTE_ORDER_MARK: char = '\u{FEFF}';

struct Parser<'i> {
    input: &'i str,
    rules: &'i Rules,
    /// Octets before the text that the reader was given.
    base: usize,
    reader: Reader<&'i [u8]>,
    scope: Scope<'i>,
    open: Vec<Open>,
    /// Elements and attributes so far.
    parts: usize,
    doctype: bool,
}

/// An element whose end tag has not been read.
struct Open {
    element: Element,
    spans: Spans,
    text: String,
    text_span: Range<usize>,
}

impl<'i> Parser<'i> {
    fn new(input: &'i str, rules: &'i Rules) -> Result<Self, Error> {
        let base = match input.strip_prefix(BYTE_ORDER_MARK) {
            Some(_) if rules.leading_space => BYTE_ORDER_MARK.len_utf8(),
            _ => 0,
        };
        // quick-xml would drop a mark without counting it.
        if input[base..].starts_with(BYTE_ORDER_MARK) {
            return Err(ErrorKind::LeadingText.at(base));
        }
        let mut reader = Reader::from_str(&input[base..]);
        reader.config_mut().check_comments = true;
        Ok(Self {
            input,
            rules,
            base,
            reader,
            scope: Scope::new(rules.bound),
            open: Vec::new(),
            parts: 0,
            doctype: false,
        })
    }

    fn element(&mut self) -> Result<(Element, Spans), Error> {
        loop {
            let at = self.position();
            let event = self.event()?;
            let end = self.position();
            match event {
                Event::Start(_) => self.start(at, at + 1..end - 1)?,
                Event::Empty(_) => {
                    self.start(at, at + 1..end - 2)?;
                    if let Some(root) = self.close(end) {
                        return Ok(root);
                    }
                }
                Event::End(_) => {
                    if let Some(root) = self.close(end) {
                        return Ok(root);
                    }
                }
                Event::Text(_) => self.text(at..end)?,
                Event::GeneralRef(_) => {
                    let c = resolve(&self.input[at + 1..end - 1], self.rules)
                        .map_err(|kind| kind.at(at))?;
                    self.run(at..end)?.push(c);
                }
                Event::CData(_) => {
                    let inner = at + "<![CDATA[".len()..end - "]]>".len();
                    let raw = &self.input[inner.clone()];
                    let apart = self.rules.cdata;
                    if apart {
                        self.open.last_mut().into_iter().for_each(Open::end_text);
                    }
                    text::push_cdata(self.run(at..end)?, raw, inner.start)?;
                    if apart {
                        self.open.last_mut().into_iter().for_each(Open::end_cdata);
                    }
                }
                Event::Eof => {
                    return Err(match self.open.last() {
                        Some(open) => ErrorKind::UnclosedElement(
                            self.input[open.spans.name.clone()].to_owned(),
                        )
                        .at(end),
                        None => ErrorKind::NoElement.at(end),
                    });
                }
                Event::Decl(declaration) => self.declaration(&declaration, at)?,
                Event::Comment(_) | Event::PI(_) | Event::DocType(_) => {
                    self.skip(&event, at..end)?;
                    if matches!(event, Event::Comment(_)) && self.rules.comments {
                        self.comment(at..end);
                    }
                }
            }
        }
    }

    /// Checks what follows the element.
    fn end(&mut self) -> Result<(), Error> {
        loop {
            let at = self.position();
            let event = match self.event() {
                Err(Error { kind: ErrorKind::UnmatchedEndTag(_), .. }) => {
                    return Err(ErrorKind::TrailingContent.at(at));
                }
                event => event?,
            };
            let end = self.position();
            match event {
                Event::Eof => return Ok(()),
                Event::Text(_) => {
                    if let Some(first) = self.input[at..end].find(|c| !is_space(c)) {
                        return Err(ErrorKind::TrailingContent.at(at + first));
                    }
                }
                Event::Comment(_) | Event::PI(_) => self.skip(&event, at..end)?,
                _ => return Err(ErrorKind::TrailingContent.at(at)),
            }
        }
    }

    fn position(&self) -> usize {
        self.base + offset(self.reader.buffer_position())
    }

    fn event(&mut self) -> Result<Event<'i>, Error> {
        self.reader.read_event().map_err(|error| {
            let at = self.base + offset(self.reader.error_position());
            ErrorKind::from(error).at(at)
        })
    }

    fn start(&mut self, at: usize, inside: Range<usize>) -> Result<(), Error> {
        if self.open.len() >= self.rules.max_depth {
            return Err(ErrorKind::TooDeep(self.rules.max_depth).at(at));
        }
        let Tag { name, attrs: raw_attrs } = tag::cut(self.input, inside)?;
        self.parts += 1 + raw_attrs.len();
        if self.parts > self.rules.max_parts {
            return Err(ErrorKind::TooManyParts(self.rules.max_parts).at(at));
        }
        let (prefix, local) = self.split(&name)?;

        let (mut declared, mut plain) = (Vec::new(), Vec::with_capacity(raw_attrs.len()));
        for raw in raw_attrs {
            let (attr_prefix, attr_local) = self.split(&raw.name)?;
            let value = text::value(&self.input[raw.value.clone()], raw.value.start, self.rules)?;
            match (attr_prefix, attr_local) {
                ("", "xmlns") => declared.push((raw.name, "", value)),
                ("xmlns", prefix) => declared.push((raw.name, prefix, value)),
                _ => plain.push((raw, attr_prefix, attr_local, value)),
            }
        }
        if let Some(again) = first_repeated(declared.iter().map(|(_, prefix, _)| *prefix)) {
            return Err(self.duplicate(&declared[again].0));
        }
        let spelling = self.rules.spelling.then(|| {
            let declared = declared.iter().map(|(_, to, ns)| ((*to).to_owned(), ns.clone()));
            Box::new(Spelling { prefix: prefix.to_owned(), declared: declared.collect() })
        });
        self.scope.enter();
        for (name, prefix, namespace) in declared {
            self.scope.declare(prefix, namespace).map_err(|kind| kind.at(name.start))?;
        }

        let namespace = self.scope.element(prefix).map_err(|kind| kind.at(name.start))?;
        let mut element = Element::new(namespace, local);
        element.spelling = spelling;
        element.attrs.reserve_exact(plain.len());
        let mut spans = Spans {
            whole: at..at,
            name,
            attrs: Vec::with_capacity(plain.len()),
            attr_names: Vec::with_capacity(plain.len()),
            children: Vec::new(),
        };
        for (raw, attr_prefix, attr_local, value) in plain {
            let namespace =
                self.scope.attribute(attr_prefix).map_err(|kind| kind.at(raw.name.start))?;
            element.attrs.push(Attribute { name: Name::new(namespace, attr_local), value });
            spans.attrs.push(raw.value);
            spans.attr_names.push(raw.name);
        }
        if let Some(again) = first_repeated(element.attrs.iter().map(|attr| &attr.name)) {
            return Err(self.duplicate(&spans.attr_names[again]));
        }
        self.open.push(Open { element, spans, text: String::new(), text_span: 0..0 });
        Ok(())
    }

    fn split(&self, name: &Range<usize>) -> Result<(&'i str, &'i str), Error> {
        let qualified = &self.input[name.clone()];
        name::split(qualified)
            .ok_or_else(|| ErrorKind::InvalidName(qualified.to_owned()).at(name.start))
    }

    fn duplicate(&self, name: &Range<usize>) -> Error {
        ErrorKind::DuplicateAttribute(self.input[name.clone()].to_owned()).at(name.start)
    }

    fn close(&mut self, end: usize) -> Option<(Element, Spans)> {
        let mut closed = self.open.pop()?;
        closed.end_text();
        closed.spans.whole.end = end;
        self.scope.leave();
        match self.open.last_mut() {
            None => Some((closed.element, closed.spans)),
            Some(parent) => {
                parent.end_text();
                parent.element.nodes.push(Node::Element(closed.element));
                parent.spans.children.push(ChildSpans::Element(closed.spans));
                None
            }
        }
    }

    fn text(&mut self, span: Range<usize>) -> Result<(), Error> {
        let raw = &self.input[span.clone()];
        // RFC 7395 §3.3.3: the first character is `<`.
        if self.open.is_empty() && self.rules.leading_space && raw.chars().all(is_space) {
            return Ok(());
        }
        text::push_text(self.run(span.clone())?, raw, span.start)
    }

    /// The text of the innermost element to which the piece at `span` is added.
    fn run(&mut self, span: Range<usize>) -> Result<&mut String, Error> {
        let Some(open) = self.open.last_mut() else {
            return Err(ErrorKind::LeadingText.at(span.start));
        };
        if open.text.is_empty() {
            open.text_span.start = span.start;
        }
        open.text_span.end = span.end;
        Ok(&mut open.text)
    }

    /// Keeps a comment inside an element.
    fn comment(&mut self, span: Range<usize>) {
        if let Some(open) = self.open.last_mut() {
            open.end_text();
            let inner = span.start + "<!--".len()..span.end - "-->".len();
            open.element.nodes.push(Node::Comment(self.input[inner].to_owned()));
            open.spans.children.push(ChildSpans::Text(span));
        }
    }

    /// Skips a piece that is not content, if the rules and XML allow it here.
    fn skip(&mut self, event: &Event<'_>, span: Range<usize>) -> Result<(), Error> {
        let refusal = match event {
            Event::Comment(_) => ErrorKind::Comment,
            Event::DocType(_) => ErrorKind::Doctype,
            _ => ErrorKind::ProcessingInstruction,
        };
        if !self.rules.restricted {
            return Err(refusal.at(span.start));
        }
        match event {
            // XML 1.0 §2.8: one, before the root.
            Event::DocType(_) if self.doctype || !self.open.is_empty() => {
                return Err(ErrorKind::Malformed("document type declaration").at(span.start));
            }
            Event::DocType(_) => self.doctype = true,
            // XML 1.0 §2.6: a name, and not this one.
            Event::PI(pi)
                if name::split(pi.target()).is_none()
                    || pi.target().eq_ignore_ascii_case("xml") =>
            {
                return Err(ErrorKind::Malformed("processing instruction").at(span.start));
            }
            _ => {}
        }
        text::check_chars(&self.input[span.clone()], span.start)
    }

    /// Passes over an XML declaration, if the rules allow one.
    fn declaration(&self, declaration: &BytesDecl<'_>, at: usize) -> Result<(), Error> {
        if !self.rules.declaration {
            return Err(ErrorKind::Declaration.at(at));
        }
        // XML 1.0 §2.8: at the very start; RFC 6120 §11.8: version 1.0.
        if at != self.base || !declaration.version().is_ok_and(|version| version == "1.0") {
            return Err(ErrorKind::Malformed("XML declaration").at(at));
        }
        Ok(())
    }
}

impl Open {
    /// Turns the CDATA section just read into a node.
    fn end_cdata(&mut self) {
        self.element.nodes.push(Node::Cdata(mem::take(&mut self.text)));
        self.spans.children.push(ChildSpans::Text(self.text_span.clone()));
    }

    /// Turns the text gathered so far into a node.
    fn end_text(&mut self) {
        if !self.text.is_empty() {
            self.element.nodes.push(Node::Text(mem::take(&mut self.text)));
            self.spans.children.push(ChildSpans::Text(self.text_span.clone()));
        }
    }
}

/// The place of the first key that stood before. Takes no longer than sorting.
fn first_repeated<K: Ord>(keys: impl ExactSizeIterator<Item = K>) -> Option<usize> {
    if keys.len() < 2 {
        return None;
    }
    let mut placed: Vec<(K, usize)> = keys.zip(0..).collect();
    placed.sort_unstable();
    let again = placed.windows(2).filter(|pair| pair[0].0 == pair[1].0);
    again.map(|pair| pair[1].1).min()
}

fn offset(position: u64) -> usize {
    usize::try_from(position).expect("a position inside a text in memory fits its address space")
}
