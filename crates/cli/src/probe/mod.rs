//! One gentle connection that says what is there, step by step: how far it comes, what each step took, and where it breaks.
//!
//! ```text
//! address → TCP → TLS → upgrade → open → features → login → bind → presence → pubsub
//! ```

mod advice;
mod draft;
mod engine;
mod openfire;

use std::time::{Duration, Instant, SystemTime};

use serde::Serialize;
use stanza::caps::DiscoInfo;
use stanza::{Element, ns};
use wire::ResponseHead;
use wire::net::{CertificateFacts, SpkiPin, Step as DialStep, TlsFacts, Trust};

use crate::access::Access;
use crate::client::{Client, Trouble};
use crate::lock::{AccountLock, LockError};
use crate::url::Url;

pub use draft::draft;
pub use engine::{Finding, Recognised};
pub use openfire::{Openfire, Setting};

/// The resource that is bound; not one that a person's client has.
pub(crate) const RESOURCE: &str = "conformance-probe";

/// A step on the way, in the order in which they are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// From the host name to an address.
    Address,
    /// TCP.
    Tcp,
    /// TLS.
    Tls,
    /// From HTTP to WebSocket.
    Upgrade,
    /// The `<open/>` of either side.
    Open,
    /// What the stream offers.
    Features,
    /// SASL PLAIN, and the stream that follows.
    Login,
    /// The full JID.
    Bind,
    /// Becoming available.
    Presence,
    /// The publish-subscribe service, and what the account is subscribed to.
    Pubsub,
}

impl Stage {
    /// All of them, in order.
    pub const ALL: [Self; 10] = [
        Self::Address,
        Self::Tcp,
        Self::Tls,
        Self::Upgrade,
        Self::Open,
        Self::Features,
        Self::Login,
        Self::Bind,
        Self::Presence,
        Self::Pubsub,
    ];

    /// Its name for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
            Self::Upgrade => "upgrade",
            Self::Open => "open",
            Self::Features => "features",
            Self::Login => "login",
            Self::Bind => "bind",
            Self::Presence => "presence",
            Self::Pubsub => "pubsub",
        }
    }
}

/// How far a step came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// As it should.
    Ok,
    /// It broke here.
    Broke,
    /// It was left out, or never reached.
    Skipped,
}

/// One step, as it went.
#[derive(Debug, Clone, Serialize)]
pub struct StepReport {
    /// Which.
    pub stage: Stage,
    /// How far it came.
    pub outcome: Outcome,
    /// How long it took.
    #[serde(rename = "millis", serialize_with = "millis")]
    pub took: Duration,
    /// What came of it, what broke, or why it was left out; one line.
    pub said: String,
    /// More about it: label, value.
    pub details: Vec<(&'static str, String)>,
    /// Where to look, when it broke.
    pub look_at: Vec<String>,
}

/// A subscription of the account (XEP-0060 §5.6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Subscription {
    /// The node.
    pub node: String,
    /// Who is subscribed, as a bare or a full JID.
    pub jid: String,
    /// Its id, where the service tells several of one subscriber apart.
    pub subid: Option<String>,
}

/// What a server said of itself, as far as it came to that.
#[derive(Debug, Default)]
pub struct Facts {
    /// The answer to the upgrade.
    pub(crate) answer: Option<ResponseHead>,
    /// What TLS settled.
    pub(crate) pin: Option<SpkiPin>,
    pub(crate) certificate: Option<CertificateFacts>,
    /// `from` of its `<open/>`.
    pub domain: Option<String>,
    /// `id` of its `<open/>`.
    pub(crate) stream_id: Option<String>,
    /// SASL mechanisms.
    pub(crate) mechanisms: Vec<String>,
    /// Node and hash of its capabilities (XEP-0115).
    pub(crate) caps: Option<(String, String)>,
    /// What it says of itself when asked (XEP-0030).
    pub(crate) info: Option<DiscoInfo>,
    /// Name and version, when asked (XEP-0092).
    pub(crate) version: Option<(String, String)>,
    /// The publish-subscribe service among its items.
    pub pubsub: Option<String>,
    /// What the account is subscribed to.
    pub subscriptions: Vec<Subscription>,
}

/// How far to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// To the features: nobody is logged in.
    Features,
    /// To the services: an account is logged in, and nobody sees it.
    Services,
    /// All the way: the account becomes available for a moment.
    All,
}

