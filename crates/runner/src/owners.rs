//! The cases that test the steps of fragments. Nearly every case takes these steps, in a fragment
//! or written out; when one fails, its owner names the cause.

use std::collections::{BTreeMap, BTreeSet};

use case::{
    Arrow, Case, ChildPattern, ElementPattern, HttpHead, Item, Library, Payload, Piece, Role,
    StartLine, StepKind, Template,
};
use verdict::BasicStep;

/// The owners of the steps of fragments.
#[derive(Debug, Clone, Default)]
pub(crate) struct Owners {
    /// Of the steps of a client under test, by name. Answers of a server have none: many cases look
    /// at the same answer, each for a demand of its own.
    of_client: BTreeMap<String, String>,
    /// The cases over every transport.
    planned: BTreeSet<String>,
}

impl Owners {
    /// Those of a suite. Where several fragments have a step, the shortest of them counts: the
    /// others are about what they add.
    pub(crate) fn of(library: &Library) -> Self {
        let mut fragments: Vec<_> = library.fragments.values().collect();
        fragments.sort_by_key(|fragment| fragment.body.len());
        let mut of_client = BTreeMap::new();
        for fragment in fragments {
            let is_owner = |case: &&Case| case.id == fragment.owner.value;
            let Some(owner) = library.cases.iter().find(is_owner) else { continue };
            if !owner.head.roles.iter().any(|role| role.value == Role::Client) {
                continue;
            }
            let mut taken: BTreeMap<&str, Vec<String>> = BTreeMap::new();
            for step in fragment.body.iter().filter_map(Item::step) {
                if let StepKind::Say { conn, arrow: Arrow::ToServer, payload, .. } = &step.kind
                    && let Some(kind) = kind_of(payload)
                {
                    let name = numbered(kind, taken.entry(&conn.value).or_default());
                    of_client.entry(name).or_insert_with(|| owner.id.clone());
                }
            }
        }
        Self { of_client, planned: library.planned().map(|case| case.id.clone()).collect() }
    }

    /// The step of this name of a client under test, as it is tested over the transport of `case`.
    pub(crate) fn of_step(&self, name: String, case: &Case) -> Option<BasicStep> {
        let owner = self.of_client.get(&name)?;
        Some(BasicStep { owner: self.over_its_transport(owner, case), name })
    }

    /// The owner over the transport of `case`, if it is planned for that.
    pub(crate) fn over_its_transport(&self, owner: &str, case: &Case) -> String {
        let over = format!("{owner}{}", case.id.strip_prefix(case.file_id()).unwrap_or_default());
        if self.planned.contains(&over) { over } else { owner.to_owned() }
    }
}

/// The name of a step of this kind, the next on a connection on which those of `taken` were; adds
/// its kind to them.
pub(crate) fn numbered(kind: String, taken: &mut Vec<String>) -> String {
    let before = taken.iter().filter(|it| **it == kind).count();
    let name = if before == 0 { kind.clone() } else { format!("{kind} {}", before + 1) };
    taken.push(kind);
    name
}

/// The kind of what a step says, in the words that tell it from the other steps of a login: the
/// method of a request, the element with its type and, of an `iq`, with its content. None for what
/// is no message.
pub(crate) fn kind_of(payload: &Payload) -> Option<String> {
    match payload {
        Payload::Http(HttpHead { start: StartLine::Request { method, .. }, .. }) => literal(method),
        Payload::Xml { root, .. } => Some(of_element(root)),
        _ => None,
    }
}

fn of_element(root: &ElementPattern) -> String {
    let mut kind = root.name.local.to_string();
    let types = root.attrs.iter().filter(|attr| &*attr.name.local == "type");
    let content = root.children.iter().filter_map(|child| match child {
        ChildPattern::Element(element) => Some(element.name.local.to_string()),
        _ => None,
    });
    let content = content.filter(|_| &*root.name.local == "iq");
    for word in types.filter_map(|attr| literal(&attr.value)).chain(content) {
        kind.push(' ');
        kind.push_str(&word);
    }
    kind
}

/// The text of a template without tokens.
fn literal(template: &Template) -> Option<String> {
    match template.pieces.as_slice() {
        [Piece::Text(text)] => Some(text.clone()),
        _ => None,
    }
}
