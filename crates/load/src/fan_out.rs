//! The fan-out of one publication to many subscribers: arrival times, and a check of each
//! notification.

use std::time::{Duration, Instant};

use stanza::{Element, ns};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::client::CheckedClient;
use crate::crowd::Crowd;
use crate::error::{ClientStep, Error};

/// The namespace of the published payload.
const NAMESPACE: &str = "urn:example:load";

/// A node with its publisher and its subscribers from a crowd.
pub struct FanOut<'a> {
    /// The client that owns the node.
    pub publisher: &'a mut CheckedClient,
    /// The path of the node.
    pub node: &'a str,
    /// Number of subscribers: the first clients of the crowd.
    pub subscribers: usize,
}

/// Arrival times of a publication, since it was handed to the socket.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Delivery {
    /// Arrival at the first subscriber.
    pub first: Duration,
    /// Arrival at the last subscriber.
    pub last: Duration,
}

impl FanOut<'_> {
    /// Creates the node and subscribes the first clients of the crowd.
    ///
    /// # Errors
    ///
    /// The server refuses, or answers wrongly.
    pub async fn prepare(&mut self, crowd: &mut Crowd) -> Result<(), Error> {
        self.publisher.create(self.node).await?;
        let mut subscribing = JoinSet::new();
        for (number, mut client) in crowd.take_first(self.subscribers).into_iter().enumerate() {
            let node = self.node.to_owned();
            subscribing.spawn(async move {
                client.subscribe(&node).await.map_err(|error| of(number, &client, error))?;
                Ok((number, client))
            });
        }
        let clients = joined(subscribing).await?;
        crowd.put_back(clients);
        Ok(())
    }

    /// Publishes once and waits until all subscribers have the notification. `mark` must be new in
    /// each publication. The check of the messages follows the last arrival and is not measured.
    ///
    /// # Errors
    ///
    /// The server refuses, or a subscriber receives no notification or a wrong one.
    pub async fn publish(&mut self, crowd: &mut Crowd, mark: &str) -> Result<Delivery, Error> {
        let marked = Element::new(NAMESPACE, "mark").with_text(mark);
        let payload = Element::new(NAMESPACE, "Update").with_child(marked);
        let mut waiting = JoinSet::new();
        let (failed, mut all) = mpsc::channel::<()>(1);
        for (number, mut client) in crowd.take_first(self.subscribers).into_iter().enumerate() {
            let mark = format!("<mark>{mark}</mark>");
            let failed = failed.clone();
            waiting.spawn(async move {
                match client.message_with(&mark).await {
                    Ok(text) => Ok((number, (client, Instant::now(), text))),
                    Err(error) => {
                        // If the channel is full, it holds the first failure already.
                        let _ = failed.try_send(());
                        Err(of(number, &client, error))
                    }
                }
            });
        }
        drop(failed);
        // All subscribers must listen before the publication.
        tokio::task::yield_now().await;
        let begun = Instant::now();
        self.publisher.publish(self.node, payload.clone()).await?;
        // The channel closes when all subscribers are done or one has failed. A wake-up for each
        // delivery would take processor time from the others.
        let _ = all.recv().await;
        let heard = joined(waiting).await?;
        let after = |at: Instant| at.saturating_duration_since(begun);
        let first = heard.iter().map(|(_, at, _)| after(*at)).min().unwrap_or_default();
        let last = heard.iter().map(|(_, at, _)| after(*at)).max().unwrap_or_default();
        let mut clients = Vec::with_capacity(heard.len());
        for (number, (client, _, text)) in heard.into_iter().enumerate() {
            self.check(&text, &payload, &client).map_err(|error| of(number, &client, error))?;
            clients.push(client);
        }
        crowd.put_back(clients);
        Ok(Delivery { first, last })
    }

    /// Checks sender, recipient, node and payload of a notification (XEP-0060 §7.1.2.1).
    fn check(&self, text: &str, wanted: &Element, client: &CheckedClient) -> Result<(), Error> {
        let message = stanza::parse(text).map_err(|error| {
            ClientStep::Delivery.failed(remote::Error::Unexpected(error.to_string()))
        })?;
        let items = message
            .child(ns::PUBSUB_EVENT, "event")
            .and_then(|event| event.child(ns::PUBSUB_EVENT, "items"))
            .filter(|items| items.attr("node") == Some(self.node));
        let payload = items
            .and_then(|items| items.child(ns::PUBSUB_EVENT, "item"))
            .and_then(|item| item.children().next());
        let to = message.attr("to").map(|to| to.split('/').next().unwrap_or_default());
        let addressed = to == Some(client.bare()) && message.attr("from") == Some(client.pubsub());
        if message.is(ns::CLIENT, "message") && addressed && payload == Some(wanted) {
            Ok(())
        } else {
            let wanted = format!("the publication on {}, for {}", self.node, client.bare());
            Err(ClientStep::Delivery.unexpected(&wanted, &message))
        }
    }
}

/// The results of all tasks, in their order.
async fn joined<T: 'static>(
    mut tasks: JoinSet<Result<(usize, T), Error>>,
) -> Result<Vec<T>, Error> {
    let mut all = Vec::with_capacity(tasks.len());
    while let Some(task) = tasks.join_next().await {
        match task {
            Ok(done) => all.push(done?),
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        }
    }
    all.sort_by_key(|(number, _)| *number);
    Ok(all.into_iter().map(|(_, done)| done).collect())
}

fn of(number: usize, client: &CheckedClient, error: Error) -> Error {
    let account = client.bare().to_owned();
    Error::Client { account, number: number + 1, error: error.into() }
}
