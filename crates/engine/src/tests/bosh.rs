//! Sessions of BOSH, as Openfire keeps them and to the letter. Recordings of Openfire's are played
//! elsewhere (`tests/generated`); here are the rules that no recording shows.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{engine, outputs};
use crate::accounts::Directory;
use crate::engine::{ClientPhase, Engine, Peer};
use crate::numbers::ConnectionId;
use crate::outlet::Output;
use crate::profile::Profile;

const NS: &str = "http://jabber.org/protocol/httpbind";
const AUTH: &str =
    "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGEAYg==</auth>";
const RESTART: &str = "xmlns:xmpp='urn:xmpp:xbosh' xmpp:restart='true'";
const PING: &str = "<iq xmlns='jabber:client' type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>";

/// A client that asks on a new connection each time.
struct Client {
    engine: Engine,
    now: Duration,
    sid: String,
    rid: i64,
    /// Answers by the numbers of their requests, and those of ended connections.
    answers: BTreeMap<u64, String>,
    ended: Vec<u64>,
}

impl Client {
    /// A session with these attributes, which has been answered.
    fn new(profile: Profile, attributes: &str) -> Self {
        let mut accounts = Directory::default();
        accounts.add("a", "b");
        let mut client = Self {
            engine: engine("d", profile, accounts),
            now: Duration::ZERO,
            sid: String::new(),
            rid: 100,
            answers: BTreeMap::new(),
            ended: Vec::new(),
        };
        let by =
            client.post(&format!("<body xmlns='{NS}' rid='100' to='d' ver='1.11' {attributes}/>"));
        let answer = client.take(by).expect("the session is created");
        client.sid = value(&answer, "sid").unwrap_or_default();
        client
    }

    fn strict(attributes: &str) -> Self {
        Self::new(Profile::strict(), attributes)
    }

    /// One that is logged in and bound.
    fn bound(profile: Profile) -> Self {
        let mut client = Self::new(profile, "wait='60' hold='1'");
        client.said(AUTH);
        let restart = client.next_with(RESTART, "");
        assert!(
            client
                .take(restart)
                .is_some_and(|answer| answer.contains("urn:ietf:params:xml:ns:xmpp-bind"))
        );
        let bind = "<iq xmlns='jabber:client' type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>r</resource></bind></iq>";
        assert!(client.said(bind).contains("<jid>a@d/r</jid>"));
        client
    }

    /// Sends a body on a new connection, and returns the connection.
    fn post(&mut self, body: &str) -> u64 {
        let by = self.engine.accept(self.now, Peer::default());
        self.post_on(by, body);
        by.0
    }

