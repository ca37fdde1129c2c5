//! Bodies of requests: XML, read by the names of its elements. The last of several counts, their
//! order is free, and white space around values does not count (Developer Guide 12.5, page 241).

use stanza::{Element, Rules, Spans};
use textual::Position;

use crate::problem::{Problem, alike};

/// A body that could be read.
#[derive(Debug)]
pub(crate) struct Body {
    root: Element,
    /// A note for the author of the request, if an element in it has no meaning here.
    pub(crate) note: Option<String>,
}

impl Body {
    /// Reads the body of a request, whose root has this name. `known` are the names of elements
    /// below it that have a meaning; the others are passed over, as the real server does, and
    /// named in the note.
    pub(crate) fn read(octets: &[u8], root: &str, known: &[&str]) -> Result<Self, Problem> {
        let text = String::from_utf8_lossy(octets);
        let text = text.as_ref();
        let (element, spans) = parsed(text, root)?;
        let note = stranger(&element, &spans, known).map(|(name, offset)| {
            let Position { line, column } = Position::of(text, offset);
            let hint = match alike(&name, known.iter().copied()) {
                Some(near) => format!(": did you mean <{near}>?"),
                None => String::new(),
            };
            format!("line {line}, column {column}: <{name}> has no meaning in <{root}>{hint}")
        });
        Ok(Self { root: element, note })
    }

    /// The text of an element by its path below the root; none if it is missing or empty.
    pub(crate) fn text(&self, path: &[&str]) -> Option<String> {
        let found = path.iter().try_fold(&self.root, |element, name| {
            element.children().filter(|child| child.name.local == *name).last()
        })?;
        Some(found.text().trim().to_owned()).filter(|text| !text.is_empty())
    }

    /// The text of an element, which is needed.
    pub(crate) fn needed(&self, path: &[&str]) -> Result<String, Problem> {
        let name = path.last().copied().unwrap_or_default();
        self.text(path).ok_or_else(|| Problem::missing(name).and(self.note.clone()))
    }

    /// The text of an element; where a change leaves it out, that of the object before.
    pub(crate) fn text_or(&self, name: &str, before: Option<String>) -> Result<String, Problem> {
        match before {
            Some(before) => Ok(self.text(&[name]).unwrap_or(before)),
            None => self.needed(&[name]),
        }
    }

    /// The same of a value that is `true` or `false`.
    pub(crate) fn flag_or(&self, name: &str, before: Option<bool>) -> Result<bool, Problem> {
        let text = self.text_or(name, before.map(|before| before.to_string()))?;
        text.parse().map_err(|_| Problem::unknown(name, &text, ["true", "false"]))
    }

    /// Refuses a change that changes nothing (Developer Guide 12.5, page 241).
    pub(crate) fn any_of(&self, names: &[&str]) -> Result<(), Problem> {
        if names.iter().any(|name| self.text(&[name]).is_some()) {
            return Ok(());
        }
        let name = names.first().copied().unwrap_or_default();
        let note = format!("a change has at least one of {}", names.join(", "));
        Err(Problem::invalid(name, "").note(note).and(self.note.clone()))
    }

    /// All elements of this path, whose last name may be there several times.
    pub(crate) fn all(&self, path: &[&str]) -> Vec<&Element> {
        let (Some((last, parents)), mut element) = (path.split_last(), &self.root) else {
            return Vec::new();
        };
        for name in parents {
            let found = element.children().filter(|child| child.name.local == *name).last();
            let Some(found) = found else { return Vec::new() };
            element = found;
        }
        element.children().filter(|child| child.name.local == *last).collect()
    }
}

/// The root of a body, which has this name, and the places of what is in it.
fn parsed(text: &str, root: &str) -> Result<(Element, Spans), Problem> {
    let (element, spans) = stanza::parse_with(text, &Rules::DOCUMENT)
        .map_err(|error| Problem::unreadable(text, error.offset, &error.kind.to_string()))?;
    if element.name.local != root {
        let reason = format!("the root is <{}>, not <{root}>", element.name.local);
        return Err(Problem::unreadable(text, spans.name.start, &reason));
    }
    Ok((element, spans))
}

/// The element of a body whose fields a schema checks.
pub(crate) fn element(octets: &[u8], root: &str) -> Result<Element, Problem> {
    parsed(&String::from_utf8_lossy(octets), root).map(|(element, _)| element)
}

/// The known name that a wrong one may have meant, in words.
pub(crate) fn near(name: &str, known: &[&str]) -> Option<String> {
    alike(name, known.iter().copied()).map(|near| format!("did you mean <{near}>?"))
}

/// The text of a child by its name.
pub(crate) fn child_text(element: &Element, name: &str) -> Option<String> {
    let child = element.children().filter(|child| child.name.local == name).last()?;
    Some(child.text().trim().to_owned())
}

/// The first element below the root without a meaning, at any depth, and its place.
fn stranger(element: &Element, spans: &Spans, known: &[&str]) -> Option<(String, usize)> {
    use stanza::{ChildSpans, Node};
    element.nodes.iter().zip(&spans.children).find_map(|pair| match pair {
        (Node::Element(child), ChildSpans::Element(spans)) => {
            if known.contains(&child.name.local.as_str()) {
                stranger(child, spans, known)
            } else {
                Some((child.name.local.clone(), spans.name.start))
            }
        }
        _ => None,
    })
}
