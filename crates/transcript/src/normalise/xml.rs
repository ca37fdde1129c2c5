//! Elements in a snapshot (rules N3, N7–N10, N12–N14, N16, N17, N26, N31).

use case::{
    Arg, AttrPattern, ChildPattern, Control, ElementPattern, Piece, Spanned, Template, TextRule,
    Token,
};
use mask::{Masked, MaskedArg};
use stanza::{Element, Node, Rules, ns};

use super::names::{LONG, Names};

/// The element in a text, if it is one that the notation can write.
pub(super) fn read(text: &str) -> Option<Element> {
    stanza::parse(text).ok().filter(is_writable)
}

/// The element that a body of HTTP is, if the notation can write it.
pub(super) fn document(octets: &[u8], names: &mut Names) -> Option<ElementPattern> {
    let text = std::str::from_utf8(octets).ok()?;
    let (root, _) = stanza::parse_with(text, &Rules::DOCUMENT).ok()?;
    let mut pattern = element(Some(root).filter(is_writable)?, None, names);
    without_times(&mut pattern);
    Some(pattern)
}

fn is_writable(element: &Element) -> bool {
    let attrs = element.attrs.iter().map(|attr| &attr.name);
    attrs.chain([&element.name]).all(|name| case::is_writable(&name.ns))
        && element.children().all(is_writable)
}

/// The element as a pattern.
pub(super) fn element(
    element: Element,
    login: Option<&Masked>,
    names: &mut Names,
) -> ElementPattern {
    let element = &sorted(element, names);
    learn(element, names);
    let mut pattern = convert(element, names, true);
    if depth(&pattern) > stanza::MAX_DEPTH {
        // The parser of the notation cannot read deeper elements.
        pattern = convert(element, names, false);
    }
    if let Some(login) = login {
        pattern.children = vec![ChildPattern::Text(in_words(login, names))];
    }
    pattern
}

/// The element with its sets in order (rule N16), before values in them are numbered. A list with
/// text between its elements is not a set.
fn sorted(mut element: Element, names: &Names) -> Element {
    let nodes = element.nodes.into_iter().map(|node| match node {
        Node::Element(child) => Node::Element(sorted(child, names)),
        text => text,
    });
    element.nodes = nodes.collect();
    if is_set(&element) && !is_mixed(&element) {
        // Known values are sorted by their names, so that the order is the same on every target.
        element.nodes.sort_by_cached_key(|node| match node {
            Node::Element(child) => format!("{:?}", convert(child, names, true)),
            Node::Text(_) | Node::Cdata(_) | Node::Comment(_) => String::new(),
        });
    }
    element
}

/// Numbers the values that the peer generated (rules N3, N13), before they are replaced everywhere.
fn learn(element: &Element, names: &mut Names) {
    let attr = |local| element.attr(local).unwrap_or_default().to_owned();
    match (element.name.ns.as_str(), element.name.local.as_str()) {
        (ns::FRAMING, "open") => {
            names.number("stream-id", &attr("id"));
            let lang = element.attr_ns(ns::XML, "lang").map(str::to_owned);
            names.lang = names.lang.take().or(lang);
        }
        (ns::CLIENT, kind @ ("iq" | "message" | "presence")) => names.number(kind, &attr("id")),
        (ns::PUBSUB | ns::PUBSUB_EVENT, "item" | "retract") => names.number("item", &attr("id")),
        (ns::PUBSUB, "subscription") => names.number("subid", &attr("subid")),
        (ns::HTTP_BIND, "body") => names.number("sid", &attr("sid")),
        (ns::CAPS, "c") => names.number("caps", &attr("ver")),
        (ns::DELAY, "delay") => names.number("time", &attr("stamp")),
        (ns::DATA_FORMS, "field") if attr("var") == "pubsub#subid" => {
            element.children().for_each(|value| names.number("subid", &value.text()));
        }
        (ns::RSM, "first" | "last") => names.number("page", &element.text()),
        (ns::BIND, "jid") => {
            let text = element.text();
            if let Some((_, resource)) = text.split_once('/')
                && names.made_up(resource).is_none()
            {
                names.number("resource", resource);
            }
        }
        _ => {}
    }
    for child in element.children() {
        learn(child, names);
    }
}

