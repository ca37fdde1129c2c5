//! What a run that was killed left behind on a server: subscriptions, which outlive the connection that made them
//! (XEP-0060 §6.1). Told apart from those of people and of the agent's desktop by their names.

use std::collections::BTreeSet;

use runner::Target;
use stanza::{Element, ns};

use crate::access::Access;
use crate::client::{Client, Trouble};
use crate::probe::{Probe, RESOURCE, Subscription};
use crate::url::Url;

/// The resource of people's own desktops; nothing under it is ours, even when a case binds it.
const DESKTOP: &str = "desktop";

/// Nodes of Finesse itself: what a bare JID is subscribed to there may be a default subscription of the agent.
const FINESSE: &str = "/finesse/";

/// A subscription, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftover {
    /// The subscription.
    pub subscription: Subscription,
    /// A run of ours made it.
    pub is_ours: bool,
    /// What that rests on.
    pub because: String,
}

/// What became of one.
pub type Swept = Result<(), Trouble>;

/// Tells subscriptions of runs from others: by a resource that our cases bind, or by a node that the target provides for
/// them alone.
pub fn judge(target: &Target, bound: &BTreeSet<String>, found: &Probe) -> Vec<Leftover> {
    let provided: BTreeSet<&str> = target
        .provides
        .iter()
        .filter(|(need, node)| need.starts_with("node.") && !node.starts_with(FINESSE))
        .map(|(_, node)| node.as_str())
        .collect();
    let judged = found.facts.subscriptions.iter().map(|subscription| {
        let resource = subscription.jid.split_once('/').map(|(_, resource)| resource);
        let (is_ours, because) = match resource {
            Some(DESKTOP) => (false, "the resource of people's desktops".to_owned()),
            Some(name) if name == RESOURCE || bound.contains(name) => {
                (true, format!("the resource {name} is one that our cases bind"))
            }
            _ if provided.contains(subscription.node.as_str()) => {
                (true, "the node is there for our cases ([provides])".to_owned())
            }
            Some(_) => (false, "a resource that none of our cases binds".to_owned()),
            None if subscription.node.starts_with(FINESSE) => {
                (false, "may be a default subscription of the agent".to_owned())
            }
            None => (false, "no node of ours".to_owned()),
        };
        Leftover { subscription: subscription.clone(), is_ours, because }
    });
    judged.collect()
}

/// Ends subscriptions (XEP-0060 §6.2), in the order given; what became of each.
///
/// # Errors
///
/// There is no session to do so in.
pub async fn remove(
    access: &Access,
    account: &str,
    service: &str,
    domain: &str,
    subscriptions: &[&Subscription],
    patience: f64,
) -> Result<Vec<Swept>, Trouble> {
    let url = Url::parse(&access.url).map_err(Trouble::Odd)?;
    let Some((user, password)) = access.accounts.get(account) else {
        return Err(Trouble::Odd(format!("no account {account}")));
    };
    let mut client = Client::connect(&url, &access.trust, patience).await?;
    let swept = async {
        client.upgrade(&url).await?;
        client.open(domain).await?;
        client.features().await?;
        client.login(domain, user, password).await?;
        client.bind(Some(RESOURCE)).await?;
        let mut swept = Vec::new();
        for subscription in subscriptions {
            match client.ask("set", Some(service), unsubscribe(subscription)).await {
                Ok(_) => swept.push(Ok(())),
                Err(trouble @ Trouble::Stanza(_)) => swept.push(Err(trouble)),
                Err(trouble) => return Err(trouble),
            }
        }
        Ok(swept)
    };
    let swept = swept.await;
    client.leave().await;
    swept
}

fn unsubscribe(subscription: &Subscription) -> Element {
    let mut unsubscribe = Element::new(ns::PUBSUB, "unsubscribe")
        .with_attr("node", &subscription.node)
        .with_attr("jid", &subscription.jid);
    if let Some(subid) = &subscription.subid {
        unsubscribe = unsubscribe.with_attr("subid", subid);
    }
    Element::new(ns::PUBSUB, "pubsub").with_child(unsubscribe)
}
