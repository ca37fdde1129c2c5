//! TCP, TLS, and the request for a WebSocket with its answer.

use super::{Demand, Ladder, State};
use crate::step::Step;

const TCP: Demand =
    Demand { step: Step::Connect, title: "TCP", wanted: "a connection", clause: "RFC 9293 §3.5" };

const TLS: Demand = Demand {
    step: Step::Tls,
    title: "TLS",
    wanted: "a handshake, and a certificate for this name",
    clause: "RFC 8446 §2",
};

const REQUEST: Demand = Demand {
    step: Step::Upgrade,
    title: "request",
    wanted: "GET with Upgrade: websocket and subprotocol xmpp",
    clause: "RFC 7395 §3.1",
};

const ANSWER: Demand = Demand {
    step: Step::Upgrade,
    title: "answer",
    wanted: "101 Switching Protocols, subprotocol xmpp",
    clause: "RFC 6455 §4.2.2",
};

impl Ladder<'_, '_> {
    pub(super) fn network(&mut self) {
        let connection = self.session.connection;
        let tls = &connection.tls;
        if connection.tcp.refused || connection.tcp.unanswered {
            let what = if connection.tcp.refused {
                "refused: the answer was a reset"
            } else {
                "no answer"
            };
            self.rung(&TCP, State::Broken, what, connection.began, None);
        }
        if tls.began {
            let state = if tls.established { State::Done } else { State::Broken };
            let name = if tls.name.is_empty() {
                "no server name".to_owned()
            } else {
                format!("server name {}", textual::clipped(&tls.name, 80))
            };
            let mut parts = vec![name];
            parts.extend(tls.hidden.then(|| "encrypted, no keys".to_owned()));
            let alert = |(side, name): &(crate::conversation::Side, String)| {
                format!("{} alert \"{name}\"", side.word())
            };
            parts.extend(tls.alerts.iter().map(alert));
            self.rung(&TLS, state, &parts.join(", "), connection.began, None);
        }
    }

    pub(super) fn upgrade(&mut self) {
        let connection = self.session.connection;
        let upgrade = &connection.upgrade;
        let is_known = upgrade.asked.is_some()
            || upgrade.status.is_some()
            || upgrade.error.is_some()
            || !connection.url.path.is_empty();
        if connection.tls.hidden || !is_known {
            return;
        }
        let protocol =
            upgrade.asked.as_ref().and_then(|asked| asked.first("sec-websocket-protocol"));
        let protocol = match (&upgrade.asked, protocol) {
            (None, _) => String::new(),
            (Some(_), None) => ", no subprotocol".to_owned(),
            (Some(_), Some(name)) => format!(", subprotocol {}", textual::clipped(name, 60)),
        };
        let method = if connection.is_bosh { "POST" } else { "GET" };
        let what = format!("{method} {}{protocol}", connection.url);
        self.rung(&REQUEST, State::Done, &what, connection.began, None);
        let took =
            upgrade.asked_at.zip(upgrade.answered_at).map(|(asked, answered)| answered - asked);
        let (state, what) = match (upgrade.status, &upgrade.error) {
            (Some(status), error) => {
                let opened = status == 101
                    || (status == 200 && error.is_none() && !self.session.stanzas.is_empty())
                    || connection.is_bosh;
                let server = upgrade.answered.as_ref().and_then(|headers| headers.first("server"));
                let server = server.map_or_else(String::new, |name| {
                    format!(", Server: {}", textual::clipped(name, 60))
                });
                let error =
                    error.as_deref().filter(|_| !opened).map_or_else(String::new, |error| {
                        format!(", {}", textual::clipped(error, 120))
                    });
                let reason = textual::clipped(&upgrade.reason, 60);
                (
                    if opened { State::Done } else { State::Broken },
                    format!("{status} {reason}{server}{error}").replace(" ,", ","),
                )
            }
            (None, Some(error)) => (State::Broken, textual::clipped(error, 160).into_owned()),
            (None, None) if !self.session.stanzas.is_empty() => return,
            (None, None) => (State::Missing, "no answer".to_owned()),
        };
        self.rung(&ANSWER, state, &what, upgrade.answered_at, took);
    }
}
