//! A made-up run in which every verdict, every course of an end and every kind of finding occurs.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use case::{Clause, Level, Source};
use runner::outcome::{CaseReport, Closest, Difference, Drift, Failure, Summary};
use runner::verdict::{CloseAxis, Strictness, Verdict};

const MINIMAL: &str = include_str!("minimal.case");
const MISMATCH: &str = include_str!("subscribe-jid-mismatch.case");

pub(crate) fn run() -> Summary {
    Summary {
        target: "lab-uccx".to_owned(),
        cases: cases(),
        orphans: vec!["snapshots/sasl/renamed.snap".into()],
        stale: vec!["xtask/targets/lab-uccx.toml:31: no case matches \"bind/gone-*\"".to_owned()],
        strictness: Strictness::default(),
        interrupted: false,
        gave_up: None,
        took: Duration::from_millis(12_345),
    }
}

/// A case that passed.
pub(crate) fn pass(id: &str) -> CaseReport {
    CaseReport {
        id: id.to_owned(),
        title: format!("the claim of {id}"),
        level: Level::Must,
        spec: vec![clause("rfc6120", "6.4.5", None)],
        why: None,
        target: "lab-uccx".to_owned(),
        verdict: Verdict::Pass,
        close: CloseAxis::Clean,
        took: Duration::from_millis(12),
        note: None,
        owner: None,
        failure: None,
        drift: None,
        transcript: Some(format!("target/conformance/lab-uccx/{id}.txt").into()),
        source: PathBuf::from(format!("cases/{id}.case")),
        volatile: 0,
        ruled_out: false,
    }
}

fn cases() -> Vec<CaseReport> {
    let mut cases = vec![
        blocked("bind/client-resource", "sasl/plain-ok"),
        blocked("bind/resource-prep", "sasl/plain-ok"),
        blocked("presence/available", "upgrade/minimal"),
        CaseReport { close: CloseAxis::WrongCode, ..pass("close/server-first") },
        CaseReport {
            close: CloseAxis::Unclean,
            took: Duration::from_millis(2_412),
            ..pass("close/twice")
        },
        CaseReport { close: CloseAxis::WrongSide, volatile: 2, ..pass("close/while-sending") },
        CaseReport {
            verdict: Verdict::NonStrict,
            level: Level::Should,
            note: Some("one try only".to_owned()),
            failure: Some(timeout()),
            ..pass("sasl/retry")
        },
        CaseReport {
            verdict: Verdict::Info,
            note: Some("XML 1.1 ignored".to_owned()),
            ..pass("framing/xml-declaration")
        },
        drift("notify/state", "<state>READY</state>", "<state>NOT_READY</state>\u{200b}", 3),
        drift("notify/team", "<state>READY</state>", "<state>NOT_READY</state>\u{200b}", 1),
        drift("notify/dialog", "<toAddress>1002</toAddress>", "<toAddress>1003</toAddress> ", 1),
        CaseReport {
            drift: Some(new_drift()),
            verdict: Verdict::Drift,
            ..pass("notify/system-info")
        },
        CaseReport {
            verdict: Verdict::Fail,
            why: Some("the server let agent subscribe another account".to_owned()),
            spec: vec![clause("xep-0060", "6.1.3.1", None)],
            took: Duration::from_millis(412),
            failure: Some(mismatch()),
            ..pass("pubsub/subscribe-jid-mismatch")
        },
        CaseReport {
            verdict: Verdict::Error,
            close: CloseAxis::NotReached,
            note: Some("account other: LAB_OTHER is not set".to_owned()),
            transcript: None,
            ..pass("pubsub/subscribe-other")
        },
        CaseReport {
            verdict: Verdict::Expected,
            note: Some("Openfire ignores XML that is not well-formed".to_owned()),
            ..pass("stream/not-well-formed")
        },
        CaseReport {
            verdict: Verdict::UnexpectedPass,
            note: Some("answers 1003 to continuation frames".to_owned()),
            ..pass("framing/fragmented-stanza")
        },
        CaseReport {
            verdict: Verdict::Flaky,
            note: Some("fail, then pass".to_owned()),
            failure: Some(timeout()),
            ..pass("presence/priority-zero")
        },
        CaseReport {
            verdict: Verdict::Unsupported,
            level: Level::Vendor,
            spec: vec![Clause::Vendor],
            note: Some("no node.whitelist\u{1}".to_owned()),
            close: CloseAxis::NotReached,
            transcript: None,
            ..pass("pubsub/subscribe-whitelist")
        },
        CaseReport {
            verdict: Verdict::Fail,
            spec: vec![clause("rfc6455", "4.2.2", Some(5)), clause("rfc7395", "3.1", None)],
            close: CloseAxis::NotReached,
            failure: Some(refused()),
            ..pass("upgrade/minimal")
        },
        pass("upgrade/tokens-any-case"),
    ];
    cases.sort_by(|a, b| a.id.cmp(&b.id));
    cases
}

