//! Every place of a secret × every secret: neither mask by places nor mask by values lets one
//! through, and a password learnt in a place is found elsewhere, decoded.

#[allow(dead_code, reason = "other tests use other parts")]
mod oracle;
mod processor;

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use mask::{Finder, Secrets};
use oracle::shows;
use processor::processor_time;

/// The kind of text that a place is in.
#[derive(Clone, Copy, PartialEq)]
enum In {
    Body,
    Message,
    Head,
}

/// Texts with `§` for the secret as it is, `§x` for XML, `§j` for JSON, `§f` for a form, `§l` for
/// a login in base64, `§u` for one in the other alphabet, `§o` for OAUTHBEARER.
const PLACES: [(In, &str); 56] = [
    (In::Body, "<login user='1001' password='§x'/>"),
    (In::Body, "<User loginName='1001' passwd=\"§x\"/>"),
    (In::Body, "<a><Password>§x</Password></a>"),
    (In::Body, "<a><userPassword><!-- x -->§x</userPassword></a>"),
    (In::Body, "<a><Password><![CDATA[§]]></Password></a>"),
    (In::Body, "<a><Password><value>§x</value></Password></a>"),
    (In::Body, "<form><input type=\"password\" name=p value=\"§x\"><p>stays</p></form>"),
    (In::Body, "<meta name=\"csrf-token\" content=\"§x\">"),
    (In::Body, r#"{"password":"§j"}"#),
    (In::Body, r#"{"a":"x\"y","pass\u0077ord" : "§j"}"#),
    (In::Body, r#"{"passwords":["§j","§j"]}"#),
    (In::Body, r#"{"token":{"value":"§j","type":"Bearer"}}"#),
    (In::Body, r#"{"name":"password","value":"§j"}"#),
    (In::Body, r#"{"m":"{\"password\":\"§\"}"}"#),
    (In::Body, r#"{"pwd":"§j","jwt":"§j","sessionId":"§j"}"#),
    (In::Body, r#"{"authorization":"Bearer §j"}"#),
    (In::Body, "user=1&pwd=§f&x=y"),
    (In::Body, "SAMLResponse=§f"),
    (In::Body, "j_username_password=§f"),
    (In::Body, "passphrase=§f&code=§f"),
    (In::Body, "pass%77ord=§f"),
    (In::Body, "--B\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\n§\r\n--B--\r\n"),
    (In::Body, "password: §\n"),
    (In::Message, "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>§l</auth>"),
    (In::Message, "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>§u</auth>"),
    (In::Message, "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN' a='§l'/>"),
    (In::Message, "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>§o</auth>"),
    (
        In::Message,
        "<authenticate xmlns='urn:xmpp:sasl:2'><initial-response>§l</initial-response></authenticate>",
    ),
    (In::Message, "<iq><query><Password>§x</Password><pwd>§x</pwd><token>§x</token></query></iq>"),
    (
        In::Message,
        "<iq><x xmlns='jabber:x:data'><field var='password'><value>§x</value></field></x></iq>",
    ),
    (
        In::Message,
        "<iq><x xmlns='jabber:x:data'><field var='p' type='text-private'><value>§x</value></field></x></iq>",
    ),
    (
        In::Message,
        "<message><event>&lt;Update&gt;&lt;password&gt;§x&lt;/password&gt;&lt;/Update&gt;</event></message>",
    ),
    (In::Message, "<iq><q token='§x' password='§x'/></iq>"),
    (In::Message, r#"{"type":"login","password":"§j"}"#),
    (In::Head, "GET /x?pwd=§f&a=b HTTP/1.1"),
    (In::Head, "GET /x?sid=§f HTTP/1.1"),
    (In::Head, "GET /x?code=§f HTTP/1.1"),
    (In::Head, "GET /x?a=1;password=§f HTTP/1.1"),
    (In::Head, "GET /x;jsessionid=§f/y HTTP/1.1"),
    (In::Head, "GET /x?pass%77ord=§f HTTP/1.1"),
    (In::Head, "GET /login/1001/password/§f HTTP/1.1"),
    (In::Head, "GET http://1001:§f@host/x HTTP/1.1"),
    (In::Head, "GET / HTTP/1.1\nX-Password: §b"),
    (In::Head, "GET / HTTP/1.1\nAuthorization: Bearer §b"),
    (In::Head, "GET / HTTP/1.1\nX-Auth: §b"),
    (In::Head, "GET / HTTP/1.1\nX-Session-Id: §b"),
    (In::Head, "GET / HTTP/1.1\nApikey: §b"),
    (In::Head, "GET / HTTP/1.1\nOcp-Apim-Subscription-Key: §b"),
    (In::Head, "GET / HTTP/1.1\nSec-WebSocket-Protocol: xmpp, bearer.§b"),
    (In::Head, "GET / HTTP/1.1\nCookie2: a=§b"),
    (In::Head, "HTTP/1.1 302 Found\nLocation: https://u:§f@h/x?access_token=§f"),
    (In::Head, "HTTP/1.1 200 OK\nLink: </x?token=§f>; rel=next"),
    (In::Head, "HTTP/1.1 200 OK\nRefresh: 0;url=/x?token=§f"),
    (In::Head, "HTTP/1.1 200 OK\nSet-Cookie2: x=§b"),
    (In::Head, "HTTP/1.1 200 OK\nReferer: /x?SAMLRequest=§f"),
    (In::Head, "HTTP/1.1 401 password=§b"),
];

fn secrets() -> [String; 4] {
    let token = "eyJhbGciOiJSUzI1NiJ9.Ab9_x".to_owned() + &"kT7-".repeat(2_000);
    ["correcthorse".to_owned(), "it's&\"me\"/7".to_owned(), "Grün-5€x".to_owned(), token]
}

fn percent(secret: &str) -> String {
    secret.bytes().map(|octet| format!("%{octet:02X}")).collect()
}

/// The place with a secret in it; none if the place cannot hold that one.
fn filled(place: &str, secret: &str) -> Option<String> {
    let login = format!("\x001001\0{secret}");
    let oauth = format!("n,a=1001,\x01auth=Bearer {secret}\x01\x01");
    let xml = secret.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
    let xml = xml.replace('\'', "&apos;");
    let json = secret.replace('\\', "\\\\").replace('"', "\\\"");
    let is_bare =
        secret.bytes().all(|octet| octet.is_ascii_alphanumeric() || b".-_".contains(&octet));
    let bare_only = ["§b", "\\\"§\\\"", "§o", "§l</x"].iter().any(|mark| place.contains(mark));
    let needs_bare = bare_only || place.contains("&lt;password") || place.starts_with("password: ");
    if needs_bare && !is_bare {
        return None;
    }
    Some(
        place
            .replace("§x", &xml)
            .replace("§j", &json)
            .replace("§f", &percent(secret))
            .replace("§l", &STANDARD.encode(&login))
            .replace("§u", &URL_SAFE_NO_PAD.encode(&login))
            .replace("§o", &STANDARD.encode(oauth))
            .replace("§b", secret)
            .replace('§', secret),
    )
}

#[test]
fn no_place_shows_its_secret() {
    for secret in secrets() {
        for (kind, place) in PLACES {
            let Some(text) = filled(place, &secret) else { continue };
            let start = &secret[..secret.len().min(60)];
            assert!(shows(text.as_bytes(), start), "the oracle misses {place}");
            let mut finder = Finder::default();
            let by_place = match kind {
                In::Body => {
                    finder.body(&text);
                    mask::body(&text).into_owned()
                }
                In::Message => {
                    finder.message(&text, true);
                    mask::message(&text, false).into_owned()
                }
                In::Head => {
                    let (first, headers) = text.split_once('\n').unwrap_or((&text, ""));
                    match first.strip_prefix("HTTP/1.1 ") {
                        Some(reason) => finder.text(reason),
                        None => finder.target(first.split(' ').nth(1).unwrap()),
                    }
                    finder.headers(headers.lines().filter_map(|line| line.split_once(": ")));
                    mask::head(&text)
                }
            };
            assert!(!shows(by_place.as_bytes(), start), "{place} shows it: {by_place}");
            assert!(by_place.contains("***"), "{by_place}");
            // It is known from now on, however it comes back.
            let mut known = Secrets::default();
            for (number, found) in finder.take().into_iter().enumerate() {
                known.password(format!("secret.{number}"), found.value);
            }
            for echo in [text, secret.clone(), format!("<b>{}</b>", percent(&secret))] {
                let scrubbed = known.scrub(&echo);
                assert!(!shows(scrubbed.as_bytes(), start), "echo of {place}: {scrubbed}");
            }
        }
    }
}

#[test]
fn harmless_names_and_values_stay() {
    for text in [
        "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>=</auth>",
        "<query xmlns='jabber:iq:auth'><username/><password/><digest/></query>",
        "<error code='401' type='auth'><not-authorized/></error>",
        "<body xmlns='http://jabber.org/protocol/httpbind' sid='a1b2c3d4' rid='1' key='x'/>",
        "<Dialog><callKeyCallId>1234567</callKeyCallId><state>ACTIVE</state></Dialog>",
        "<a href='https://finesse.example.com:8445/x?lang=en#top'>x</a>",
        r#"{"token_type":"Bearer","expires_in":3600,"state":"READY","password":null}"#,
        "a=b&state=READY",
        "no body at all",
    ] {
        assert_eq!(mask::body(text), text);
    }
    for head in [
        "GET /ws/?lang=en HTTP/1.1\nHost: x:7443\nSec-WebSocket-Key: dGhlIHNhbXBsZQ==\nSec-WebSocket-Protocol: xmpp",
        "HTTP/1.1 401 Unauthorized\nWWW-Authenticate: Basic realm=\"Finesse\"\nAccess-Control-Allow-Credentials: true",
        "HTTP/1.1 302 Found\nLocation: https://finesse.example.com/desktop/container/?locale=en_US",
        // Base64, in which a part between slashes may be any word.
        "HTTP/1.1 101 Switching Protocols\nSec-WebSocket-Accept: CJrp8/PwHw7/kW1c5uZQ2mJ9dw=",
        "GET /ws/ HTTP/1.1\nSec-WebSocket-Key: /token/4Gk1c5uZQ2mJ9dQ==",
        "HTTP/1.1 200 OK\nDigest: sha-256=X48E9q/pw/okqVrUoBWlzPdvOFBuHnr5b5c3Ck2Dbm8=",
    ] {
        assert_eq!(mask::head(head), head);
    }
}

#[test]
fn too_many_secrets_hide_everything() {
    let mut secrets = Secrets::default();
    let mut number = 0;
    while !secrets.is_full() {
        number += 1;
        secrets.password(format!("secret.{number}"), format!("{number:08}{}", "x".repeat(400)));
        assert!(number < 10_000, "a bound");
    }
    assert_eq!(secrets.scrub("anything"), "***");
    assert_eq!(secrets.scrub_octets(b"anything"), b"***");
}

#[test]
fn the_time_does_not_grow_with_the_number_of_secrets() {
    let mut secrets = Secrets::default();
    for number in 0..400 {
        let password = format!("{}{number:04}", "a".repeat(20));
        secrets.password(password.clone(), password);
    }
    let began = processor_time();
    let text = "a".repeat(64 << 10);
    assert_eq!(secrets.scrub(&text), text);
    let took = processor_time() - began;
    assert!(took < Duration::from_secs(5), "{took:?}");
}