/// What came of a probe.
pub struct Probe {
    /// Where it went.
    pub url: String,
    /// The login name, when it came to that.
    pub user: Option<String>,
    /// Each step.
    pub steps: Vec<StepReport>,
    /// What was learnt.
    pub facts: Facts,
    /// Why it broke, where it did.
    pub trouble: Option<(Stage, Trouble)>,
    /// Another run has the account.
    pub held: Option<LockError>,
    /// The account, as long as it is kept for what follows.
    pub lock: Option<AccountLock>,
    /// Nodes that were asked for: path, and whether there is such a node.
    pub nodes: Vec<(String, bool)>,
}

/// What to ask for on the way.
pub struct Route<'a> {
    /// Whom to reach.
    pub access: &'a Access,
    /// Name of the account to log in with.
    pub account: &'a str,
    /// How far to go.
    pub depth: Depth,
    /// Factor on deadlines.
    pub patience: f64,
    /// Nodes whose existence is of interest.
    pub nodes: Vec<String>,
}

/// Goes to a server and back.
///
/// # Errors
///
/// The URL is none; one line.
pub async fn probe(route: &Route<'_>) -> Result<Probe, String> {
    let url = Url::parse(&route.access.url)?;
    let host = url.host.trim_matches(['[', ']']).to_owned();
    let to = route.access.domain.clone().unwrap_or(host);
    let first = once(route, &url, &to).await;
    // A server that refuses the host of its URL may have said what it is called instead (RFC 6120 §4.7.2).
    let told = first.facts.domain.clone().filter(|told| *told != to);
    match (&first.trouble, told) {
        (Some((_, Trouble::StreamError(_))), Some(told)) if route.access.domain.is_none() => {
            Ok(once(route, &url, &told).await)
        }
        _ => Ok(first),
    }
}

/// One connection, with a stream to the domain `to`.
async fn once(route: &Route<'_>, url: &Url, to: &str) -> Probe {
    let mut walk = Walk {
        route,
        to,
        probe: Probe {
            url: route.access.url.clone(),
            user: None,
            steps: Vec::new(),
            facts: Facts::default(),
            trouble: None,
            held: None,
            lock: None,
            nodes: Vec::new(),
        },
        began: Instant::now(),
        stage: Stage::Address,
    };
    match Client::connect(url, &route.access.trust, route.patience).await {
        Ok(mut client) => {
            walk.connected(&client, url);
            if let Err(trouble) = walk.talk(&mut client, url).await {
                walk.broke(trouble);
            }
            client.leave().await;
        }
        Err(trouble) => walk.unreached(trouble, url).await,
    }
    walk.rest();
    walk.probe
}

/// The pin of a server's public key.
///
/// # Errors
///
/// No connection over TLS.
pub async fn pin(host: &str, port: u16) -> Result<SpkiPin, Trouble> {
    let url = Url { secure: true, host: host.to_owned(), port, path: String::new() };
    let facts = shown(&url).await?;
    facts
        .and_then(|facts| facts.peer_pin)
        .ok_or_else(|| Trouble::Odd(format!("{host}:{port} shows no certificate that can be read")))
}

/// What a server shows to somebody who trusts anybody, and says nothing to it.
async fn shown(url: &Url) -> Result<Option<TlsFacts>, Trouble> {
    let client = Client::connect(url, &Trust::Insecure, 1.0).await?;
    let facts = client.stream().tls_facts();
    client.leave().await;
    Ok(facts)
}

/// A probe under way.
struct Walk<'a> {
    route: &'a Route<'a>,
    /// The domain that is asked for.
    to: &'a str,
    probe: Probe,
    /// When the step began.
    began: Instant,
    /// The step that is being taken.
    stage: Stage,
}

