//! Bodies of requests: XML, read by the names of its elements. The last of several counts, their
//! order is free, and white space around values does not count (Developer Guide 12.5, page 241).

use stanza::{ChildSpans, Element, Node, Rules, Spans};
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
    /// below it that have a meaning, those deeper down by their path; the others are passed over,
    /// as the real server does, and named in the note.
    pub(crate) fn read(octets: &[u8], root: &str, known: &[&str]) -> Result<Self, Problem> {
        let text = String::from_utf8_lossy(octets);
        let text = text.as_ref();
        let (element, spans) = parsed(text, root)?;
        let note = stranger(&element, &spans, known, "").map(|(offset, what)| {
            let Position { line, column } = Position::of(text, offset);
            format!("line {line}, column {column}: {what}")
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
    let (element, spans) = stanza::parse_with(text, &Rules::DOCUMENT).map_err(|error| {
        let problem = Problem::unreadable(text, error.offset, &error.kind.to_string());
        let is_json = text.trim_start().starts_with(['{', '[']);
        problem.and(is_json.then(|| "it looks like JSON: the API reads XML".to_owned()))
    })?;
    if element.name.local != root {
        let reason = format!("the root is <{}>, not <{root}>", element.name.local);
        return Err(Problem::unreadable(text, spans.name.start, &reason));
    }
    if let Some((offset, parent)) = stray_text(&element, &spans, text) {
        let reason = format!("text beside the elements of <{parent}>");
        return Err(Problem::unreadable(text, offset, &reason));
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

/// The first text beside elements, as quotes that were left over have it: its place, and the
/// element that it is in.
fn stray_text<'e>(element: &'e Element, spans: &Spans, text: &str) -> Option<(usize, &'e str)> {
    let has_elements = element.children().next().is_some();
    element.nodes.iter().zip(&spans.children).find_map(|pair| match pair {
        (Node::Element(child), ChildSpans::Element(spans)) => stray_text(child, spans, text),
        (_, ChildSpans::Text(range)) if has_elements => {
            let written = text.get(range.clone()).unwrap_or_default();
            let blank = written.len() - written.trim_start().len();
            let is_stray = blank < written.len();
            is_stray.then_some((range.start + blank, element.name.local.as_str()))
        }
        _ => None,
    })
}

/// The first element without a meaning where it stands, at any depth: its place, and what is wrong
/// with it. `path` is that of the element that is searched, below the root.
fn stranger(
    element: &Element,
    spans: &Spans,
    known: &[&str],
    path: &str,
) -> Option<(usize, String)> {
    element.nodes.iter().zip(&spans.children).find_map(|pair| {
        let (Node::Element(child), ChildSpans::Element(spans)) = pair else { return None };
        let (name, parent) = (&child.name.local, &element.name.local);
        let own = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
        let inside = format!("{own}/");
        // A name without a path may stand anywhere.
        if known.iter().any(|it| it == name || *it == own || it.starts_with(&inside)) {
            return stranger(child, spans, known, &own);
        }
        let place = known.iter().find_map(|path| place_of(path, name));
        let hint = match (place, alike(name, known.iter().flat_map(|path| path.split('/')))) {
            (Some(place), _) => format!(": it belongs in <{place}>"),
            (None, Some(near)) => format!(": did you mean <{near}>?"),
            (None, None) => String::new(),
        };
        Some((spans.name.start, format!("<{name}> has no meaning in <{parent}>{hint}")))
    })
}

/// The element in which a path has this name.
fn place_of<'p>(path: &'p str, name: &str) -> Option<&'p str> {
    path.split('/').rev().skip_while(|part| *part != name).nth(1)
}
