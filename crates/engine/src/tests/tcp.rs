//! XMPP over TCP, written by the classes of Openfire 4.4.4 that serve it: `LocalClientSession`,
//! `StanzaHandler`, `NIOConnection`, `ClientConnectionHandler`.

use std::time::Duration;

use proptest::prelude::*;

use crate::accounts::Directory;
use crate::engine::{Engine, Peer, Protocol};
use crate::numbers::ConnectionId;
use crate::outlet::Output;
use crate::profile::{Profile, ProfileName};

const START: &str = "<?xml version='1.0'?><stream:stream to='d' version='1.0' xmlns='jabber:client' \
    xmlns:stream='http://etherx.jabber.org/streams'>";

/// `NUL a NUL b` in base64.
const AUTH: &str =
    "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGEAYg==</auth>";

const BIND: &str = "<iq type='set' id='1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>\
    <resource>r</resource></bind></iq>";

struct Tcp {
    engine: Engine,
    id: ConnectionId,
    now: Duration,
}

impl Tcp {
    fn new(profile: Profile) -> Self {
        let mut accounts = Directory::default();
        accounts.add("a", "b");
        let mut engine = super::engine("d", profile, accounts);
        let peer = Peer { protocol: Protocol::Xmpp, ..Peer::default() };
        let id = engine.accept(Duration::ZERO, peer);
        Self { engine, id, now: Duration::ZERO }
    }

    /// All that the server says next, with `[closed]` for the end of the connection.
    fn heard(&mut self) -> String {
        let said = super::outputs(&mut self.engine).into_iter().map(|(id, output)| {
            assert_eq!(id, self.id);
            match output {
                Output::Octets(octets) => String::from_utf8(octets).unwrap(),
                Output::Close => "[closed]".to_owned(),
                other => panic!("{other:?}"),
            }
        });
        said.collect()
    }

    fn says(&mut self, text: &str) -> String {
        self.engine.receive(self.now, self.id, text.as_bytes());
        self.heard()
    }

    fn after(&mut self, time: Duration) -> String {
        self.now += time;
        self.engine.fire(self.now);
        self.heard()
    }

    fn bound(profile: Profile) -> Self {
        let mut tcp = Self::new(profile);
        let login = [START, AUTH, START, BIND].map(|text| tcp.says(text));
        assert!(login[3].contains("<jid>a@d/r</jid>"), "{login:?}");
        tcp
    }
}

/// The value of an attribute that the server draws.
fn drawn<'t>(text: &'t str, name: &str) -> &'t str {
    let (_, rest) = text.split_once(&format!(" {name}=\"")).unwrap();
    rest.split_once('"').unwrap().0
}

#[test]
fn a_login_is_that_of_a_websocket_with_the_tags_of_a_stream() {
    let mut tcp = Tcp::new(Profile::openfire_4_4());
    let begun = tcp.says(START);
    let id = drawn(&begun, "id");
    let start = format!(
        "<?xml version='1.0' encoding='UTF-8'?><stream:stream \
         xmlns:stream=\"http://etherx.jabber.org/streams\" xmlns=\"jabber:client\" from=\"d\" \
         id=\"{id}\" xml:lang=\"en\" version=\"1.0\">"
    );
    let offers = "<stream:features><mechanisms xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\">\
        <mechanism>PLAIN</mechanism></mechanisms><ver xmlns=\"urn:xmpp:features:rosterver\"/><c ";
    assert!(begun.starts_with(&[&*start, offers].concat()), "{begun}");
    assert_eq!(tcp.says(AUTH), "<success xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\"/>");
    let restarted = tcp.says(START);
    let offers = "<stream:features><ver xmlns=\"urn:xmpp:features:rosterver\"/>\
        <bind xmlns=\"urn:ietf:params:xml:ns:xmpp-bind\"/>";
    assert!(restarted.starts_with(&[&*start, offers].concat()), "{restarted}");
    assert_eq!(
        tcp.says(BIND),
        format!(
            "<iq type=\"result\" id=\"1\" to=\"d/{id}\"><bind \
             xmlns=\"urn:ietf:params:xml:ns:xmpp-bind\"><jid>a@d/r</jid></bind></iq>"
        )
    );
    let ping = "<iq type='get' id='2' to='d'><ping xmlns='urn:xmpp:ping'/></iq>";
    assert_eq!(tcp.says(ping), "<iq type=\"result\" id=\"2\" from=\"d\" to=\"a@d/r\"/>");
    assert_eq!(tcp.says("</stream:stream>"), "</stream:stream>[closed]");
}