    fn post_on(&mut self, by: ConnectionId, body: &str) {
        let length = body.len();
        let request = format!(
            "POST /http-bind/ HTTP/1.1\r\nHost: d\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        self.engine.receive(self.now, by, request.as_bytes());
        self.listen();
    }

    fn listen(&mut self) {
        for (by, output) in outputs(&mut self.engine) {
            match output {
                Output::Octets(octets) => {
                    let text = String::from_utf8(octets).expect("answers are text");
                    let answer = self.answers.entry(by.0).or_default();
                    answer.push_str(&text);
                }
                Output::Page(_) => {}
                _ => self.ended.push(by.0),
            }
        }
    }

    /// The body of the answer on a connection, once there is one.
    fn take(&mut self, by: u64) -> Option<String> {
        let answer = self.answers.remove(&by)?;
        let (_, body) = answer.split_once("\r\n\r\n")?;
        Some(body.to_owned())
    }

    /// Sends the next request with these elements.
    fn next(&mut self, elements: &str) -> u64 {
        self.next_with("", elements)
    }

    fn next_with(&mut self, attributes: &str, elements: &str) -> u64 {
        self.rid += 1;
        self.numbered(self.rid, attributes, elements)
    }

    fn numbered(&mut self, rid: i64, attributes: &str, elements: &str) -> u64 {
        let sid = self.sid.clone();
        self.post(&format!(
            "<body xmlns='{NS}' rid='{rid}' sid='{sid}' {attributes}>{elements}</body>"
        ))
    }

    /// The answer to the next request, which comes at once.
    fn said(&mut self, elements: &str) -> String {
        let by = self.next(elements);
        self.take(by).expect("an answer at once")
    }

    fn wait(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
        self.engine.fire(self.now);
        self.listen();
    }
}

/// The value of the first attribute of this name.
fn value(xml: &str, name: &str) -> Option<String> {
    let (_, rest) = xml.split_once(&format!(" {name}=\""))?;
    Some(rest.split('"').next()?.to_owned())
}

fn terminated(answer: Option<String>) -> Option<String> {
    let answer = answer?;
    assert!(answer.contains("type=\"terminate\""), "{answer}");
    Some(value(&answer, "condition").unwrap_or_default())
}

#[test]
fn a_session_is_created_to_the_letter() {
    let mut client = Client::strict("wait='90' hold='3' ack='1'");
    let by = client
        .post(&format!("<body xmlns='{NS}' rid='7' to='d' ver='1.6' wait='90' hold='3' ack='1'/>"));
    let answer = client.take(by).expect("an answer");
    for (name, wanted) in
        [("wait", "60"), ("hold", "3"), ("requests", "4"), ("ack", "7"), ("ver", "1.6")]
    {
        assert_eq!(value(&answer, name).as_deref(), Some(wanted), "{name} in {answer}");
    }
    assert!(answer.contains("xmpp:restartlogic=\"true\"") && answer.contains("<stream:features"));
}

#[test]
fn what_cannot_begin_a_session_is_refused_to_the_letter() {
    let mut client = Client::strict("");
    for (body, wanted) in [
        (format!("<body xmlns='{NS}' rid='1' ver='1.6'/>"), "improper-addressing"),
        (format!("<body xmlns='{NS}' rid='1' ver='1.6' to='x'/>"), "host-unknown"),
        (format!("<body xmlns='{NS}' rid='0' ver='1.6' to='d'/>"), "bad-request"),
        (format!("<body xmlns='{NS}' rid='9007199254740992' ver='1.6' to='d'/>"), "bad-request"),
        (format!("<body xmlns='{NS}' rid='1' ver='1.6' to='d' wait='-1'/>"), "bad-request"),
        (format!("<body xmlns='{NS}' rid='1' ver='1.6' to='d'>text</body>"), "bad-request"),
        (format!("<body xmlns='{NS}' rid='1' ver='one' to='d'/>"), "bad-request"),
        ("<body rid='1' ver='1.6' to='d'/>".to_owned(), "bad-request"),
        ("no xml".to_owned(), "bad-request"),
        (format!("<body xmlns='{NS}' rid='1' sid='unknown'/>"), "item-not-found"),
    ] {
        let by = client.post(&body);
        assert_eq!(terminated(client.take(by)).as_deref(), Some(wanted), "{body}");
    }
    // A client of old is told by HTTP.
    let by = client.post(&format!("<body xmlns='{NS}' rid='1' to='x'/>"));
    assert!(client.answers[&by].starts_with("HTTP/1.1 400 "));
}

#[test]
fn an_answer_waits_for_something_to_say() {
    for profile in [Profile::strict(), Profile::openfire_4_4()] {
        let mut client = Client::new(profile, "wait='20' hold='1'");
        let held = client.next("");
        client.wait(19);
        assert_eq!(client.take(held), None);
        client.wait(1);
        assert!(client.take(held).is_some_and(|answer| answer.starts_with("<body xmlns=")));
        // A second request lets the first go, Openfire's before anything is said.
        let (first, second) = (client.next(""), client.next(AUTH));
        let first = client.take(first).expect("an answer at once");
        let answers = first + &client.take(second).unwrap_or_default();
        assert!(answers.contains("<success"), "{answers}");
    }
}

#[test]
fn requests_are_dealt_with_in_their_order_to_the_letter() {
    let mut client = Client::strict("wait='60' hold='2'");
    let second = client.numbered(102, RESTART, "");
    assert_eq!(client.take(second), None);
    let first = client.numbered(101, "", AUTH);
    assert!(client.take(first).is_some_and(|answer| answer.contains("<success")));
    assert!(client.take(second).is_some_and(|answer| answer.contains("<stream:features")));
    // A stream error ends the session, and is told as a condition of it (XEP-0206 §2).
    client.rid = 102;
    let by = client.next("<foo xmlns='urn:x'/>");
    let answer = client.take(by).expect("an answer at once");
    assert!(answer.contains("<unsupported-stanza-type"), "{answer}");
    assert_eq!(terminated(Some(answer)).as_deref(), Some("remote-stream-error"));
    assert!(client.engine.clients().iter().all(|it| it.phase == ClientPhase::Connected));
}

#[test]
fn a_number_beyond_the_window_ends_the_session() {
    for profile in [Profile::strict(), Profile::openfire_4_4()] {
        let mut client = Client::new(profile, "wait='60' hold='1'");
        let by = client.numbered(103, "", "");
        assert_eq!(terminated(client.take(by)).as_deref(), Some("item-not-found"));
        let by = client.numbered(101, "", "");
        assert!(
            client.answers[&by].contains("nvalid SID")
                || client.answers[&by].contains("item-not-found")
        );
    }
}

#[test]
fn a_request_may_come_again_to_the_letter() {
    let mut client = Client::strict("wait='60' hold='1'");
    let answer = client.said(AUTH);
    let again = client.numbered(101, "", AUTH);
    assert_eq!(client.take(again).as_deref(), Some(answer.as_str()));
    // One that waits moves to the new connection.
    let first = client.next("");
    let again = client.numbered(102, "", "");
    assert!(client.take(first).is_some_and(|answer| answer.contains("type=\"error\"")));
    client.wait(60);
    assert!(client.take(again).is_some());
    // The answer to 100 is forgotten by now.
    let old = client.numbered(100, "", "");
    assert_eq!(terminated(client.take(old)).as_deref(), Some("item-not-found"));
}

#[test]
fn too_many_requests_end_the_session_to_the_letter() {
    // Empty ones, one after the other.
    let mut client = Client::strict("wait='60' hold='1'");
    let (_, second) = (client.next(""), client.next(""));
    assert_eq!(terminated(client.take(second)).as_deref(), Some("policy-violation"));
    // Polls, sooner than allowed.
    let mut client = Client::strict("wait='0'");
    let first = client.next("");
    assert!(client.take(first).is_some());
    client.wait(5);
    let second = client.next("");
    assert!(client.take(second).is_some_and(|answer| !answer.contains("terminate")));
    client.wait(4);
    let third = client.next("");
    assert_eq!(terminated(client.take(third)).as_deref(), Some("policy-violation"));
}

#[test]
fn both_sides_acknowledge_to_the_letter() {
    let mut client = Client::strict("wait='60' hold='1' ack='1'");
    let (first, second) = (client.next(""), client.next(AUTH));
    assert!(
        client
            .take(first)
            .is_some_and(|answer| answer.contains(" ack=\"102\"") || answer.contains("<success"))
    );
    assert!(client.take(second).is_none_or(|answer| !answer.contains(" ack=")));
}

#[test]
fn keys_are_checked_to_the_letter() {
    // SHA-1 of the word `key`, and of that.
    let (key, sum) = ("key", "a62f2225bf70bfaccbc7f1ef2a397836717377de");
    let mut client = Client::strict(&format!("wait='0' newkey='{sum}'"));
    let by = client.next_with(&format!("key='{key}'"), AUTH);
    assert!(client.take(by).is_some_and(|answer| answer.contains("<success")));
    let by = client.next_with(&format!("key='{key}'"), "");
    assert_eq!(terminated(client.take(by)).as_deref(), Some("item-not-found"));
}

#[test]
fn the_client_chooses_the_content_type_to_the_letter() {
    let mut client = Client::strict("content='text/html; charset=utf-8'");
    let by = client.next(AUTH);
    assert!(client.answers[&by].contains("Content-Type: text/html; charset=utf-8\r\n"));
    // A line break in the value makes no second header.
    let mut client = Client::strict("content='text/html&#13;&#10;X: y'");
    let by = client.next(AUTH);
    assert!(client.answers[&by].contains("Content-Type: text/xml; charset=utf-8\r\n"));
}

#[test]
fn a_pause_frees_all_requests() {
    for profile in [Profile::strict(), Profile::openfire_4_4()] {
        let mut client = Client::new(profile, "wait='60' hold='1'");
        let held = client.next("");
        let by = client.next_with("pause='100'", "");
        assert!(client.take(held).is_some() && client.take(by).is_some());
        client.wait(99);
        assert!(client.said(AUTH).contains("<success"));
    }
}

#[test]
fn a_silent_client_loses_its_session() {
    for (profile, silence) in [(Profile::strict(), 30), (Profile::openfire_4_4(), 60)] {
        let mut client = Client::new(profile, "wait='60' hold='1'");
        assert_eq!(client.engine.clients().len(), 2);
        client.wait(silence);
        assert_eq!(client.engine.clients(), []);
        let by = client.next("");
        assert!(
            client.answers[&by].contains("nvalid SID")
                || client.answers[&by].contains("item-not-found")
        );
    }
}

#[test]
fn a_client_ends_its_session_with_its_last_words() {
    for profile in [Profile::strict(), Profile::openfire_4_4()] {
        let mut client = Client::bound(profile);
        let held = client.next("");
        let last = client
            .next_with("type='terminate'", "<presence xmlns='jabber:client' type='unavailable'/>");
        let answers = [client.take(held), client.take(last)].map(|it| it.expect("an answer"));
        assert!(answers.iter().any(|answer| answer.contains("type=\"terminate\"")), "{answers:?}");
        assert!(client.engine.clients().iter().all(|it| it.phase == ClientPhase::Connected));
    }
}

#[test]
fn requests_on_one_connection_are_answered_one_after_the_other() {
    let mut client = Client::new(Profile::openfire_4_4(), "wait='10' hold='1'");
    let by = client.engine.accept(client.now, Peer::default());
    let sid = client.sid.clone();
    client.post_on(by, &format!("<body rid='101' sid='{sid}'/>"));
    client.post_on(by, &format!("<body rid='102' sid='{sid}'>{AUTH}</body>"));
    assert_eq!(client.answers.get(&by.0), None);
    client.wait(10);
    let answers = client.answers.remove(&by.0).unwrap_or_default();
    assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 2, "{answers}");
    assert!(answers.ends_with("</success></body>") || answers.contains("<success"));
}

