//! Whatever a peer says when it opens a stream, the server's own words are well-formed, as a parser
//! says that is not ours.

use std::time::Duration;

use proptest::prelude::*;
use rxml::error::EndOrError;
use rxml::{Parse, Parser};
use stanza::escape;
use wire::{Decoder, Frame, opcode};

use super::robust::UPGRADE;
use crate::accounts::Directory;
use crate::dialect::Dialect;
use crate::engine::{Engine, Peer, Protocol};
use crate::numbers::ConnectionId;
use crate::outlet::Output;
use crate::profile::{Profile, ProfileName};

/// Why this is no well-formed beginning of a document, or no whole one.
fn broken(text: &str, is_whole: bool) -> Option<String> {
    let (mut parser, mut octets) = (Parser::new(), text.as_bytes());
    loop {
        match parser.parse(&mut octets, is_whole) {
            Ok(Some(_)) => {}
            Ok(None) => return None,
            Err(EndOrError::NeedMoreData) if !is_whole => return None,
            Err(error) => return Some(format!("{error:?}: {text}")),
        }
    }
}

fn engine(profile: ProfileName, protocol: Protocol) -> (Engine, ConnectionId) {
    let mut engine = super::engine("d", Profile::from(profile), Directory::default());
    let id = engine.accept(Duration::ZERO, Peer { protocol, ..Peer::default() });
    (engine, id)
}

/// The octets that the server has said.
fn said(engine: &mut Engine) -> Vec<u8> {
    let said = super::outputs(engine).into_iter().filter_map(|(_, output)| match output {
        Output::Octets(octets) => Some(octets),
        _ => None,
    });
    said.flatten().collect()
}

/// An attribute that a peer gives, or leaves out.
fn attribute(name: &'static str, usual: &'static str) -> impl Strategy<Value = String> {
    let value = prop_oneof![Just(usual.to_owned()), "[ -~é\t\n<>&'\"]{0,12}"];
    let given = move |value: String| format!(" {name}=\"{}\"", escape::attr(&value));
    prop::option::of(value.prop_map(given)).prop_map(Option::unwrap_or_default)
}

fn attributes() -> impl Strategy<Value = String> {
    let id = attribute("id", "1");
    let names = [("to", "d"), ("from", "a@d"), ("xml:lang", "en"), ("version", "1.0")]
        .map(|(name, usual)| attribute(name, usual));
    (names, id).prop_map(|(names, id)| names.concat() + &id)
}

fn profiles() -> impl Strategy<Value = ProfileName> {
    prop::sample::select(ProfileName::ALL.to_vec())
}

proptest! {
    #[test]
    fn an_open_is_answered_with_xml(profile in profiles(), given in [attributes(), attributes()]) {
        let (mut engine, id) = engine(profile, Protocol::default());
        engine.receive(Duration::ZERO, id, UPGRADE);
        said(&mut engine);
        // Openfire writes `from` as it is (recorded: first_open_from_odd).
        let is_raw = Profile::from(profile).dialect == Dialect::Openfire;
        let given = given.map(|it| if is_raw { it.replace(" from=", " from-is-raw=") } else { it });
        for given in given {
            let open = format!("<open xmlns='urn:ietf:params:xml:ns:xmpp-framing'{given}/>");
            let frame = Frame::new(opcode::TEXT, &*open).masked([7; 4]);
            engine.receive(Duration::ZERO, id, &frame.encode());
            let mut decoder = Decoder::new(1 << 20);
            decoder.push(&said(&mut engine));
            while let Some(decoded) = decoder.next().expect("the server keeps to RFC 6455") {
                if decoded.frame.opcode == opcode::TEXT {
                    let text = String::from_utf8_lossy(&decoded.frame.payload).into_owned();
                    prop_assert_eq!(broken(&text, true), None);
                }
            }
        }
    }

    #[test]
    fn a_start_tag_is_answered_with_xml(
        profile in profiles(),
        given in attributes(),
        content in attribute("xmlns", "jabber:client"),
        streams in prop::sample::select(vec!["http://etherx.jabber.org/streams", "other&amp;\""]),
    ) {
        let (mut engine, id) = engine(profile, Protocol::Xmpp);
        let start = format!("<stream:stream xmlns:stream='{streams}'{content}{given}>");
        engine.receive(Duration::ZERO, id, start.as_bytes());
        let text = String::from_utf8_lossy(&said(&mut engine)).into_owned();
        prop_assert_eq!(broken(&text, text.ends_with("</stream:stream>")), None);
    }
}
