//! Which cases are chosen by which words, and how shards divide them.

use std::path::PathBuf;

use case::{Library, Role};
use runner::{Selector, select};

fn library() -> Library {
    let file = |id: &str, spec: &str, level: &str, role: &str, tags: &str| {
        let text = format!(
            "+++\ntitle = \"{id}\"\nspec = [{spec}]\nlevel = \"{level}\"\nroles = [\"{role}\"]\ntags = [{tags}]\n+++\nagent == connect\n"
        );
        (PathBuf::from(format!("cases/{id}.case")), text)
    };
    Library::from_files(vec![
        file("bind/twice", "\"RFC 6120 §7.6.2.1\"", "must", "server", ""),
        file("bind/missing-id", "\"RFC 6120 §8.2.3 item 3\"", "should", "server", "\"slow\""),
        file("upgrade/minimal", "\"RFC 6455 §4.2.1\", \"RFC 7395 §3.1\"", "must", "server", ""),
        file("pubsub/ok", "\"XEP-0060 §6.1\"", "may", "server", "\"slow\", \"odd\""),
        file("upgrade/vendor", "\"vendor\"", "vendor", "server", ""),
        file("bind/client", "\"RFC 6120 §7.6\"", "must", "client", ""),
    ])
    .unwrap_or_else(|errors| panic!("{}", case::render(&errors, false)))
}

fn chosen(words: &[&str]) -> Vec<String> {
    let selectors: Vec<Selector> = words.iter().map(|word| Selector::parse(word)).collect();
    select(&library(), Role::Server, &selectors, None).iter().map(|case| case.id.clone()).collect()
}

const EVERYTHING: [&str; 5] =
    ["bind/missing-id", "bind/twice", "pubsub/ok", "upgrade/minimal", "upgrade/vendor"];

#[test]
fn no_word_chooses_every_case_against_servers_in_order_of_id() {
    assert_eq!(chosen(&[]), EVERYTHING);
}

#[test]
fn each_word_chooses_its_cases() {
    let table: &[(&str, &[&str])] = &[
        ("bind", &["bind/missing-id", "bind/twice"]),
        ("bind/*", &["bind/missing-id", "bind/twice"]),
        ("*/m*", &["bind/missing-id", "upgrade/minimal"]),
        ("**", &EVERYTHING),
        ("bind/twice", &["bind/twice"]),
        ("twice", &[]),
        ("bin", &[]),
        ("cases/bind/twice.case", &["bind/twice"]),
        ("./cases/bind/twice.case", &["bind/twice"]),
        ("cases\\bind\\twice.case", &["bind/twice"]),
        ("bind/twice.case", &["bind/twice"]),
        ("bind/client.case", &[]),
        ("level:must", &["bind/twice", "upgrade/minimal"]),
        ("level:vendor", &["upgrade/vendor"]),
        ("level:MUST", &[]),
        ("tag:slow", &["bind/missing-id", "pubsub/ok"]),
        ("tag:slo", &[]),
        ("spec:RFC 6120", &["bind/missing-id", "bind/twice"]),
        ("spec:rfc6455", &["upgrade/minimal"]),
        ("spec:7395", &["upgrade/minimal"]),
        ("spec:XEP-0060", &["pubsub/ok"]),
        ("spec:xep0060§6.1", &["pubsub/ok"]),
        ("spec:xep0060§6", &["pubsub/ok"]),
        ("spec:RFC 6120§7", &["bind/twice"]),
        ("spec:RFC 6120 §7.6.2", &["bind/twice"]),
        ("spec:RFC 6120§7.6.2.1", &["bind/twice"]),
        ("spec:RFC 6120§7.6.2.1.1", &[]),
        ("spec:RFC 6120§8.2", &["bind/missing-id"]),
        ("spec:RFC 6120§8.", &[]),
        ("spec:vendor", &["upgrade/vendor"]),
        ("spec:612", &[]),
    ];
    for (word, wanted) in table {
        assert_eq!(chosen(&[word]), *wanted, "{word}");
    }
}

#[test]
fn a_case_is_chosen_once_when_any_word_chooses_it() {
    assert_eq!(chosen(&["tag:slow", "bind"]), ["bind/missing-id", "bind/twice", "pubsub/ok"]);
}

#[test]
fn shards_cover_everything_once_and_evenly() {
    let library = library();
    for of in 1..=7 {
        let mut seen = Vec::new();
        for part in 1..=of {
            let ids: Vec<&str> = select(&library, Role::Server, &[], Some(shard(part, of)))
                .iter()
                .map(|case| case.id.as_str())
                .collect();
            assert!(ids.len() <= EVERYTHING.len().div_ceil(of), "{part}/{of} has {ids:?}");
            seen.extend(ids);
        }
        seen.sort_unstable();
        assert_eq!(seen, EVERYTHING, "of {of}");
    }
}

#[test]
fn a_shard_divides_what_is_chosen() {
    let library = library();
    let chosen = select(&library, Role::Server, &[Selector::parse("tag:slow")], Some(shard(2, 2)));
    assert_eq!(chosen.iter().map(|case| case.id.as_str()).collect::<Vec<_>>(), ["bind/missing-id"]);
}

fn shard(part: usize, of: usize) -> verdict::Shard {
    format!("{part}/{of}").parse().expect("a part")
}