// A real server answers so each time.
#[test]
fn a_request_behind_one_that_the_end_answers_finds_no_session() {
    let mut client = Client::bound(Profile::openfire_4_4());
    client.next("<presence xmlns='jabber:client'/>");
    let by = client.engine.accept(client.now, Peer::default());
    let (sid, rid) = (client.sid.clone(), client.rid);
    client.post_on(by, &format!("<body rid='{}' sid='{sid}'/>", rid + 1));
    client.post_on(by, &format!("<body rid='{}' sid='{sid}'/>", rid + 2));
    // A number beyond the window ends the session.
    client.numbered(rid + 4, "", "");
    let answers = client.answers.remove(&by.0).unwrap_or_default();
    let statuses = answers.split("HTTP/1.1 ").skip(1).map(|answer| &answer[..3]);
    assert_eq!(statuses.collect::<Vec<_>>(), ["200", "404"], "{answers}");
    assert!(answers.contains("<presence type=\"unavailable\""), "{answers}");
}

#[test]
fn a_session_hears_what_others_cause_and_is_ended_by_the_service() {
    for profile in [Profile::strict(), Profile::openfire_4_4()] {
        let mut client = Client::bound(profile);
        let number =
            client.engine.clients().iter().find(|it| it.jid.is_some()).expect("it").connection;
        let held = client.next("");
        let sent = client.engine.inject(
            client.now,
            &format!("#{number}"),
            "<message xmlns='jabber:client'/>",
        );
        assert_eq!(sent.ok(), Some(1));
        client.listen();
        assert!(client.take(held).is_some_and(|answer| answer.contains("<message")));
        let held = client.next("");
        client.engine.shut_down(client.now);
        client.listen();
        assert!(client.take(held).is_some());
        assert!(client.ended.contains(&held));
    }
}

