//! Files of strangers: with any change in a file, `explain` neither panics nor takes long, and no
//! secret comes out.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

#[path = "../../mask/tests/processor/mod.rs"]
mod processor;

use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use explain::{Explanation, from_octets};
use processor::processor_time;
use proptest::prelude::*;

/// Captures that need no other program, with their secrets.
static CAPTURES: LazyLock<Vec<(Vec<u8>, Vec<String>)>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if !path.to_str().unwrap().ends_with(".expect.json") {
            continue;
        }
        let expected: serde_json::Value =
            serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let secrets: Vec<String> = expected["secrets"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one.as_str().unwrap().to_owned())
            .collect();
        for file in expected["files"].as_array().unwrap() {
            let file = file.as_str().unwrap();
            let octets = std::fs::read(folder.join(file)).unwrap_or_default();
            if !file.contains(".pcap") && (1..60_000).contains(&octets.len()) {
                found.push((octets, secrets.clone()));
            }
        }
    }
    assert!(found.len() > 50);
    found
});

/// The explanation of a file as text, as HTML, as JSON; none if it is refused.
fn outputs(octets: &[u8]) -> Option<[String; 3]> {
    let conversation = from_octets("file", octets).ok()?;
    let explanation = Explanation::new(&conversation);
    Some([explain::text(&explanation), explain::html(&explanation), explain::json(&explanation)])
}

