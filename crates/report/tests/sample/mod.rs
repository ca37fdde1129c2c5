//! A made-up run in which every verdict, every course of an end and every kind of finding occurs.
// Each test uses a part of it.
#![allow(dead_code)]

use case::{Level, Source};
use transcript::{Event, Recording, Side};
use verdict::{
    CaseResult, CloseAxis, Closest, Difference, Drift, Ending, Failure, Head, ListedDeviation, Run,
    Selection, Strictness, TranscriptLine, VERSION, Verdict, lines_of,
};

const MINIMAL: &str = include_str!("minimal.case");
const MISMATCH: &str = include_str!("subscribe-jid-mismatch.case");

pub(crate) fn run() -> Run {
    ended(Run {
        head: Head {
            version: VERSION,
            target: "lab-uccx".to_owned(),
            is_client: false,
            about: Vec::new(),
            began: BEGAN.to_owned(),
            whole: true,
            selection: Selection::default(),
            selected: cases().len(),
            warnings: vec!["certificates of lab-uccx are not checked".to_owned()],
            nameless: false,
        },
        cases: cases(),
        ending: Ending {
            orphans: vec!["snapshots/sasl/renamed.snap".to_owned()],
            stale: vec![
                "xtask/targets/lab-uccx.toml:31: no case matches \"bind/gone-*\"".to_owned(),
            ],
            strictness: Strictness::default(),
            interrupted: false,
            gave_up: None,
            unwritten: None,
            missing: Vec::new(),
            millis: 12_345,
            exit: None,
        },
    })
}

/// The run with its exit code.
pub(crate) fn ended(mut run: Run) -> Run {
    run.ending.exit = Some(run.exit().code());
    run
}

/// The same suite before and after a change of the server: one case of each kind of change.
pub(crate) fn pair() -> [Run; 2] {
    let body = |line: &str| {
        Some(format!(
            "agent == connect tls\nagent <- <iq id=\"{{iq#1}}\"{line}/>\nagent -> [close 1000]\n"
        ))
    };
    let mut before = Run {
        cases: vec![
            CaseResult { verdict: Verdict::Info, ..pass("bind/changes") },
            pass("bind/drifts"),
            pass("bind/drifts-too"),
            CaseResult { failure: Some(timeout()), verdict: Verdict::Fail, ..pass("bind/fixed") },
            pass("bind/gone"),
            pass("sasl/regressed"),
            pass("sasl/same"),
        ],
        ..run()
    };
    (before.ending.orphans, before.ending.stale) = (Vec::new(), Vec::new());
    before.head.selected = before.cases.len();
    before.ending.exit = Some(1);
    for case in &mut before.cases {
        case.body = body("");
    }
    let mut after = before.clone();
    after.head.began = "2026-12-01T08:00:00Z".to_owned();
    for case in &mut after.cases {
        match case.id.as_str() {
            "bind/changes" => case.verdict = Verdict::NonStrict,
            "bind/drifts" | "bind/drifts-too" => case.body = body(" extra=\"yes\""),
            "bind/fixed" => (case.verdict, case.failure) = (Verdict::Pass, None),
            "bind/gone" => case.id = "bind/new".to_owned(),
            "sasl/regressed" => {
                case.verdict = Verdict::Fail;
                case.failure = run()
                    .case("pubsub/subscribe-jid-mismatch")
                    .and_then(|case| case.failure.clone());
                case.body = body(" type=\"error\"");
            }
            _ => {}
        }
    }
    [before, after]
}

/// The conversation of the case that has a ladder.
pub(crate) fn said() -> Vec<TranscriptLine> {
    lines_of(&recording())
}