#[test]
fn octets_in_portions_are_the_same_stream() {
    let whole = [START, AUTH, START, BIND, " \n", "</stream:stream>"].concat();
    let mut said = Vec::new();
    for portion in [1, 7, whole.len()] {
        let mut tcp = Tcp::new(Profile::openfire_4_4());
        let mut heard = String::new();
        for octets in whole.as_bytes().chunks(portion) {
            heard += &tcp.says(std::str::from_utf8(octets).unwrap());
        }
        let id = drawn(&heard, "id").to_owned();
        said.push(heard.replace(&id, "ID"));
    }
    assert_eq!(said[0], said[1]);
    assert_eq!(said[1], said[2]);
    assert!(said[0].ends_with("</stream:stream>[closed]"), "{}", said[0]);
}

// A real server says so to the letter.
#[test]
fn a_start_in_another_namespace_ends_the_stream() {
    for (from, to, host, content) in [
        ("streams'>", "other'>", "d", "jabber:client"),
        ("'jabber:client'", "'jabber:server'", "d", "jabber:server"),
        (" to='d'", " to='x'", "x", ""),
        (" to='d'", "", "d", ""),
    ] {
        let mut start = START.replace(from, to);
        if content.is_empty() {
            start = start.replace(" xmlns='jabber:client'", "");
        }
        let content = if content.is_empty() { "null" } else { content };
        let mut tcp = Tcp::new(Profile::openfire_4_4());
        let said = tcp.says(&start);
        let id = drawn(&said, "id");
        let wanted = format!(
            "<?xml version='1.0' encoding='UTF-8'?><stream:stream from=\"{host}\" id=\"{id}\" \
             xmlns=\"{content}\" xmlns:stream=\"http://etherx.jabber.org/streams\" \
             version=\"1.0\"><stream:error xmlns:stream=\"http://etherx.jabber.org/streams\">\
             <invalid-namespace xmlns=\"urn:ietf:params:xml:ns:xmpp-streams\"/></stream:error>\
             </stream:stream>[closed]"
        );
        assert_eq!(said, wanted);
    }
}

#[test]
fn a_start_that_openfire_cannot_read_ends_the_stream_without_a_word() {
    for start in [
        START.replace("to='d'", "to='d' to='d'"),
        START.replace("<stream:stream", "<stream:streams").replace('>', "/>").replace("?/>", "?>"),
        START.replace(" xmlns:stream='http://etherx.jabber.org/streams'", ""),
    ] {
        let mut tcp = Tcp::new(Profile::openfire_4_4());
        assert_eq!(tcp.says(&start), "</stream:stream>[closed]", "{start}");
    }
}

// The answers of a real server: `XMLLightweightParser` takes a comment for the beginning of an
// element, and finds no end of it.
#[test]
fn nothing_behind_a_comment_is_read() {
    const PING: &str = "<iq type='get' id='2'><ping xmlns='urn:xmpp:ping'/></iq>";
    for comment in ["<!-- x -->", "<!---->", "<!DOCTYPE a>", "<?pi x?>", "</iq>"] {
        let mut tcp = Tcp::bound(Profile::openfire_4_4());
        assert_eq!(tcp.says(comment), "");
        assert_eq!(tcp.says(PING), "", "{comment}");
        let mut tcp = Tcp::new(Profile::openfire_4_4());
        assert_eq!(tcp.says(&[comment, START].concat()), "", "{comment}");
    }
    let mut tcp = Tcp::bound(Profile::openfire_4_4());
    let said = tcp.says(&PING.replace("<ping", "<!-- c --><ping"));
    assert_eq!(said, "<iq type=\"result\" id=\"2\" to=\"a@d/r\"/>");
}

#[test]
fn nothing_but_a_start_begins_a_stream() {
    for text in ["<foo/>", "<presence/>", "x", "\u{feff}", "\n", "<?xml version='1.1'?>", "\0"] {
        let mut tcp = Tcp::new(Profile::openfire_4_4());
        assert_eq!(tcp.says(text), "", "{text}");
        assert!(tcp.says(START).contains("<mechanism>PLAIN</mechanism>"), "{text}");
    }
}

#[test]
fn the_start_after_a_login_needs_but_its_name() {
    let mut tcp = Tcp::new(Profile::openfire_4_4());
    tcp.says(START);
    assert_eq!(tcp.says(START), "");
    tcp.says(AUTH);
    assert!(tcp.says("<stream:stream a:b='c'>").contains("<bind "));
    assert!(tcp.says(BIND).contains("<jid>a@d/r</jid>"));
    // An element is none.
    let open = "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>";
    assert_eq!(tcp.says(open), "</stream:stream>[closed]");
}

#[test]
fn characters_that_are_not_xml_end_the_stream() {
    for (text, error) in
        [("<a>\u{1}</a>", true), ("\u{1}", true), ("<a>&#1;</a>", true), ("<a>\u{fffe}</a>", false)]
    {
        let mut tcp = Tcp::bound(Profile::openfire_4_4());
        let said = tcp.says(text);
        assert_eq!(said.contains("<not-well-formed "), error, "{text:?}: {said}");
        assert!(said.ends_with("</stream:stream>[closed]"), "{text:?}: {said}");
    }
}