impl Walk<'_> {
    /// Begins a step.
    fn begin(&mut self, stage: Stage) {
        (self.stage, self.began) = (stage, Instant::now());
    }

    fn report(
        &mut self,
        stage: Stage,
        outcome: Outcome,
        took: Duration,
        said: String,
    ) -> &mut StepReport {
        let details = Vec::new();
        self.probe.steps.push(StepReport {
            stage,
            outcome,
            took,
            said,
            details,
            look_at: Vec::new(),
        });
        let last = self.probe.steps.len() - 1;
        &mut self.probe.steps[last]
    }

    /// Ends the step as it should.
    fn done(&mut self, said: String) -> &mut StepReport {
        self.report(self.stage, Outcome::Ok, self.began.elapsed(), said)
    }

    fn broke(&mut self, trouble: Trouble) {
        let look_at = advice::look_at(self.stage, &trouble, &self.probe.facts, self.route);
        let report =
            self.report(self.stage, Outcome::Broke, self.began.elapsed(), trouble.to_string());
        report.look_at = look_at;
        if let Trouble::Upgrade { answer, .. } = &trouble {
            report.details = advice::on_the_way(answer);
        }
        self.probe.trouble = Some((self.stage, trouble));
    }

    /// The steps that were not reached.
    fn rest(&mut self) {
        let taken = |stage: &Stage| self.probe.steps.iter().any(|step| step.stage == *stage);
        let missing: Vec<Stage> = Stage::ALL.into_iter().filter(|stage| !taken(stage)).collect();
        for stage in missing {
            let said = match stage {
                Stage::Tls if !self.route.access.url.starts_with("wss:") => "a ws URL has none",
                _ if self.probe.trouble.is_some() || self.probe.held.is_some() => "not reached",
                Stage::Presence if self.route.depth == Depth::Services => "not asked for",
                _ => "no account to log in with",
            };
            self.report(stage, Outcome::Skipped, Duration::ZERO, said.to_owned());
        }
        self.probe.steps.sort_by_key(|step| step.stage);
    }

    fn connected(&mut self, client: &Client, url: &Url) {
        let stream = client.stream();
        let peer = stream.peer_addr();
        for &(step, took) in stream.took() {
            match step {
                DialStep::Resolve => {
                    let said = format!("{} is {}", url.host, peer.ip());
                    self.report(Stage::Address, Outcome::Ok, took, said);
                }
                DialStep::Connect => {
                    self.report(Stage::Tcp, Outcome::Ok, took, format!("connected to {peer}"));
                }
                DialStep::Tls => {
                    let facts = stream.tls_facts();
                    let said = facts.as_ref().map_or_else(String::new, in_words);
                    let details = facts.as_ref().map_or_else(Vec::new, certificate);
                    self.report(Stage::Tls, Outcome::Ok, took, said).details = details;
                    self.probe.facts.pin = facts.as_ref().and_then(|facts| facts.peer_pin);
                    self.probe.facts.certificate = facts.and_then(|facts| facts.peer_certificate);
                }
            }
        }
    }

    /// There is no connection. What the certificate says is worth another look, with trust in anybody and without a word.
    async fn unreached(&mut self, trouble: Trouble, url: &Url) {
        if let Trouble::Dial(error) = &trouble {
            self.stage = match error.step() {
                DialStep::Resolve => Stage::Address,
                DialStep::Connect => Stage::Tcp,
                DialStep::Tls => Stage::Tls,
            };
        }
        let passed = Stage::ALL.into_iter().take_while(|stage| *stage < self.stage);
        for stage in passed.collect::<Vec<_>>() {
            self.report(stage, Outcome::Ok, Duration::ZERO, String::new());
        }
        let mut details = Vec::new();
        if self.stage == Stage::Tls
            && let Ok(Some(facts)) = shown(url).await
        {
            details = certificate(&facts);
            self.probe.facts.pin = facts.peer_pin;
            self.probe.facts.certificate = facts.peer_certificate;
        }
        self.broke(trouble);
        if let Some(step) = self.probe.steps.last_mut() {
            step.details = details;
        }
    }

    async fn talk(&mut self, client: &mut Client, url: &Url) -> Result<(), Trouble> {
        self.begin(Stage::Upgrade);
        let answer = client.upgrade(url).await?;
        let said = format!("{} {}, subprotocol xmpp", answer.status, answer.reason);
        self.done(said).details = advice::on_the_way(&answer);
        self.probe.facts.answer = Some(answer);

        self.begin(Stage::Open);
        let open = client.open(self.to).await?;
        let from = open.attr("from").filter(|from| !from.is_empty()).map(str::to_owned);
        let Some(domain) = from else {
            return Err(Trouble::Odd("its <open/> has no from, so it tells no domain".to_owned()));
        };
        let id = open.attr("id").unwrap_or_default().to_owned();
        self.done(format!("XMPP domain {domain}")).details = vec![("stream", id.clone())];
        self.probe.facts.domain = Some(domain.clone());
        self.probe.facts.stream_id = Some(id);

        self.begin(Stage::Features);
        let features = client.features().await?;
        self.offered(&features);

        let account = self.route.access.accounts.get(self.route.account).cloned();
        let Some((user, password)) = account.filter(|_| self.route.depth > Depth::Features) else {
            return Ok(());
        };
        self.begin(Stage::Login);
        match AccountLock::take(client.stream().peer_addr(), &user).await {
            Ok(lock) => self.probe.lock = Some(lock),
            Err(error) => {
                let report = self.report(
                    Stage::Login,
                    Outcome::Broke,
                    self.began.elapsed(),
                    error.to_string(),
                );
                report.look_at = vec![
                    "nothing is wrong with the server: this account is taken on this machine"
                        .to_owned(),
                ];
                self.probe.held = Some(error);
                return Ok(());
            }
        }
        self.begin(Stage::Login);
        self.probe.user = Some(user.clone());
        let opened = client.login(&domain, &user, &password).await?;
        self.done(format!("{user}, with SASL PLAIN"));
        self.note_caps(&opened.features);
        if self.probe.facts.stream_id.as_deref() != opened.open.attr("id")
            && let Some(step) = self.probe.steps.last_mut()
        {
            step.details.push(("stream", "has a new id after the login".to_owned()));
        }

        self.begin(Stage::Bind);
        let jid = client.bind(Some(RESOURCE)).await?;
        self.done(jid);

        if self.route.depth == Depth::All {
            self.begin(Stage::Presence);
            client.say(&Element::new(ns::CLIENT, "presence")).await?;
            // Whatever the server makes of it, it has done so before it answers the next request.
            self.about(client, &domain).await?;
            self.done("available, and gone again at the end".to_owned());
        }

        self.begin(Stage::Pubsub);
        self.services(client, &domain).await?;
        if self.route.depth == Depth::All {
            let gone = Element::new(ns::CLIENT, "presence").with_attr("type", "unavailable");
            client.say(&gone).await?;
        }
        Ok(())
    }

    fn offered(&mut self, features: &Element) {
        let mechanisms: Vec<String> = features
            .child(ns::SASL, "mechanisms")
            .map(|list| list.children().map(Element::text).collect())
            .unwrap_or_default();
        let said = if mechanisms.is_empty() {
            "no login is offered".to_owned()
        } else {
            format!("login by {}", mechanisms.join(", "))
        };
        self.done(said);
        self.probe.facts.mechanisms = mechanisms;
        self.note_caps(features);
    }

    /// Capabilities stand in the features of either stream, of both, or of none.
    fn note_caps(&mut self, features: &Element) {
        let Some(caps) = features.child(ns::CAPS, "c") else { return };
        let text = |name| caps.attr(name).unwrap_or_default().to_owned();
        let (node, hash) = (text("node"), text("ver"));
        if self.probe.facts.caps.is_none() {
            if let Some(step) = self.probe.steps.last_mut() {
                step.details.push(("caps", format!("{node} {hash}")));
            }
            self.probe.facts.caps = Some((node, hash));
        }
    }

    /// What the server says of itself; a server that does not has its reasons.
    async fn about(&mut self, client: &mut Client, domain: &str) -> Result<(), Trouble> {
        let query = Element::new(ns::DISCO_INFO, "query");
        if let Some(answer) = asked(client, domain, query).await? {
            let query = answer.child(ns::DISCO_INFO, "query");
            self.probe.facts.info = query.map(DiscoInfo::of);
        }
        let query = Element::new(ns::VERSION, "query");
        if let Some(answer) = asked(client, domain, query).await? {
            let query = answer.child(ns::VERSION, "query");
            let text = |name| {
                let child = query.and_then(|query| query.child(ns::VERSION, name));
                child.map(Element::text).unwrap_or_default()
            };
            self.probe.facts.version = Some((text("name"), text("version")));
        }
        Ok(())
    }

    async fn services(&mut self, client: &mut Client, domain: &str) -> Result<(), Trouble> {
        let items = Element::new(ns::DISCO_ITEMS, "query");
        let answer = client.ask("get", Some(domain), items).await?;
        let query = answer.child(ns::DISCO_ITEMS, "query");
        let items: Vec<String> = query
            .map(|query| {
                let services = query.children().filter(|item| item.attr("node").is_none());
                services.filter_map(|item| item.attr("jid")).map(str::to_owned).collect()
            })
            .unwrap_or_default();
        // XEP-0060 §5.1: a service says so of itself. Ask those first whose name already does.
        let mut candidates: Vec<&String> = items.iter().collect();
        candidates.sort_by_key(|jid| !jid.starts_with("pubsub"));
        for jid in candidates {
            let query = Element::new(ns::DISCO_INFO, "query");
            let Some(answer) = asked(client, jid, query).await? else { continue };
            let info = answer.child(ns::DISCO_INFO, "query").map(DiscoInfo::of).unwrap_or_default();
            let is_service = |identity: &stanza::caps::Identity| {
                identity.category == "pubsub" && identity.kind == "service"
            };
            if info.identities.iter().any(is_service) {
                self.probe.facts.pubsub = Some(jid.clone());
                break;
            }
        }
        let Some(service) = self.probe.facts.pubsub.clone() else {
            return Err(Trouble::Odd(format!(
                "no publish-subscribe service among {} ({})",
                domain,
                if items.is_empty() { "it lists nothing".to_owned() } else { items.join(", ") }
            )));
        };
        self.probe.facts.subscriptions = subscriptions(client, &service).await?;
        for node in self.route.nodes.clone() {
            let query = Element::new(ns::DISCO_INFO, "query").with_attr("node", &node);
            let there = match client.ask("get", Some(&service), query).await {
                Ok(_) => true,
                // A node that is kept from this account is there all the same.
                Err(Trouble::Stanza(condition)) => condition != "item-not-found",
                Err(trouble) => return Err(trouble),
            };
            self.probe.nodes.push((node, there));
        }
        let details = self.probe.facts.subscriptions.iter();
        let details: Vec<_> =
            details.map(|own| ("node", format!("{}, {}", own.node, own.jid))).collect();
        let count = details.len();
        let what = if count == 1 { "subscription" } else { "subscriptions" };
        self.done(format!("{service}, {count} {what} of this account")).details = details;
        Ok(())
    }
}

