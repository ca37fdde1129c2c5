//! Tests of what is not seen from outside: templates, matching, judgement.

mod differences;
mod fitting;
mod judging;
mod making;
mod matching;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use case::{Item, Payload, Source, StepKind, Template};

use crate::bindings::Bindings;
use crate::scene::{Scene, Tested};

/// The names of a scene with one account, `agent`.
fn bindings() -> Bindings {
    Bindings::new(&scene(&[("agent.password", "geheim")]))
}

/// A scene of nothing but variables, and these passwords.
fn scene(passwords: &[(&str, &str)]) -> Scene {
    let map = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    Scene {
        tested: Tested::Client(Mutex::new(None)),
        variables: map(&[("domain", "x.test"), ("agent.user", "1001"), ("odd", "a.b{c}")]),
        passwords: map(passwords),
        known: Vec::new(),
        patience: 1.0,
        clock: 1.0,
    }
}

#[test]
fn a_password_inside_another_shows_no_tail() {
    for [agent, other] in [["cisco", "cisco123"], ["cisco123", "cisco"]] {
        let secrets = scene(&[("agent.password", agent), ("other.password", other)]).secrets();
        assert_eq!(secrets.scrub("my cisco123"), "my ***");
    }
}

/// The payload of `agent <- …`.
fn payload(notation: &str) -> Payload {
    let text = format!("agent <- {notation}\n");
    let source = Arc::new(Source { path: PathBuf::from("test"), text });
    let items = case::parse_body(source)
        .unwrap_or_else(|errors| panic!("{}", case::render(&errors, false)));
    for item in items {
        if let Item::Step(case::Step { kind: StepKind::Say { payload, .. }, .. }) = item {
            return payload;
        }
    }
    panic!("no payload in {notation}");
}

/// The inside of a string of the notation.
fn template(inside: &str) -> Template {
    match payload(&format!("[text \"{inside}\"]")) {
        Payload::Text(template) => template,
        other => panic!("{other:?}"),
    }
}
