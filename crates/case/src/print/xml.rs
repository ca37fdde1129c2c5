//! XML payloads: one element a line, two blanks deeper each; namespaces declared where they change.

use std::borrow::Cow;
use std::collections::HashMap;

use stanza::ns;
use textual::invisible::is_invisible;

use super::{WIDTH, width};
use crate::{ChildPattern, Control, ElementPattern, Template, TextRule};

/// The element as lines; the first stands at `column`, and the others are indented relative to it.
pub(super) fn lines(element: &ElementPattern, column: usize) -> Vec<String> {
    let mut out = Vec::new();
    write(element, Scope { default: "", streams: false }, 0, column, &mut out);
    out
}

/// The declarations in force around an element.
#[derive(Clone, Copy)]
struct Scope<'a> {
    default: &'a str,
    streams: bool,
}

fn write<'a>(
    element: &'a ElementPattern,
    mut scope: Scope<'a>,
    depth: usize,
    column: usize,
    out: &mut Vec<String>,
) {
    let prefix = match element.name.ns.as_str() {
        ns::STREAMS => "stream:",
        // Namespaces in XML 1.0 §3: this one cannot be the default.
        ns::XML => "xml:",
        _ => "",
    };
    let name = format!("{prefix}{}", element.name.local);
    let attrs = attributes(element, &mut scope, prefix);
    let indent = "  ".repeat(depth);
    let end = if element.children.is_empty() { "/>" } else { ">" };
    let mut tag = vec![format!(
        "{indent}<{name}{}{end}",
        attrs.iter().map(|attr| format!(" {attr}")).collect::<String>()
    )];
    if column + width(&tag[0]) > WIDTH && attrs.len() > 1 {
        // One attribute a line, each below the first.
        let below = " ".repeat(indent.len() + 1 + width(&name) + 1);
        tag = attrs.iter().map(|attr| format!("{below}{attr}")).collect();
        tag[0] = format!("{indent}<{name} {}", attrs[0]);
        if let Some(last) = tag.last_mut() {
            last.push_str(end);
        }
    }
    out.append(&mut tag);
    match element.children.as_slice() {
        [] => {}
        [ChildPattern::Text(only)] => {
            let kept = text(only, false);
            let last = out.last_mut().expect("the start tag was written");
            if column + width(last) + width(&kept) + width(&name) + "</>".len() <= WIDTH {
                last.push_str(&format!("{kept}</{name}>"));
            } else {
                // On a line of its own the text loses literal blanks at its ends.
                out.push(format!("{indent}  {}", text(only, true)));
                out.push(format!("{indent}</{name}>"));
            }
        }
        children => {
            for child in children {
                match child {
                    ChildPattern::Element(child) => write(child, scope, depth + 1, column, out),
                    ChildPattern::Text(among) => {
                        out.push(format!("{indent}  {}", text(among, true)))
                    }
                }
            }
            out.push(format!("{indent}</{name}>"));
        }
    }
}

/// The prefix of attributes of a namespace, the n-th of those without a prefix of custom.
fn prefix_of(namespace: &str, number: usize) -> Cow<'static, str> {
    stanza::usual_prefix(namespace).map_or_else(|| format!("ns{number}").into(), Cow::Borrowed)
}

/// Declarations, attributes in written order, and `t:` attributes.
fn attributes<'a>(element: &'a ElementPattern, scope: &mut Scope<'a>, prefix: &str) -> Vec<String> {
    let mut attrs = Vec::new();
    if prefix.is_empty() && element.name.ns != scope.default {
        attrs.push(format!("xmlns={}", value_of(&element.name.ns)));
        scope.default = &element.name.ns;
    }
    let uses_streams = element.name.ns == ns::STREAMS
        || element.attrs.iter().any(|attr| attr.name.ns == ns::STREAMS);
    if uses_streams && !scope.streams {
        attrs.push(format!("xmlns:stream=\"{}\"", ns::STREAMS));
        scope.streams = true;
    }
    let mut others: HashMap<&str, usize> = HashMap::new();
    for attr in &element.attrs {
        let namespace = attr.name.ns.as_str();
        if !["", ns::XML, ns::STREAMS].contains(&namespace) && !others.contains_key(namespace) {
            others.insert(namespace, others.len() + 1);
            let prefix = prefix_of(namespace, others.len());
            attrs.push(format!("xmlns:{prefix}={}", value_of(namespace)));
        }
    }
    for attr in &element.attrs {
        let prefix = match attr.name.ns.as_str() {
            "" => String::new(),
            ns::XML => "xml:".to_owned(),
            ns::STREAMS => "stream:".to_owned(),
            other => {
                format!("{}:", prefix_of(other, others.get(other).copied().unwrap_or_default()))
            }
        };
        attrs.push(format!("{prefix}{}={}", attr.name.local, value_of(&attr.value.to_string())));
    }
    let Control { closed, absent, optional, text } = element.control;
    let controls = [
        (closed, "closed=\"yes\""),
        (absent, "absent=\"yes\""),
        (optional, "optional=\"yes\""),
        (text == TextRule::Any, "text=\"any\""),
        (text == TextRule::Xml, "text=\"xml\""),
    ];
    attrs
        .extend(controls.iter().filter(|(set, _)| *set).map(|(_, control)| format!("t:{control}")));
    attrs
}

/// A value in quotes: single ones when it holds double ones alone, as token arguments do.
fn value_of(notation: &str) -> String {
    let quote = if notation.contains('"') && !notation.contains('\'') { '\'' } else { '"' };
    let mut out = String::from(quote);
    for c in notation.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            '"' if quote == '"' => out.push_str("&quot;"),
            c if is_invisible(c) => out.push_str(&numeric(c)),
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}

/// Text content. Blanks at an end that stands beside a line break are written as references, or
/// they would be layout, and so is text of blanks alone.
fn text(template: &Template, breaks_around: bool) -> String {
    let notation = template.to_string();
    let first = notation.len() - notation.trim_start_matches(' ').len();
    let last = notation.trim_end_matches(' ').len();
    let mut out = String::new();
    for (at, c) in notation.char_indices() {
        match c {
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            '>' if notation[..at].ends_with("]]") => out.push_str("&gt;"),
            ' ' if breaks_around && (at < first || at >= last) => out.push_str(&numeric(c)),
            c if is_invisible(c) => out.push_str(&numeric(c)),
            c => out.push(c),
        }
    }
    out
}

fn numeric(c: char) -> String {
    format!("&#x{:X};", u32::from(c))
}
