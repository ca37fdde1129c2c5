//! The messages of the WebSocket against their description, `docs/notifications.asyncapi.json`:
//! each well-formed message in the fake's accepted transcripts is one of those described, and each
//! that is described is there. `BLESS=1` writes the examples of the description anew.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use stanza::Element;
use transcript::Snapshot;

/// Beginnings of words in kinds that cases send on purpose and that belong to no client: other
/// namespaces, extensions that the service lacks, types and elements that there are not.
const STRANGE: [&str; 7] = [
    "{urn:example:",
    "{urn:xmpp:sm:3}",
    "{jabber:client}probe",
    "{}probe",
    "ask",
    "lunch",
    "unheard-of",
];

/// A message in a transcript.
struct EventKind {
    /// `bind/twice`.
    case: String,
    side: &'static str,
    text: String,
    element: Element,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The snapshots of the fake with Finesse's configuration, in order.
fn snapshots() -> Vec<PathBuf> {
    let (mut files, mut folders) = (Vec::new(), vec![root().join("snapshots")]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            if path.is_dir() {
                folders.push(path);
            } else if name.ends_with(".snap") && !name.contains('@') {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// All messages of a transcript that are well-formed elements.
fn said(path: &Path) -> Vec<EventKind> {
    let body = Snapshot::read_body(path).expect("a snapshot").expect("a file");
    let case = path.strip_prefix(root().join("snapshots")).expect("a snapshot");
    let case = case.with_extension("").display().to_string().replace('\\', "/");
    let mut all: Vec<(&str, String)> = Vec::new();
    // The column in which a message begins; further lines stand below it.
    let mut column = None;
    for line in body.lines() {
        let arrow =
            [(" -> <", "client"), (" <- <", "server")].into_iter().find_map(|(arrow, side)| {
                let (name, _) = line.split_once(arrow)?;
                (!name.contains(' ')).then(|| (side, name.len() + arrow.len() - 1))
            });
        match (arrow, column) {
            (Some((side, start)), _) => {
                all.push((side, line[start..].to_owned()));
                column = Some(start);
            }
            (None, Some(start)) if line.starts_with(&" ".repeat(start)) => {
                let (_, text) = all.last_mut().expect("a message");
                text.push('\n');
                text.push_str(&line[start..]);
            }
            (None, _) => column = None,
        }
    }
    let parsed = all.into_iter().filter_map(|(side, text)| {
        let element = stanza::parse(&text).ok()?;
        Some(EventKind { case: case.clone(), side, text, element })
    });
    parsed.collect()
}

/// The root of a message, its type, and the element in it, as `x-kind` has them.
fn kind(element: &Element) -> String {
    let full = |it: &Element| format!("{{{}}}{}", it.name.ns, it.name.local);
    let local = element.name.local.as_str();
    let usual = match local {
        "iq" => "",
        "message" => "normal",
        "presence" => "available",
        _ => return full(element),
    };
    let mut words = vec![local.to_owned()];
    let child = element.children().find(|it| it.name.local != "error");
    match (element.attr("type").unwrap_or(usual), child) {
        // A message of the publish-subscribe service has no type.
        ("normal", Some(child)) if child.name.local == "event" => {}
        (kind, _) => words.push(kind.to_owned()),
    }
    match child {
        None => words.push("empty".to_owned()),
        Some(child) => {
            words.push(full(child));
            words.extend(child.children().next().map(|it| it.name.local.clone()));
        }
    }
    words.join(" ")
}

#[test]
fn every_message_of_the_transcripts_is_described_and_every_described_one_is_there() {
    let path = root().join("docs/notifications.asyncapi.json");
    let text = std::fs::read_to_string(&path).expect("the description").replace("\r\n", "\n");
    let mut description: Value = serde_json::from_str(&text).expect("it is JSON");
    let messages = description["components"]["messages"].as_object().expect("messages");
    let known: Vec<(String, String, String)> = messages
        .iter()
        .map(|(name, message)| {
            let word = |value: &Value| value.as_str().expect("a word").to_owned();
            (name.clone(), word(&message["tags"][0]["name"]), word(&message["x-kind"]))
        })
        .collect();
    // Of each kind its texts, each with the first case that has it and the number of all.
    let mut texts: BTreeMap<String, Vec<(String, String, usize)>> = BTreeMap::new();
    let mut strange = Vec::new();
    for message in snapshots().iter().flat_map(|path| said(path)) {
        let kind = kind(&message.element);
        if kind.split(' ').any(|word| STRANGE.iter().any(|own| word.starts_with(own))) {
            continue;
        }
        let fits = |own: &str| kind == own || kind.starts_with(&format!("{own} "));
        let mut of = known.iter().filter(|(_, side, own)| *side == message.side && fits(own));
        match (of.next(), of.next()) {
            (Some((name, ..)), None) => {
                let own = texts.entry(name.clone()).or_default();
                match own.iter_mut().find(|(_, text, _)| *text == message.text) {
                    Some((.., count)) => *count += 1,
                    None => own.push((message.case, message.text, 1)),
                }
            }
            (None, _) => strange.push(format!("{}: {} {kind}: none", message.case, message.side)),
            (Some(_), Some(_)) => strange.push(format!("{}: {kind}: several", message.case)),
        }
    }
    assert!(strange.is_empty(), "not described once:\n{}", strange.join("\n"));
    for (name, ..) in &known {
        let own = texts.get(name).unwrap_or_else(|| panic!("no transcript has {name}"));
        // The usual one; of several, the first.
        let usual = own.iter().rev().max_by_key(|(.., count)| *count);
        let (case, text, _) = usual.expect("there is one");
        description["components"]["messages"][name]["examples"] =
            json!([{ "name": case, "payload": text }]);
    }
    let made = format!("{description:#}\n");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &made).expect("the description is written");
    } else {
        assert!(
            text == made,
            "the examples are others: BLESS=1 cargo test -p transcript writes them anew"
        );
    }
}
