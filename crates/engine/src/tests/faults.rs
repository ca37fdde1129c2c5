//! The effect of each fault, as a client sees it.
//!
//! A row is a fault, what the clients do, and what they see. `2:` stands before what is done or
//! seen by a second client of another account, `…` where time passes. `online` is everything up to
//! the presence; its answers are not shown.

use std::collections::BTreeMap;
use std::time::Duration;

use stanza::ns;
use wire::{CloseFrame, Decoder, Frame, opcode};

use crate::accounts::Directory;
use crate::engine::Engine;
use crate::fault::Fault;
use crate::numbers::ConnectionId;
use crate::outlet::Output;
use crate::profile::Profile;

const DOMAIN: &str = "d.example";
const NODE: &str = "/finesse/api/SystemInfo";
const ROWS: &[(&str, &str, &str)] = &[
    ("refuse-upgrade times=1", "upgrade 2:upgrade", "503 end 2:101"),
    ("refuse-upgrade status=401 nth=2", "upgrade 2:upgrade", "101 2:401 2:end"),
    ("delay-upgrade by=2s", "upgrade open wait:1s wait:1s", "… … 101 open features"),
    ("dribble-upgrade pause=10ms", "upgrade open wait:9s", "… 101 octet by octet open features"),
    ("wrong-accept", "upgrade", "101 with a wrong accept value"),
    ("drop-tcp after=connect", "connect", "cut"),
    ("drop-tcp before=upgrade", "upgrade", "cut"),
    (
        "cut-idle for=4s",
        "login wait:3s ping wait:3s wait:2s wait:1s 2:upgrade",
        "101 open features success open features result-b … result-p … request … … cut 2:101",
    ),
    (
        "drop-tcp after=success times=1",
        "login 2:login",
        "101 open features success cut 2:101 2:open 2:features 2:success 2:open 2:features 2:result-b",
    ),
    ("drop-tcp after=event nth=2", "online publish publish publish", "event-1 event-2 cut"),
    ("reset-tcp before=bind", "login", "101 open features success open features reset"),
    ("stall after=restart", "login ping wait:9s", "101 open features success open features …"),
    (
        "stall before=bind for=3s",
        "login wait:2s ping wait:1s ping",
        "101 open features success open features … … result-b result-p result-p",
    ),
    (
        "close after=bind code=4000 reason=off",
        "login ping",
        "101 open features success open features result-b close(4000,off) finish",
    ),
    (
        "close before=presence",
        "login presence",
        "101 open features success open features result-b close(1011) finish",
    ),
    (
        "stream-error before=open condition=host-unknown",
        "upgrade open",
        "101 open stream-error-host-unknown close close(1000) finish",
    ),
    (
        "stream-error after=subscribe condition=system-shutdown",
        "online subscribe",
        "result-s stream-error-system-shutdown close close(1000) finish",
    ),
    (
        "conflict after=event nth=1",
        "online publish publish",
        "event-1 stream-error-conflict close close(1000) finish",
    ),
    (
        "conflict before=ping account=1002",
        "online ping 2:online 2:ping",
        "result-p 2:stream-error-conflict 2:close 2:close(1000) 2:finish",
    ),
    (
        "refuse before=auth condition=temporary-auth-failure times=1",
        "upgrade open auth auth",
        "101 open features failure-temporary-auth-failure success",
    ),
    (
        "refuse before=bind condition=conflict",
        "login",
        "101 open features success open features error-b-conflict",
    ),
    (
        "refuse before=subscribe node=/finesse/api/SystemInfo condition=gone",
        "online subscribe",
        "error-s-gone",
    ),
    ("withhold nth=2", "online publish publish publish", "event-1 event-3"),
    (
        "withhold every=2 account=1002",
        "online 2:online publish publish",
        "event-1 2:event-1 event-2",
    ),
    ("withhold node=/elsewhere", "online publish", "event-1"),
    ("withhold what=result", "online ping publish", "event-1"),
    ("withhold what=close", "online close", "close(1000) finish"),
    ("withhold what=features times=1", "upgrade open", "101 open"),
    ("duplicate nth=1", "online publish publish", "event-1 event-1 event-2"),
    (
        "reorder every=2",
        "online publish publish publish publish wait:1s",
        "event-1 event-3 event-2 … event-4",
    ),
    ("reorder", "online publish publish publish wait:1s", "event-2 event-1 … event-3"),
    ("delay by=2s nth=1", "online publish publish wait:1s wait:1s", "event-2 … … event-1"),
    (
        "delay what=result by=100ms every=2",
        "online ping ping:q ping:r wait:1s",
        "result-q … result-p result-r",
    ),
    ("delay what=result by=100ms nth=2", "online subscribe publish wait:1s", "event-1 … result-s"),
    ("delay what=close by=2s", "online close wait:3s", "close(1000) finish …"),
    ("double nth=1", "online publish publish", "broken event-2"),
    ("alter what=result at=@id to=z", "online ping", "result-z"),
    (
        "alter what=failure condition=aborted",
        "4:upgrade 4:open 4:auth",
        "4:101 4:open 4:features 4:failure-aborted",
    ),
    ("alter part=payload at=a to=9 nth=1", "online publish publish", "event-9 event-2"),
    ("malform nth=1", "online publish publish", "broken event-2"),
    ("malform part=payload", "online publish", "event-with-broken-payload"),
    ("oversize size=300000 nth=1", "online publish publish", "event-1(300000) event-2"),
    (
        "ghost-session for=60s",
        "online end 2:watch wait:59s wait:1s",
        "2:sees-1001 … 2:request … 2:misses-1001",
    ),
    (
        "other-resource nth=2",
        "online twin subscribe publish publish publish",
        "result-s event-1 2:event-2 event-3",
    ),
    ("other-resource", "online subscribe publish", "result-s event-1"),
    (
        "late-item by=2s nth=2",
        "online publish items items wait:2s items",
        "event-1 result-i-1 result-i-0 … result-i-1",
    ),
    (
        "late-item account=1002 times=1",
        "online 2:online publish items 2:items 2:items",
        "event-1 2:event-1 result-i-1 2:result-i-0 2:result-i-1",
    ),
    (
        "out-of-service for=30s",
        "online fault 2:upgrade wait:30s 3:upgrade",
        "close close(1000) finish 2:503 2:end … 3:101",
    ),
    (
        "out-of-service",
        "connect upgrade fault 2:upgrade wait:9s remove 3:upgrade",
        "101 close(1001,Shutdown) finish 2:503 2:end … 3:101",
    ),
    ("gone for=30s", "online fault wait:30s 2:upgrade", "cut … 2:101"),
    // The REST API. The fifth client and those behind it speak HTTP, all as 1001.
    (
        "refuse-rest status=500 method=PUT times=2",
        "online 5:put:LOGIN 5:put:LOGIN 5:get:SystemInfo 5:put:LOGIN",
        "5:500 5:500 5:200 5:202 update-NOT_READY",
    ),
    (
        "refuse-rest path=*/User/* for=30s",
        "5:get:User/1001 5:get:SystemInfo wait:29s 5:get:User/1001 wait:1s 5:get:User/1001",
        "5:503 5:200 … 5:503 … 5:200",
    ),
    ("refuse-rest status=404 account=1002", "5:get:User/1001", "5:200"),
    ("refuse-rest status=302 account=1001", "5:get:User/1001", "5:302"),
    (
        "delay what=answer by=2s method=PUT",
        "online 5:put:LOGIN 5:get:SystemInfo wait:1s wait:1s",
        "update-NOT_READY … … 5:202 5:200",
    ),
    ("reorder what=answer", "online 5:put:LOGIN wait:1s", "update-NOT_READY … 5:202"),
    (
        "withhold what=answer",
        "online 5:put:LOGIN 5:get:SystemInfo 6:get:SystemInfo wait:4s",
        "update-NOT_READY …",
    ),
    (
        "withhold what=event node=/finesse/api/User/1001 nth=1",
        "online 5:put:LOGIN 5:put:READY",
        "5:202 5:202 update-READY",
    ),
    ("duplicate what=answer nth=1", "5:get:SystemInfo", "5:200 5:200"),
    ("malform what=answer path=*/SystemInfo", "5:get:SystemInfo", "5:200-broken"),
    ("oversize what=answer size=300000", "5:get:SystemInfo", "5:200(300000)"),
    (
        "drop-tcp before=rest method=PUT nth=1",
        "online 5:put:LOGIN 6:get:User/1001 6:put:LOGIN",
        "5:cut 6:200 6:202 update-NOT_READY",
    ),
    ("drop-tcp after=rest", "online 5:put:LOGIN", "5:202 update-NOT_READY 5:cut"),
    ("reset-tcp before=rest path=/finesse/api/User/1001", "5:get:User/1001", "5:reset"),
    (
        "stall before=rest for=3s",
        "online 5:put:LOGIN wait:2s wait:1s",
        "update-NOT_READY … … 5:202",
    ),
    (
        "out-of-service for=30s",
        "fault 5:get:User/1001 5:get:SystemInfo wait:30s 6:get:User/1001",
        "5:503 5:200 … 5:end 6:200",
    ),
];