fn recording() -> Recording {
    let event = |conn: &str, who, step, micros, claimed, said| Event {
        conn: conn.to_owned(),
        who,
        step,
        micros,
        octets: 96,
        claimed,
        timer: false,
        said,
    };
    let text = |text: &str| transcript::EventKind::Text {
        text: text.to_owned(),
        fragments: 1,
        login: None,
    };
    let close = || transcript::EventKind::Close { code: Some(1000), reason: String::new() };
    let head = "GET /ws/ HTTP/1.1\nHost: finesse.example.com";
    Recording {
        events: vec![
            event(
                "agent",
                Side::Client,
                1,
                1_200,
                true,
                transcript::EventKind::Connect { tls: true },
            ),
            event(
                "agent",
                Side::Client,
                2,
                1_900,
                true,
                transcript::EventKind::Http { head: head.to_owned(), login: None, body: None },
            ),
            event(
                "other",
                Side::Client,
                3,
                2_400,
                true,
                transcript::EventKind::Connect { tls: true },
            ),
            event(
                "agent",
                Side::Server,
                4,
                5_012,
                true,
                text(
                    "<message xmlns='jabber:client' to='1001@finesse.example.com/desktop' from='pubsub.finesse.example.com'><body>a\u{200b}b</body></message>",
                ),
            ),
            event(
                "other",
                Side::Server,
                4,
                5_100,
                false,
                text("<presence xmlns='jabber:client'/> \u{202e}</script>"),
            ),
            event("agent", Side::Client, usize::MAX, 6_000, true, close()),
            event("agent", Side::Server, usize::MAX, 6_300, false, close()),
        ],
        ..Recording::default()
    }
}

const BEGAN: &str = "2026-11-30T00:53:20Z";

/// A case that passed.
pub(crate) fn pass(id: &str) -> CaseResult {
    CaseResult {
        id: id.to_owned(),
        verdict: Verdict::Pass,
        close: CloseAxis::Clean,
        level: Level::Must,
        spec: vec!["RFC 6120 §6.4.5".to_owned()],
        millis: 12,
        began: BEGAN.to_owned(),
        target: "lab-uccx".to_owned(),
        title: format!("the claim of {id}"),
        why: None,
        note: None,
        owner: None,
        failure: None,
        usual: None,
        deviation: None,
        drift: None,
        is_new: false,
        transcript: Some(format!("target/conformance/lab-uccx/{id}.txt")),
        source: format!("cases/{id}.case"),
        volatile: Vec::new(),
        output: Vec::new(),
        ruled_out: false,
        said: Vec::new(),
        body: None,
    }
}

