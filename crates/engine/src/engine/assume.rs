//! The state after an answer that somebody else has given in the engine's place.

use std::time::Duration;

use stanza::{Element, Jid};

use super::Engine;
use crate::context::Effect;
use crate::numbers::{ConnectionId, StreamId};
use crate::transport::Hold;

/// An answer that a client was given in the engine's place.
#[derive(Debug, Clone, PartialEq)]
pub enum Assumed {
    /// Its request for a WebSocket was answered with 101, without compression.
    Upgraded,
    /// Its `<open/>` was answered with `<open/>`.
    Opened,
    /// Its login was answered with `<success/>`: it is this account.
    LoggedIn(String),
    /// Its request for a resource was answered with this full JID.
    Bound(Jid),
    /// This stanza of it was answered.
    Answered(Element),
}

impl Engine {
    /// Takes it that the client was given this answer, and sends the client nothing. Messages to
    /// others because of it are put out as usual.
    pub fn assume(&mut self, now: Duration, id: ConnectionId, assumed: Assumed) {
        self.cx.now = now;
        let stream = self.connections.get(&id).and_then(|connection| connection.stream);
        match (assumed, stream) {
            (Assumed::Upgraded, None) => self.upgraded(id, None),
            (Assumed::Opened, Some(stream)) => self.with_stream(stream, |stream, cx| {
                stream.begin(cx);
            }),
            (Assumed::LoggedIn(account), Some(stream)) => self.log_in(stream, account),
            (Assumed::Bound(jid), Some(stream)) => self.assume_bound(stream, jid),
            (Assumed::Answered(stanza), Some(stream)) => {
                let mut before = Hold::Nothing;
                self.with_connection(id, |connection, _| {
                    before = std::mem::replace(&mut connection.hold, Hold::Forever);
                });
                if let Some(carried) = self.streams.get_mut(&stream) {
                    self.hub.stanza(&mut self.cx, &mut carried.stream, &stanza);
                }
                self.run();
                self.with_connection(id, |connection, _| connection.hold = before);
            }
            (Assumed::Upgraded, Some(_)) | (_, None) => {}
        }
        self.run();
    }

    fn assume_bound(&mut self, id: StreamId, jid: Jid) {
        if let Some(holder) = self.hub.sessions.find(&jid).filter(|holder| *holder != id) {
            self.cx.want(Effect::Conflict(holder));
            self.run();
        }
        if let Some(carried) = self.streams.get_mut(&id) {
            self.hub.take_resource(&mut self.cx, &mut carried.stream, jid);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::Directory;
    use crate::engine::{ClientPhase, Peer};
    use crate::outlet::Output;
    use crate::profile::Profile;
    use crate::tests::{engine, outputs};

    const NODE: &str = "/finesse/api/SystemInfo";

    fn parsed(xml: &str) -> Element {
        stanza::parse(xml).expect("the test's XML is well-formed")
    }

    #[test]
    fn a_client_is_where_others_have_led_it() {
        let mut accounts = Directory::default();
        accounts.add("a", "b");
        let mut engine = engine("d", Profile::openfire_4_4(), accounts);
        let id = engine.accept(Duration::ZERO, Peer::default());
        let phase = |engine: &Engine| engine.clients()[0].phase;
        for (assumed, wanted) in [
            (Assumed::Upgraded, ClientPhase::Upgraded),
            (Assumed::Opened, ClientPhase::Open),
            (Assumed::LoggedIn("a".to_owned()), ClientPhase::Authenticated),
            (Assumed::Opened, ClientPhase::Authenticated),
            (Assumed::Bound(Jid::parse("a@d/r").expect("a JID")), ClientPhase::Bound),
            (
                Assumed::Answered(parsed("<presence xmlns='jabber:client'/>")),
                ClientPhase::Available,
            ),
        ] {
            engine.assume(Duration::ZERO, id, assumed.clone());
            assert_eq!(phase(&engine), wanted, "{assumed:?}");
        }
        let subscribe = format!(
            "<iq xmlns='jabber:client' type='set' id='s' to='pubsub.d'><pubsub xmlns='http://jabber.org/protocol/pubsub'><subscribe node='{NODE}' jid='a@d/r'/></pubsub></iq>"
        );
        engine.assume(Duration::ZERO, id, Assumed::Answered(parsed(&subscribe)));
        assert_eq!(outputs(&mut engine), []);
        // From here on the engine speaks for itself again.
        engine.publish(Duration::ZERO, NODE, "<x xmlns='y'/>").expect("the node is there");
        let said = outputs(&mut engine);
        let [(_, Output::Octets(octets))] = said.as_slice() else { panic!("{said:?}") };
        assert!(String::from_utf8_lossy(octets.as_slice()).contains("<items node="));
    }
}
