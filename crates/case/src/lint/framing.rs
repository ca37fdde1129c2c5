//! A case that is played over WebSocket and over BOSH does not speak of the framing of either.

use crate::visit::expanded;
use crate::{Case, Code, Diagnostic, Fact, Head, Item, Payload, REST, StepKind, Transport};

impl Head {
    /// Whether the case is written as over WebSocket, and played over other transports as well.
    pub fn has_several_transports(&self) -> bool {
        self.transports.len() > 1
    }

    /// Whether the case is played over this transport.
    pub fn is_over(&self, transport: Transport) -> bool {
        self.transports.iter().any(|own| own.value == transport)
    }
}

pub(super) fn check(case: &Case, body: &[Item], found: &mut Vec<Diagnostic>) {
    if !case.head.has_several_transports() {
        return;
    }
    expanded(body, None, &mut |step, used_at| {
        let what = match &step.kind {
            // REST is beside the transport.
            StepKind::Say { conn, .. } if conn.value == REST => None,
            StepKind::Say { payload, .. } => framing(payload, used_at.is_some()),
            StepKind::Fact { fact, .. } => fact_of_framing(fact, used_at.is_some()),
            _ => None,
        };
        let Some(what) = what else { return };
        let span = used_at.unwrap_or(&step.span).clone();
        let message = format!("{what} in a case that is played over several transports");
        found.push(
            Diagnostic::error(Code::Framing, &case.source, span, message)
                .help("speak of elements alone, or play the case over one transport"),
        );
    });
}

/// The part of framing that a payload is. The upgrade of a fragment has its counterpart everywhere.
fn framing(payload: &Payload, is_in_fragment: bool) -> Option<&'static str> {
    match payload {
        Payload::Xml { fragments: None, .. } | Payload::Nothing => None,
        Payload::Http(_) if is_in_fragment => None,
        Payload::Http(_) => Some("an HTTP message"),
        Payload::Xml { .. } => Some("a message in fragments"),
        Payload::Text(_) | Payload::Binary(_) => Some("a WebSocket message"),
        Payload::Frame(_) | Payload::Ping(_) | Payload::Pong(_) | Payload::Close { .. } => {
            Some("a frame")
        }
        Payload::Bytes(_) => Some("octets"),
        Payload::Eof | Payload::Reset => Some("the end of TCP"),
    }
}

fn fact_of_framing(fact: &Fact, is_in_fragment: bool) -> Option<&'static str> {
    match fact {
        Fact::Upgraded if is_in_fragment => None,
        Fact::Upgraded | Fact::NeverUpgraded => Some("an upgrade"),
        Fact::Eof | Fact::Reset => Some("the end of TCP"),
        Fact::Manual | Fact::Deaf => Some("a fact about octets"),
        Fact::Connect { .. }
        | Fact::ServerName
        | Fact::Caps
        | Fact::Closed
        | Fact::Silent(_)
        | Fact::Mute => None,
    }
}
