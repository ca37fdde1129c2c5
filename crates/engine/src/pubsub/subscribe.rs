//! Subscribing and unsubscribing (XEP-0060 §6.1, §6.2) and the options of a subscription (§6.3).

use stanza::{Element, Jid, ns};

use super::form;
use super::node::Node;
use super::options::Options;
use super::people::Affiliation;
use super::refusal::{Detail, Refusal};
use super::request::{Answer, Request};
use super::subscription_form;
use super::subscriptions::{State, Subscription};
use super::tag::tag;
use super::{AccessModel, PubSub};
use crate::fact::Fact;
use crate::fault::Name;
use crate::outgoing::Addressed;
use crate::spelling::Condition;

impl PubSub {
    /// `<subscribe/>`, checked in the recorded order: node, address, access model, account,
    /// outcast, node's switch.
    pub(super) fn subscribe(
        &mut self,
        request: &Request<'_>,
        element: &Element,
        options: Option<&Element>,
    ) -> Result<Answer, Refusal> {
        let node = self.node_or_root(element)?;
        // Openfire reads a missing address as a malformed one (recorded: ps_sub_no_jid).
        let jid = match element.attr("jid") {
            Some(text) => self.address(text)?,
            None if self.policy.crashes => return Err(Refusal::Crash),
            None => return Err(Refusal::with(Condition::BadRequest, Detail::JidRequired)),
        };
        let bare = jid.bare();
        // XEP-0060 §6.1.3.1.
        let may_ask = bare == request.bare
            || self.place.is_admin(&request.bare)
            || request.faults.lasting(Name::SubscribeAnyone);
        if !may_ask {
            return Err(Refusal::with(Condition::BadRequest, Detail::InvalidJid));
        }
        self.admit(request, node, &bare)?;
        if let Some(existing) = node.subscription(&jid).filter(|_| !node.is_collection()) {
            // XEP-0060 §6.1.3.7.
            if existing.state == State::Pending && self.policy.refuses_second_pending {
                return Err(Refusal::with(Condition::NotAuthorized, Detail::PendingSubscription));
            }
            // XEP-0060 §6.1.6: without multiple subscriptions, the state as it is.
            return Ok(Answer::with(self.state(node, existing, "")));
        }
        let ignored = request.faults.lasting(Name::IgnoreOptions);
        let form = options.filter(|_| !ignored).and_then(form::within);
        if node.is_collection() {
            let kind = form.and_then(|form| form::field(form, "pubsub#subscription_type"));
            // An exception inside Openfire.
            if kind.as_ref().is_some_and(Vec::is_empty) {
                return Err(Refusal::Silence);
            }
            let items = kind.is_some_and(|kind| kind[0] == "items");
            // One subscription of a kind per account: another to the nodes of a collection is
            // refused, one to its items answered with its state.
            match node.subscriptions_of(&bare).find(|known| known.options.items == items) {
                Some(known) if items => return Ok(Answer::with(self.state(node, known, ""))),
                Some(_) => return Err(Refusal::of(Condition::Conflict)),
                None => {}
            }
        }
        // XEP-0060 §6.1.3.9.
        if !node.has_room_for(&bare) {
            return Err(Refusal::with(Condition::PolicyViolation, Detail::TooManySubscriptions));
        }
        let path = node.config.path.clone();
        let state = match self.first_state(node, &bare) {
            State::Pending if request.faults.lasting(Name::AdmitAtOnce) => State::Subscribed,
            state => state,
        };
        let mut subscription = self.new_subscription(jid.clone(), state);
        // Openfire makes a member before it looks at the options (`Node.createSubscription`).
        let full = Refusal::of(Condition::ResourceConstraint);
        if self.policy.crashes && !self.nodes.get_mut(&path).is_some_and(|node| node.enrol(&bare)) {
            return Err(full);
        }
        if let Some(form) = form {
            let mut configured = false;
            let taken = subscription.options.apply(form, &mut configured);
            taken.map_err(|_| self.options_refusal(Refusal::Silence))?;
            if configured && state == State::Unconfigured {
                subscription.state = self.approved_state(self.existing(&path)?, &bare);
                if subscription.state == State::Pending {
                    subscription.subid = Some(self.fresh_subid());
                }
            }
        }
        let filters = !subscription.options.shows.is_empty();
        // A node that goes by presence for all asks once for each account, below.
        let asks = filters && !self.existing(&path)?.config.details.presence_based_delivery;
        let before = if asks { self.ask_for_presence(&bare) } else { None };
        let told = form.filter(|_| self.policy.explains_options).map(|_| {
            let given =
                subscription_form::given_options(&subscription.options, self.policy.offers_digests);
            tag("options", &[], &given)
        });
        let payload = self.state(self.existing(&path)?, &subscription, &told.unwrap_or_default());
        let mut events = match subscription.state {
            State::Pending => self.approval_requests(&path, &subscription),
            State::Subscribed | State::Unconfigured => Vec::new(),
        };
        let node = self.nodes.get_mut(&path).ok_or(full)?;
        if !node.subscribe(subscription) {
            return Err(full);
        }
        let by_presence = node.config.details.presence_based_delivery && !filters;
        let first = node.subscriptions_of(&bare).count() == 1;
        events.extend(self.send_last_item(&path, &jid, &mut None));
        if by_presence && first {
            events.extend(self.ask_for_presence(&bare));
        }
        Ok(Answer { before: before.into_iter().collect(), payload, events, ..Answer::default() })
    }