fn cases() -> Vec<CaseResult> {
    let mut cases = vec![
        blocked("bind/client-resource", "sasl/plain-ok"),
        blocked("bind/resource-prep", "sasl/plain-ok"),
        blocked("presence/available", "upgrade/minimal"),
        CaseResult { close: CloseAxis::WrongCode, ..pass("close/server-first") },
        CaseResult { close: CloseAxis::Unclean, millis: 2_412, ..pass("close/twice") },
        CaseResult {
            close: CloseAxis::WrongSide,
            volatile: vec!["agent <- <delay".to_owned(), "agent <- <stamp".to_owned()],
            ..pass("close/while-sending")
        },
        CaseResult {
            verdict: Verdict::NonStrict,
            level: Level::Should,
            note: Some("one try only".to_owned()),
            failure: Some(timeout()),
            ..pass("sasl/retry")
        },
        CaseResult {
            verdict: Verdict::Info,
            note: Some("XML 1.1 ignored".to_owned()),
            ..pass("framing/xml-declaration")
        },
        drift("notify/state", "<state>READY</state>", "<state>NOT_READY</state>\u{200b}", 3),
        drift("notify/team", "<state>READY</state>", "<state>NOT_READY</state>\u{200b}", 1),
        drift("notify/dialog", "<toAddress>1002</toAddress>", "<toAddress>1003</toAddress> ", 1),
        CaseResult {
            drift: Some(new_drift()),
            body: Some(new_drift().got),
            verdict: Verdict::Drift,
            ..pass("notify/system-info")
        },
        CaseResult {
            verdict: Verdict::Fail,
            why: Some("the server let agent subscribe another account".to_owned()),
            spec: vec!["XEP-0060 §6.1.3.1".to_owned()],
            millis: 412,
            failure: Some(mismatch()),
            ..pass("pubsub/subscribe-jid-mismatch")
        },
        CaseResult {
            verdict: Verdict::Error,
            close: CloseAxis::NotReached,
            note: Some("account other: LAB_OTHER is not set".to_owned()),
            transcript: None,
            ..pass("pubsub/subscribe-other")
        },
        CaseResult {
            verdict: Verdict::Expected,
            note: Some("Openfire ignores XML that is not well-formed".to_owned()),
            deviation: Some(ListedDeviation {
                reason: "Openfire ignores XML that is not well-formed".to_owned(),
                link: Some("https://tickets.example.com/4711".to_owned()),
                since: None,
                until: Some("2027-06-30".to_owned()),
                ..ListedDeviation::default()
            }),
            ..pass("stream/not-well-formed")
        },
        CaseResult {
            verdict: Verdict::UnexpectedPass,
            note: Some("answers 1003 to continuation frames".to_owned()),
            ..pass("framing/fragmented-stanza")
        },
        CaseResult {
            verdict: Verdict::Flaky,
            note: Some("fail, then pass".to_owned()),
            failure: Some(timeout()),
            ..pass("presence/priority-zero")
        },
        CaseResult {
            verdict: Verdict::Unsupported,
            level: Level::Vendor,
            spec: vec!["vendor".to_owned()],
            note: Some("no node.whitelist\u{1}".to_owned()),
            close: CloseAxis::NotReached,
            transcript: None,
            ..pass("pubsub/subscribe-whitelist")
        },
        CaseResult {
            verdict: Verdict::Fail,
            spec: vec!["RFC 6455 §4.2.2 item 5".to_owned(), "RFC 7395 §3.1".to_owned()],
            close: CloseAxis::NotReached,
            failure: Some(refused()),
            said: said(),
            body: Some(transcript::body(&recording())),
            ..pass("upgrade/minimal")
        },
        CaseResult { is_new: true, ..pass("upgrade/tokens-any-case") },
    ];
    cases.sort_by(|a, b| a.id.cmp(&b.id));
    cases
}

fn blocked(id: &str, owner: &str) -> CaseResult {
    CaseResult {
        verdict: Verdict::Blocked,
        owner: Some(owner.to_owned()),
        failure: Some(timeout()),
        ..pass(id)
    }
}

fn drift(id: &str, old: &str, new: &str, before: usize) -> CaseResult {
    let body = |line: &str| {
        format!(
            "{}agent <- {line}\nagent -> [close 1000]\n",
            "agent -> <presence/>\n".repeat(before)
        )
    };
    let pending = Some(format!("snapshots/{id}@lab-uccx.snap.new"));
    let drift =
        Drift { new: false, accepted: body(old), got: body(new), is_unsteady: false, pending };
    let body = Some(body(new));
    CaseResult {
        verdict: Verdict::Drift,
        level: Level::Vendor,
        drift: Some(drift),
        body,
        ..pass(id)
    }
}

fn new_drift() -> Drift {
    let got = "agent == connect tls\nagent -> [eof]\n".to_owned();
    Drift { new: true, accepted: String::new(), got, is_unsteady: false, pending: None }
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
    let source = Source { path: path.into(), text: text.to_owned() };
    let span = start..start + place.len();
    Failure { closest, ..Failure::at(&source, &span, message.to_owned(), step.to_owned()) }
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
    let failure = failure(
        "cases/pubsub/subscribe-jid-mismatch.case",
        MISMATCH,
        "<bad-request",
        "not found under iq/error",
        "agent <- <iq xmlns=\"jabber:client\" type=\"error\" id=\"sub-1\" from=\"{pubsub}\">",
        Some(closest),
    );
    Failure {
        question: Some("<iq type=\"set\" id=\"sub-1\"/>".to_owned()),
        answers: vec![
            "<iq type=\"error\" id=\"sub-1\"/>".to_owned(),
            "non-strict: it <says> nothing (the connection ends)".to_owned(),
        ],
        ..failure
    }
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
