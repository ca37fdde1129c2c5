//! No panic can be reached from the wire.

use std::time::Duration;

use proptest::prelude::*;
use wire::{Frame, opcode};

use crate::accounts::Directory;
use crate::engine::Engine;
use crate::fault::Fault;
use crate::profile::{Profile, ProfileName};

pub(super) const UPGRADE: &[u8] =
    b"GET /ws/ HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Protocol: xmpp\r\n\r\n";

/// Messages of a login and of what may follow, in an order of chance.
const MESSAGES: [&str; 16] = [
    "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='d' version='1.0'/>",
    // `NUL a NUL b` in base64.
    "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGEAYg==</auth>",
    "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'/>",
    "<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>AGEAYg==</response>",
    "<abort xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>",
    "<iq xmlns='jabber:client' type='set' id='1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>r</resource></bind></iq>",
    "<presence xmlns='jabber:client'><priority>1</priority></presence>",
    "<presence xmlns='jabber:client' type='unavailable'/>",
    "<presence xmlns='jabber:client' to='a@d/r'/>",
    "<presence xmlns='jabber:client' type='x'/>",
    "<message xmlns='jabber:client' to='a@d'><body>&amp;</body></message>",
    "<iq xmlns='jabber:client' type='get' id='2' to='d'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>",
    "<iq xmlns='jabber:client' type='set' id='3' to='pubsub.d'><pubsub xmlns='http://jabber.org/protocol/pubsub'><subscribe node='/finesse/api/SystemInfo' jid='a@d'/></pubsub></iq>",
    "<iq xmlns='jabber:client' type='result' id='4'><x xmlns='y'/></iq>",
    "<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>",
    "<x",
];

/// Faults of every kind, with times of their own.
const FAULTS: [&str; 14] = [
    "delay-upgrade by=2s",
    "dribble-upgrade",
    "drop-tcp after=bind",
    "reset-tcp before=presence",
    "stall after=open for=9s",
    "stall before=success",
    "close after=success",
    "stream-error after=restart",
    "conflict after=subscribe",
    "refuse before=bind",
    "reorder what=presence",
    "delay what=result every=2 by=7s",
    "ghost-session for=20s",
    "out-of-service for=5s",
];

fn engine(profile: ProfileName) -> Engine {
    let mut accounts = Directory::default();
    accounts.add("a", "b");
    super::engine("d", Profile::from(profile), accounts)
}

fn sabotages() -> Vec<&'static str> {
    Fault::sabotages().map(|shape| shape.name()).collect()
}

/// With that rule, a session that its client leaves stays for ever.
fn sabotages_of_sessions_that_end() -> Vec<&'static str> {
    sabotages().into_iter().filter(|name| *name != "bosh-no-inactivity").collect()
}

fn profiles() -> impl Strategy<Value = ProfileName> {
    prop::sample::select(ProfileName::ALL.to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_octets_before_and_after_the_upgrade(
        profile in profiles(),
        upgraded: bool,
        octets in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let mut engine = engine(profile);
        let id = engine.accept(Duration::ZERO, crate::Peer::default());
        if upgraded {
            engine.receive(Duration::ZERO, id, UPGRADE);
        }
        for octet in octets.chunks(7) {
            engine.receive(Duration::ZERO, id, octet);
        }
        engine.fire(Duration::from_secs(1000));
        engine.ended(Duration::from_secs(1001), id);
    }

    #[test]
    fn any_request_with_a_body(
        profile in profiles(),
        method in "GET|PUT|POST|DELETE|HEAD|[A-Z]{1,7}",
        path in "/finesse/api/(User|Dialog|Team|Queue|SystemInfo|[A-Za-z]{1,9})(/[a-z0-9%.]{0,4}){0,3}",
        header in "(Authorization|Expect|Transfer-Encoding|Content-Length|Range): [ -~]{0,20}",
        body in "(<[A-Za-z]{1,9}>|</[A-Za-z]{1,9}>|[ -~é]|&#x?[0-9a-f]{1,6};){0,40}",
        cut in 1..200_usize,
    ) {
        let mut engine = engine(profile);
        let id = engine.accept(Duration::ZERO, crate::Peer::default());
        let length = body.len();
        // `a:b` in base64.
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: x\r\n{header}\r\nAuthorization: Basic YTpi\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        );
        for piece in request.as_bytes().chunks(cut) {
            engine.receive(Duration::ZERO, id, piece);
        }
        engine.fire(Duration::from_secs(1000));
        prop_assert!(!engine.transcript().to_string().contains("YTpi"));
        engine.ended(Duration::from_secs(1001), id);
    }

    #[test]
    fn any_order_of_messages_on_two_connections(
        profile in profiles(),
        sabotage in prop::option::of(prop::sample::select(sabotages())),
        faults in prop::collection::vec(prop::sample::select(FAULTS.to_vec()), 0..3),
        said in prop::collection::vec((0..2_usize, prop::sample::select(MESSAGES.to_vec())), 0..60),
    ) {
        let mut engine = engine(profile);
        for fault in faults.into_iter().chain(sabotage) {
            let fault = fault.parse().expect("parses");
            engine.add_fault(Duration::ZERO, fault).expect("there is room");
        }
        let ids = [engine.accept(Duration::ZERO, crate::Peer::default()), engine.accept(Duration::ZERO, crate::Peer::default())];
        for id in ids {
            engine.receive(Duration::ZERO, id, UPGRADE);
            for message in [0, 1, 0, 5].map(|index: usize| MESSAGES[index]) {
                let frame = Frame::new(opcode::TEXT, message).masked([7; 4]);
                engine.receive(Duration::ZERO, id, &frame.encode());
            }
        }
        for (second, (client, message)) in (1..).zip(said) {
            let frame = Frame::new(opcode::TEXT, message).masked([7; 4]);
            engine.receive(Duration::from_secs(second), ids[client], &frame.encode());
            engine.fire(Duration::from_secs(second));
        }
        engine.shut_down(Duration::from_secs(61));
        engine.fire(Duration::from_secs(1000));
        // A connection that is stalled for ever ends when its peer does.
        for id in ids {
            engine.ended(Duration::from_secs(2000), id);
        }
        engine.fire(Duration::from_secs(3000));
        prop_assert!(engine.clients().is_empty());
    }
}

