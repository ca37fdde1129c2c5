//! The verbs of CONFORMANCE_DO, one after the other, and what the application sees on the way.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::agent::Agent;
use crate::verb::{Verb, verb};
use crate::{Backoff, Config, Error, Fault, Network, Session};

/// The exit status of a client that has done what it was asked.
pub const DONE: u8 = 0;

/// The exit status for a verb that is not known.
pub const UNSUPPORTED: u8 = 89;

/// The exit status for settings that make no sense.
pub const USAGE: u8 = 64;

/// The exit status of a client that was kept from what it was asked.
const FAILED: u8 = 1;

/// How often a lost or refused connection is tried again.
pub(crate) const TRIES: u32 = 5;

/// How often a server may send us on before we have stayed anywhere (RFC 6120 §4.9.3.19: from two
/// to five).
const HOPS: u32 = 5;

/// How long a session must have held to count as stayed.
const STAYED: Duration = Duration::from_secs(60);

/// The states of one's own side of a call that can be hung up.
const TALKING: &[&str] = &["ACTIVE", "HELD", "INITIATING", "INITIATED", "ALERTING"];

/// How long the server may be silent: shorter than anybody would want it, so that cases need not
/// last long.
const PING_EVERY: Duration = Duration::from_secs(3);

/// The settings of a driver: the variables of `gate --help` by their names. One that is missing is
/// empty.
pub type Settings = BTreeMap<String, String>;

/// How a driver ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The exit status: 0 for all done, 1 for what could not be done, 64 for settings that make no
    /// sense, 89 for a verb that is not known.
    pub status: u8,
    /// The complaint, in one line.
    pub complaint: Option<String>,
}

impl Ended {
    fn with(status: u8, complaint: impl Into<Option<String>>) -> Self {
        Self { status, complaint: complaint.into() }
    }
}

/// Carries out `settings` over `network`. Everything that the application sees is told to `report`,
/// one JSON object each.
pub async fn drive(
    settings: &Settings,
    fault: Option<Fault>,
    network: Network,
    report: &(dyn Fn(Value) + Sync),
) -> Ended {
    let mut verbs = Vec::new();
    let asked = value(settings, "CONFORMANCE_DO");
    for text in asked.split(';').map(str::trim).filter(|text| !text.is_empty()) {
        let Some(verb) = verb(text) else {
            report(json!({ "event": "unsupported", "do": text }));
            return Ended::with(UNSUPPORTED, None);
        };
        verbs.push(verb);
    }
    if verbs.is_empty() {
        return Ended::with(USAGE, "CONFORMANCE_DO says nothing to do".to_owned());
    }
    let mut driver = match Driver::new(settings, fault, network, report) {
        Ok(driver) => driver,
        Err(complaint) => return Ended::with(USAGE, complaint),
    };
    for verb in verbs {
        if let Err(error) = driver.carry_out(&verb).await {
            return Ended::with(FAILED, format!("{verb:?}: {error}"));
        }
    }
    Ended::with(DONE, None)
}

pub(crate) struct Driver<'a> {
    pub(crate) config: Config,
    pub(crate) report: &'a (dyn Fn(Value) + Sync),
    /// The other server of a pair, to go to when this one is gone: the URL of its WebSocket, and
    /// that of its REST API.
    other: Option<(String, String)>,
    pub(crate) session: Option<Session>,
    pub(crate) agent: Agent,
    /// Requests that a new session has to make again.
    nodes: Vec<String>,
    backoff: Backoff,
    /// How often we were sent on, and when we last came in.
    hops: u32,
    since: Instant,
}