#[test]
fn stanzas_are_counted_though_that_is_not_offered() {
    let mut tcp = Tcp::bound(Profile::openfire_4_4());
    assert_eq!(tcp.says("<r xmlns='urn:xmpp:sm:3'/>"), "");
    assert_eq!(tcp.says("<enable xmlns='urn:xmpp:sm:3'/>"), "<enabled xmlns=\"urn:xmpp:sm:3\"/>");
    assert_eq!(tcp.says("<r xmlns='urn:xmpp:sm:3'/>"), "<a xmlns='urn:xmpp:sm:3' h='0' />");
}

#[test]
fn an_idle_stream_is_cut_by_a_fault() {
    let mut tcp = Tcp::new(Profile::openfire_4_4());
    let fault = "cut-idle for=60s".parse().expect("a fault");
    tcp.engine.add_fault(tcp.now, fault).expect("it fits");
    let peer = Peer { protocol: Protocol::Xmpp, ..Peer::default() };
    tcp.id = tcp.engine.accept(tcp.now, peer);
    tcp.after(Duration::from_secs(40));
    tcp.says(START);
    let mut outputs = |seconds| {
        tcp.now += Duration::from_secs(seconds);
        tcp.engine.fire(tcp.now);
        super::outputs(&mut tcp.engine)
    };
    assert_eq!(outputs(59), []);
    assert_eq!(outputs(1), [(tcp.id, Output::Cut)]);
}

#[test]
fn an_element_without_end_ends_the_stream() {
    let endless = format!("<message>{}", "x".repeat(1 << 20));
    for (profile, condition) in [
        (Profile::openfire_4_4(), "internal-server-error"),
        (Profile::strict(), "policy-violation"),
    ] {
        let mut tcp = Tcp::bound(profile);
        let said = tcp.says(&endless);
        assert!(said.contains(&format!("<{condition} ")), "{said}");
        assert!(said.ends_with("</stream:stream>[closed]"), "{said}");
    }
}

#[test]
fn a_silent_client_is_pinged_and_then_left() {
    let mut tcp = Tcp::bound(Profile::openfire_4_4());
    tcp.after(Duration::from_secs(6));
    let second = Duration::from_secs(1);
    tcp.says(" ");
    assert_eq!(tcp.after(179 * second), "");
    let ping = tcp.after(second);
    assert!(
        ping.ends_with(" to=\"a@d/r\" from=\"d\"><ping xmlns=\"urn:xmpp:ping\"/></iq>"),
        "{ping}"
    );
    // White space is a sign of life.
    assert_eq!(tcp.says("\n"), "");
    assert!(tcp.after(180 * second).contains("urn:xmpp:ping"));
    assert_eq!(tcp.after(179 * second), "");
    assert_eq!(tcp.after(second), "</stream:stream>[closed]");
}

#[test]
fn a_resource_that_another_client_takes_ends_the_stream() {
    let mut tcp = Tcp::bound(Profile::openfire_4_4());
    let peer = Peer { protocol: Protocol::Xmpp, ..Peer::default() };
    let newcomer = tcp.engine.accept(tcp.now, peer);
    for text in [START, AUTH, START, BIND] {
        tcp.engine.receive(tcp.now, newcomer, text.as_bytes());
    }
    let outputs = super::outputs(&mut tcp.engine);
    let to_holder = outputs.into_iter().filter(|(id, _)| *id == tcp.id);
    let said: Vec<Output> = to_holder.map(|(_, output)| output).collect();
    let Some((Output::Close, said)) = said.split_last() else { panic!("{said:?}") };
    let said: Vec<&[u8]> = said
        .iter()
        .map(|output| match output {
            Output::Octets(octets) => &**octets,
            other => panic!("{other:?}"),
        })
        .collect();
    let said = String::from_utf8(said.concat()).unwrap();
    assert!(said.contains("<conflict xmlns=") && said.ends_with("</stream:stream>"), "{said}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_pieces_end_in_a_panic(
        profile in prop::sample::select(ProfileName::ALL.to_vec()),
        pieces in prop::collection::vec(
            prop::sample::select(vec![
                START, AUTH, BIND, "</stream:stream>", "</x>", "<x", ">", "<!--", "-->", "<?xml?>",
                "<stream:stream/>", "<presence/>", "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>",
                "<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>", "]]>", "\u{fc}", "<![CDATA[",
            ]),
            0..12,
        ),
        portion in 1_usize..40,
    ) {
        let mut tcp = Tcp::new(Profile::from(profile));
        for octets in pieces.concat().as_bytes().chunks(portion) {
            tcp.engine.receive(tcp.now, tcp.id, octets);
        }
        tcp.engine.ended(tcp.now, tcp.id);
        tcp.engine.fire(Duration::from_secs(3600));
        prop_assert!(tcp.engine.clients().is_empty(), "{:?}", tcp.engine.clients());
    }
}