fn clause(document: &str, section: &str, item: Option<u32>) -> Clause {
    Clause::Section { document: document.to_owned(), section: section.to_owned(), item }
}

fn blocked(id: &str, owner: &str) -> CaseReport {
    CaseReport {
        verdict: Verdict::Blocked,
        owner: Some(owner.to_owned()),
        failure: Some(timeout()),
        ..pass(id)
    }
}

fn drift(id: &str, old: &str, new: &str, before: usize) -> CaseReport {
    let body = |line: &str| {
        format!(
            "{}agent <- {line}\nagent -> [close 1000]\n",
            "agent -> <presence/>\n".repeat(before)
        )
    };
    let pending = Some(format!("snapshots/{id}@lab-uccx.snap.new").into());
    let drift = Drift { is_new: false, accepted: body(old), got: body(new), pending };
    CaseReport { verdict: Verdict::Drift, level: Level::Vendor, drift: Some(drift), ..pass(id) }
}

fn new_drift() -> Drift {
    let got = "agent == connect tls\nagent -> [eof]\n".to_owned();
    Drift { is_new: true, accepted: String::new(), got, pending: None }
}

fn failure(
    path: &str,
    text: &str,
    place: &str,
    message: &str,
    step: &str,
    closest: Option<Closest>,
) -> Failure {
    let start = text.find(place).expect("the place stands in the text");
    let source = Arc::new(Source { path: path.into(), text: text.to_owned() });
    Failure {
        source,
        span: start..start + place.len(),
        message: message.to_owned(),
        step: step.to_owned(),
        closest,
    }
}

fn mismatch() -> Failure {
    let row = |place: &str, wanted: &str, got: &str, why: &str| Difference {
        place: place.to_owned(),
        wanted: wanted.to_owned(),
        got: got.to_owned(),
        why: why.to_owned(),
    };
    let long = format!("{}1002", "%26nbsp".repeat(9));
    let closest = Closest {
        line: Some(31),
        kind: "stanza".to_owned(),
        rows: vec![
            row("iq/@type", "error", "result", "differs"),
            row("iq/@from", "pubsub.example", "pubsub.example\u{200b} ", "differs"),
            row("iq/@to", &long, &long.replace("1002", "1003"), "differs"),
            row("iq/error", "present", "–", "missing"),
            row("iq/pubsub/subscription", "–", "subscribed", "extra"),
        ],
        text: "<iq xmlns=\"jabber:client\" type=\"result\" id=\"sub-1\">".to_owned(),
    };
    failure(
        "cases/pubsub/subscribe-jid-mismatch.case",
        MISMATCH,
        "<bad-request",
        "not found under iq/error",
        "agent <- <iq xmlns=\"jabber:client\" type=\"error\" id=\"sub-1\" from=\"{pubsub}\">",
        Some(closest),
    )
}

fn refused() -> Failure {
    let closest = Closest {
        line: None,
        kind: "HTTP response".to_owned(),
        rows: Vec::new(),
        text: "HTTP/1.1 503 \u{1b}[2J<b>&\u{0}".to_owned(),
    };
    failure(
        "cases/upgrade/minimal.case",
        MINIMAL,
        "agent <- HTTP/1.1 101\n         Connection: {/(?i)\\bupgrade\\b/}",
        "another status",
        "agent <- HTTP/1.1 101",
        Some(closest),
    )
}

fn timeout() -> Failure {
    failure(
        "cases/_fragments/authenticated.case",
        "conn -> <auth/>\n\nconn <- <success xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\"/>\n",
        "conn <- <success xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\"/>\n",
        "nothing received within 5s",
        "conn <- <success xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\"/>",
        None,
    )
}
