//! Listens to the events of an account, on a connection of its own (XEP-0060 §6.1, §7.1.2).
//!
//! It subscribes its own full JID and sends no presence, so the events that go to one resource of
//! the account stay with that one.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use probe::RESOURCE;
use remote::{Access, AccountLock, Client, Deadlines, Error, Url, pubsub};
use stanza::{Element, ns};
use tokio::time::{Instant, timeout_at};

/// Its ids; those of [`Client::ask`] are others.
const ID: &str = "listen";

/// The most messages that are kept while an answer is awaited; cases have the same limits.
const MESSAGES: usize = 5000;

/// The most octets of them.
const OCTETS: usize = 8 << 20;

/// How long leaving may take, with the end of all subscriptions.
const FAREWELL: Duration = Duration::from_secs(1);

/// A connection that is subscribed to nodes.
pub struct Listener {
    client: Client,
    service: String,
    jid: String,
    /// The nodes that it asked to be subscribed to.
    nodes: Vec<String>,
    waiting: PendingNotifications,
    requests: u32,
    _lock: AccountLock,
}

/// A message of the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    pub node: String,
    /// `item`, `retract`, `purge`, `delete`, `configuration`.
    pub kind: String,
    /// The id of the item, if it has one.
    pub id: Option<String>,
    /// The payload, as an element; none if the item is empty.
    pub payload: Option<Element>,
    /// It was published before the subscription (XEP-0203).
    pub is_delayed: bool,
    /// The message as it came.
    pub xml: Arc<str>,
    /// No other event of this message follows.
    pub is_last: bool,
}

/// Events that are not yet returned: those of the last message, and of all messages that came while
/// an answer was awaited.
#[derive(Default)]
struct PendingNotifications {
    events: VecDeque<Notification>,
    messages: usize,
    octets: usize,
}

impl PendingNotifications {
    /// Keeps the events of a message.
    ///
    /// # Errors
    ///
    /// There are too many.
    fn push(&mut self, stanza: &Element, text: &str) -> Result<(), Error> {
        let events = heard(stanza, text);
        if events.is_empty() {
            return Ok(());
        }
        self.messages += 1;
        self.octets += text.len();
        if self.messages > MESSAGES || self.octets > OCTETS {
            return Err(Error::Unexpected(format!(
                "the server sent {} messages of {} octets instead of an answer",
                self.messages, self.octets
            )));
        }
        self.events.extend(events);
        Ok(())
    }

    fn pop(&mut self) -> Option<Notification> {
        let event = self.events.pop_front();
        if self.events.is_empty() {
            (self.messages, self.octets) = (0, 0);
        }
        event
    }
}

impl Listener {
    /// Logs in, without a subscription yet.
    ///
    /// # Errors
    ///
    /// The step that fails.
    pub async fn open(access: &Access, account: &str, patience: f64) -> Result<Self, Error> {
        let url = Url::parse(&access.url).map_err(Error::Unexpected)?;
        let own = access.accounts.get(account);
        let own = own.ok_or_else(|| Error::Unexpected(format!("no account {account}")))?;
        let deadlines = Deadlines::with_patience(patience);
        let mut client = Client::connect(&url, &access.trust, deadlines).await?;
        let lock = AccountLock::take(client.stream().peer_addr(), &own.name).await;
        let lock = lock.map_err(|held| Error::Unexpected(held.to_string()))?;
        client.upgrade(&url).await?;
        let asked = access.domain.clone().unwrap_or_else(|| url.host.clone());
        let open = client.open(&asked).await?;
        let domain = open.attr("from").filter(|from| !from.is_empty()).unwrap_or(&asked).to_owned();
        client.features().await?;
        client.authenticate(own).await?;
        client.open(&domain).await?;
        client.features().await?;
        let jid = client.bind(Some(RESOURCE)).await?;
        let service = access.pubsub.clone().unwrap_or_else(|| format!("pubsub.{domain}"));
        let (nodes, waiting) = (Vec::new(), PendingNotifications::default());
        Ok(Self { client, service, jid, nodes, waiting, requests: 0, _lock: lock })
    }

