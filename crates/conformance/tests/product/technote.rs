//! The published example: Cisco's "Understand a Deep Dive into WebSocket Connection" (document
//! 221594), octet for octet.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use stanza::{Element, ns};

use crate::fake::Fake;
use crate::suite::{Ran, Suite};
use crate::wiretap::Wiretap;

const DOMAIN: &str = "uccxpub.prabhat.com";
/// The capabilities that the server announces (XEP-0115 §5.1).
const VER: &str = "k3mOuil8afx3OTZxYy6yxLmFsok=";
/// The client's login (RFC 4616 §2).
const AUTH: &str = "YWRtaW5pc3RyYXRvckB1Y2N4cHViLnByYWJoYXQuY29tAGFkbWluaXN0cmF0b3IAMTIzNA==";
/// The resource that the server binds.
const JID: &str = "administrator@uccxpub.prabhat.com/desktop";

#[test]
fn the_login_of_the_note_is_said_as_published() {
    let decoded = String::from_utf8(STANDARD.decode(AUTH).unwrap()).unwrap();
    let [_, user, password] = decoded.split('\0').collect::<Vec<_>>()[..] else { panic!("PLAIN") };
    let suite = Suite::of_the_project();
    suite.write(
        "xtask/targets/note.toml",
        "url = \"ws://localhost:8445/ws/\"\nvendor = true\neffects = [\"state\"]\n[provides]\n\"node.team\" = \"\"\n\"team.id\" = \"1\"\n",
    );
    // The case leaves the resource of the desktop to people; the note is about a desktop.
    let case = suite.read("cases/walkthrough/desktop-login.case");
    suite.write("cases/walkthrough/desktop-login.case", &case.replace("probe", "desktop"));

    let account = format!("{user}:{password}");
    let fake = Fake::start(&suite, &["--plain", "--domain", DOMAIN, "--user", &account]);
    let tap = Wiretap::before(fake.port());
    let mut command =
        suite.command(&["conformance", "walkthrough/desktop-login", "--target", "note"]);
    command.args(["--url", &tap.url(), "--domain", DOMAIN, "--user", user, "--report", "json"]);
    let ran = Ran::of(command.env("CONFORMANCE_PASSWORD", password).output().unwrap());
    // Drift: without TLS, and bound as the desktop.
    assert!(ran.says(2).contains("\"verdict\":\"drift\""), "{}", ran.stdout);

    let (client, server) = (elements(tap.client()), elements(tap.server()));
    let auth = client.iter().find(|element| element.is(ns::SASL, "auth")).unwrap();
    assert_eq!(auth.text(), AUTH);
    let features: Vec<_> =
        server.iter().filter(|element| element.is(ns::STREAMS, "features")).collect();
    assert_eq!(features.len(), 2);
    for features in features {
        let caps = features.child(ns::CAPS, "c").unwrap();
        assert_eq!(caps.attr("hash"), Some("sha-1"));
        assert_eq!(caps.attr("node"), Some("https://www.igniterealtime.org/projects/openfire/"));
        assert_eq!(caps.attr("ver"), Some(VER));
    }
    let bound = server
        .iter()
        .filter(|element| element.is(ns::CLIENT, "iq"))
        .find_map(|iq| iq.child(ns::BIND, "bind"))
        .unwrap();
    assert_eq!(bound.child(ns::BIND, "jid").unwrap().text(), JID);
}

fn elements(messages: Vec<String>) -> Vec<Element> {
    messages.iter().map(|message| stanza::parse(message).unwrap()).collect()
}
