//! Carries out the steps of a probe.

use std::time::{Duration, Instant};

use remote::{AccountLock, Client, Error, Url};
use stanza::caps::DiscoInfo;
use stanza::{Element, ns};
use wire::net::Step as DialStep;

use super::api::ApiAnswers;
use super::report::{Facts, ProbeReport, ProbeStep, StepOutcome, StepReport};
use super::{ApiDepth, Depth, ProbePlan, RESOURCE, advice, certificate, shown, subscriptions};

/// How many of the items of a server are asked whether they are its publish-subscribe service.
const MOST_SERVICES: usize = 32;

/// A running probe.
pub(super) struct Walk<'a> {
    pub(super) plan: &'a ProbePlan<'a>,
    /// The domain for `to` of `<open/>`.
    pub(super) to: &'a str,
    pub(super) probe: ProbeReport,
    /// Start of the present step.
    pub(super) began: Instant,
    /// The present step.
    pub(super) stage: ProbeStep,
    /// Whether the API refused the password, which must not be tried again.
    is_refused: bool,
}

impl<'a> Walk<'a> {
    /// A walk that begins with the answers of the API.
    pub(super) fn new(plan: &'a ProbePlan<'a>, to: &'a str, asked: &ApiAnswers) -> Self {
        Self {
            plan,
            to,
            probe: ProbeReport {
                url: plan.access.url.clone(),
                user: None,
                steps: asked.steps.clone(),
                facts: Facts {
                    system: asked.system.clone(),
                    api_user: asked.user.clone(),
                    ..Facts::default()
                },
                trouble: None,
                api_trouble: None,
                held: None,
                lock: None,
                nodes: Vec::new(),
            },
            began: Instant::now(),
            stage: ProbeStep::Address,
            is_refused: asked.is_refused,
        }
    }

    /// Begins the step `stage`.
    fn begin(&mut self, stage: ProbeStep) {
        (self.stage, self.began) = (stage, Instant::now());
    }

