//! Each rule of `explain` with a recording that shows what it finds, and one beside it that does
//! not.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod script;

use explain::{Explanation, Fault, Weight, from_octets};
use script::{
    EVENT, GET, LOGIN, SUBSCRIBED, UPGRADED, dialog, har, har_answer, har_error, rest, script,
    system_info, user,
};

/// A rule, a recording that shows it, and one that does not.
struct Row {
    rule: &'static str,
    shows: String,
    not: String,
}

fn row(rule: &'static str, shows: String, not: String) -> Row {
    Row { rule, shows, not }
}

fn found(recording: &str) -> Explanation {
    let conversation = from_octets("recording", recording.as_bytes())
        .unwrap_or_else(|error| panic!("{error}\n{recording}"));
    Explanation::new(&conversation)
}

fn rules(recording: &str) -> Vec<&'static str> {
    found(recording).findings.iter().map(|finding| finding.rule).collect()
}

/// A conversation from the upgrade on: the login and the rest.
fn after(login: &str, rest: &str) -> String {
    script(&format!("{GET}{UPGRADED}{login}{rest}"))
}

fn good() -> String {
    after(LOGIN, &format!("{SUBSCRIBED}{EVENT}{}", script::GOODBYE))
}

const OPEN: &str = "C <open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='d' version='1.0'/>\n";
const OPENED: &str = "S <open xmlns='urn:ietf:params:xml:ns:xmpp-framing' from='d' id='1' version='1.0'/>\nS <stream:features xmlns:stream='http://etherx.jabber.org/streams'><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms></stream:features>\n";
const AUTH: &str = "C <auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>ADEwMDEAaHVudGVyMjI=</auth>\n";
const SUCCESS: &str = "S <success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>\n";
const RESTARTED: &str = "S <open xmlns='urn:ietf:params:xml:ns:xmpp-framing' from='d' id='1' version='1.0'/>\nS <stream:features xmlns:stream='http://etherx.jabber.org/streams'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></stream:features>\n";
const BIND: &str = "C <iq xmlns='jabber:client' type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>r</resource></bind></iq>\n";
const BOUND: &str = "S <iq xmlns='jabber:client' type='result' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>1001@d/r</jid></bind></iq>\n";
const PRESENCE: &str = "C <presence xmlns='jabber:client'/>\n";
const GONE: &str = "+9\n";
const BYE: &str = "C <close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>\nS <close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>\n";

/// Two sessions of an account at one time, and what came to the second.
fn two_tabs(came: &str) -> String {
    let one = after(LOGIN, &format!("+9\n{BYE}"));
    let two =
        after(&LOGIN.replace(">r<", ">s<").replace("/r<", "/s<"), &format!("{came}+2\n{BYE}"));
    format!("{one}{}", two.replace("  agent ", "  other "))
}

fn failure(condition: &str) -> String {
    after(
        "",
        &format!(
            "{OPEN}{OPENED}{AUTH}S <failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><{condition}/></failure>\n"
        ),
    )
}

fn stream_error(condition: &str) -> String {
    format!(
        "S <stream:error xmlns:stream='http://etherx.jabber.org/streams'><{condition} xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>\nS <close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>\n"
    )
}

fn subscription(node: &str, jid: &str, to: &str, answer: &str) -> String {
    let answer = match answer {
        "" => String::new(),
        "subscribed" | "pending" => format!(
            "S <iq xmlns='jabber:client' type='result' id='s' from='{to}'><pubsub xmlns='http://jabber.org/protocol/pubsub'><subscription node='{node}' jid='{jid}' subscription='{answer}'/></pubsub></iq>\n"
        ),
        error => format!(
            "S <iq xmlns='jabber:client' type='error' id='s' from='{to}'><error type='cancel'>{error}</error></iq>\n"
        ),
    };
    format!(
        "C <iq xmlns='jabber:client' type='set' id='s' to='{to}'><pubsub xmlns='http://jabber.org/protocol/pubsub'><subscribe node='{node}' jid='{jid}'/></pubsub></iq>\n{answer}"
    )
}

