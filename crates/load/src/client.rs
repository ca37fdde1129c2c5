//! One client: logs in, sends requests, and checks the answers.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use remote::{Account, Deadlines, pubsub};
use stanza::{Element, ns};

use crate::error::{ClientStep, Error};
use crate::server::MeasuredServer;

/// Deadline of every wait: long, since a server under load answers slowly.
pub(crate) const DEADLINES: Deadlines = Deadlines::of(Duration::from_secs(30));

/// The domain in the server's `<open/>` (RFC 7395 §3.4), when a client opens a stream to
/// `server.domain`.
///
/// # Errors
///
/// The connection fails, or the `<open/>` has no `from`.
pub async fn domain(server: &MeasuredServer) -> Result<String, Error> {
    let mut client = connect(server).await?;
    let open = client.open(&server.domain).await.map_err(|cause| ClientStep::Open.failed(cause))?;
    client.leave().await;
    let domain = open.attr("from").filter(|from| !from.is_empty()).map(str::to_owned);
    domain.ok_or_else(|| ClientStep::Open.unexpected("an <open/> with `from`", &open))
}

/// A logged-in client.
pub struct CheckedClient {
    client: remote::Client,
    /// Its bare JID.
    bare: String,
    pubsub: String,
}

impl CheckedClient {
    /// Connects, upgrades, logs in with SASL PLAIN and binds `resource`.
    ///
    /// # Errors
    ///
    /// The first step that fails or has a wrong answer.
    pub async fn log_in(
        server: &MeasuredServer,
        account: &Account,
        resource: &str,
    ) -> Result<Self, Error> {
        let bare = format!("{}@{}", account.name, server.domain);
        let mut client = connect(server).await?;
        open(&mut client, &server.domain, "mechanisms").await?;
        client.authenticate(account).await.map_err(|cause| ClientStep::Auth.failed(cause))?;
        open(&mut client, &server.domain, "bind").await?;
        let jid =
            client.bind(Some(resource)).await.map_err(|cause| ClientStep::Bind.failed(cause))?;
        if jid != format!("{bare}/{resource}") {
            let got = format!("wanted the address {bare}/{resource}, got {jid}");
            return Err(ClientStep::Bind.failed(remote::Error::Unexpected(got)));
        }
        Ok(Self { client, bare, pubsub: server.pubsub.clone() })
    }

    /// Sends initial presence (RFC 6121 §4.2). It has no answer.
    ///
    /// # Errors
    ///
    /// The connection broke.
    pub(crate) async fn be_present(&mut self) -> Result<(), Error> {
        let sent = self.client.send(&Element::new(ns::CLIENT, "presence")).await;
        sent.map_err(|cause| ClientStep::Bind.failed(cause))
    }

    /// Subscribes its bare JID to a node.
    ///
    /// # Errors
    ///
    /// The server refuses, or answers with another state than `subscribed`.
    pub async fn subscribe(&mut self, node: &str) -> Result<(), Error> {
        let request = pubsub::subscribe(node, &self.bare);
        let answer = self.ask(request, ClientStep::Subscribe).await?;
        let subscription = answer
            .child(ns::PUBSUB, "pubsub")
            .and_then(|pubsub| pubsub.child(ns::PUBSUB, "subscription"));
        let state = subscription.and_then(|subscription| subscription.attr("subscription"));
        match state {
            Some("subscribed") => Ok(()),
            _ => Err(ClientStep::Subscribe.unexpected("the state `subscribed`", &answer)),
        }
    }

    /// Creates a node with the default configuration.
    ///
    /// # Errors
    ///
    /// The server refuses.
    pub async fn create(&mut self, node: &str) -> Result<(), Error> {
        self.ask(pubsub::create(node), ClientStep::Create).await.map(drop)
    }

    /// Deletes a node.
    ///
    /// # Errors
    ///
    /// The server refuses.
    pub async fn delete(&mut self, node: &str) -> Result<(), Error> {
        self.ask(pubsub::delete(node), ClientStep::Delete).await.map(drop)
    }

    /// Publishes one item.
    ///
    /// # Errors
    ///
    /// The server refuses.
    pub async fn publish(&mut self, node: &str, payload: Element) -> Result<(), Error> {
        self.ask(pubsub::publish(node, payload), ClientStep::Publish).await.map(drop)
    }

    /// The next message that contains `mark`, unparsed.
    pub(crate) async fn message_with(&mut self, mark: &str) -> Result<String, Error> {
        self.client.message_with(mark).await.map_err(|cause| ClientStep::Delivery.failed(cause))
    }

    /// Takes messages without reading them, and counts them, until the stream ends.
    pub(crate) async fn count_messages(&mut self, count: &AtomicU64) -> Result<(), Error> {
        loop {
            let message = self.client.message().await;
            message.map_err(|cause| ClientStep::Delivery.failed(cause))?;
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The bare JID of the account.
    pub(crate) fn bare(&self) -> &str {
        &self.bare
    }

    /// The address of the publish-subscribe service.
    pub(crate) fn pubsub(&self) -> &str {
        &self.pubsub
    }

    /// Closes stream, WebSocket and TCP.
    pub async fn leave(self) {
        self.client.leave().await;
    }

    /// The result of a request to the publish-subscribe service.
    async fn ask(&mut self, request: Element, step: ClientStep) -> Result<Element, Error> {
        let asked = self.client.ask("set", Some(&self.pubsub), request).await;
        let answer = asked.map_err(|cause| step.failed(cause))?;
        // The client takes an answer of any namespace.
        if answer.is(ns::CLIENT, "iq") {
            Ok(answer)
        } else {
            Err(step.unexpected("an <iq/> of jabber:client", &answer))
        }
    }
}

async fn connect(server: &MeasuredServer) -> Result<remote::Client, Error> {
    let upgraded = async {
        let mut client = remote::Client::connect(&server.url, &server.trust, DEADLINES).await?;
        client.upgrade(&server.url).await?;
        Ok(client)
    };
    upgraded.await.map_err(|cause| ClientStep::Upgrade.failed(cause))
}

/// Opens a stream and checks that its features contain `offer` (RFC 7395 §3.4).
async fn open(client: &mut remote::Client, domain: &str, offer: &str) -> Result<(), Error> {
    let opened = async {
        client.open(domain).await?;
        client.features().await
    };
    let features = opened.await.map_err(|cause| ClientStep::Open.failed(cause))?;
    if features.children().any(|feature| feature.name.local == offer) {
        Ok(())
    } else {
        Err(ClientStep::Open.unexpected(&format!("features with <{offer}/>"), &features))
    }
}