    fn report(
        &mut self,
        stage: ProbeStep,
        outcome: StepOutcome,
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

    /// Ends the step as succeeded.
    fn done(&mut self, said: String) -> &mut StepReport {
        self.report(self.stage, StepOutcome::Ok, self.began.elapsed(), said)
    }

    pub(super) fn broke(&mut self, trouble: Error) {
        let look_at = advice::look_at(self.stage, &trouble, &self.probe.facts, self.plan);
        let report =
            self.report(self.stage, StepOutcome::Broke, self.began.elapsed(), trouble.to_string());
        report.look_at = look_at;
        if let Error::Upgrade { answer, .. } = &trouble {
            report.details = advice::on_the_way(answer);
        }
        self.probe.trouble = Some((self.stage, trouble));
    }

    /// Reports the remaining steps as skipped.
    pub(super) fn rest(&mut self) {
        let taken = |stage: &ProbeStep| self.probe.steps.iter().any(|step| step.stage == *stage);
        let missing: Vec<ProbeStep> =
            ProbeStep::ALL.into_iter().filter(|stage| !taken(stage)).collect();
        for stage in missing {
            let said = match stage {
                ProbeStep::Tls if !self.plan.access.url.starts_with("wss:") => "a ws URL has none",
                _ if self.probe.trouble.is_some() || self.probe.held.is_some() => "not reached",
                ProbeStep::SystemInfo | ProbeStep::User if self.plan.api == ApiDepth::Nothing => {
                    "not asked for"
                }
                ProbeStep::Login if self.is_refused => {
                    "not tried: the REST API refused the password, and servers lock accounts"
                }
                _ if self.is_refused => "not reached",
                ProbeStep::Presence if self.plan.depth == Depth::Services => "not asked for",
                _ => "no account to log in with",
            };
            self.report(stage, StepOutcome::Skipped, Duration::ZERO, said.to_owned());
        }
        self.probe.steps.sort_by_key(|step| step.stage);
    }

    pub(super) fn connected(&mut self, client: &Client, url: &Url) {
        let stream = client.stream();
        let peer = stream.peer_addr();
        for &(step, took) in stream.took() {
            match step {
                DialStep::Resolve => {
                    let said = format!("{} is {}", url.host, peer.ip());
                    self.report(ProbeStep::Address, StepOutcome::Ok, took, said);
                }
                DialStep::Connect => {
                    self.report(
                        ProbeStep::Tcp,
                        StepOutcome::Ok,
                        took,
                        format!("connected to {peer}"),
                    );
                }
                DialStep::Tls => {
                    let facts = stream.tls_facts();
                    let said = facts.as_ref().map_or_else(String::new, certificate::in_words);
                    let details = facts.as_ref().map_or_else(Vec::new, certificate::details);
                    self.report(ProbeStep::Tls, StepOutcome::Ok, took, said).details = details;
                    self.probe.facts.pin = facts.as_ref().and_then(|facts| facts.peer_pin);
                    self.probe.facts.certificate = facts.and_then(|facts| facts.peer_certificate);
                }
            }
        }
    }

    /// Reports a failed connection. A second connection, without checks, reads the certificate.
    pub(super) async fn unreached(&mut self, trouble: Error, url: &Url) {
        if let Error::Dial(error) = &trouble {
            self.stage = match error.step() {
                DialStep::Resolve => ProbeStep::Address,
                DialStep::Connect => ProbeStep::Tcp,
                DialStep::Tls => ProbeStep::Tls,
            };
        }
        let passed = ProbeStep::ALL.into_iter().take_while(|stage| *stage < self.stage);
        for stage in passed.collect::<Vec<_>>() {
            self.report(stage, StepOutcome::Ok, Duration::ZERO, String::new());
        }
        let mut details = Vec::new();
        if self.stage == ProbeStep::Tls
            && let Ok(Some(facts)) = shown(url).await
        {
            details = certificate::details(&facts);
            self.probe.facts.pin = facts.peer_pin;
            self.probe.facts.certificate = facts.peer_certificate;
        }
        self.broke(trouble);
        if let Some(step) = self.probe.steps.last_mut() {
            step.details = details;
        }
    }

    pub(super) async fn talk(&mut self, client: &mut Client, url: &Url) -> Result<(), Error> {
        self.begin(ProbeStep::Upgrade);
        let answer = match self.plan.depth {
            Depth::Features => client.upgrade_to_look(url).await?,
            _ => client.upgrade(url).await?,
        };
        let said = format!("{} {}, subprotocol xmpp", answer.status, answer.reason);
        self.done(said).details = advice::on_the_way(&answer);
        self.probe.facts.answer = Some(answer);

        self.begin(ProbeStep::Open);
        let open = client.open(self.to).await?;
        let from = open.attr("from").filter(|from| !from.is_empty()).map(str::to_owned);
        let Some(domain) = from else {
            return Err(Error::Unexpected(
                "its <open/> has no from, so it tells no domain".to_owned(),
            ));
        };
        let id = open.attr("id").unwrap_or_default().to_owned();
        self.done(format!("XMPP domain {domain}")).details = vec![("stream", id.clone())];
        self.probe.facts.domain = Some(domain.clone());
        self.probe.facts.stream_id = Some(id);

        self.begin(ProbeStep::Features);
        let features = client.features().await?;
        self.offered(&features);

        let account = self.plan.access.accounts.get(self.plan.account).cloned();
        let Some(account) = account.filter(|_| self.plan.depth > Depth::Features) else {
            return Ok(());
        };
        if self.is_refused {
            return Ok(());
        }
        self.begin(ProbeStep::Login);
        match AccountLock::take(client.stream().peer_addr(), &account.name).await {
            Ok(lock) => self.probe.lock = Some(lock),
            Err(error) => {
                let report = self.report(
                    ProbeStep::Login,
                    StepOutcome::Broke,
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
        self.begin(ProbeStep::Login);
        self.probe.user = Some(account.name.clone());
        client.authenticate(&account).await?;
        let open = client.open(&domain).await?;
        let features = client.features().await?;
        self.done(format!("{}, with SASL PLAIN", account.name));
        self.note_caps(&features);
        if self.probe.facts.stream_id.as_deref() != open.attr("id")
            && let Some(step) = self.probe.steps.last_mut()
        {
            step.details.push(("stream", "has a new id after the login".to_owned()));
        }

        self.begin(ProbeStep::Bind);
        let jid = client.bind(Some(RESOURCE)).await?;
        self.done(jid);

        if self.plan.depth == Depth::All {
            self.begin(ProbeStep::Presence);
            client.send(&Element::new(ns::CLIENT, "presence")).await?;
            // The server handles the presence before it answers the next request.
            self.about(client, &domain).await?;
            self.done("available, and gone again at the end".to_owned());
        }

        self.begin(ProbeStep::Pubsub);
        self.services(client, &domain).await?;
        if self.plan.depth == Depth::All {
            let gone = Element::new(ns::CLIENT, "presence").with_attr("type", "unavailable");
            client.send(&gone).await?;
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

    /// Notes the capabilities, which may be in the features of either stream, of both or of none.
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

    /// Asks for identity and version; a server may refuse.
    async fn about(&mut self, client: &mut Client, domain: &str) -> Result<(), Error> {
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

    async fn services(&mut self, client: &mut Client, domain: &str) -> Result<(), Error> {
        let items = Element::new(ns::DISCO_ITEMS, "query");
        let answer = client.ask("get", Some(domain), items).await?;
        let query = answer.child(ns::DISCO_ITEMS, "query");
        let items: Vec<String> = query
            .map(|query| {
                let services = query.children().filter(|item| item.attr("node").is_none());
                services.filter_map(|item| item.attr("jid")).map(str::to_owned).collect()
            })
            .unwrap_or_default();
        // XEP-0060 §5.1: a service tells its identity. Ask items named like pubsub first.
        let mut candidates: Vec<&String> = items.iter().collect();
        candidates.sort_by_key(|jid| !jid.starts_with("pubsub"));
        for jid in candidates.into_iter().take(MOST_SERVICES) {
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
            let others = match items.get(..items.len().min(MOST_SERVICES)) {
                None | Some([]) => "nothing at all".to_owned(),
                Some(first) if first.len() < items.len() => {
                    format!("{} and {} more", first.join(", "), items.len() - first.len())
                }
                Some(all) => all.join(", "),
            };
            return Err(Error::Unexpected(format!(
                "{domain} lists no publish-subscribe service (disco#items, XEP-0060 §5.1); it lists {others}"
            )));
        };
        self.probe.facts.subscriptions = subscriptions(client, &service).await?;
        for node in self.plan.nodes.clone() {
            let query = Element::new(ns::DISCO_INFO, "query").with_attr("node", &node);
            let there = match client.ask("get", Some(&service), query).await {
                Ok(_) => true,
                // A node that refuses this account exists too.
                Err(Error::Stanza(condition)) => condition != "item-not-found",
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

/// The answer to an optional query; none if the server does not support it.
async fn asked(client: &mut Client, to: &str, query: Element) -> Result<Option<Element>, Error> {
    match client.ask("get", Some(to), query).await {
        Ok(answer) => Ok(Some(answer)),
        Err(Error::Stanza(_)) => Ok(None),
        Err(trouble) => Err(trouble),
    }
}