fn condition(name: &str) -> String {
    format!("<{name} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>")
}

fn special(name: &str, of: &str) -> String {
    format!("{}<{name} xmlns='http://jabber.org/protocol/pubsub#errors'/>", condition(of))
}

fn subscribed_with(node: &str, jid: &str, to: &str, answer: &str) -> String {
    after(LOGIN, &format!("{}+2\n{BYE}", subscription(node, jid, to, answer)))
}

fn answered(status: &str, asked: &str) -> String {
    script(&format!(
        "C GET /ws/ HTTP/1.1|Host: d:8445|Connection: Upgrade|Upgrade: websocket|Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==|Sec-WebSocket-Version: 13{asked}\nS HTTP/1.1 {status}\nEOF S\n"
    ))
}

const XMPP: &str = "|Sec-WebSocket-Protocol: xmpp";

fn rows() -> Vec<Row> {
    let error = |error: &str| har_error("wss://uccx.example.com:8445/ws/", error);
    let refused = "Error during WebSocket handshake: Unexpected response code: ";
    let events = |events: &str| after(LOGIN, &format!("{SUBSCRIBED}{events}{BYE}"));
    let node = "/finesse/api/User/1001";
    let call = "/finesse/api/User/1001/Dialogs";
    let jid = "1001@d/r";
    vec![
        // The network.
        row("name-unknown", error("Error in connection establishment: net::ERR_NAME_NOT_RESOLVED"), good()),
        row("connection-refused", error("Error in connection establishment: net::ERR_CONNECTION_REFUSED"), good()),
        row("host-unreachable", error("Error in connection establishment: net::ERR_CONNECTION_TIMED_OUT"), good()),
        row("certificate-name", error("net::ERR_CERT_COMMON_NAME_INVALID"), error("net::ERR_CERT_DATE_INVALID")),
        row("certificate-date", error("net::ERR_CERT_DATE_INVALID"), error("net::ERR_CERT_COMMON_NAME_INVALID")),
        row("certificate-authority", error("net::ERR_CERT_AUTHORITY_INVALID"), error("net::ERR_CERT_DATE_INVALID")),
        row("certificate-refused", error("net::ERR_CERT_REVOKED"), error("net::ERR_CERT_DATE_INVALID")),
        row("tls-to-plain-port", har_error("wss://d:7070/ws/", "net::ERR_SSL_PROTOCOL_ERROR"), good()),
        row("tls-failed", error("net::ERR_SSL_VERSION_OR_CIPHER_MISMATCH"), error("net::ERR_SSL_PROTOCOL_ERROR")),
        row("connection-ended-early", script(&format!("{GET}EOF S\n")), good()),
        // The upgrade.
        row("plain-to-tls-port", har_error("ws://d:8445/ws/", "net::ERR_INVALID_HTTP_RESPONSE"), har_error("ws://d:7070/ws/", &format!("{refused}503"))),
        row("subprotocol-missing", answered("503 Service Unavailable", ""), answered("503 Service Unavailable", XMPP)),
        row("subprotocol-wrong", answered("503 Service Unavailable", "|Sec-WebSocket-Protocol: xmpp-framing"), answered("503 Service Unavailable", XMPP)),
        row("subprotocol-not-agreed", error("Error during WebSocket handshake: Sent non-empty 'Sec-WebSocket-Protocol' header but no response was received"), good()),
        row("accept-wrong", answered("101 Switching Protocols|Upgrade: websocket|Connection: Upgrade|Sec-WebSocket-Accept: nonsense|Sec-WebSocket-Protocol: xmpp", XMPP), good()),
        row("switch-without-upgrade", answered("101 Switching Protocols|Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=|Sec-WebSocket-Protocol: xmpp", XMPP), good()),
        row("proxy-cannot-reach", error(&format!("{refused}502")), error(&format!("{refused}503"))),
        row("upgrade-not-passed-on", har_error("wss://d/ws/", &format!("{refused}400")), error(&format!("{refused}404"))),
        row("service-unavailable", answered("503 Service Unavailable|Server: Jetty(9.4.18)", XMPP), good()),
        row("path-unknown", error(&format!("{refused}404")), error(&format!("{refused}403"))),
        row("upgrade-forbidden", error(&format!("{refused}403")), error(&format!("{refused}404"))),
        row("upgrade-unauthorized", error("HTTP Authentication failed; no valid credentials available"), error(&format!("{refused}404"))),
        row("upgrade-redirected", error(&format!("{refused}302")), error(&format!("{refused}404"))),
        row("upgrade-refused", error(&format!("{refused}500")), error(&format!("{refused}404"))),
        row("upgrade-unanswered", script(&format!("{GET}+30\nEOF C\n")), good()),
        // The stream.
        row("login-before-open", after("", &format!("{AUTH}{GONE}EOF C\n")), good()),
        row("legacy-stream", after("", "C <stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='d' version='1.0'>\n+1\nEOF S\n"), good()),
        row("open-namespace", after("", &format!("C <open xmlns='jabber:client' to='d'/>\n{GONE}EOF C\n")), good()),
        row("stanza-before-login", after("", &format!("{OPEN}{OPENED}{PRESENCE}{}", stream_error("not-authorized"))), good()),
        row("open-missing", script(&format!("{GET}{UPGRADED}+9\nEOF C\n")), good()),
        row("open-unanswered", after("", &format!("{OPEN}{GONE}EOF C\n")), good()),
        row("open-other-domain", after("", &format!("C <open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='other' version='1.0'/>\n{OPENED}")), good()),
        row("external-chosen", after("", &format!("{OPEN}{OPENED}C <auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>\nS <failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>\n")), failure("not-authorized")),
        row("plain-not-offered", after("", &format!("{OPEN}{}", OPENED.replace(">PLAIN<", ">SCRAM-SHA-1<"))), good()),
        row("auth-missing", after("", &format!("{OPEN}{OPENED}{GONE}EOF C\n")), failure("not-authorized")),
        row("auth-unanswered", after("", &format!("{OPEN}{OPENED}{AUTH}{GONE}EOF C\n")), failure("not-authorized")),
        row("auth-refused", failure("not-authorized"), failure("account-disabled")),
        row("account-disabled", failure("account-disabled"), failure("not-authorized")),
        row("credentials-expired", failure("credentials-expired"), failure("not-authorized")),
        row("auth-temporary", failure("temporary-auth-failure"), failure("not-authorized")),
        row("auth-mechanism", failure("invalid-mechanism"), failure("not-authorized")),
        row("auth-malformed", failure("malformed-request"), failure("not-authorized")),
        row("auth-authzid", failure("invalid-authzid"), failure("not-authorized")),
        row("auth-failed", failure("aborted"), failure("not-authorized")),
        row("auth-passed-over", after("", &format!("{OPEN}{OPENED}{AUTH}{OPEN}{RESTARTED}{BYE}")), good()),
        row("restart-missing", after("", &format!("{OPEN}{OPENED}{AUTH}{SUCCESS}{BIND}{}", stream_error("not-authorized"))), good()),
        row("restart-missing", after("", &format!("{OPEN}{OPENED}{AUTH}{SUCCESS}{GONE}EOF C\n")), good()),
        row("restart-unanswered", after("", &format!("{OPEN}{OPENED}{AUTH}{SUCCESS}{OPEN}{GONE}EOF C\n")), good()),
        row("bind-missing", after("", &format!("{OPEN}{OPENED}{AUTH}{SUCCESS}{OPEN}{RESTARTED}{GONE}EOF C\n")), good()),
        row("bind-without-jid", after("", &format!("{OPEN}{OPENED}{AUTH}{SUCCESS}{OPEN}{RESTARTED}{BIND}S <iq xmlns='jabber:client' type='result' id='b'/>\n")), good()),
        row("bind-unanswered", after("", &format!("{OPEN}{OPENED}{AUTH}{SUCCESS}{OPEN}{RESTARTED}{BIND}{GONE}EOF C\n")), good()),
        row("bind-refused", after("", &format!("{OPEN}{OPENED}{AUTH}{SUCCESS}{OPEN}{RESTARTED}{BIND}S <iq xmlns='jabber:client' type='error' id='b'><error type='cancel'>{}</error></iq>\n", condition("not-allowed"))), good()),
        row("session-refused", after("", &format!("{OPEN}{OPENED}{AUTH}{SUCCESS}{OPEN}{RESTARTED}{BIND}{BOUND}C <iq xmlns='jabber:client' type='set' id='q'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>\nS <iq xmlns='jabber:client' type='error' id='q'><error type='wait'>{}</error></iq>\n", condition("internal-server-error"))), good()),
        row("session-unanswered", after("", &format!("{OPEN}{OPENED}{AUTH}{SUCCESS}{OPEN}{RESTARTED}{BIND}{BOUND}C <iq xmlns='jabber:client' type='set' id='q'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>\n{GONE}EOF C\n")), good()),
        // Presence and subscriptions.
        row("presence-missing", after("", &format!("{OPEN}{OPENED}{AUTH}{SUCCESS}{OPEN}{RESTARTED}{BIND}{BOUND}+9\n{BYE}")), good()),
        row("presence-negative", after("", &format!("{OPEN}{OPENED}{AUTH}{SUCCESS}{OPEN}{RESTARTED}{BIND}{BOUND}C <presence xmlns='jabber:client'><priority>-1</priority></presence>\n+2\n{BYE}")), good()),
        row("presence-refused", after(LOGIN, &format!("S <presence xmlns='jabber:client' type='error' from='{jid}'/>\n{BYE}")), good()),
        row("presence-missing-events-come", after("", &format!("{OPEN}{OPENED}{AUTH}{SUCCESS}{OPEN}{RESTARTED}{BIND}{BOUND}{SUBSCRIBED}{EVENT}+2\n{BYE}")), good()),
        row("subscribe-elsewhere", subscribed_with(node, jid, "d", &condition("feature-not-implemented")), good()),
        row("node-absent", subscribed_with(node, jid, "pubsub.d", &condition("item-not-found")), subscribed_with(node, jid, "pubsub.d", "subscribed")),
        row("node-barred", subscribed_with(node, jid, "pubsub.d", &condition("forbidden")), subscribed_with(node, jid, "pubsub.d", &condition("item-not-found"))),
        row("node-closed", subscribed_with(node, jid, "pubsub.d", &special("closed-node", "not-allowed")), subscribed_with(node, jid, "pubsub.d", &condition("item-not-found"))),
        row("subscribe-other-jid", subscribed_with(node, "1002@d", "pubsub.d", &special("invalid-jid", "bad-request")), subscribed_with(node, jid, "pubsub.d", &condition("item-not-found"))),
        row("subscribe-refused", subscribed_with(node, jid, "pubsub.d", &condition("internal-server-error")), subscribed_with(node, jid, "pubsub.d", &condition("forbidden"))),
        row("subscribe-unanswered", subscribed_with(node, jid, "pubsub.d", ""), subscribed_with(node, jid, "pubsub.d", "subscribed")),
        row("subscribe-pending", subscribed_with(node, jid, "pubsub.d", "pending"), subscribed_with(node, jid, "pubsub.d", "subscribed")),
        row("subscribed-twice", events(&format!("{}{}", user(node, "1", "1001@d", "READY", "2026-01-01T00:00:01Z"), user(node, "1", "1001@d/r", "READY", "2026-01-01T00:00:01Z"))), good()),
        // Events.
        row("event-twice", events(&user(node, "1", jid, "READY", "2026-01-01T00:00:01Z").repeat(2)), good()),
        row("event-payload-broken", events(&user(node, "1", jid, "READY", "2026-01-01T00:00:01Z").replace("&lt;/Update&gt;", "")), good()),
        row("event-large", events(&user(node, "1", jid, &"X".repeat(200_000), "2026-01-01T00:00:01Z")), good()),
        row(
            "event-missing",
            events(&format!("{}{}{}", dialog(call, "1", jid, "ALERTING", "POST"), user(node, "2", jid, "TALKING", "2026-01-01T00:00:01Z"), dialog(call, "3", jid, "DROPPED", "DELETE"))),
            events(&format!("{}{}{}{}", dialog(call, "1", jid, "ALERTING", "POST"), dialog(call, "2", jid, "ACTIVE", "PUT"), user(node, "3", jid, "TALKING", "2026-01-01T00:00:01Z"), dialog(call, "4", jid, "DROPPED", "DELETE"))),
        ),
        row("event-order", events(&format!("{}{}", user(node, "1", jid, "READY", "2026-01-01T00:00:02Z"), user(node, "2", jid, "NOT_READY", "2026-01-01T00:00:01Z"))), good()),
        row(
            "event-to-another-session",
            two_tabs(&user(node, "1", "1001@d", "READY", "2026-01-01T00:00:01Z")),
            two_tabs(&user(node, "1", "1001@d/s", "READY", "2026-01-01T00:00:01Z")),
        ),
        row("no-event", after(LOGIN, &format!("{SUBSCRIBED}+90\n{BYE}")), good()),
        row("accepted-without-event", har(&format!("{LOGIN}{SUBSCRIBED}REST PUT {node} 202\n+8\n{BYE}")), har(&format!("{LOGIN}{SUBSCRIBED}REST PUT {node} 202\n{}+8\n{BYE}", user(node, "1", jid, "READY", "2026-01-01T00:00:01Z")))),
        row("request-refused-later", events(&script::api_errors(node, jid)), good()),
        // Failover and ends.
        row("failover-ignored", events(&format!("{}+9\n", system_info("OUT_OF_SERVICE"))), events(&system_info("OUT_OF_SERVICE"))),
        row("node-out-of-service", har(&format!("REST GET /finesse/api/SystemInfo 200 <SystemInfo><status>OUT_OF_SERVICE</status></SystemInfo>\nWS\n{LOGIN}{BYE}")), har(&format!("REST GET /finesse/api/SystemInfo 200 <SystemInfo><status>IN_SERVICE</status></SystemInfo>\nWS\n{LOGIN}{BYE}"))),
        row("conflict", after(LOGIN, &stream_error("conflict")), after(LOGIN, &stream_error("system-shutdown"))),
        row("stream-error-of-client", after(LOGIN, &stream_error("policy-violation")), after(LOGIN, &stream_error("conflict"))),
        row("server-ping-unanswered", after(LOGIN, &format!("S <iq xmlns='jabber:client' type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>\n+60\n{}", stream_error("connection-timeout"))), after(LOGIN, &format!("S <iq xmlns='jabber:client' type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>\nC <iq xmlns='jabber:client' type='result' id='p'/>\n+60\n{BYE}"))),
        row("stream-timeout", after(LOGIN, &stream_error("connection-timeout")), after(LOGIN, &stream_error("conflict"))),
        row("stream-shutdown", after(LOGIN, &stream_error("system-shutdown")), after(LOGIN, &stream_error("conflict"))),
        row("stream-error-of-server", after(LOGIN, &stream_error("internal-server-error")), after(LOGIN, &stream_error("conflict"))),
        row("stream-error-by-client", after(LOGIN, &stream_error("bad-format").replace("S <stream", "C <stream")), good()),
        row("session-ended-by-server", after(LOGIN, "S <close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>\nS [close 1000]\n"), good()),
        row("protocol-close", after(LOGIN, "S [close 1002]\nEOF S\n"), after(LOGIN, "S [close 1001]\nEOF S\n")),
        row("websocket-closed-by-server", after(LOGIN, "S [close 1011]\nEOF S\n"), good()),
        row("client-ping-unanswered", after(LOGIN, "C <iq xmlns='jabber:client' type='get' id='p' to='d'><ping xmlns='urn:xmpp:ping'/></iq>\n+20\nEOF C\n"), after(LOGIN, &format!("C <iq xmlns='jabber:client' type='get' id='p' to='d'><ping xmlns='urn:xmpp:ping'/></iq>\nS <iq xmlns='jabber:client' type='result' id='p'/>\n+20\n{BYE}"))),
        row("websocket-ping-unanswered", after(LOGIN, "S [ping]\n+60\nEOF C\n"), after(LOGIN, &format!("S [ping]\nC [pong]\n+60\n{BYE}"))),
        row("cut-in-silence", after(LOGIN, "+60\nEOF S\n"), after(LOGIN, "EOF S\n")),
        row("connection-gone", after(LOGIN, "EOF S\n"), after(LOGIN, "+60\nEOF S\n")),
        row("close-unanswered", after(LOGIN, "C <close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>\n+5\nEOF C\n"), good()),
        row("close-lost", after(LOGIN, "C <close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>\nS [close 1000]\nC [close 1000]\nEOF S\n"), good()),
        row("reconnect-storm", script(&format!("{GET}{UPGRADED}{LOGIN}EOF S\n").repeat(6)), good()),
        row("takeovers", script(&format!("{GET}{UPGRADED}{LOGIN}{}", stream_error("conflict")).repeat(4)), after(LOGIN, &stream_error("conflict"))),
        row("no-goodbye", after(LOGIN, "C [close 1000]\nS [close 1000]\nEOF S\n"), good()),
        row("data-after-close", after(LOGIN, &format!("{BYE}{PRESENCE}")), good()),
        // Messages that neither side may send.
        row("message-too-large", after(LOGIN, &format!("C <message xmlns='jabber:client'><body>{}</body></message>\n{}", "x".repeat(1_100_000), stream_error("internal-server-error"))), after(LOGIN, &format!("C <message xmlns='jabber:client'><body>x</body></message>\n{}", stream_error("internal-server-error")))),
        row("stanza-malformed", after(LOGIN, &format!("C <message xmlns='jabber:client'><body>\n{}", stream_error("not-well-formed"))), good()),
        row("binary-message", after(LOGIN, "C [binary xxxx]\n+1\nEOF S\n"), good()),
        row("frame-broken", after(LOGIN, "C [frame fin=1 rsv=4 opcode=1 mask=no]\n+1\nEOF S\n"), good()),
        row("stanza-namespace", after(LOGIN, "C <iq type='get' id='x'><ping xmlns='urn:xmpp:ping'/></iq>\n+1\nEOF S\n"), good()),
        row("ping-refused", after(LOGIN, &format!("C <iq xmlns='jabber:client' type='get' id='p' to='x'><ping xmlns='urn:xmpp:ping'/></iq>\nS <iq xmlns='jabber:client' type='error' id='p'><error type='cancel'>{}</error></iq>\n{BYE}", condition("service-unavailable"))), good()),
        row("slow-answer", after("", &format!("{OPEN}{OPENED}{AUTH}+8\n{SUCCESS}{OPEN}{RESTARTED}{BIND}{BOUND}{PRESENCE}{BYE}")), good()),
        row("password-in-the-clear", har(&format!("{LOGIN}{BYE}")).replace("wss://", "ws://"), har(&format!("{LOGIN}{BYE}"))),
        // REST.
        row("rest-unauthorized", rest("PUT", node, 401), rest("PUT", node, 202)),
        row("rest-refused", rest("PUT", node, 400), rest("PUT", node, 401)),
        row("rest-absent", rest("GET", "/finesse/api/SystemInfo", 404), rest("GET", node, 400)),
        row("rest-out-of-service", rest("PUT", node, 503), rest("PUT", node, 500)),
        row("rest-server-error", rest("PUT", node, 500), rest("PUT", node, 503)),
        row("rest-unanswered", har_answer("PUT", node, 0, "net::ERR_CONNECTION_RESET"), rest("PUT", node, 202)),
        row("rest-cross-origin", rest("OPTIONS", node, 403), rest("GET", node, 200)),
        row("malformed-in-log", "2026.11.29 14:52:01 ERROR [t]: org.jivesoftware.openfire.websocket.XmppWebSocket - Failed to process XMPP stanza\norg.dom4j.DocumentException: unexpected end of document\n".to_owned(), "2026.11.29 14:52:01 ERROR [t]: o.j.o.websocket.XmppWebSocket - Failed to process XMPP stanza\njava.lang.NullPointerException: null\n".to_owned()),
        row("auth-refused-in-log", "2026.11.29 14:52:01 DEBUG [t]: o.j.o.net.SASLAuthentication - SASL negotiation failed\njavax.security.sasl.SaslException: PLAIN authentication failed for: agent1003\n".to_owned(), "2026.11.29 14:52:01 INFO [t]: o.j.o - started\n".to_owned()),
    ]
}

