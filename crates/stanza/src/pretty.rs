//! The pretty printer: one canonical, readable text for a tree.

use crate::element::{Element, Node};
use crate::print::write;
use crate::qualify::{NamespaceScope, Qualified, qualify};
use crate::tag::is_space;
use crate::writer::Writer;

/// Start tags longer than this many characters, indentation included, get one attribute a line.
const MAX_COLUMNS: usize = 100;

/// Writes an element in canonical form, without a line break at the end.
///
/// Declarations come first, then the attributes by namespace and name. Each element has a line of
/// its own, two blanks deeper than its parent's; one with nothing but text stays on one line, and
/// so does one in which text and elements are mixed. White space between elements is dropped.
/// Invisible characters are written as references.
pub fn pretty(element: &Element) -> String {
    let mut xml = Writer::visible();
    write_block(&mut xml, &canonical(element), NamespaceScope::default(), 0);
    xml.finish()
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
            Node::Comment(_) => None,
            Node::Text(_) | Node::Cdata(_) if structural => None,
            Node::Text(text) | Node::Cdata(text) => Some(Node::Text(text.clone())),
        })
        .collect();
    Element { name: element.name.clone(), attrs, nodes, spelling: None }
}

fn write_block(xml: &mut Writer, element: &Element, around: NamespaceScope<'_>, indent: usize) {
    let start = qualify(element, around);
    let end = if element.nodes.is_empty() { "/>" } else { ">" };
    let mut tag = Writer::visible();
    write_tag(&mut tag, &start, " ");
    let below = format!("\n{:1$}", "", indent + 1 + start.tag.len() + 1);
    let is_long = indent + tag.finish().chars().count() + end.len() > MAX_COLUMNS;
    write_tag(xml, &start, if is_long { &below } else { " " });
    let mixed = element.nodes.iter().any(|node| matches!(node, Node::Text(_) | Node::Cdata(_)));
    for node in &element.nodes {
        match node {
            Node::Text(text) | Node::Cdata(text) => xml.text(text),
            Node::Comment(text) => xml.raw(&format!("<!--{text}-->")),
            Node::Element(child) if mixed => write(xml, child, start.inside),
            Node::Element(child) => {
                xml.raw(&format!("\n{:1$}", "", indent + 2));
                write_block(xml, child, start.inside, indent + 2);
            }
        }
    }
    if !mixed && !element.nodes.is_empty() {
        xml.raw(&format!("\n{:indent$}", ""));
    }
    xml.end(&start.tag);
}

/// Writes a start tag with `between` between its attributes.
fn write_tag(xml: &mut Writer, start: &Qualified<'_>, between: &str) {
    xml.start(&start.tag);
    for (number, (name, value)) in start.attrs.iter().enumerate() {
        xml.attr_after(if number == 0 { " " } else { between }, name, value);
    }
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
