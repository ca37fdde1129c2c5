//! Compressed connections, as they were recorded from Openfire 4.4.4 (deflate_*, http_ext_*).

use std::time::Duration;

use proptest::prelude::*;
use wire::{
    Assembler, CloseFrame, Decoder, Deflater, Frame, Inflater, Message, Side, Unit, Violation,
    opcode,
};

use crate::accounts::Directory;
use crate::engine::Engine;
use crate::numbers::ConnectionId;
use crate::outlet::Output;
use crate::profile::Profile;

const OPEN: &str =
    r#"<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" to="uccx.example.com" version="1.0"/>"#;
/// `NUL agent1001 NUL Secr3t!` in base64: the throw-away password of the recordings.
const AUTH: &str = r#"<auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="PLAIN">AGFnZW50MTAwMQBTZWNyM3Qh</auth>"#;
const BIND: &str = r#"<iq xmlns="jabber:client" type="set" id="b1"><bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"><resource>desktop</resource></bind></iq>"#;
const PING: &str =
    r#"<iq xmlns="jabber:client" type="get" id="p1"><ping xmlns="urn:xmpp:ping"/></iq>"#;
const PONG: &str =
    r#"<iq xmlns="jabber:client" type="result" id="p1" to="agent1001@uccx.example.com/desktop"/>"#;
const BROKEN: [&str; 3] = [
    r#"<stream:error xmlns:stream="http://etherx.jabber.org/streams"><internal-server-error xmlns="urn:ietf:params:xml:ns:xmpp-streams"/></stream:error>"#,
    "<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>",
    "[close 1000]",
];

/// A client, which compresses what it says if it has the means.
struct Peer {
    engine: Engine,
    id: ConnectionId,
    /// The extensions of the answer.
    accepted: Option<String>,
    decoder: Decoder,
    assembler: Assembler,
    deflater: Option<Deflater>,
}

impl Peer {
    fn new(profile: Profile, offer: &str) -> Self {
        let mut accounts = Directory::default();
        accounts.add("agent1001", "Secr3t!");
        let mut engine = super::engine("uccx.example.com", profile, accounts);
        let id = engine.accept(Duration::ZERO, crate::Peer::default());
        let request = format!(
            "GET /ws/ HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Protocol: xmpp\r\nSec-WebSocket-Extensions: {offer}\r\n\r\n"
        );
        engine.receive(Duration::ZERO, id, request.as_bytes());
        let effects = super::outputs(&mut engine);
        let [(_, Output::Octets(answer)), ..] = &effects[..] else { panic!("an answer") };
        let answer = String::from_utf8_lossy(answer);
        let accepted = answer
            .lines()
            .find_map(|line| line.strip_prefix("Sec-WebSocket-Extensions: "))
            .map(str::to_owned);
        let (decoder, assembler) = (Decoder::new(1 << 20), Assembler::new(Side::Client, 1 << 20));
        Self { engine, id, accepted, decoder, assembler, deflater: None }
    }

    fn openfire(offer: &str) -> Self {
        Self::new(Profile::openfire_4_4(), offer)
    }

    /// Says from now on what it says compressed, and keeps its context or not.
    fn compressing(self, takeover: bool) -> Self {
        Self { deflater: Some(Deflater::new(takeover)), ..self }
    }

    fn inflating(self, unit: Unit, takeover: bool) -> Self {
        let assembler = self.assembler.with_inflater(Inflater::new(unit, takeover));
        Self { assembler, ..self }
    }

    fn say(&mut self, text: &str) -> Result<Vec<(String, usize)>, Violation> {
        let frame = match &mut self.deflater {
            Some(deflater) => {
                Frame::new(opcode::TEXT, deflater.compress(text.as_bytes())).compressed()
            }
            None => Frame::new(opcode::TEXT, text),
        };
        self.send(frame)
    }

    /// Sends a frame and takes what is said to it, with the octets of its payload on the wire.
    fn send(&mut self, frame: Frame) -> Result<Vec<(String, usize)>, Violation> {
        self.engine.receive(Duration::ZERO, self.id, &frame.masked([1, 2, 3, 4]).encode());
        for (_, output) in super::outputs(&mut self.engine) {
            if let Output::Octets(octets) = output {
                self.decoder.push(&octets);
            }
        }
        let mut heard = Vec::new();
        while let Ok(Some(decoded)) = self.decoder.next() {
            let octets = decoded.frame.payload.len();
            match self.assembler.feed(decoded.frame)? {
                Some((Message::Text(text), _)) => heard.push((text, octets)),
                Some((Message::Close(Some(CloseFrame { code, .. })), _)) => {
                    heard.push((format!("[close {code}]"), octets));
                }
                other => heard.push((format!("{other:?}"), octets)),
            }
        }
        Ok(heard)
    }

    /// Logs in, pings twice, and gives the octets of each answer but the opening ones, which hold
    /// an id of varying length.
    fn log_in(&mut self) -> Result<Vec<usize>, Violation> {
        let mut sizes = Vec::new();
        for (message, answers) in [(OPEN, 2), (AUTH, 1), (OPEN, 2), (BIND, 1), (PING, 1), (PING, 1)]
        {
            let heard = self.say(message)?;
            assert_eq!(heard.len(), answers, "{heard:?}");
            assert!(message != PING || heard[0].0 == PONG, "{heard:?}");
            sizes.extend(heard.iter().map(|(_, octets)| *octets));
        }
        Ok(sizes)
    }
}