#[test]
fn each_rule_finds_what_its_recording_shows_and_nothing_in_the_one_beside() {
    let mut wrong = Vec::new();
    let rows = rows();
    for Row { rule, shows, not } in &rows {
        let found = rules(shows);
        if !found.contains(rule) {
            wrong.push(format!("{rule} is not found, but {found:?}"));
        }
        if rules(not).contains(rule) {
            wrong.push(format!("{rule} is found where it is not"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
    assert!(rows.len() >= 40);
}

/// Rules that only a capture of packets shows, or two legs of a proxy: `captures.rs` has them.
const OF_CAPTURES: [&str; 3] = ["subprotocol-dropped", "hidden", "hidden-and-not-closed"];

#[test]
fn every_rule_has_its_recording() {
    let rows = rows();
    let missing: Vec<_> = explain::rules()
        .map(|rule| rule.name)
        .filter(|name| !OF_CAPTURES.contains(name) && !rows.iter().any(|row| row.rule == *name))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn a_good_login_comes_out_clean() {
    let found = found(&good());
    assert!(found.is_good() && found.findings.is_empty(), "{:?}", found.findings);
}

#[test]
fn what_the_client_recovers_from_is_a_remark() {
    let broken = format!("{GET}{UPGRADED}{LOGIN}S [close 1001]\nEOF S\n");
    let twice = script(&format!("{broken}+2\n{GET}{UPGRADED}{LOGIN}{BYE}"));
    let found = found(&twice);
    assert!(
        found.is_good() && found.findings.iter().all(|one| one.weight == Weight::Remark),
        "{:?}",
        found.findings
    );
    assert!(!self::found(&script(&broken)).is_good());
}

/// An Openfire alone has neither the REST API nor the nodes of agents, whatever a client asks for.
#[test]
fn a_server_without_finesse_is_no_fault_of_the_client() {
    let own = "/finesse/api/User/1001/Dialogs";
    let absent = |node| subscribed_with(node, "1001@d/r", "pubsub.d", &condition("item-not-found"));
    for (recording, fault) in [
        (rest("GET", "/finesse/api/SystemInfo", 404), Fault::Configuration),
        (rest("GET", "/finesse/api/User/1001", 404), Fault::Configuration),
        (absent(own), Fault::Configuration),
        (absent("/finesse/api/User/10010"), Fault::Client),
        (rest("GET", "/finesse/api/User/1001", 400), Fault::Client),
    ] {
        assert_eq!(found(&recording).first().map(|one| one.fault), Some(fault), "{recording}");
    }
}

/// The case of a rule is in the suite, and has the clause that the rule names.
#[test]
fn each_case_that_a_rule_names_demands_the_same_clause() {
    let cases = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cases");
    for rule in explain::rules() {
        let Some(case) = rule.case else { continue };
        let text = std::fs::read_to_string(cases.join(format!("{case}.case")))
            .unwrap_or_else(|error| panic!("{}: {case}: {error}", rule.name));
        let quoted = format!("\"{}\"", rule.clause);
        assert!(
            text.split("+++").nth(1).is_some_and(|head| head.contains(&quoted)),
            "{}: {case} does not name {}",
            rule.name,
            rule.clause
        );
    }
}

/// Findings that a conversation must have or must not have, beside the table: kinds that once
/// came out wrong.
#[test]
fn kinds_that_once_came_out_wrong() {
    let node = "/finesse/api/User/1001";
    let call = "/finesse/api/User/1001/Dialogs";
    let jid = "1001@d/r";
    // The end of a call may come before the agent's next state.
    let day = [
        dialog(call, "1", jid, "ALERTING", "POST"),
        user(node, "2", jid, "TALKING", "2026-01-01T00:00:01Z"),
        dialog(call, "3", jid, "ACTIVE", "PUT"),
        dialog(call, "4", jid, "DROPPED", "DELETE"),
        user(node, "5", jid, "READY", "2026-01-01T00:00:02Z"),
    ];
    let call_ends_first = after(LOGIN, &format!("{SUBSCRIBED}{}{BYE}", day.concat()));
    assert!(found(&call_ends_first).is_good(), "{:?}", found(&call_ends_first).findings);

    // The event of a request is not that of the one before.
    let ready = user(node, "1", jid, "NOT_READY", "2026-01-01T00:00:01Z");
    let second = har(&format!(
        "{LOGIN}{SUBSCRIBED}REST PUT {node} 202\n{ready}+0.5\nREST PUT {node} 202\n+8\n{BYE}"
    ));
    assert_eq!(first(&second), ("accepted-without-event", "events", "server"));

    // A HAR of a login that waits for the server, until the client gives up.
    let waits = |lines: &str| har(&format!("{lines}+6\nEND\n"));
    let opened = waits(OPEN);
    assert_eq!(first(&opened), ("open-unanswered", "open", "server"));
    let sent = waits(&format!("{OPEN}{OPENED}{AUTH}"));
    assert_eq!(first(&sent), ("auth-unanswered", "auth", "server"));

    // The server's domain is another one, and the client goes no further.
    let other = OPEN.replace("to='d'", "to='host.d'");
    let stays = after("", &format!("{other}{OPENED}+1\nEOF C\n"));
    assert_eq!(first(&stays), ("open-other-domain", "open", "client"));

    // A log says when the connection was gone, or only that it was.
    let said = |at: &str, lines: &str| -> String {
        let line = |line: &str| match line.split_once(' ') {
            Some(("C", text)) => format!("{at}app.js:12 SENT: {text}\n"),
            Some((_, text)) => format!("{at}app.js:12 RECV: {text}\n"),
            None => String::new(),
        };
        lines.lines().map(line).collect()
    };
    let timed = format!(
        "{}12:01:30.000 strophe.js:3 Websocket closed unexpectedly\n",
        said("12:00:00.000 ", &format!("{LOGIN}{SUBSCRIBED}"))
    );
    assert_eq!(first(&timed), ("cut-in-silence", "idle", "proxy"));
    let untimed = format!(
        "{}strophe.js:3 Websocket closed unexpectedly\n",
        said("", &format!("{OPEN}{OPENED}{AUTH}{SUCCESS}"))
    );
    assert_eq!(first(&untimed), ("restart-missing", "restart", "client"));

    // A HAR without a word why.
    let nothing = har_error("wss://d:8445/ws/", "").replace("\"error\"", "\"none\"");
    assert_eq!(first(&nothing).0, "unexplained");

    // The last word of SystemInfo counts.
    let info = |status: &str| {
        format!(
            "REST GET /finesse/api/SystemInfo 200 <SystemInfo><status>{status}</status></SystemInfo>\n"
        )
    };
    let back = har(&format!("{}{}WS\n{LOGIN}{BYE}", info("OUT_OF_SERVICE"), info("IN_SERVICE")));
    assert!(found(&back).is_good(), "{:?}", found(&back).findings);
}

fn first(recording: &str) -> (&'static str, &'static str, &'static str) {
    let found = found(recording);
    let first = found.first();
    first.map_or(("", "", ""), |one| (one.rule, one.step.name(), one.fault.name()))
}