/// The pattern of an element. With `unescape`, text that is XML is shown as an element (rule N14),
/// one level deep.
fn convert(element: &Element, names: &Names, unescape: bool) -> ElementPattern {
    let is_open = element.is(ns::FRAMING, "open");
    let mut attrs: Vec<AttrPattern> = element
        .attrs
        .iter()
        .filter(|attr| {
            let is_lang = attr.name.ns == ns::XML && attr.name.local == "lang";
            !is_lang || is_open || names.lang.as_deref() != Some(attr.value.as_str())
        })
        .map(|attr| AttrPattern {
            name: attr.name.clone(),
            span: 0..0,
            value: names.text(&attr.value),
        })
        .collect();
    attrs.sort_by(|a, b| (&a.name.ns, &a.name.local).cmp(&(&b.name.ns, &b.name.local)));
    if let Some(inner) = payload(element).filter(|_| unescape) {
        let mut inner = convert(&inner, names, false);
        without_times(&mut inner);
        let children = vec![ChildPattern::Element(inner)];
        let control = Control { text: TextRule::Xml, ..Control::default() };
        return ElementPattern { name: element.name.clone(), span: 0..0, attrs, children, control };
    }
    let (mixed, has_elements) = (is_mixed(element), has_elements(element));
    let children = element
        .nodes
        .iter()
        .filter_map(|node| match node {
            Node::Element(child) => Some(ChildPattern::Element(convert(child, names, unescape))),
            // N9, N10: blanks count only next to other text, and empty text is dropped.
            Node::Text(text) | Node::Cdata(text)
                if text.is_empty() || (!mixed && is_blank(text) && has_elements) =>
            {
                None
            }
            Node::Text(text) | Node::Cdata(text) => Some(ChildPattern::Text(names.text(text))),
            Node::Comment(_) => None,
        })
        .collect();
    ElementPattern {
        name: element.name.clone(),
        span: 0..0,
        attrs,
        children,
        control: Control::default(),
    }
}

/// Whether an attribute or a text in an element is too long to read (rule N23).
pub(super) fn has_long(element: &Element) -> bool {
    let is_long = |text: &str| text.len() > LONG;
    element.attrs.iter().any(|attr| is_long(&attr.value))
        || is_long(&element.text())
        || element.children().any(has_long)
}

/// Replaces texts that are times of day, which differ in each run (rule N26).
fn without_times(pattern: &mut ElementPattern) {
    for child in &mut pattern.children {
        match child {
            ChildPattern::Element(element) => without_times(element),
            ChildPattern::Text(text) if is_time(text) => {
                let token = Token::Any { capture: None };
                text.pieces = vec![Piece::Token(Spanned::new(token, 0..0))];
            }
            ChildPattern::Text(_) => {}
        }
    }
}

/// Whether a text is a date and time, or one in milliseconds since 1970.
fn is_time(text: &Template) -> bool {
    let [Piece::Text(text)] = text.pieces.as_slice() else { return false };
    let is_number = text.bytes().all(|octet| octet.is_ascii_digit());
    time(text) == Some(text.len()) || (text.len() == 13 && text.starts_with('1') && is_number)
}

/// The length of the date and time that a text begins with, as XEP-0082 §3.2 writes it.
pub(super) fn time(text: &str) -> Option<usize> {
    let form = "0000-00-00T00:00:00";
    let fits = |(octet, wanted): (u8, u8)| match wanted {
        b'0' => octet.is_ascii_digit(),
        mark => octet == mark,
    };
    let head = text.as_bytes().get(..form.len())?;
    if !head.iter().copied().zip(form.bytes()).all(fits) {
        return None;
    }
    let is_of_it =
        |octet: &u8| octet.is_ascii_digit() || matches!(octet, b'.' | b':' | b'+' | b'-' | b'Z');
    Some(form.len() + text.as_bytes()[form.len()..].iter().take_while(|it| is_of_it(it)).count())
}

/// How deep elements nest in a pattern; the root counts.
fn depth(pattern: &ElementPattern) -> usize {
    let below = pattern.children.iter().map(|child| match child {
        ChildPattern::Element(child) => depth(child),
        ChildPattern::Text(_) => 0,
    });
    1 + below.max().unwrap_or(0)
}

/// The element in the text of another one, as in notifications of Finesse.
fn payload(element: &Element) -> Option<Element> {
    let text = element.text();
    let text = text.trim();
    if has_elements(element) || !text.starts_with('<') {
        return None;
    }
    read(text)
}

fn has_elements(element: &Element) -> bool {
    element.children().next().is_some()
}

/// Whether the element has text other than blanks.
fn is_mixed(element: &Element) -> bool {
    element
        .nodes
        .iter()
        .any(|node| matches!(node, Node::Text(text) | Node::Cdata(text) if !is_blank(text)))
}

fn is_blank(text: &str) -> bool {
    text.bytes().all(|octet| octet.is_ascii_whitespace())
}

/// Whether the order of an element's children carries no meaning.
fn is_set(element: &Element) -> bool {
    matches!(
        (element.name.ns.as_str(), element.name.local.as_str()),
        (ns::STREAMS, "features")
            | (ns::SASL, "mechanisms")
            | (ns::DISCO_INFO | ns::DISCO_ITEMS, "query")
            | (ns::PUBSUB, "subscriptions" | "affiliations")
    )
}

/// Credentials as a token (rule N12).
pub(super) fn in_words(login: &Masked, names: &Names) -> Template {
    let args = login
        .args
        .iter()
        .map(|arg| match arg {
            MaskedArg::Variable(name) => Arg::Word(name.clone()),
            MaskedArg::Text(text) => Arg::Text(names.text(text)),
        })
        .collect();
    let token = Token::Call { capture: None, function: login.function.clone(), args };
    Template { pieces: vec![Piece::Token(Spanned::new(token, 0..0))], span: 0..0 }
}
