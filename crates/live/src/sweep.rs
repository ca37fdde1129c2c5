//! Subscriptions that a killed run left behind on a server: they outlive their connection
//! (XEP-0060 §6.1).
//!
//! Their names tell them apart from those of people and of the agent's desktop.

use std::collections::BTreeSet;

use probe::{ProbeReport, RESOURCE, Subscription};
use remote::{Access, Client, Deadlines, Error, Url, pubsub};
use runner::Target;

/// The resource of people's own desktops; nothing under it is ours, even when a case binds it.
const DESKTOP: &str = "desktop";

/// Nodes of Finesse itself. A subscription of a bare JID to one may be a default subscription of
/// the agent.
const FINESSE: &str = "/finesse/";

/// A subscription, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftover {
    pub subscription: Subscription,
    /// A run of ours made it.
    pub is_ours: bool,
    /// The evidence for it.
    pub because: String,
}

/// The outcome for one.
pub type Swept = Result<(), Error>;

/// Tells subscriptions of runs from others: by a resource that our cases bind, or by a node that
/// the target provides for them alone.
pub fn judge(target: &Target, bound: &BTreeSet<String>, found: &ProbeReport) -> Vec<Leftover> {
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

/// Ends subscriptions (XEP-0060 §6.2), in the order given. Returns the outcome of each.
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
) -> Result<Vec<Swept>, Error> {
    let url = Url::parse(&access.url).map_err(Error::Unexpected)?;
    let Some(account) = access.accounts.get(account) else {
        return Err(Error::Unexpected(format!("no account {account}")));
    };
    let deadlines = Deadlines::with_patience(patience);
    let mut client =
        Client::log_in(&url, &access.trust, deadlines, domain, account, Some(RESOURCE)).await?;
    let swept = async {
        let mut swept = Vec::new();
        for Subscription { node, jid, subid } in subscriptions {
            let request = pubsub::unsubscribe(node, jid, subid.as_deref());
            match client.ask("set", Some(service), request).await {
                Ok(_) => swept.push(Ok(())),
                Err(refused @ Error::Stanza(_)) => swept.push(Err(refused)),
                Err(error) => return Err(error),
            }
        }
        Ok(swept)
    };
    let swept = swept.await;
    client.leave().await;
    swept
}