/// A change of a file.
#[derive(Debug, Clone)]
enum Change {
    Cut(prop::sample::Index),
    Remove(prop::sample::Index, usize),
    Flip(prop::sample::Index, u8),
    Repeat(prop::sample::Index, usize),
    Insert(prop::sample::Index, &'static str),
}

fn change() -> impl Strategy<Value = Change> {
    let place = any::<prop::sample::Index>;
    prop_oneof![
        place().prop_map(Change::Cut),
        (place(), 1..200_usize).prop_map(|(at, length)| Change::Remove(at, length)),
        (place(), any::<u8>()).prop_map(|(at, octet)| Change::Flip(at, octet)),
        (place(), 1..400_usize).prop_map(|(at, length)| Change::Repeat(at, length)),
        (
            place(),
            prop::sample::select(
                &[
                    "<",
                    "\0",
                    "\u{fffd}",
                    "</script>",
                    "\"",
                    "[",
                    "{",
                    "-1",
                    "1e999",
                    "9999999999999999999",
                    "\n",
                    "<auth>",
                    "]]>",
                    "\u{202e}"
                ][..]
            )
        )
            .prop_map(|(at, text)| Change::Insert(at, text)),
    ]
}

fn changed(octets: &[u8], changes: &[Change]) -> Vec<u8> {
    let mut octets = octets.to_vec();
    for change in changes {
        if octets.is_empty() {
            break;
        }
        match change {
            Change::Cut(at) => octets.truncate(at.index(octets.len())),
            Change::Remove(at, length) => {
                let start = at.index(octets.len());
                octets.drain(start..(start + length).min(octets.len()));
            }
            Change::Flip(at, octet) => {
                let at = at.index(octets.len());
                octets[at] ^= octet;
            }
            Change::Repeat(at, length) => {
                let start = at.index(octets.len());
                let piece = octets[start..(start + length).min(octets.len())].to_vec();
                octets.splice(start..start, piece);
            }
            Change::Insert(at, text) => {
                let start = at.index(octets.len());
                octets.splice(start..start, text.bytes());
            }
        }
    }
    octets
}

/// A program, a picture, a disk: some line of it begins like a frame.
#[test]
fn a_file_that_is_no_text_is_no_log() {
    let noise: Vec<u8> = (0..200_u8).cycle().take(2_000).map(|octet| octet ^ 0xA5).collect();
    let file = [&noise[..], b"\n<- <\xff\x01>", &noise].concat();
    let refused = from_octets("file", &file).unwrap_err();
    assert_eq!(refused, "it is no text, and no capture of a known format");
}

/// A crash leaves NUL at the end of a log; a page of Latin-1 has letters that are no UTF-8.
#[test]
fn a_log_with_some_octets_that_are_no_text_is_read() {
    let open = b"SENT: <open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='d' version='1.0'/>\n";
    for end in [&[0; 4096][..], b"\xfcber das Netz\n", b"\x1b[31mred\x1b[0m\n"] {
        let found = from_octets("file", &[&open[..], end].concat()).unwrap();
        assert_eq!(found.connections.len(), 1);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn a_changed_file_neither_panics_nor_shows_a_secret(which in any::<prop::sample::Index>(), changes in prop::collection::vec(change(), 1..5)) {
        let (octets, secrets) = &CAPTURES[which.index(CAPTURES.len())];
        let began = processor_time();
        if let Some(outputs) = outputs(&changed(octets, &changes)) {
            for output in &outputs {
                for secret in secrets {
                    prop_assert!(!output.contains(secret.as_str()), "{secret}");
                }
                let steers = output.contains('\u{202e}');
                prop_assert!(!steers);
            }
            // Text and JSON are no markup.
            let [_, page, _] = &outputs;
            prop_assert!(!page.contains("</script>"));
        }
        prop_assert!(processor_time() - began < Duration::from_secs(20));
    }

    #[test]
    fn any_octets_are_read_or_refused(octets in prop::collection::vec(any::<u8>(), 0..600)) {
        outputs(&octets);
    }
}

#[test]
fn depth_and_length_are_bounded() {
    let deep = format!("{{\"log\": {{\"entries\": {}", "[".repeat(200_000));
    let nested = format!("SENT: {}\n", "<a>".repeat(100_000));
    let entities =
        "RECV: <!DOCTYPE a [<!ENTITY b 'bbbb'><!ENTITY c '&b;&b;&b;'>]><a>&c;</a>\n".repeat(100);
    let flows = format!("{}:{}", "9".repeat(12), "x");
    for file in [deep, nested, entities, flows, "5:".repeat(1_000), "1.0 C> ".repeat(5_000)] {
        let began = processor_time();
        outputs(file.as_bytes());
        assert!(processor_time() - began < Duration::from_secs(20), "{}", &file[..20]);
    }
}

/// Files of very many parts of one kind: the time is that of the length, not of its square.
#[test]
fn counts_are_bounded() {
    let auth = "SENT: <auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>AGEAYg==</auth>\n";
    let socket = r#"{"request":{"method":"GET","url":"wss://d/ws/"},"response":{},"_webSocketMessages":[{"type":"send","time":1,"opcode":1,"data":"<open/>"}]}"#;
    let files = [
        "SENT: <open/>\n".repeat(30_000),
        format!("{auth}SENT: <open/>\n").repeat(15_000),
        (0..20_000).map(|one| format!("    {one}.000  #{one} - -> <open/>\n")).collect(),
        format!(r#"{{"log":{{"entries":[{}]}}}}"#, vec![socket; 20_000].join(",")),
    ];
    for file in files {
        let began = processor_time();
        let [text, ..] = outputs(file.as_bytes()).unwrap();
        assert!(text.contains("those after the first 1000 are left out"), "{text:.400}");
        assert!(processor_time() - began < Duration::from_secs(20), "{file:.20}");
    }
}

/// A text that was cut amid a character, as `JSON.stringify` writes it.
#[test]
fn half_a_character_leaves_the_rest_of_a_har_readable() {
    let (har, _) = CAPTURES.iter().find(|(octets, _)| octets.starts_with(b"{")).unwrap();
    let har = String::from_utf8_lossy(har);
    let halved = har.replacen("\"data\": \"", "\"data\": \"\\ud83d", 1);
    assert_ne!(har, halved);
    assert!(outputs(halved.as_bytes()).is_some());
}

/// Pages on a page: the HTML has no script, and says so to the browser.
#[test]
fn the_page_runs_nothing() {
    let (octets, _) = &CAPTURES[0];
    let [_, page, _] = outputs(octets).unwrap();
    assert!(!page.contains("<script") && page.contains("default-src 'none'"));
}

/// A session of very many requests or events: twice as many take less than three times the steps,
/// counted as processor time of this thread, so that a busy machine does not matter.
#[cfg(target_os = "linux")]
#[test]
fn the_time_for_a_long_session_is_that_of_its_length() {
    let subscribe = |number: usize| {
        format!(
            "SENT: <iq xmlns='jabber:client' type='set' id='i{number}'><pubsub xmlns='http://jabber.org/protocol/pubsub'><subscribe node='/n/{number}' jid='x'/></pubsub></iq>\n"
        )
    };
    let ping = |number: usize| {
        format!(
            "SENT: <iq xmlns='jabber:client' type='get' id='i{number}'><ping xmlns='urn:xmpp:ping'/></iq>\n"
        )
    };
    let event = |number: usize| {
        format!(
            "RECV: <message xmlns='jabber:client' from='p' to='x'><event xmlns='http://jabber.org/protocol/pubsub#event'><items node='/n/{number}'><item id='1'><a xmlns='u'/></item></items></event></message>\n"
        )
    };
    let bound = "SENT: <iq xmlns='jabber:client' type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>\n\
         RECV: <iq xmlns='jabber:client' type='result' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>a@b/c</jid></bind></iq>\n";
    let kinds: [&dyn Fn(usize) -> String; 3] = [&subscribe, &ping, &event];
    for (place, kind) in kinds.into_iter().enumerate() {
        let took = |count: usize| {
            let file: String = (0..count).map(kind).collect();
            let file = format!("{bound}{file}");
            let conversation = from_octets("file", file.as_bytes()).unwrap();
            let began = processor_time();
            std::hint::black_box(Explanation::new(&conversation));
            processor_time() - began
        };
        let (once, eightfold) = (took(2_000), took(16_000));
        assert!(eightfold < 24 * once, "kind {place}: {once:?}, and {eightfold:?} for eight times");
    }
}

#[cfg(unix)]
#[test]
fn a_file_without_end_is_refused() {
    for keys in [Vec::new(), vec!["/dev/zero".into()]] {
        let error = explain::read(&["/dev/zero".into()], &explain::Options { keys }).unwrap_err();
        assert_eq!(error.to_string(), "/dev/zero: it is a device, not a file");
    }
}