/// The answer to a question that a server need not understand; none, if it does not.
async fn asked(client: &mut Client, to: &str, query: Element) -> Result<Option<Element>, Trouble> {
    match client.ask("get", Some(to), query).await {
        Ok(answer) => Ok(Some(answer)),
        Err(Trouble::Stanza(_)) => Ok(None),
        Err(trouble) => Err(trouble),
    }
}

/// What the account is subscribed to (XEP-0060 §5.6).
pub(crate) async fn subscriptions(
    client: &mut Client,
    service: &str,
) -> Result<Vec<Subscription>, Trouble> {
    let list = Element::new(ns::PUBSUB, "subscriptions");
    let query = Element::new(ns::PUBSUB, "pubsub").with_child(list);
    let answer = client.ask("get", Some(service), query).await?;
    let list = answer
        .child(ns::PUBSUB, "pubsub")
        .and_then(|pubsub| pubsub.child(ns::PUBSUB, "subscriptions"));
    let subscription = |own: &Element| {
        let text = |name| own.attr(name).map(str::to_owned);
        Some(Subscription { node: text("node")?, jid: text("jid")?, subid: text("subid") })
    };
    let mut all: Vec<Subscription> =
        list.map(|list| list.children().filter_map(subscription).collect()).unwrap_or_default();
    all.sort_by(|a, b| (&a.node, &a.jid, &a.subid).cmp(&(&b.node, &b.jid, &b.subid)));
    Ok(all)
}

