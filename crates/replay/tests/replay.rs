//! A recording answers as its server did: the same words in the same places, with the values of the
//! present client, and what the recording lacks is said.

use std::time::Duration;

use engine::{Config, Directory, Engine, Kind, Profile, Queue, SharedWorld, World};
use finesse_fake::FakeFinesse;
use replay::Replay;

mod captures;
mod client;
mod overheard;

use client::{Client, auth};

const OPEN: &str =
    "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='finesse.example.com' version='1.0'/>";
const BIND: &str = "<iq xmlns='jabber:client' type='set' id='ID'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>RESOURCE</resource></bind></iq>";
const PRESENCE: &str = "<presence xmlns='jabber:client'/>";
const SUBSCRIBE: &str = "<iq xmlns='jabber:client' type='set' id='ID' to='pubsub.finesse.example.com'><pubsub xmlns='http://jabber.org/protocol/pubsub'><subscribe node='/finesse/api/User/USER' jid='USER@finesse.example.com'/></pubsub></iq>";
const PASSWORD: &str = "hunter22-correct";

/// A fake with the world of the documents, or with agents of its own and a fault.
fn fake(fault: &str) -> Engine {
    let builder = FakeFinesse::builder().user("1001", PASSWORD).user("1002", PASSWORD).seed(7);
    builder.fault(fault).engine().expect("a fault")
}

/// An engine that follows a recording.
fn replayed(recording: &str) -> Engine {
    let conversation = explain::from_octets("a.txt", recording.as_bytes()).expect("a recording");
    following(Replay::new(&conversation).expect("something to replay"))
}

/// An engine that follows a script.
fn following(replay: Replay) -> Engine {
    let config = Config::new("finesse.example.com", Profile::finesse(), Directory::default());
    let world = SharedWorld::new(World::new(&config.spec, config.calendar));
    let mut engine = Engine::new(config, world, Box::<Queue>::default());
    engine.follow(Box::new(replay));
    engine
}

/// Logs in, is present and subscribes, one step a second; everything that came.
fn day(engine: &mut Engine, user: &str, mark: &str) -> (Client, Vec<Vec<String>>) {
    let steps = [
        OPEN.to_owned(),
        auth(user, PASSWORD),
        OPEN.to_owned(),
        BIND.replace("ID", &format!("b{mark}")).replace("RESOURCE", &format!("desk{mark}")),
        PRESENCE.to_owned(),
        SUBSCRIBE.replace("ID", &format!("s{mark}")).replace("USER", user),
    ];
    let mut client = Client::connect(engine, Duration::ZERO);
    let mut heard = vec![client.upgrade(engine, Duration::ZERO)];
    for (second, step) in (1..).zip(&steps) {
        let now = Duration::from_secs(second);
        engine.fire(now);
        heard.push(client.say(engine, now, step));
        // Answers have the pauses of the recording, which are none here.
        engine.fire(now);
        heard.push(client.hear(engine));
    }
    engine.fire(Duration::from_secs(7));
    heard.push(client.hear(engine));
    (client, heard)
}

/// The messages in one list, without values that are new each time.
fn plain(heard: &[Vec<String>]) -> Vec<String> {
    let all = heard.iter().flatten().filter(|text| !text.starts_with("HTTP/1.1 101"));
    all.cloned().collect()
}

#[test]
fn a_fault_of_one_day_is_had_again() {
    for fault in [
        "drop-tcp after=presence",
        "withhold what=presence",
        "close code=1011 after=bind",
        "conflict after=subscribe",
        "refuse condition=forbidden before=subscribe",
    ] {
        if fault.parse::<engine::Fault>().is_err() {
            panic!("{fault} is no fault");
        }
        let mut first = fake(fault);
        let (_, heard) = day(&mut first, "1001", "1");
        let recording = first.transcript().to_string();
        assert!(!recording.contains(PASSWORD));
        let mut second = replayed(&recording);
        let (_, again) = day(&mut second, "1001", "1");
        let (heard, again) = (plain(&heard), plain(&again));
        let names = |all: &[String]| {
            all.iter()
                .map(|one| {
                    one.replace("-1\"", "\"")
                        .replace("-1'", "'")
                        .replace("-1/", "/")
                        .replace("-1@", "@")
                })
                .collect::<Vec<_>>()
        };
        let (heard, again) = (names(&heard), names(&again));
        assert_eq!(
            heard.len(),
            again.len(),
            "{fault}\n{heard:#?}\n{again:#?}\n{}",
            second.transcript()
        );
        for (one, other) in heard.iter().zip(&again) {
            let kind = |text: &str| text.split([' ', '>']).next().unwrap_or_default().to_owned();
            let is_end = |text: &str| ["[end]", "[cut]", "[reset]"].contains(&text);
            assert!(
                kind(one) == kind(other) || is_end(one) && is_end(other),
                "{fault}: {one} and {other}"
            );
        }
    }
}