/// Attributes of requests of a session.
const ATTRIBUTES: [&str; 8] = [
    "",
    "type='terminate'",
    "xmlns:xmpp='urn:xmpp:xbosh' xmpp:restart='true'",
    "pause='7'",
    "pause='-7'",
    "key='k' newkey='l'",
    "ack='1'",
    "sid='twice'",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// No request of a client leaves anything of a session behind, on any connection.
    #[test]
    fn any_order_of_requests_of_a_session(
        profile in profiles(),
        sabotage in prop::option::of(prop::sample::select(sabotages_of_sessions_that_end())),
        faults in prop::collection::vec(prop::sample::select(FAULTS.to_vec()), 0..3),
        (wait, hold) in (-1..9_i64, -1..4_i64),
        asked in prop::collection::vec(
            (
                0..4_usize,
                -3..5_i64,
                prop::sample::select(ATTRIBUTES.to_vec()),
                prop::collection::vec(prop::sample::select(MESSAGES.to_vec()), 0..3),
            ),
            0..40,
        ),
    ) {
        let mut engine = engine(profile);
        for fault in faults.into_iter().chain(sabotage) {
            let fault = fault.parse().expect("parses");
            engine.add_fault(Duration::ZERO, fault).expect("there is room");
        }
        let post = |engine: &mut Engine, now, id, body: &str| {
            let length = body.len();
            let head = format!("POST /http-bind HTTP/1.1\r\nHost: x\r\nContent-Length: {length}");
            engine.receive(now, id, format!("{head}\r\n\r\n{body}").as_bytes());
        };
        let mut ids: Vec<_> =
            (0..4).map(|_| engine.accept(Duration::ZERO, crate::Peer::default())).collect();
        let namespace = "xmlns='http://jabber.org/protocol/httpbind' to='d' ver='1.6'";
        let created = format!("<body {namespace} rid='9' wait='{wait}' hold='{hold}'/>");
        post(&mut engine, Duration::ZERO, ids[0], &created);
        let said = super::outputs(&mut engine);
        let sid = said.iter().find_map(|(_, output)| match output {
            crate::Output::Octets(octets) => {
                let text = String::from_utf8_lossy(octets).into_owned();
                Some(text.split(" sid=\"").nth(1)?.split('"').next()?.to_owned())
            }
            _ => None,
        });
        let sid = sid.unwrap_or_default();
        let mut rid = 9;
        for (second, (connection, step, attributes, messages)) in (1..).zip(asked) {
            let now = Duration::from_secs(second);
            rid += step.min(1);
            let number = rid + (step - 1).max(0);
            let elements = messages.concat();
            let body = format!("<body {namespace} rid='{number}' sid='{sid}' {attributes}>{elements}</body>");
            if step == 4 {
                engine.ended(now, ids[connection]);
                ids[connection] = engine.accept(now, crate::Peer::default());
            }
            post(&mut engine, now, ids[connection], &body);
            engine.fire(now);
        }
        engine.fire(Duration::from_secs(1000));
        for id in ids {
            engine.ended(Duration::from_secs(2000), id);
        }
        engine.fire(Duration::from_secs(3000));
        prop_assert!(engine.clients().is_empty(), "{:?}", engine.clients());
    }
}

/// However a client spells its password, and wherever: the record of the fake does not show it.
#[test]
fn a_transcript_shows_no_password_of_an_account() {
    let mut accounts = Directory::default();
    accounts.add("a", "it's-me");
    let mut engine = super::engine("d", Profile::from(ProfileName::ALL[0]), accounts);
    let id = engine.accept(Duration::ZERO, crate::Peer::default());
    engine.receive(Duration::ZERO, id, b"GET /it%27s-me HTTP/1.1\r\nHost: x\r\n\r\n");
    let id = engine.accept(Duration::ZERO, crate::Peer::default());
    engine.receive(Duration::ZERO, id, UPGRADE);
    for said in ["<a>it&#39;s-me</a>", "<a>aXQncy1tZQ==</a>", "<a>it<![CDATA['s-me]]></a>"] {
        let frame = Frame::new(opcode::TEXT, said).masked([7; 4]);
        engine.receive(Duration::ZERO, id, &frame.encode());
    }
    let frame = Frame::new(opcode::PING, "it's-me").masked([7; 4]);
    engine.receive(Duration::ZERO, id, &frame.encode());
    let text = engine.transcript().to_string();
    assert!(text.contains("GET /*** HTTP/1.1") && text.contains("[ping \"***\"]"), "{text}");
    for masked in ["-> <a>***</a>", "-> <a>***==</a>", "-> <a>***]]></a>"] {
        assert!(text.contains(masked), "{masked}\n{text}");
    }
    let taken = engine.take_said(|said| said.text.contains("#39")).unwrap();
    assert_eq!(taken.text, "<a>***</a>");
}