#[test]
fn what_nobody_asks_for_is_bounded() {
    let mut client = Client::bound(Profile::openfire_4_4());
    let text =
        format!("<message xmlns='jabber:client'><body>{}</body></message>", "x".repeat(1 << 20));
    for _ in 0..8 {
        assert_eq!(client.engine.inject(client.now, "a", &text).ok(), Some(1));
    }
    assert!(client.engine.inject(client.now, "a", &text).is_err());
}

#[test]
fn a_cut_takes_the_connections_whose_requests_wait() {
    let mut client = Client::bound(Profile::openfire_4_4());
    let fault = "reset-tcp before=ping".parse().expect("a fault");
    client.engine.add_fault(client.now, fault).expect("it fits");
    let by = client.next(PING);
    assert_eq!((client.take(by), client.ended.as_slice()), (None, &[by][..]));
    assert!(client.engine.clients().iter().all(|it| it.jid.is_none()));
}

/// As many requests as fit into what a client may send at once: the engine needs no more stack for
/// them than for one.
#[test]
fn requests_behind_each_other_are_dealt_with_one_by_one() {
    const MANY: usize = 20_000;
    for profile in [Profile::openfire_4_4(), Profile::strict()] {
        let mut engine = engine("d", profile, Directory::default());
        let id = engine.accept(Duration::ZERO, Peer::default());
        let request = "POST /http-bind HTTP/1.1\r\nHost: d\r\nContent-Length: 4\r\n\r\n<a/>";
        engine.receive(Duration::ZERO, id, request.repeat(MANY).as_bytes());
        let is_answer = |output: &Output| match output {
            Output::Octets(octets) => octets.starts_with(b"HTTP/1.1 "),
            _ => false,
        };
        let answers = outputs(&mut engine).iter().filter(|(_, output)| is_answer(output)).count();
        assert_eq!(answers, MANY);
    }
}