#[test]
fn the_values_of_the_present_client_are_put_in() {
    let mut first = fake("no-pong");
    let (_, heard) = day(&mut first, "1001", "1");
    let mut second = replayed(&first.transcript().to_string());
    let (_, again) = day(&mut second, "1002", "2");
    let (heard, again) = (plain(&heard).join("\n"), plain(&again).join("\n"));
    assert!(heard.contains("<jid>1001@finesse.example.com/desk1</jid>"), "{heard}");
    assert!(again.contains("<jid>1002@finesse.example.com/desk2</jid>"), "{again}");
    assert!(again.contains("b2") && again.contains("s2") && !again.contains("s1"), "{again}");
    assert!(again.contains("/finesse/api/User/1002"), "{again}");
    assert!(!again.contains("1001@") && !again.contains("/User/1001"), "{again}");
}

#[test]
fn the_recording_says_what_it_lacks() {
    let mut first = fake("no-pong");
    day(&mut first, "1001", "1");
    let mut second = replayed(&first.transcript().to_string());
    let (mut client, _) = day(&mut second, "1001", "1");
    let now = Duration::from_secs(8);
    let other = SUBSCRIBE.replace("ID", "x").replace("User/USER", "Team/5").replace("USER", "1001");
    let heard = client.say(&mut second, now, &other).concat();
    assert!(heard.contains("feature-not-implemented") && heard.contains("id='x'"), "{heard}");
    let facts = second.transcript_of(|said| said.kind == Kind::Fact).to_string();
    assert!(
        facts.contains("the recording has no answer to iq set subscribe /finesse/api/Team/5; nearest: iq set subscribe /finesse/api/User/1001 (another node)"),
        "{facts}"
    );
    // The same request again is answered again, with its new id.
    let again = SUBSCRIBE.replace("ID", "y").replace("USER", "1001");
    let heard = client.say(&mut second, now, &again).concat();
    second.fire(now + Duration::from_secs(1));
    let heard = heard + &client.hear(&mut second).concat();
    assert!(heard.contains("subscription") && heard.contains("\"y\""), "{heard}");
}

