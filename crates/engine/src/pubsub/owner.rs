//! Affiliations (XEP-0060 §8.9) and subscriptions (§8.8) of others, which owners see and change.

use stanza::{Element, Jid, ns};

use super::PubSub;
use super::node::Affiliation;
use super::refusal::Refusal;
use super::request::{Answer, Request};
use super::subscriptions::State;
use super::tag::tag;
use crate::spelling::Condition;

impl PubSub {
    /// All affiliations of a node but those that Openfire calls `none`.
    pub(super) fn owner_affiliations(
        &self,
        request: &Request<'_>,
        element: &Element,
    ) -> Result<Answer, Refusal> {
        let node = self.owned_node(request, element)?;
        let entries = node
            .affiliations
            .iter()
            .map(|(jid, affiliation)| (jid, self.affiliation_name(*affiliation)));
        let entries: String = entries
            .filter(|(_, name)| *name != "none")
            .map(|(jid, name)| tag("affiliation", &[("jid", jid), ("affiliation", name)], ""))
            .collect();
        Ok(owner_list("affiliations", &node.config.path, &entries))
    }

    /// Changes affiliations one by one; the last owner stays owner, which fails the request
    /// (XEP-0060 §8.9.2.4).
    pub(super) fn change_affiliations(
        &mut self,
        request: &Request<'_>,
        element: &Element,
    ) -> Result<Answer, Refusal> {
        let node = self.owned_node(request, element)?;
        let path = node.config.path.clone();
        let mut changes = Vec::new();
        for entry in element.children().filter(|child| child.is(ns::PUBSUB_OWNER, "affiliation")) {
            let jid = self.address(entry.attr("jid").unwrap_or_default())?.bare();
            let affiliation = match entry.attr("affiliation") {
                Some("owner") => Some(Affiliation::Owner),
                Some("publisher") => Some(Affiliation::Publisher),
                Some("member") => Some(Affiliation::Member),
                Some("outcast") => Some(Affiliation::Outcast),
                // In Openfire, `none` is what makes a member.
                Some("none") => self.policy.lists_unaffiliated.then_some(Affiliation::Member),
                // XEP-0060 §8.9.2.1: no attribute, no change.
                None => continue,
                Some(_) => return Err(Refusal::of(Condition::NotAcceptable)),
            };
            changes.push((jid, affiliation));
        }
        let Some(node) = self.nodes.get_mut(&path) else { return Ok(Answer::default()) };
        let mut events = Vec::new();
        let mut failed = false;
        let mut owners = node.people(Affiliation::Owner).count();
        for (jid, affiliation) in changes {
            let (was, is) = (node.is_owner(&jid), affiliation == Some(Affiliation::Owner));
            if was && !is && owners == 1 {
                failed = true;
                continue;
            }
            if !node.affiliate(&jid, affiliation) {
                return Err(Refusal::of(Condition::ResourceConstraint));
            }
            owners = owners + usize::from(is) - usize::from(was);
            if affiliation == Some(Affiliation::Outcast) {
                // Recorded: acc_outcast, the subscriptions end without a word.
                let ended =
                    node.subscriptions_of(&jid).map(|subscription| subscription.jid.clone());
                events.extend(ended.map(|jid| (jid, "none")));
                node.cancel_all(&jid);
            }
        }
        if failed {
            return Err(Refusal::of(Condition::NotAcceptable));
        }
        Ok(Answer::then(
            events
                .into_iter()
                .filter_map(|(jid, state)| self.state_change(&path, &jid, state))
                .collect(),
        ))
    }

    /// All subscriptions of a node that are in force (XEP-0060 §8.8.1.2; recorded: acc_authorize).
    pub(super) fn owner_subscriptions(
        &self,
        request: &Request<'_>,
        element: &Element,
    ) -> Result<Answer, Refusal> {
        let node = self.owned_node(request, element)?;
        let in_force =
            node.subscriptions.iter().filter(|subscription| subscription.state != State::Pending);
        let entries: String = in_force
            .map(|subscription| {
                let jid = subscription.jid.to_string();
                tag(
                    "subscription",
                    &[("jid", &jid), ("subscription", subscription.state.name())],
                    "",
                )
            })
            .collect();
        Ok(owner_list("subscriptions", &node.config.path, &entries))
    }

    /// Ends, approves or makes subscriptions of others.
    pub(super) fn change_subscriptions(
        &mut self,
        request: &Request<'_>,
        element: &Element,
    ) -> Result<Answer, Refusal> {
        let path = self.owned_node(request, element)?.config.path.clone();
        let mut changes: Vec<(Jid, &str)> = Vec::new();
        for entry in element.children().filter(|child| child.is(ns::PUBSUB_OWNER, "subscription")) {
            let jid = self.address(entry.attr("jid").unwrap_or_default())?;
            match entry.attr("subscription") {
                Some(state @ ("none" | "subscribed")) => changes.push((jid, state)),
                // XEP-0060 §8.8.2.1: no attribute, no change.
                None => {}
                Some(_) => return Err(Refusal::of(Condition::NotAcceptable)),
            }
        }
        let (mut events, mut last_item) = (Vec::new(), None);
        for (jid, state) in changes {
            match state {
                "none" => events.extend(self.end_subscription(&path, &jid)),
                _ => events.extend(self.grant_subscription(&path, &jid, &mut last_item)),
            }
        }
        Ok(Answer::then(events))
    }
}

fn owner_list(name: &str, path: &str, entries: &str) -> Answer {
    let list = tag(name, &[("node", path)], entries);
    Answer::with(tag("pubsub", &[("xmlns", ns::PUBSUB_OWNER)], &list))
}