    /// `<unsubscribe/>`; any resource of an account may end the subscription of another (recorded:
    /// ps_unsub_*).
    pub(super) fn unsubscribe(
        &mut self,
        request: &Request<'_>,
        element: &Element,
    ) -> Result<Answer, Refusal> {
        let text = subscriber(element)?;
        let node = self.node_or_root(element)?;
        let jid = self.address(text)?;
        let foreign = jid.bare() != request.bare;
        if foreign && self.policy.checks_unsubscriber_first {
            return Err(Refusal::of(Condition::Forbidden));
        }
        if node.subscription(&jid).is_none() {
            return Err(Refusal::with(Condition::UnexpectedRequest, Detail::NotSubscribed));
        }
        let is_admin = self.place.is_admin(&request.bare);
        if self.policy.keeps_subscribers && !node.config.subscribe && !is_admin {
            return Err(Refusal::of(Condition::NotAllowed));
        }
        if foreign && !is_admin {
            return Err(Refusal::of(Condition::Forbidden));
        }
        let leak = request.faults.lasting(Name::LeakAfterUnsubscribe);
        let path = node.config.path.clone();
        let events = self.cancel(&path, &jid);
        if leak
            && let Some(node) = self.nodes.get_mut(&path)
            && !node.leaked.iter().any(|leaked| **leaked == jid)
        {
            node.leaked.push(jid.into());
        }
        Ok(Answer::after(events))
    }

    /// Ends a subscription; its account may have been asked for its presence for this one alone.
    pub(super) fn cancel(&mut self, path: &str, jid: &Jid) -> Vec<Addressed> {
        let Some(node) = self.nodes.get_mut(path) else { return Vec::new() };
        node.cancel(jid);
        let bare = jid.bare();
        let by_presence = node.config.details.presence_based_delivery;
        if by_presence && node.subscriptions_of(&bare).next().is_none() {
            self.leave_presence(&bare).into_iter().collect()
        } else {
            Vec::new()
        }
    }

