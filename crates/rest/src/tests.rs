//! Requests and their answers, in a world without sockets.

mod agents;
mod assignments;
mod broken;
mod calls;
mod configuration;
mod described;
mod requests;
mod sign_on;

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use contact::{Calendar, SystemStatus, UpdateFormat, Wanted, World, WorldSpec};
use wire::RequestHead;

use crate::{Accounts, Answer, Api, Rule, SignOn, Site};

/// All passwords are `secret`.
#[derive(Debug)]
struct Secret(Option<SignOn>);

impl Accounts for Secret {
    fn accepts_agent(&self, _: &str, password: &str) -> bool {
        password == "secret"
    }

    fn has_administrator(&self, name: &str) -> bool {
        name == "administrator"
    }

    fn accepts_administrator(&self, name: &str, password: &str) -> bool {
        name == "administrator" && password == "secret"
    }

    fn sign_on(&self) -> Option<&SignOn> {
        self.0.as_ref()
    }
}

/// A server in the built-in world.
struct Server {
    api: Api,
    world: World,
    side: usize,
    status: SystemStatus,
    /// The primary server, if this is the secondary one.
    peer: Option<&'static str>,
    now: Duration,
    allows_cross_origin: bool,
    accounts: Secret,
    broken: Vec<Rule>,
}

impl Server {
    fn new(flavour: &str) -> Self {
        Self::with(flavour, "")
    }

    /// The same, with further keys at the head of the world file.
    fn with(flavour: &str, keys: &str) -> Self {
        let text = include_str!("../../contact/src/built_in.toml");
        let text = text.replace("\"ccx\"", &format!("{flavour:?}\n{keys}"));
        let spec = WorldSpec::parse(&text, "built_in.toml").expect("the built-in world");
        let mut world = World::new(&spec, Calendar::new(SystemTime::UNIX_EPOCH));
        let side = world.join();
        Self {
            api: Api::default(),
            world,
            side,
            status: SystemStatus::InService,
            peer: None,
            now: Duration::ZERO,
            allows_cross_origin: false,
            accounts: Secret(spec.sign_on.map(|spec| SignOn::new(spec, 1))),
            broken: Vec::new(),
        }
    }

    /// A request: method, path (below the API, or from the root), credentials (`NAME` or
    /// `NAME:PASSWORD`; empty for none), further header lines, body.
    fn full(&mut self, method: &str, path: &str, who: &str, lines: &str, body: &str) -> Answer {
        let base = if path.starts_with('/') { "" } else { "/finesse/api/" };
        let mut head = format!("{method} {base}{path} HTTP/1.1\r\nHost: f.example.test:8445\r\n");
        if !who.is_empty() {
            let pair = if who.contains(':') { who.to_owned() } else { format!("{who}:secret") };
            head.push_str(&format!("Authorization: Basic {}\r\n", STANDARD.encode(pair)));
        }
        for line in lines.lines() {
            head.push_str(&format!("{line}\r\n"));
        }
        head.push_str("\r\n");
        let (head, _) = RequestHead::parse(head.as_bytes()).unwrap().unwrap();
        let site = Site {
            domain: "f.example.test",
            peer: self.peer,
            is_secondary: self.peer.is_some(),
            status: self.status,
            allows_cross_origin: self.allows_cross_origin,
            now: self.now,
            seconds: 0,
            stamp: "1970-01-01T00:00:00.000Z".to_owned(),
            accounts: &self.accounts,
            broken: self.broken.clone(),
        };
        self.world.at(self.now);
        self.api.answer(&site, &mut self.world, &head, body.as_bytes())
    }

    fn ask(&mut self, method: &str, path: &str, who: &str, body: &str) -> Answer {
        self.full(method, path, who, "", body)
    }

    fn get(&mut self, path: &str, who: &str) -> Answer {
        self.ask("GET", path, who, "")
    }

    /// The nodes of all events since the last call, each with the text of its `<Update>`.
    fn events(&mut self) -> Vec<(String, String)> {
        let changes = self.world.take_changes(self.side);
        let format = UpdateFormat::default();
        let all = changes.iter().flat_map(|change| format.publications(change));
        all.map(|it| (it.node, it.payload.text())).collect()
    }

    /// An agent signs in, and is ready.
    fn ready(&mut self, id: &str) {
        for wanted in [Wanted::Login, Wanted::Ready] {
            self.world.request(id, wanted, None, "").unwrap();
        }
        self.events();
    }
}

fn user(fields: &str) -> String {
    format!("<User>{fields}</User>")
}

fn dialog(fields: &str) -> String {
    format!("<Dialog>{fields}</Dialog>")
}

/// The type and data of an error.
fn error(answer: &Answer) -> (u16, String, String) {
    let xml = answer.body.split_once("?>\n").map_or("", |(_, xml)| xml);
    let root = stanza::parse(xml).unwrap_or_else(|error| panic!("{error}: {answer:?}"));
    let error = root.child("", "ApiError").expect("an error");
    let text = |name: &str| error.child("", name).map(|it| it.text()).unwrap_or_default();
    (answer.status, text("ErrorType"), text("ErrorData"))
}
