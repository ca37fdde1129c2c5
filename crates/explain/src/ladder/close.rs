//! The end of a connection.

use super::{Demand, Ladder, State};
use crate::conversation::Side;
use crate::seen::{End, duration, end};
use crate::step::Step;

const CLOSE: Demand = Demand {
    step: Step::Close,
    title: "close",
    wanted: "<close/> from both, then WebSocket 1000",
    clause: "RFC 7395 §3.6",
};

impl Ladder<'_, '_> {
    pub(super) fn close(&mut self) {
        let session = self.session;
        let (state, what) = match end(self.seen, session) {
            End::Client => (State::Done, "the client said goodbye, or went".to_owned()),
            End::Error => {
                let condition = session
                    .stream_error(Side::Server)
                    .map(|(_, condition)| condition)
                    .unwrap_or_default();
                (State::Broken, format!("stream error {condition}"))
            }
            End::Bare => (State::Broken, "the server ended the stream".to_owned()),
            End::WebSocket { code, reason } => {
                let code = code.map_or_else(|| "no code".to_owned(), |code| code.to_string());
                let reason = textual::clipped(&reason, 80);
                (State::Broken, format!("the server closed the WebSocket: {code} {reason}"))
            }
            End::Gone(gone) => (
                State::Broken,
                format!("gone after {} of silence, without a goodbye", duration(gone.silence)),
            ),
            End::Unknown => (State::Absent, "not in the file".to_owned()),
        };
        self.rung(&CLOSE, state, &what, session.connection.ended, None);
    }
}
