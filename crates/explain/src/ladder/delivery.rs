//! The rungs after the login: presence, subscriptions, events, and requests of the REST API.

use std::collections::HashMap;

use super::{Demand, FEW, Ladder, Rung, State};
use crate::conversation::Exchange;
use crate::secret::Mask;
use crate::step::Step;

const PRESENCE: Demand = Demand {
    step: Step::Presence,
    title: "presence",
    wanted: "<presence/>, with a priority that is not negative",
    clause: "RFC 6121 §4.2",
};

const SUBSCRIBE: Demand = Demand {
    step: Step::Subscribe,
    title: "subscribe",
    wanted: "a result with subscription='subscribed'",
    clause: "XEP-0060 §6.1",
};

const EVENTS: Demand = Demand {
    step: Step::Events,
    title: "events",
    wanted: "one message for each change, each item once",
    clause: "XEP-0060 §7.1.2",
};

impl Ladder<'_, '_> {
    pub(super) fn presence(&mut self) {
        let session = self.session;
        let sent = session.available();
        if sent.is_none() && !session.is_bound() {
            return;
        }
        let what = sent.map_or_else(|| "never sent".to_owned(), |place| self.short(place));
        self.pair(&PRESENCE, sent, sent, &what, State::Missing);
    }

    pub(super) fn subscriptions(&mut self) {
        let session = self.session;
        let all: Vec<_> = session.subscriptions().collect();
        let more = all.len().saturating_sub(FEW);
        for (request, node, jid, _) in all.into_iter().take(FEW) {
            let what = format!(
                "{} for {}: {}",
                textual::clipped(node, 100),
                textual::clipped(jid, 80),
                self.outcome(request)
            );
            let is_refused = session.refusal(request).is_some();
            self.pair(&SUBSCRIBE, Some(request.asked), request.answer, &what, State::Missing);
            self.break_if(is_refused);
        }
        if more > 0 {
            let demand = Demand { wanted: "", ..SUBSCRIBE };
            self.rung(&demand, State::Done, &format!("and {more} more"), None, None);
        }
    }

    pub(super) fn events(&mut self) {
        let session = self.session;
        if !session.is_bound() && session.events.is_empty() {
            return;
        }
        let mut nodes: Vec<(&str, usize)> = Vec::new();
        let mut places: HashMap<&str, usize> = HashMap::new();
        for event in &session.events {
            let place = *places.entry(&event.node).or_insert(nodes.len());
            match nodes.get_mut(place) {
                Some((_, count)) => *count += 1,
                None => nodes.push((&event.node, 1)),
            }
        }
        let named: Vec<String> = nodes
            .iter()
            .take(FEW)
            .map(|(node, count)| format!("{count} of {}", textual::clipped(node, 80)))
            .collect();
        let first = session.events.first().and_then(|event| event.at);
        let last = session.events.last().and_then(|event| event.at);
        let state = if session.events.is_empty() { State::Absent } else { State::Done };
        let what = if named.is_empty() { "none".to_owned() } else { named.join(", ") };
        let took = first.zip(last).map(|(first, last)| last - first);
        self.rung(&EVENTS, state, &what, first, took);
    }

    /// Requests of the REST API in the time of this connection.
    pub(super) fn rest(&mut self) {
        let connection = self.session.connection;
        let (Some(began), Some(ended)) =
            (connection.began, connection.ended.or_else(|| connection.last_said()))
        else {
            return;
        };
        let inside = self.seen.conversation.exchanges.iter().filter(|one| {
            one.is_rest()
                && one.source == connection.source
                && one.began.is_some_and(|at| (began..=ended).contains(&at))
        });
        let mut rungs: Vec<Rung> = inside.take(FEW).map(|one| exchange(one, self.mask)).collect();
        for rung in &mut rungs {
            rung.connection = Some(self.session.index);
        }
        self.rungs.append(&mut rungs);
    }
}

/// A request of the REST API with its answer.
pub(super) fn exchange(one: &Exchange, mask: &Mask) -> Rung {
    let status = one.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
    let state = match one.status {
        Some(status) if status < 400 => State::Done,
        Some(_) => State::Broken,
        None => State::Missing,
    };
    Rung {
        step: Step::Rest,
        connection: None,
        title: "REST",
        state,
        what: mask.text(&format!(
            "{} {}: {status}",
            textual::clipped(&one.method, 10),
            textual::clipped(&one.url.path, 120)
        )),
        wanted: "200 for GET; 202 for PUT and POST, and then an event",
        clause: "vendor",
        at: one.began,
        took: one.began.zip(one.ended).map(|(began, ended)| ended - began),
    }
}