    /// `<options/>`: reads or changes how one subscription is served.
    pub(super) fn options(
        &mut self,
        request: &Request<'_>,
        element: &Element,
    ) -> Result<Answer, Refusal> {
        let node = self.node_or_root(element)?;
        let jid = self.address(subscriber(element)?)?;
        let bare = jid.bare();
        let not_subscribed = Refusal::with(Condition::UnexpectedRequest, Detail::NotSubscribed);
        let subscription = node.subscription(&jid).ok_or(not_subscribed)?;
        // XEP-0060 §6.3.4.1.
        if bare != request.bare && !self.place.is_admin(&request.bare) {
            return Err(Refusal::of(Condition::Forbidden));
        }
        if !request.set {
            let digests = self.policy.offers_digests;
            let form = subscription_form::options(node, &subscription.options, digests);
            let form = if request.faults.lasting(Name::EmptyForms) { String::new() } else { form };
            return Ok(Answer::echoing(request, element, &form));
        }
        if request.faults.lasting(Name::IgnoreOptions) {
            return Ok(Answer::default());
        }
        let form = form::within(element).ok_or_else(|| Refusal::of(Condition::BadRequest))?;
        let path = node.config.path.clone();
        let mut options = subscription.options.clone();
        let filtered = !options.shows.is_empty();
        let mut configured = false;
        let taken = options.apply(form, &mut configured);
        let taken = taken.map_err(|_| self.options_refusal(Refusal::Crash));
        // Openfire keeps the values that it read before an exception.
        if taken.is_err() && !self.policy.crashes {
            return taken.map(|()| Answer::default());
        }
        let filters = !options.shows.is_empty();
        let for_all = node.config.details.presence_based_delivery;
        // The missing configuration is there now.
        let began = configured && subscription.state == State::Unconfigured;
        let state = self.approved_state(node, &bare);
        let anew = self.policy.options_decide_anew;
        let subid = (state == State::Pending).then(|| self.fresh_subid());
        let changed = self.nodes.get_mut(&path).is_some_and(|node| {
            node.change_subscription(&jid, |subscription| {
                subscription.options = options;
                if began || configured && anew {
                    subscription.state = state;
                    subscription.subid = subscription.subid.take().or(subid);
                }
            })
        });
        if !changed {
            return Err(Refusal::of(Condition::ResourceConstraint));
        }
        taken?;
        let before: Vec<Addressed> = match (filtered, filters) {
            _ if for_all => Vec::new(),
            (false, true) => self.ask_for_presence(&bare).into_iter().collect(),
            (true, false) => self.leave_presence(&bare).into_iter().collect(),
            _ => Vec::new(),
        };
        let mut events = Vec::new();
        if began {
            if let Some(pending) = self.pending(&path, &jid) {
                events.extend(self.approval_requests(&path, &pending));
            }
            events.extend(self.send_last_item(&path, &jid, &mut None));
        }
        Ok(Answer { before, events, ..Answer::default() })
    }

    /// `<default/>`: the options that a new subscription gets, to one node or to all.
    pub(super) fn default_options(
        &self,
        request: &Request<'_>,
        element: &Element,
    ) -> Result<Answer, Refusal> {
        if element.attr("node").is_some() {
            let node = self.named_node(element)?;
            self.admit(request, node, &request.bare)?;
        }
        let digests = self.policy.offers_digests;
        let form = subscription_form::given_options(&Options::default(), digests);
        let form = if request.faults.lasting(Name::EmptyForms) { String::new() } else { form };
        Ok(Answer::echoing(request, element, &form))
    }

    /// Refuses options that do not stand behind the subscription that they belong to, or that name
    /// its node or JID once more (XEP-0060 §6.3.7).
    pub(super) fn demand_place(
        &self,
        pubsub: &Element,
        options: Option<&Element>,
    ) -> Result<(), Refusal> {
        let Some(options) = options.filter(|_| self.policy.explains_options) else {
            return Ok(());
        };
        let named = ["node", "jid"].into_iter().any(|name| options.attr(name).is_some());
        if named || pubsub.children().next().is_some_and(|first| std::ptr::eq(first, options)) {
            return Err(Refusal::of(Condition::BadRequest));
        }
        Ok(())
    }

    /// The answer to options with a bad value.
    fn options_refusal(&self, thrown: Refusal) -> Refusal {
        if self.policy.crashes {
            // An exception inside Openfire (recorded: generated, pubsub_82).
            return thrown;
        }
        // XEP-0060 §6.3.4.5.
        Refusal::with(Condition::BadRequest, Detail::InvalidOptions)
    }

    /// An address in a request.
    pub(super) fn address(&self, text: &str) -> Result<Jid, Refusal> {
        Jid::parse(text).map_err(|_| {
            if self.policy.crashes {
                Refusal::Crash
            } else {
                Refusal::with(Condition::BadRequest, Detail::InvalidJid)
            }
        })
    }