// Recorded: http_ext_plain, deflate_client_context.
#[test]
fn both_sides_refer_to_what_they_have_said() {
    for mut peer in [
        Peer::openfire("permessage-deflate; client_max_window_bits"),
        Peer::openfire("permessage-deflate").compressing(true),
        Peer::openfire("permessage-deflate").compressing(false),
        Peer::new(Profile::finesse(), "permessage-deflate").compressing(true),
    ] {
        assert_eq!(peer.accepted.as_deref(), Some("permessage-deflate"));
        peer = peer.inflating(Unit::Message, true);
        let sizes = peer.log_in().expect("the server's messages are readable");
        // `<success/>`, the second `<open/>` and the answer to the first ping.
        assert_eq!([sizes[2], sizes[3], sizes[6]], [13, 6, 13]);
    }
}

// Recorded: deflate_both_client_reset.
#[test]
fn who_agrees_on_both_refers_to_nothing() {
    let offer = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
    let mut peer = Peer::openfire(offer).compressing(false).inflating(Unit::Message, false);
    let accepted = "permessage-deflate;client_no_context_takeover;server_no_context_takeover";
    assert_eq!(peer.accepted.as_deref(), Some(accepted));
    let sizes = peer.log_in().expect("the server's messages are readable");
    assert_eq!([sizes[2], sizes[6]], [50, 84]);
}

// Recorded: deflate_snct_client_reset.
#[test]
fn the_server_does_not_forget_what_it_promised_to() {
    let offer = "permessage-deflate; server_no_context_takeover";
    let mut patient = Peer::openfire(offer).compressing(false).inflating(Unit::Message, true);
    assert!(patient.log_in().is_ok());
    let mut trusting = Peer::openfire(offer).compressing(false).inflating(Unit::Message, false);
    assert_eq!(trusting.log_in(), Err(Violation::NotDeflated));
}

// Recorded: deflate_snct_client_context.
#[test]
fn the_server_forgets_what_the_client_may_refer_to() {
    let offer = "permessage-deflate; server_no_context_takeover";
    let mut peer = Peer::openfire(offer).compressing(true).inflating(Unit::Message, true);
    assert_eq!(peer.say(OPEN).map(|heard| heard.len()), Ok(2));
    let heard = peer.say(AUTH).expect("the server's messages are readable");
    let heard: Vec<&str> = heard.iter().map(|(text, _)| text.as_str()).collect();
    assert_eq!(heard, BROKEN);
}

#[test]
fn the_client_alone_forgets_and_so_does_the_server() {
    let offer = "permessage-deflate; client_no_context_takeover";
    let mut peer = Peer::openfire(offer).compressing(true).inflating(Unit::Message, false);
    assert!(peer.log_in().is_ok());
}

// Recorded: http_ext_deflate_frame, http_ext_identity.
#[test]
fn the_other_extensions_of_jetty() {
    let mut frames = Peer::openfire("deflate-frame").compressing(true);
    assert_eq!(frames.accepted.as_deref(), Some("deflate-frame"));
    frames = frames.inflating(Unit::Frame, true);
    assert!(frames.log_in().is_ok());
    let mut plain = Peer::openfire("identity");
    assert_eq!(plain.accepted.as_deref(), Some("identity"));
    assert!(plain.log_in().is_ok());
}

#[test]
fn the_strict_profile_compresses_as_agreed() {
    for (offer, takeover) in
        [("permessage-deflate", true), ("permessage-deflate;server_no_context_takeover", false)]
    {
        let mut peer = Peer::new(Profile::strict(), offer).compressing(true);
        assert_eq!(peer.accepted.as_deref(), Some(offer));
        peer = peer.inflating(Unit::Message, takeover);
        assert!(peer.log_in().is_ok(), "{offer}");
    }
}

#[test]
fn the_strict_profile_takes_no_other_extension() {
    let mut peer = Peer::new(Profile::strict(), "deflate-frame").compressing(true);
    assert_eq!(peer.accepted, None);
    let heard = peer.say(OPEN).expect("the server's messages are readable");
    assert_eq!(heard[0].0, "[close 1002]");
}

#[test]
fn a_bomb_is_a_message_too_long() {
    let mut peer = Peer::openfire("permessage-deflate").inflating(Unit::Message, true);
    assert_eq!(peer.say(OPEN).map(|heard| heard.len()), Ok(2));
    let bomb = Deflater::new(true).compress(&vec![b' '; (1 << 20) + 1]);
    let heard = peer.send(Frame::new(opcode::TEXT, bomb).compressed()).expect("readable");
    let heard: Vec<&str> = heard.iter().map(|(text, _)| text.as_str()).collect();
    assert_eq!(heard, BROKEN);
}

proptest! {
    #[test]
    fn any_frames_after_compression_was_agreed_on(
        offer in prop::sample::select(vec!["permessage-deflate", "deflate-frame", "identity"]),
        frames in prop::collection::vec(
            (any::<bool>(), 0..8_u8, 0..16_u8, prop::collection::vec(any::<u8>(), 0..60)), 0..8),
    ) {
        let mut peer = Peer::openfire(offer).inflating(Unit::Message, true);
        for (fin, rsv, opcode, payload) in frames {
            let _ = peer.send(Frame { fin, rsv, ..Frame::new(opcode, payload) });
        }
    }

    #[test]
    fn any_offer_gets_an_answer(offer in "[a-z_;=, \"-]{0,60}|permessage-deflate[a-z_;=, 0-9\"]{0,40}") {
        Peer::openfire(&offer);
    }
}