    /// The nodes that it listens to.
    pub fn nodes(&self) -> &[String] {
        &self.nodes
    }

    /// Subscribes to nodes: to these, or, if there are none, to those that the account is
    /// subscribed to. [`Listener::leave`] ends also the subscription whose answer has not come.
    ///
    /// # Errors
    ///
    /// The node that is refused, or the stream ends.
    pub async fn subscribe(&mut self, nodes: &[String]) -> Result<(), Error> {
        let nodes = if nodes.is_empty() { self.own_nodes().await? } else { nodes.to_owned() };
        for node in nodes {
            self.nodes.push(node.clone());
            let asked = self.ask("set", pubsub::subscribe(&node, &self.jid)).await;
            asked.map_err(|error| match error {
                Error::Stanza(condition) => {
                    Error::Unexpected(format!("subscribing to {node}: refused with {condition}"))
                }
                error => error,
            })?;
        }
        Ok(())
    }

    /// The nodes that the account is subscribed to, each once.
    async fn own_nodes(&mut self) -> Result<Vec<String>, Error> {
        let answer = self.ask("get", pubsub::subscriptions()).await?;
        let list = answer.child(ns::PUBSUB, "pubsub");
        let list = list.and_then(|pubsub| pubsub.child(ns::PUBSUB, "subscriptions"));
        let nodes = list.into_iter().flat_map(Element::children);
        let mut nodes: Vec<String> =
            nodes.filter_map(|own| own.attr("node").map(str::to_owned)).collect();
        nodes.sort();
        nodes.dedup();
        if nodes.is_empty() {
            let why = "the account is subscribed to nothing, so there is nothing to listen to; name a node with --node";
            return Err(Error::Unexpected(why.to_owned()));
        }
        Ok(nodes)
    }

    /// The next event; none if none comes until then.
    ///
    /// # Errors
    ///
    /// The stream ends.
    pub async fn next(&mut self, until: Instant) -> Result<Option<Notification>, Error> {
        while Instant::now() < until {
            if let Some(event) = self.waiting.pop() {
                return Ok(Some(event));
            }
            let Some((stanza, text)) = self.client.stanza(until).await? else { break };
            self.waiting.push(&stanza, &text)?;
        }
        Ok(None)
    }

    /// Ends its subscriptions and leaves, as far as the server answers within a second.
    pub async fn leave(mut self) {
        let until = Instant::now() + FAREWELL;
        // `sweep` finds a subscription that is left.
        let _ = timeout_at(until, self.unsubscribe(until)).await;
        let _ = timeout_at(until, self.client.leave()).await;
    }

    /// Ends its subscriptions; notifications that come meanwhile are dropped.
    async fn unsubscribe(&mut self, until: Instant) -> Result<(), Error> {
        let mut asked = HashSet::new();
        for node in std::mem::take(&mut self.nodes) {
            asked.insert(self.send("set", pubsub::unsubscribe(&node, &self.jid, None)).await?);
        }
        while !asked.is_empty() {
            let Some((stanza, _)) = self.client.stanza(until).await? else { break };
            if stanza.name.local == "iq" {
                asked.remove(stanza.attr("id").unwrap_or_default());
            }
        }
        Ok(())
    }

    /// Sends a request; returns its id.
    async fn send(&mut self, kind: &str, payload: Element) -> Result<String, Error> {
        self.requests += 1;
        let id = format!("{ID}-{}", self.requests);
        let iq = Element::new(ns::CLIENT, "iq").with_attr("type", kind).with_attr("id", &id);
        let iq = iq.with_attr("to", &self.service).with_child(payload);
        self.client.send(&iq).await?;
        Ok(id)
    }

    /// As [`Client::ask`], but keeps the events that come meanwhile.
    async fn ask(&mut self, kind: &str, payload: Element) -> Result<Element, Error> {
        let until = self.client.deadline();
        let began = Instant::now();
        let id = self.send(kind, payload).await?;
        loop {
            let Some((stanza, text)) = self.client.stanza(until).await? else {
                return Err(Error::Silent(whole_seconds(until - began)));
            };
            if stanza.name.local == "iq" && stanza.attr("id") == Some(&id) {
                return remote::answer(stanza);
            }
            self.waiting.push(&stanza, &text)?;
        }
    }
}

