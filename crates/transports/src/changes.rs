//! The changes of a day, as the contact centre publishes them to the agents' own nodes.

use std::collections::HashMap;
use std::time::Duration;

use finesse_fake::Publication;
use stanza::{Element, Node};

use crate::error::Error;

/// The first part of the path of a user.
const USER: &str = "/finesse/api/User/";

/// A change of one object, for one agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    /// The number of its publication.
    pub(crate) number: u64,
    /// The day's time.
    pub(crate) at: Duration,
    pub(crate) agent: usize,
    /// The text of the notification.
    pub(crate) update: String,
    pub(crate) object: Object,
    /// The object from then on; none if it is gone.
    pub(crate) state: Option<String>,
}

/// An object that belongs to an agent.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Object {
    User,
    /// A dialog with this id.
    Dialog(String),
}

/// The numbers of agents by their names.
pub(crate) type Agents = HashMap<String, usize>;

impl Change {
    /// The change that a publication tells of; none if it is on no agent's own node.
    pub(crate) fn of(publication: &Publication, agents: &Agents) -> Result<Option<Self>, Error> {
        let Some(path) = publication.node.strip_prefix(USER) else { return Ok(None) };
        let (name, part) = path.split_once('/').unwrap_or((path, ""));
        let Some(agent) = agents.get(name).copied().filter(|_| matches!(part, "" | "Dialogs"))
        else {
            return Ok(None);
        };
        let odd = || Error::unexpected("a notification", &publication.payload);
        let update = parsed(&publication.payload)?.text();
        let document = parsed(&update)?;
        let part_of = |element: &Element, name: &str| {
            element.children().find(|child| child.name.local == name).cloned()
        };
        let data = part_of(&document, "data").ok_or_else(odd)?;
        let is_gone = part_of(&document, "event").is_some_and(|event| event.text() == "DELETE");
        let mut shown = data.children().next().cloned().ok_or_else(odd)?;
        let object = if part.is_empty() {
            Object::User
        } else {
            if shown.name.local == "dialogs" {
                let first = shown.children().next().cloned();
                shown = first.ok_or_else(odd)?;
            }
            Object::Dialog(id_of(&shown).ok_or_else(odd)?)
        };
        let state = (!is_gone).then(|| content(&shown));
        let (number, at) = (publication.number, publication.at);
        Ok(Some(Self { number, at, agent, update, object, state }))
    }
}

/// The objects of an agent as two answers of the API show them.
pub(crate) fn shown(user: &str, dialogs: &str) -> Result<HashMap<Object, String>, Error> {
    let mut shown = HashMap::from([(Object::User, content(&document(user)?))]);
    for dialog in document(dialogs)?.children() {
        let id = id_of(dialog).ok_or_else(|| Error::unexpected("a dialog", dialogs))?;
        shown.insert(Object::Dialog(id), content(dialog));
    }
    Ok(shown)
}

/// The text of the notification that an element holds, at whatever depth.
pub(crate) fn update_of(element: &Element) -> Option<String> {
    if element.name.local == "notification" {
        return Some(element.text());
    }
    element.children().find_map(update_of)
}

pub(crate) fn parsed(text: &str) -> Result<Element, Error> {
    stanza::parse(text).map_err(|error| Error::unexpected("XML", format!("{error}: {text}")))
}

/// A document of the API, which begins with an XML declaration.
fn document(text: &str) -> Result<Element, Error> {
    parsed(text.split_once("?>").map_or(text, |(_, rest)| rest).trim())
}

fn id_of(dialog: &Element) -> Option<String> {
    dialog.children().find(|child| child.name.local == "id").map(Element::text)
}

/// The content of an object: events and answers of the API name its root differently, and indent
/// it or not.
fn content(element: &Element) -> String {
    let inside = bare(element).nodes.into_iter().map(|node| match node {
        Node::Element(child) => stanza::print(&child),
        Node::Text(text) | Node::Cdata(text) => text,
        Node::Comment(_) => String::new(),
    });
    inside.collect()
}

/// The element without the white space between elements.
fn bare(element: &Element) -> Element {
    let has_children = element.children().next().is_some();
    let nodes = element.nodes.iter().filter_map(|node| match node {
        Node::Element(child) => Some(Node::Element(bare(child))),
        Node::Text(text) if has_children && text.trim().is_empty() => None,
        other => Some(other.clone()),
    });
    Element { nodes: nodes.collect(), ..element.clone() }
}
