//! From tree to the one canonical text that people read and compare.

use std::fmt::Write;

use textual::invisible::is_invisible;

use crate::element::{Element, Node};
use crate::escape::escape;
use crate::print::{Place, attribute, write};
use crate::qualify::{Around, qualify};
use crate::reference::is_char;
use crate::tag::is_space;

/// Start tags longer than this many characters, indentation included, get one attribute a line.
const MAX_COLUMNS: usize = 100;

/// Writes an element in canonical form, without a line break at the end.
///
/// Declarations come first, then the attributes by namespace and name. Each element has a line of its own, two blanks
/// deeper than its parent's; one with nothing but text stays on one line, and so does one in which text and elements
/// are mixed. White space between elements is dropped. Invisible characters are written as references.
pub fn pretty(element: &Element) -> String {
    let mut out = String::new();
    write_block(&mut out, &canonical(element), Around::default(), 0);
    out
}

/// The tree with sorted attributes and without white space between elements.
fn canonical(element: &Element) -> Element {
    let mut attrs = element.attrs.clone();
    attrs.sort_by(|a, b| a.name.cmp(&b.name));
    let structural = element.children().next().is_some()
        && element
            .nodes
            .iter()
            .all(|node| !matches!(node, Node::Text(text) | Node::Cdata(text) if text.contains(|c| !is_space(c))));
    let nodes = element
        .nodes
        .iter()
        .filter_map(|node| match node {
            Node::Element(child) => Some(Node::Element(canonical(child))),
            Node::Text(_) | Node::Cdata(_) if structural => None,
            Node::Text(text) | Node::Cdata(text) => Some(Node::Text(text.clone())),
        })
        .collect();
    Element { name: element.name.clone(), attrs, nodes, spelling: None }
}

fn write_block(out: &mut String, element: &Element, around: Around<'_>, indent: usize) {
    let start = qualify(element, around);
    let tag_width = 1 + start.tag.len();
    let attrs: Vec<String> = start
        .attrs
        .iter()
        .map(|(name, value)| {
            let mut attr = String::new();
            attribute(&mut attr, name, value, &escape_visibly);
            attr
        })
        .collect();
    let end = if element.nodes.is_empty() { "/>" } else { ">" };
    let width: usize = attrs.iter().map(|attr| 1 + attr.chars().count()).sum();
    let separator = if indent + tag_width + width + end.len() > MAX_COLUMNS {
        format!("\n{:1$}", "", indent + tag_width + 1)
    } else {
        " ".to_owned()
    };

    out.push('<');
    out.push_str(&start.tag);
    if !attrs.is_empty() {
        out.push(' ');
        out.push_str(&attrs.join(&separator));
    }
    out.push_str(end);
    if element.nodes.is_empty() {
        return;
    }

    let mixed = element.nodes.iter().any(|node| matches!(node, Node::Text(_) | Node::Cdata(_)));
    for node in &element.nodes {
        match node {
            Node::Text(text) | Node::Cdata(text) => escape_visibly(out, text, Place::Content),
            Node::Element(child) if mixed => write(out, child, start.inside, &escape_visibly),
            Node::Element(child) => {
                let _ = write!(out, "\n{:1$}", "", indent + 2);
                write_block(out, child, start.inside, indent + 2);
            }
        }
    }
    if !mixed {
        let _ = write!(out, "\n{:indent$}", "");
    }
    let _ = write!(out, "</{}>", start.tag);
}

fn escape_visibly(out: &mut String, text: &str, place: Place) {
    out.push_str(&escape(text, |c| {
        is_invisible(c) || !is_char(c) || (c == '"' && place == Place::Value)
    }));
}

#[cfg(test)]
mod tests {
    use crate::{parse, pretty};

    fn reprinted(input: &str) -> String {
        pretty(&parse(input).unwrap())
    }

    #[test]
    fn one_element_a_line() {
        assert_eq!(
            reprinted(
                "<iq type='set' xmlns='jabber:client' id='b1'>\n <bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>\
                 <resource>desktop</resource><x></x></bind></iq>"
            ),
            "<iq xmlns=\"jabber:client\" id=\"b1\" type=\"set\">\n  \
               <bind xmlns=\"urn:ietf:params:xml:ns:xmpp-bind\">\n    \
                 <resource>desktop</resource>\n    \
                 <x/>\n  \
               </bind>\n\
             </iq>"
        );
    }

    #[test]
    fn long_tags_have_one_attribute_a_line() {
        let value = "v".repeat(60);
        assert_eq!(
            reprinted(&format!("<a><bc y='{value}' x='{value}' xmlns='u'>t</bc></a>")),
            format!(
                "<a>\n  <bc xmlns=\"u\"\n      x=\"{value}\"\n      y=\"{value}\">t</bc>\n</a>"
            )
        );
    }

    #[test]
    fn mixed_content_stays_on_its_line() {
        assert_eq!(reprinted("<p>a <b><c/><d/></b> e</p>"), "<p>a <b><c/><d/></b> e</p>");
    }

    #[test]
    fn invisible_characters_are_shown() {
        assert_eq!(
            reprinted("<p a='\u{A0}é\u{3164}'>one\ntwo\t\u{200B} \u{FEFF}\u{61C}</p>"),
            "<p a=\"&#160;é&#12644;\">one&#10;two&#9;&#8203; &#65279;&#1564;</p>"
        );
    }
}
