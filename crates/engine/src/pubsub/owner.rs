//! Affiliations (XEP-0060 §8.9) and subscriptions (§8.8) of others, which owners see and change.

use std::sync::Arc;

use stanza::{Element, Jid, ns};

use super::PubSub;
use super::people::Affiliation;
use super::refusal::Refusal;
use super::request::{Answer, Request};
use super::subscriptions::State;
use super::tag::tag;
use crate::fault::Name;
use crate::outgoing::Addressed;
use crate::spelling::Condition;

impl PubSub {
    /// All affiliations of a node but those that Openfire calls `none`.
    pub(super) fn owner_affiliations(
        &self,
        request: &Request<'_>,
        element: &Element,
    ) -> Result<Answer, Refusal> {
        let node = self.owned_node(request, element)?;
        let entries: String = node
            .people
            .iter()
            .map(|person| (&person.jid, self.affiliation_name(person.affiliation)))
            .filter(|(_, name)| *name != "none")
            .map(|(jid, name)| affiliation_entry(jid, name))
            .collect();
        Ok(Answer::echoing(request, element, &entries))
    }

    /// Changes affiliations one by one; the last owner stays owner, which fails the request
    /// (XEP-0060 §8.9.2.4).
    pub(super) fn change_affiliations(
        &mut self,
        request: &Request<'_>,
        element: &Element,
    ) -> Result<Answer, Refusal> {
        let path = self.owned_node(request, element)?.config.path.clone();
        let (mut events, mut failed) = (Vec::new(), Vec::new());
        for entry in element.children().filter(|child| child.is(ns::PUBSUB_OWNER, "affiliation")) {
            // One that cannot be read ends it where Openfire's code throws; the ones before stay.
            let jid = self.address(entry.attr("jid").unwrap_or_default())?;
            let openfire = self.policy.lists_unaffiliated;
            let jid = if openfire { jid } else { jid.bare() };
            let affiliation = match entry.attr("affiliation") {
                Some("owner") => Some(Affiliation::Owner),
                Some("publisher") => Some(Affiliation::Publisher),
                // In Openfire, `none` is what makes a member.
                Some("none") => openfire.then_some(Affiliation::Member),
                Some("outcast") => Some(Affiliation::Outcast),
                _ if openfire => Some(Affiliation::Outcast),
                Some("member") => Some(Affiliation::Member),
                // XEP-0060 §8.9.2.1: no attribute, no change.
                None => continue,
                Some(_) => return Err(Refusal::of(Condition::NotAcceptable)),
            };
            let Some(node) = self.nodes.get_mut(&path) else { break };
            let is_last = node.people(Affiliation::Owner).take(2).eq([&jid]);
            if is_last && affiliation != Some(Affiliation::Owner) {
                failed.push(jid);
                continue;
            }
            if !node.affiliate(&jid, affiliation) {
                return Err(Refusal::of(Condition::ResourceConstraint));
            }
            if affiliation == Some(Affiliation::Owner) {
                events.extend(self.approve_owner(&path, &jid));
            }
            if affiliation == Some(Affiliation::Outcast) {
                events.extend(self.shut_out(&path, &jid));
            }
        }
        if failed.is_empty() {
            return Ok(self.answer_amid(events));
        }
        if !self.policy.lists_unaffiliated {
            return Err(Refusal::of(Condition::NotAcceptable));
        }
        let entries: String = failed.iter().map(|jid| affiliation_entry(jid, "owner")).collect();
        let named = [("node", path.as_str())];
        let is_root = self.nodes.get(&path).is_some_and(|node| self.is_root(node));
        let list = tag("affiliations", if is_root { &[] } else { &named }, &entries);
        let payload = tag("pubsub", &[("xmlns", ns::PUBSUB_OWNER)], &list);
        // Recorded: generated, pubsub_156.
        Ok(Answer { failed: true, payload, before: events, ..Answer::default() })
    }

    /// All subscriptions of a node that are in force (XEP-0060 §8.8.1.2; recorded: acc_authorize).
    pub(super) fn owner_subscriptions(
        &self,
        request: &Request<'_>,
        element: &Element,
    ) -> Result<Answer, Refusal> {
        let node = self.owned_node(request, element)?;
        let in_force =
            node.by_affiliation().filter(|subscription| subscription.state != State::Pending);
        let entries: String = in_force
            .map(|subscription| {
                let jid = subscription.jid.to_string();
                let state = subscription.state.name();
                tag("subscription", &[("jid", &jid), ("subscription", state)], "")
            })
            .collect();
        Ok(Answer::echoing(request, element, &entries))
    }

    /// Ends, approves or makes subscriptions of others.
    pub(super) fn change_subscriptions(
        &mut self,
        request: &Request<'_>,
        element: &Element,
    ) -> Result<Answer, Refusal> {
        let path = self.owned_node(request, element)?.config.path.clone();
        let (mut events, mut last_item) = (Vec::new(), None);
        for entry in element.children().filter(|child| child.is(ns::PUBSUB_OWNER, "subscription")) {
            let jid = self.address(entry.attr("jid").unwrap_or_default())?;
            match entry.attr("subscription") {
                Some("none") => events.extend(self.end_subscription(&path, &jid)),
                Some("subscribed") => {
                    events.extend(self.grant_subscription(&path, &jid, &mut last_item));
                }
                Some(_) if self.policy.refuses_states => {
                    return Err(Refusal::of(Condition::NotAcceptable));
                }
                // XEP-0060 §8.8.2.1: no attribute, no change.
                Some(_) | None => {}
            }
        }
        if request.faults.lasting(Name::SilentDecisions) {
            events.clear();
        }
        Ok(self.answer_amid(events))
    }

    fn answer_amid(&self, events: Vec<Addressed>) -> Answer {
        if self.policy.answers_last { Answer::after(events) } else { Answer::then(events) }
    }

    /// Ends all subscriptions of an outcast (recorded: acc_outcast, without a word).
    fn shut_out(&mut self, path: &str, outcast: &Jid) -> Vec<Addressed> {
        let Some(node) = self.nodes.get_mut(path) else { return Vec::new() };
        let ended: Vec<Arc<Jid>> =
            node.subscriptions_of(outcast).map(|it| Arc::clone(&it.jid)).collect();
        node.cancel_all(outcast);
        let by_presence = node.config.details.presence_based_delivery && !ended.is_empty();
        let mut events = Vec::new();
        if by_presence {
            events.extend(self.leave_presence(outcast));
        }
        events.extend(ended.iter().filter_map(|jid| self.state_change(path, jid, "none")));
        events
    }
}

fn affiliation_entry(jid: &Jid, name: &str) -> String {
    tag("affiliation", &[("jid", &jid.to_string()), ("affiliation", name)], "")
}