    /// Whether an account may subscribe to a node at all.
    fn admit(&self, request: &Request<'_>, node: &Node, bare: &Jid) -> Result<(), Refusal> {
        // A request may wait for approval.
        if node.config.access != AccessModel::Authorize && !self.is_admin(node, bare) {
            self.demand_access(request, node, bare)?;
        }
        // XEP-0060 §6.1.3.6 and §6.1.3.8.
        if !self.is_registered(request, bare)
            || node.affiliation(bare) == Some(Affiliation::Outcast)
        {
            return Err(Refusal::of(Condition::Forbidden));
        }
        let switched_on = node.config.subscribe || self.place.is_admin(&request.bare);
        match (switched_on, self.policy.names_missing_feature) {
            (true, _) => Ok(()),
            // XEP-0060 §6.1.3.10.
            (false, true) => Err(Refusal::unsupported("subscribe")),
            // Recorded: acc_subscriptions_disabled.
            (false, false) => Err(Refusal::of(Condition::NotAllowed)),
        }
    }

    /// Whether the access model of a node lets an account in.
    pub(super) fn demand_access(
        &self,
        request: &Request<'_>,
        node: &Node,
        bare: &Jid,
    ) -> Result<(), Refusal> {
        let sees = || {
            let mut owners = node.people(Affiliation::Owner);
            owners.any(|owner| request.accounts.sees_presence(bare, owner))
        };
        node.admit(bare, node.config.access == AccessModel::Presence && sees())
    }

    fn is_registered(&self, request: &Request<'_>, bare: &Jid) -> bool {
        bare.domain == self.domain
            && bare.local.as_deref().is_some_and(|local| request.accounts.is_registered(local))
    }

    fn first_state(&self, node: &Node, bare: &Jid) -> State {
        match node.config.details.subscription_required {
            true => State::Unconfigured,
            false => self.approved_state(node, bare),
        }
    }

    /// The state of a subscription that lacks nothing but an approval (XEP-0060 §6.1.4).
    fn approved_state(&self, node: &Node, bare: &Jid) -> State {
        if node.config.access == AccessModel::Authorize && !self.is_admin(node, bare) {
            State::Pending
        } else {
            State::Subscribed
        }
    }

    /// A subscription that waits for approval.
    fn pending(&self, path: &str, jid: &Jid) -> Option<Subscription> {
        let subscription = self.nodes.get(path)?.subscription(jid)?;
        (subscription.state == State::Pending).then(|| subscription.clone())
    }

    /// The payload that tells the state of a subscription, and `more` behind it.
    fn state(&self, node: &Node, subscription: &Subscription, more: &str) -> String {
        let jid = subscription.jid.to_string();
        let mut attributes =
            vec![("jid", jid.as_str()), ("subscription", subscription.state.name())];
        if !self.is_root(node) {
            attributes.insert(0, ("node", &node.config.path));
        }
        let options = match subscription.state {
            _ if !self.policy.offers_options => "",
            State::Unconfigured => "<subscribe-options><required/></subscribe-options>",
            _ => "<subscribe-options/>",
        };
        let told = tag("subscription", &attributes, options) + more;
        tag("pubsub", &[("xmlns", ns::PUBSUB)], &told)
    }
}

/// The outcome of a request about a subscription; none for other requests.
pub(super) fn fact(request: &Request<'_>, refusal: Option<&Refusal>) -> Option<Fact> {
    let pubsub = request.iq.children().find(|child| child.is(ns::PUBSUB, "pubsub"));
    let pubsub = pubsub.filter(|_| request.set)?;
    let mut named = ["subscribe", "unsubscribe"]
        .into_iter()
        .filter_map(|verb| Some((verb, pubsub.child(ns::PUBSUB, verb)?)));
    let (verb, element) = named.next()?;
    let node = element.attr("node").unwrap_or_default().to_owned();
    Some(match (refusal, verb) {
        (Some(refusal), verb) => {
            Fact::SubscriptionRefused { node, verb, condition: refusal.condition() }
        }
        (None, "subscribe") => Fact::Subscribed { node },
        (None, _) => Fact::Unsubscribed { node },
    })
}

/// The subscriber, as written, that a request must name.
fn subscriber(element: &Element) -> Result<&str, Refusal> {
    element.attr("jid").ok_or_else(|| Refusal::with(Condition::BadRequest, Detail::JidRequired))
}