#[test]
fn each_fault_is_seen_as_it_is_described() {
    let mut wrong = Vec::new();
    for (fault, does, wanted) in ROWS {
        let seen = Stage::new(fault).play(does);
        if seen != *wanted {
            wrong.push(format!("{fault}\n  does   {does}\n  wanted {wanted}\n  saw    {seen}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn each_fault_has_a_row() {
    for shape in Fault::table() {
        let has_row =
            ROWS.iter().any(|(fault, _, _)| fault.split(' ').next() == Some(shape.name()));
        assert!(has_row, "{}", shape.name());
    }
}

#[test]
fn what_waits_has_an_end() {
    let mut stage = Stage::new("delay what=result by=1day");
    let seen = stage.play("online");
    assert_eq!(seen, "");
    // Results name their request, so that a hundred long ids are enough.
    let ping = format!("ping:{}", "x".repeat(100_000));
    for _ in 0..100 {
        stage.act(&ping);
    }
    assert_eq!(stage.seen, ["cut"]);
}

struct Stage {
    engine: Engine,
    now: Duration,
    /// The fault, if it is one that comes at its own step.
    fault: Option<String>,
    clients: BTreeMap<char, Client>,
    published: u32,
    seen: Vec<String>,
}

struct Client {
    id: ConnectionId,
    ended: bool,
    head: Vec<u8>,
    pieces: usize,
    decoder: Option<Decoder>,
}

impl Stage {
    fn new(fault: &str) -> Self {
        let mut accounts = Directory::default();
        for name in ["1001", "1002", "1003"] {
            accounts.add(name, "secret");
        }
        let watching = fault.starts_with("ghost");
        let profile = Profile::finesse().reflect_presence(watching);
        let engine = super::engine(DOMAIN, profile, accounts);
        let lasting = fault.starts_with("out-of-service") || fault.starts_with("gone");
        let mut stage = Self {
            engine,
            now: Duration::ZERO,
            fault: Some(fault.to_owned()),
            clients: BTreeMap::new(),
            published: 0,
            seen: Vec::new(),
        };
        if !lasting {
            stage.add_fault();
        }
        stage
    }

    fn add_fault(&mut self) {
        let fault = self.fault.take().expect("the fault was not added before");
        let fault = fault.parse().expect("parses");
        self.engine.add_fault(self.now, fault).expect("there is room");
    }

    fn play(&mut self, does: &str) -> String {
        for step in does.split(' ') {
            self.act(step);
        }
        self.seen.join(" ")
    }

    fn act(&mut self, step: &str) {
        let (who, step) = match step.split_once(':') {
            Some((who, step)) if who.len() == 1 => (who.chars().next().unwrap_or('1'), step),
            _ => ('1', step),
        };
        let (step, argument) = step.split_once(':').unwrap_or((step, ""));
        match step {
            "wait" => {
                let time = humantime::parse_duration(argument).expect("a duration");
                self.now += time;
                self.seen.push("…".to_owned());
                self.engine.fire(self.now);
            }
            "fault" => self.add_fault(),
            "remove" => assert!(self.engine.remove_fault(self.now, 1)),
            "publish" => {
                self.published += 1;
                let payload = format!("<n xmlns='urn:n'>&lt;a>{}&lt;/a></n>", self.published);
                self.engine.publish(self.now, NODE, &payload).expect("the node is there");
            }
            "login" => {
                for step in ["upgrade", "open", "auth", "open", "bind"] {
                    self.act(&format!("{who}:{step}"));
                }
                return;
            }
            "online" => {
                self.act(&format!("{who}:login"));
                self.act(&format!("{who}:presence"));
                let own = |seen: &str| match seen.split_once(':') {
                    Some((other, _)) if other.len() == 1 => other.starts_with(who),
                    _ => who == '1',
                };
                self.seen.retain(|seen| !own(seen));
                return;
            }
            // The second client has the account of the first, and is served last.
            "twin" => {
                for step in ["upgrade", "open", "auth:1001", "open", "bind:t", "presence"] {
                    self.act(&format!("2:{step}"));
                }
                self.seen.clear();
                return;
            }
            // The same account as that of the first client, on a connection of its own.
            "watch" => {
                for step in ["upgrade", "open", "auth:1001", "open", "bind:watch"] {
                    self.act(&format!("{who}:{step}"));
                }
                self.seen.clear();
                self.act(&format!("{who}:presence"));
                self.seen.retain(|seen| seen.contains("1001"));
                let own = format!("{who}:sees-1001/watch");
                self.seen.retain(|seen| *seen != own);
                return;
            }
            _ => self.say(who, step, argument),
        }
        self.look();
    }

    fn say(&mut self, who: char, step: &str, argument: &str) {
        let id = match self.clients.get(&who) {
            Some(client) => client.id,
            None => {
                let id = self.engine.accept(self.now, crate::Peer::default());
                let client =
                    Client { id, ended: false, head: Vec::new(), pieces: 0, decoder: None };
                self.clients.insert(who, client);
                id
            }
        };
        let account = if argument.is_empty() { format!("100{who}") } else { argument.to_owned() };
        let ask = |method: &str, path: &str, body: &str| {
            let credentials = "MTAwMTpzZWNyZXQ=";
            let length = body.len();
            format!(
                "{method} /finesse/api/{path} HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {credentials}\r\n\
                 Content-Length: {length}\r\n\r\n{body}"
            )
        };
        let text = match step {
            "connect" => return,
            "get" => {
                return self.engine.receive(self.now, id, ask("GET", argument, "").as_bytes());
            }
            "put" => {
                let body =
                    format!("<User><state>{argument}</state><extension>1081001</extension></User>");
                let request = ask("PUT", "User/1001", &body);
                return self.engine.receive(self.now, id, request.as_bytes());
            }
            "end" => return self.engine.ended(self.now, id),
            "upgrade" => {
                let request = "GET /ws/ HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                               Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
                               Sec-WebSocket-Protocol: xmpp\r\n\r\n";
                return self.engine.receive(self.now, id, request.as_bytes());
            }
            "open" => format!("<open xmlns='{}' version='1.0'/>", ns::FRAMING),
            "auth" => {
                let plain = format!("\0{account}\0secret");
                let plain =
                    base64::Engine::encode(&base64::engine::general_purpose::STANDARD, plain);
                format!("<auth xmlns='{}' mechanism='PLAIN'>{plain}</auth>", ns::SASL)
            }
            "bind" => {
                let resource = if argument.is_empty() { "r" } else { argument };
                format!(
                    "<iq xmlns='jabber:client' type='set' id='b'><bind xmlns='{}'><resource>{resource}</resource></bind></iq>",
                    ns::BIND
                )
            }
            "presence" => "<presence xmlns='jabber:client'/>".to_owned(),
            "items" => format!(
                "<iq xmlns='jabber:client' type='get' id='i' to='pubsub.{DOMAIN}'><pubsub xmlns='{}'><items node='{NODE}'/></pubsub></iq>",
                ns::PUBSUB
            ),
            "subscribe" => format!(
                "<iq xmlns='jabber:client' type='set' id='s' to='pubsub.{DOMAIN}'><pubsub xmlns='{}'><subscribe node='{NODE}' jid='{account}@{DOMAIN}'/></pubsub></iq>",
                ns::PUBSUB
            ),
            "ping" => {
                let name = if argument.is_empty() { "p" } else { argument };
                format!(
                    "<iq xmlns='jabber:client' type='get' id='{name}'><ping xmlns='urn:xmpp:ping'/></iq>"
                )
            }
            "close" => format!("<close xmlns='{}'/>", ns::FRAMING),
            other => panic!("no step {other}"),
        };
        let frame = Frame::new(opcode::TEXT, text).masked([1, 2, 3, 4]);
        self.engine.receive(self.now, id, &frame.encode());
    }

    /// Puts into words what the clients see.
    fn look(&mut self) {
        for (id, output) in super::outputs(&mut self.engine) {
            let Some((who, client)) = self.clients.iter_mut().find(|(_, client)| client.id == id)
            else {
                continue;
            };
            if client.ended {
                continue;
            }
            client.ended = !matches!(output, Output::Octets(_));
            let seen = match output {
                Output::Octets(octets) => client.hear(&octets),
                Output::Finish if client.decoder.is_none() => vec!["end".to_owned()],
                Output::Finish => vec!["finish".to_owned()],
                Output::Close => vec!["end".to_owned()],
                Output::Cut => vec!["cut".to_owned()],
                Output::Reset => vec!["reset".to_owned()],
                Output::Page(page) => panic!("this server has no files: {page:?}"),
            };
            let prefix = if *who == '1' { String::new() } else { format!("{who}:") };
            self.seen.extend(seen.iter().map(|seen| format!("{prefix}{seen}")));
        }
    }
}

impl Client {
    fn hear(&mut self, octets: &[u8]) -> Vec<String> {
        let Some(decoder) = &mut self.decoder else {
            self.head.extend_from_slice(octets);
            self.pieces += 1;
            let answer = String::from_utf8_lossy(&self.head).into_owned();
            let Some((head, body)) = answer.split_once("\r\n\r\n") else {
                return Vec::new();
            };
            let head = format!("{head}\r\n\r\n");
            let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
            let length = length.map_or(0, |length| length.parse().expect("a length"));
            assert_eq!(body.len(), length, "an answer is one output: {answer}");
            let status = head.split(' ').nth(1).unwrap_or_default();
            if length > 0 {
                self.head.clear();
                return vec![format!("{status}{}", document_in_short(body))];
            }
            if status.starts_with(['2', '3']) {
                self.head.clear();
            }
            let right = head.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n");
            if status == "101" {
                self.decoder = Some(Decoder::new(1 << 30));
            }
            return vec![match (status, right, self.pieces) {
                ("101", false, _) => "101 with a wrong accept value".to_owned(),
                ("101", true, pieces) if pieces == head.len() => "101 octet by octet".to_owned(),
                _ => status.to_owned(),
            }];
        };
        decoder.push(octets);
        let mut seen = Vec::new();
        while let Ok(Some(decoded)) = decoder.next() {
            let payload = decoded.frame.payload;
            seen.push(match decoded.frame.opcode {
                opcode::CLOSE => match CloseFrame::parse(&payload).ok().flatten() {
                    Some(close) if close.reason.is_empty() => format!("close({})", close.code),
                    Some(close) => format!("close({},{})", close.code, close.reason),
                    None => "close()".to_owned(),
                },
                _ => in_short(&String::from_utf8_lossy(&payload)),
            });
        }
        seen
    }
}

/// A document in a word: whether it is broken or big.
fn document_in_short(body: &str) -> &'static str {
    let element = body.split_once("?>").map_or(body, |(_, element)| element);
    match stanza::parse(element.trim()) {
        Err(_) => "-broken",
        Ok(_) if body.len() >= 300_000 => "(300000)",
        Ok(_) => "",
    }
}

/// An element in a word or two.
fn in_short(xml: &str) -> String {
    let Ok(element) = stanza::parse(xml) else {
        return "broken".to_owned();
    };
    let what = match (element.name.local.as_str(), element.attr("type")) {
        ("message", _) if element.child(ns::PUBSUB_EVENT, "event").is_some() => "event",
        ("iq", Some("get" | "set")) => "request",
        ("iq", Some(kind)) => kind,
        ("error", _) => "stream-error",
        (name, _) => name,
    };
    let id = element.attr("id").unwrap_or_default();
    let child = |element: &stanza::Element| {
        element.children().next().map(|child| child.name.local.clone()).unwrap_or_default()
    };
    match what {
        "event" => {
            let text = element.children().next().and_then(|event| {
                event
                    .children()
                    .next()?
                    .children()
                    .next()?
                    .children()
                    .next()
                    .map(stanza::Element::text)
            });
            let text = text.unwrap_or_default();
            let Ok(inner) = stanza::parse(&text) else {
                return "event-with-broken-payload".to_owned();
            };
            if inner.name.local == "Update" {
                let state = xml.split_once("&lt;state&gt;").map_or("", |(_, rest)| rest);
                return format!("update-{}", state.split('&').next().unwrap_or_default());
            }
            let size = if xml.len() > 10_000 { "(300000)" } else { "" };
            assert!(size.is_empty() || xml.len() >= 300_000);
            format!("event-{}{size}", inner.text())
        }
        "result" if id == "i" => {
            let items = element.child(ns::PUBSUB, "pubsub").and_then(|own| own.children().next());
            format!("result-i-{}", items.map_or(0, |items| items.children().count()))
        }
        "result" => format!("result-{id}"),
        "error" => {
            let error = element.children().find(|child| child.name.local == "error");
            format!("error-{id}-{}", error.map(child).unwrap_or_default())
        }
        "stream-error" | "failure" => format!("{what}-{}", child(&element)),
        "presence" => {
            let from = element.attr("from").unwrap_or_default();
            let who = from.replace(&format!("@{DOMAIN}/r"), "").replace(&format!("@{DOMAIN}"), "");
            match element.attr("type") {
                Some("unavailable") => format!("misses-{who}"),
                _ => format!("sees-{who}"),
            }
        }
        other => other.to_owned(),
    }
}