impl<'a> Driver<'a> {
    fn new(
        settings: &Settings,
        fault: Option<Fault>,
        network: Network,
        report: &'a (dyn Fn(Value) + Sync),
    ) -> Result<Self, String> {
        let variable = |name: &str| value(settings, name).to_owned();
        let ca = variable("CONFORMANCE_CA");
        let ca_pem = match ca.as_str() {
            "" => None,
            path => {
                let pem = files::read_text(Path::new(path), files::SMALL);
                Some(pem.map_err(|error| format!("{path}: {error}"))?)
            }
        };
        let config = Config {
            url: match value(settings, "CONFORMANCE_TRANSPORT") {
                "bosh" => variable("CONFORMANCE_BOSH"),
                _ => variable("CONFORMANCE_URL"),
            },
            rest: variable("CONFORMANCE_REST"),
            ca_pem,
            domain: variable("CONFORMANCE_DOMAIN"),
            pubsub: variable("CONFORMANCE_PUBSUB"),
            user: variable("CONFORMANCE_USER"),
            password: variable("CONFORMANCE_PASSWORD"),
            resource: variable("CONFORMANCE_RESOURCE"),
            ping_every: Some(PING_EVERY),
            allow_plain: false,
            fault,
            network,
        };
        let backoff = match fault {
            Some(Fault::NoJitter) => Backoff::default().even(),
            _ => Backoff::default(),
        };
        let other = (variable("CONFORMANCE_URL_OTHER"), variable("CONFORMANCE_REST_OTHER"));
        let other = Some(other).filter(|(url, _)| !url.is_empty());
        let agent = Agent::at(variable("CONFORMANCE_EXTENSION"));
        Ok(Self {
            config,
            report,
            other: other.filter(|_| fault != Some(Fault::NoFailover)),
            session: None,
            agent,
            nodes: Vec::new(),
            backoff,
            hops: 0,
            since: Instant::now(),
        })
    }

    async fn carry_out(&mut self, verb: &Verb) -> Result<(), Error> {
        match verb {
            Verb::Login => self.log_in().await,
            Verb::Subscribe(node) => {
                let Some(session) = &mut self.session else { return Err(Error::Closed) };
                match session.subscribe(node).await {
                    Ok(()) => {
                        self.nodes.push(node.clone());
                        Ok(())
                    }
                    // The application goes on without it.
                    Err(error @ Error::Request { .. }) => {
                        self.tell(&error);
                        Ok(())
                    }
                    Err(error) => self.recover(error).await,
                }
            }
            Verb::Unsubscribe(node) => {
                let Some(session) = &mut self.session else { return Err(Error::Closed) };
                match session.unsubscribe(node).await {
                    Ok(()) => {
                        self.nodes.retain(|known| known != node);
                        Ok(())
                    }
                    Err(error) => self.recover(error).await,
                }
            }
            Verb::Wait => self.stay(None).await,
            Verb::Stay(time) => self.stay(Some(Instant::now() + *time)).await,
            Verb::SignIn => self.sign_in().await,
            Verb::Ready => self.change_state("READY").await,
            Verb::NotReady => self.change_state("NOT_READY").await,
            Verb::Answer => self.act("ANSWER", &["ALERTING"], Some("ACTIVE")).await,
            Verb::Hold => self.act("HOLD", &["ACTIVE"], Some("HELD")).await,
            Verb::Retrieve => self.act("RETRIEVE", &["HELD"], Some("ACTIVE")).await,
            Verb::HangUp => self.act("DROP", TALKING, None).await,
            Verb::Call(number) => self.call(number).await,
            Verb::Transfer(number) => self.transfer(number).await,
            Verb::SignOut => {
                self.sign_out_agent().await?;
                self.sign_out().await
            }
        }
    }

    /// Logs in, again and again while that makes sense.
    async fn log_in(&mut self) -> Result<(), Error> {
        loop {
            match Session::login(&self.config).await {
                Ok(session) => {
                    (self.report)(json!({ "event": "connected", "jid": session.jid() }));
                    self.session = Some(session);
                    self.backoff.reset();
                    self.since = Instant::now();
                    return Ok(());
                }
                Err(error) => {
                    self.tell(&error);
                    if !self.is_worth_a_try(&error) {
                        return Err(error);
                    }
                    if !self.goes_elsewhere(&error) {
                        self.pause().await;
                    }
                }
            }
        }
    }

    /// Deals with what comes, until a moment or for good.
    async fn stay(&mut self, until: Option<Instant>) -> Result<(), Error> {
        while until.is_none_or(|until| Instant::now() < until) {
            let Some(session) = &mut self.session else { return Err(Error::Closed) };
            let next = match until {
                Some(until) => session.next_until(until).await,
                None => session.next().await,
            };
            match next {
                Ok(Some(event)) => self.see(&event)?,
                Ok(None) => {}
                Err(error) => {
                    self.recover(error).await?;
                    if self.agent.is_signed_in {
                        self.sign_in().await?;
                    }
                }
            }
        }
        Ok(())
    }