fn whole_seconds(time: Duration) -> Duration {
    Duration::from_secs(time.as_secs().max(1))
}

/// The events in a message; a message of anything else has none.
fn heard(stanza: &Element, text: &str) -> Vec<Notification> {
    let Some(event) = stanza.child(ns::PUBSUB_EVENT, "event") else { return Vec::new() };
    let is_delayed = stanza.children().any(|child| child.name.local == "delay");
    let xml: Arc<str> = text.into();
    let one = |node: Option<&str>, part: &Element| Notification {
        node: node.unwrap_or_default().to_owned(),
        kind: part.name.local.clone(),
        id: part.attr("id").map(str::to_owned),
        payload: part.children().next().filter(|_| part.name.local == "item").cloned(),
        is_delayed,
        xml: Arc::clone(&xml),
        is_last: false,
    };
    let mut all = Vec::new();
    for part in event.children() {
        let node = part.attr("node");
        if part.name.local == "items" {
            all.extend(part.children().map(|item| one(node, item)));
        } else {
            all.push(one(node, part));
        }
    }
    if let Some(last) = all.last_mut() {
        last.is_last = true;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(payload: &str) -> String {
        format!(
            "<message xmlns='jabber:client'><event xmlns='{}'><items node='/n'><item>{payload}</item></items></event></message>",
            ns::PUBSUB_EVENT
        )
    }

    #[test]
    fn a_server_that_sends_instead_of_an_answer_fills_no_memory() {
        for payload in [String::new(), format!("<a xmlns='u'>{}</a>", "x".repeat(OCTETS / 10))] {
            let text = event(&payload);
            let stanza = stanza::parse(&text).unwrap();
            let mut waiting = PendingNotifications::default();
            let most = MESSAGES.min(OCTETS / text.len());
            for _ in 0..most {
                waiting.push(&stanza, &text).unwrap();
            }
            let error = waiting.push(&stanza, &text).unwrap_err();
            assert!(error.to_string().contains("instead of an answer"), "{error}");

            // A reader that keeps up has no limit.
            let mut waiting = PendingNotifications::default();
            for _ in 0..=most {
                waiting.push(&stanza, &text).unwrap();
                assert!(waiting.pop().unwrap().is_last);
            }
        }
    }

    #[test]
    fn messages_without_events_are_not_kept() {
        let text = "<message xmlns='jabber:client'><body>hi</body></message>";
        let stanza = stanza::parse(text).unwrap();
        let mut waiting = PendingNotifications::default();
        for _ in 0..=MESSAGES {
            waiting.push(&stanza, text).unwrap();
        }
        assert!(waiting.pop().is_none());
    }

    #[test]
    fn each_event_in_a_message_is_heard() {
        let message = |inside: &str| {
            format!(
                "<message xmlns='jabber:client' from='p'><event xmlns='{}'>{inside}</event></message>",
                ns::PUBSUB_EVENT
            )
        };
        let of = |xml: &str| -> Vec<String> {
            let stanza = stanza::parse(xml).unwrap();
            let shown = |one: Notification| {
                let payload = one.payload.map(|payload| stanza::print(&payload));
                format!("{} {} {:?} {:?}", one.node, one.kind, one.id, payload)
            };
            heard(&stanza, xml).into_iter().map(shown).collect()
        };
        assert_eq!(
            of(&message(
                "<items node='/n'><item id='1'><a xmlns='u'/></item><retract id='2'/></items>"
            )),
            ["/n item Some(\"1\") Some(\"<a xmlns=\\\"u\\\"/>\")", "/n retract Some(\"2\") None"]
        );
        assert_eq!(of(&message("<purge node='/n'/>")), ["/n purge None None"]);
        assert!(of("<message xmlns='jabber:client'><body>hi</body></message>").is_empty());
        assert!(of("<presence xmlns='jabber:client'/>").is_empty());
    }
}
