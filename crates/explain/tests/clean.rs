//! Conversations in which nothing is wrong come out clean, or with a finding that is true.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

use std::path::{Path, PathBuf};

use explain::{Explanation, Options, Weight};

fn witness(name: &str) -> PathBuf {
    let folder = "../fake/tests/witnesses/openfire-4.4.4";
    Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join(format!("{name}.txt"))
}

fn broken(name: &str) -> Vec<&'static str> {
    let conversation = explain::read(&[witness(name)], &Options::default()).unwrap();
    let findings = Explanation::new(&conversation).findings;
    findings.iter().filter(|one| one.weight == Weight::Broken).map(|one| one.rule).collect()
}

#[test]
fn good_logins_of_openfire_come_out_clean() {
    for name in [
        "valid_flow",
        "valid_flow_barejid",
        "bind_desktop",
        "sub_twice",
        "sub_survives_disconnect",
        "sub_without_presence",
        "ev_last_item_on_subscribe",
        "ev_order_same_node",
        "ev_order_two_nodes",
        "ev_two_subscribers",
        "ev_no_presence",
        "presence_initial",
        "presence_priority",
        "unsub_not_subscribed",
    ] {
        assert_eq!(broken(name), Vec::<&str>::new(), "{name}");
    }
}

#[test]
fn what_is_wrong_in_other_witnesses_is_found() {
    for (name, rule) in [
        ("sasl_wrong_password", "auth-refused"),
        ("sasl_unknown_user", "auth-refused"),
        ("sasl_mech_disabled", "auth-mechanism"),
        ("conflict_available", "conflict"),
        ("sub_absent_node", "node-absent"),
        ("sub_foreign_jid", "subscribe-other-jid"),
        ("acc_presence", "node-closed"),
        ("ev_negative_priority", "presence-negative"),
        ("presence_type_available", "session-ended-by-server"),
        ("open_legacy_stream", "legacy-stream"),
        ("hs_wrong_subprotocol", "subprotocol-wrong"),
        ("http_sub_missing", "subprotocol-missing"),
        ("http_plain_on_tls_port", "connection-ended-early"),
        ("shutdown_1", "session-ended-by-server"),
    ] {
        let conversation = explain::read(&[witness(name)], &Options::default()).unwrap();
        let findings = Explanation::new(&conversation).findings;
        let found: Vec<_> = findings.iter().map(|one| one.rule).collect();
        assert!(found.contains(&rule), "{name}: {found:?}");
    }
}