    /// After a lost connection: a new session, with the subscriptions of the old one, if that makes
    /// sense.
    pub(crate) async fn recover(&mut self, error: Error) -> Result<(), Error> {
        self.session = None;
        self.tell(&error);
        if !self.is_worth_a_try(&error) || self.config.fault == Some(Fault::NoReconnect) {
            return Err(error);
        }
        if !self.goes_elsewhere(&error) {
            self.pause().await;
        }
        self.come_in_again().await
    }

    /// A server that does not serve the REST API is left for the other one. Without another it is
    /// asked again later.
    pub(crate) async fn turn_elsewhere(&mut self, error: Error) -> Result<(), Error> {
        self.tell(&error);
        if self.other.is_none() {
            self.pause().await;
            return Ok(());
        }
        if let Some(session) = self.session.take() {
            session.sign_out().await;
        }
        self.pause().await;
        self.come_in_again().await
    }

    /// A new session, with the subscriptions of the old one.
    async fn come_in_again(&mut self) -> Result<(), Error> {
        self.log_in().await?;
        let fault = self.config.fault;
        let times = match fault {
            Some(Fault::ResubscribeTwice) => 2,
            Some(Fault::ForgetSubscriptions) => 0,
            _ => 1,
        };
        for node in self.nodes.clone() {
            for _ in 0..times {
                if let Some(session) = &mut self.session {
                    session.subscribe(&node).await?;
                }
            }
        }
        Ok(())
    }

    fn is_worth_a_try(&self, error: &Error) -> bool {
        let replaced = matches!(error, Error::Stream(condition) if condition == "conflict");
        let insists = replaced && self.config.fault == Some(Fault::ReconnectOnConflict);
        let gives_up =
            matches!(error, Error::Login(_)) && self.config.fault == Some(Fault::GiveUpLogin);
        (!error.is_final() || insists) && !gives_up && self.backoff.attempts() < TRIES
    }

    /// Leaves, after the subscriptions were ended: they would outlive the session.
    async fn sign_out(&mut self) -> Result<(), Error> {
        let Some(mut session) = self.session.take() else { return Ok(()) };
        if self.config.fault != Some(Fault::LeaveSubscriptions) {
            for node in std::mem::take(&mut self.nodes) {
                if let Err(error) = session.unsubscribe(&node).await {
                    self.tell(&error);
                }
            }
        }
        for event in session.sign_out().await {
            self.see(&event)?;
        }
        Ok(())
    }

    /// Turns to the endpoint that the server names, if it is one to go to.
    fn goes_elsewhere(&mut self, error: &Error) -> bool {
        let Error::SeeOther(uri) = error else { return false };
        if self.config.fault == Some(Fault::StayAtHome) {
            return false;
        }
        if self.since.elapsed() >= STAYED {
            self.hops = 0;
        }
        self.hops += 1;
        match self.config.moved(uri).filter(|_| self.hops <= HOPS) {
            Some(moved) => {
                self.config = moved;
                true
            }
            None => false,
        }
    }

    /// Waits before the next try, which is with the other server where there is one.
    async fn pause(&mut self) {
        if let Some(other) = &mut self.other {
            std::mem::swap(&mut other.0, &mut self.config.url);
            if self.config.fault != Some(Fault::RestAtHome) {
                std::mem::swap(&mut other.1, &mut self.config.rest);
            }
        }
        let delay = match self.config.fault {
            Some(Fault::ConstantBackoff) => Backoff::default().next_delay(),
            _ => self.backoff.next_delay(),
        };
        if self.config.fault != Some(Fault::NoBackoff) {
            tokio::time::sleep(delay).await;
        }
    }

    pub(crate) fn tell(&self, error: &Error) {
        if self.config.fault == Some(Fault::SwallowErrors) {
            return;
        }
        let mut line =
            json!({ "event": "error", "kind": error.kind(), "condition": error.condition() });
        if let (Error::Request { node, .. }, Some(line)) = (error, line.as_object_mut())
            && !node.is_empty()
        {
            line.insert("node".to_owned(), json!(node));
        }
        (self.report)(line);
    }
}

fn value<'s>(settings: &'s Settings, name: &str) -> &'s str {
    settings.get(name).map(String::as_str).unwrap_or_default()
}