/// `TLS 1.3, TLS13_AES_256_GCM_SHA384`.
fn in_words(facts: &TlsFacts) -> String {
    let version = facts.version.as_deref().unwrap_or("an unknown version");
    let version = version.replace("TLSv1_", "TLS 1.");
    format!("{version}, {}", facts.suite.as_deref().unwrap_or("an unknown suite"))
}

/// What a certificate says of itself.
fn certificate(facts: &TlsFacts) -> Vec<(&'static str, String)> {
    let mut details = Vec::new();
    if let Some(certificate) = &facts.peer_certificate {
        details.push(("subject", certificate.subject.clone()));
        let issuer = if certificate.is_self_issued() { "itself" } else { &certificate.issuer };
        details.push(("issuer", issuer.to_owned()));
        let names = if certificate.names.is_empty() {
            "none at all: clients that check names refuse it".to_owned()
        } else {
            certificate.names.join(", ")
        };
        details.push(("names", names));
        details.push(("valid", validity(certificate)));
        if certificate.is_authority {
            details.push(("beware", "a certificate of an authority, shown by a server".to_owned()));
        }
        if certificate.is_sha1 {
            details.push(("beware", "signed with SHA-1, which clients of today refuse".to_owned()));
        }
    }
    if let Some(pin) = facts.peer_pin {
        details.push(("pin", pin.to_string()));
    }
    details
}

fn validity(certificate: &CertificateFacts) -> String {
    let day = |time: SystemTime| {
        let text = humantime::format_rfc3339_seconds(time).to_string();
        text.split('T').next().unwrap_or_default().to_owned()
    };
    let days = |span: Duration| span.as_secs() / (24 * 60 * 60);
    let now = SystemTime::now();
    let left = match (certificate.from.duration_since(now), certificate.until.duration_since(now)) {
        (Ok(_), _) => "not yet".to_owned(),
        (_, Ok(left)) => format!("{} days left", days(left)),
        (_, Err(over)) => format!("expired {} days ago", days(over.duration())),
    };
    format!("{} to {}, {left}", day(certificate.from), day(certificate.until))
}

fn millis<S: serde::Serializer>(took: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(took.as_millis()).unwrap_or(u64::MAX))
}