#[test]
fn rest_is_answered_and_its_events_follow_it() {
    let recording = include_str!("data/rest.jsonl");
    let mut engine = replayed(recording);
    let mut desk = Client::connect(&mut engine, Duration::ZERO);
    desk.upgrade(&mut engine, Duration::ZERO);
    let mut came = Vec::new();
    for step in [OPEN, &auth("1002", PASSWORD), OPEN, &BIND.replace("ID", "1"), PRESENCE] {
        came.extend(desk.say(&mut engine, Duration::ZERO, step));
    }
    engine.fire(Duration::from_secs(60));
    came.extend(desk.hear(&mut engine));
    assert!(came.concat().contains("<success"), "{came:?}");
    assert!(!came.concat().contains("READY"), "the event waits for the request: {came:?}");
    let mut rest = Client::connect(&mut engine, Duration::from_secs(60));
    let body = "<User><state>READY</state></User>";
    let request = format!(
        "PUT /finesse/api/User/1002 HTTP/1.1\r\nHost: x\r\nAuthorization: Basic MTAwMjpzZWNyZXQ=\r\nrequestId: mine\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    engine.receive(Duration::from_secs(60), rest.id, request.as_bytes());
    engine.fire(Duration::from_secs(61));
    let mut outputs = Vec::new();
    while let Some((id, output)) = engine.poll_output() {
        if let engine::Output::Octets(octets) = output {
            outputs.push((id, String::from_utf8_lossy(&octets).into_owned()));
        }
    }
    let of = |id| {
        outputs
            .iter()
            .filter(|(to, _)| *to == id)
            .map(|(_, text)| text.as_str())
            .collect::<String>()
    };
    assert!(of(rest.id).starts_with("HTTP/1.1 202 Accepted\r\n"), "{outputs:?}");
    assert!(of(desk.id).contains("READY"), "{outputs:?}");
    assert!(of(desk.id).contains("mine") && of(desk.id).contains("User/1002"), "{outputs:?}");
    let unknown = b"GET /finesse/api/Queue/9 HTTP/1.1\r\nHost: x\r\n\r\n";
    engine.receive(Duration::from_secs(61), rest.id, unknown);
    let answer = rest.hear(&mut engine).concat();
    assert!(answer.starts_with("HTTP/1.1 501 "), "{answer}");
    let facts = engine.transcript_of(|said| said.kind == Kind::Fact).to_string();
    assert!(
        facts.contains(
            "no answer to GET /finesse/api/Queue/9; nearest: GET /finesse/api/SystemInfo"
        ),
        "{facts}"
    );
}

#[test]
fn pauses_are_those_of_the_recording() {
    let mut first = fake("no-pong");
    day(&mut first, "1001", "1");
    // The server asks for the version five seconds after a bind.
    first.fire(Duration::from_secs(20));
    let mut second = replayed(&first.transcript().to_string());
    let (mut client, before) = day(&mut second, "1001", "1");
    second.fire(Duration::from_secs(20));
    let after = client.hear(&mut second).concat();
    let asks = |text: &str| text.contains("jabber:iq:version");
    assert!(asks(&plain(&before).concat()) || asks(&after), "{before:?} {after}");
}

#[test]
fn secrets_of_the_file_are_in_no_output() {
    let recording = include_str!("data/rest.jsonl");
    // Bodies are hexadecimal.
    let hex = |text: &str| text.bytes().map(|octet| format!("{octet:02x}")).collect::<String>();
    for secret in ["hunter22", "t0psecretcookie", "tokentoken99"] {
        let is_there = recording.contains(secret) || recording.contains(&hex(secret));
        assert!(is_there, "{secret} is in the recording");
    }
    let mut engine = replayed(recording);
    let mut desk = Client::connect(&mut engine, Duration::ZERO);
    let mut all = desk.upgrade(&mut engine, Duration::ZERO);
    for step in [OPEN, &auth("1002", "other-word"), OPEN, &BIND.replace("ID", "1"), PRESENCE] {
        all.extend(desk.say(&mut engine, Duration::ZERO, step));
    }
    let rest = Client::connect(&mut engine, Duration::ZERO);
    for request in ["GET /finesse/api/SystemInfo", "GET /desktop/token"] {
        let request = format!("{request} HTTP/1.1\r\nHost: x\r\n\r\n");
        engine.receive(Duration::ZERO, rest.id, request.as_bytes());
    }
    engine.fire(Duration::from_secs(100));
    while let Some((_, output)) = engine.poll_output() {
        if let engine::Output::Octets(octets) = output {
            all.push(String::from_utf8_lossy(&octets).into_owned());
        }
    }
    let all = all.join("\n") + &engine.transcript().to_string();
    assert!(all.contains("HTTP/1.1 200"), "{all}");
    for secret in ["hunter22", "t0psecretcookie", "tokentoken99", "other-word"] {
        assert!(!all.contains(secret), "{secret} came out:\n{all}");
    }
}

#[test]
fn a_refused_upgrade_is_refused_again_and_then_granted() {
    let mut first = fake("refuse-upgrade status=503 times=1");
    let mut client = Client::connect(&mut first, Duration::ZERO);
    client.upgrade(&mut first, Duration::ZERO);
    let (_, _) = day(&mut first, "1001", "1");
    let mut second = replayed(&first.transcript().to_string());
    let mut client = Client::connect(&mut second, Duration::ZERO);
    let heard = client.upgrade(&mut second, Duration::ZERO).concat();
    assert!(heard.starts_with("HTTP/1.1 503"), "{heard}");
    let (_, heard) = day(&mut second, "1001", "1");
    assert!(plain(&heard).concat().contains("<success"), "{heard:?}");
}
