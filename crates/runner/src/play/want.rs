//! The thing that a step waits for, and how to tell that it came, or that it will not come.

use std::time::Duration;

use case::{Arrow, Branch, Fact, Item, Label, Payload, Step, StepKind, Template};
use transcript::Side;
use wire::Message;

use super::incoming::{Incoming, Received};
use super::player::{Stop, first_line};
use crate::bindings::Bindings;
use crate::matching::{self, Mismatch};
use crate::owners;
use crate::template;

/// Something that is waited for.
#[derive(Clone, Copy)]
pub(super) struct Want<'i> {
    pub(super) conn: &'i str,
    /// The side that is to do it.
    pub(super) who: Side,
    pub(super) what: Wanted<'i>,
    /// The step that wants it.
    pub(super) step: &'i Step,
    /// Its own deadline.
    pub(super) within: Option<Duration>,
    /// Whether the case fails when it comes.
    pub(super) is_forbidden: bool,
}

/// The thing that is waited for.
#[derive(Clone, Copy)]
pub(super) enum Wanted<'i> {
    /// That the server side says this.
    Payload(&'i Payload),
    /// That this holds.
    Fact(&'i Fact),
}

impl<'i> Want<'i> {
    /// A step of `who` on a connection, which may come.
    pub(super) fn new(
        conn: &'i str,
        who: Side,
        what: Wanted<'i>,
        step: &'i Step,
        within: Option<Duration>,
    ) -> Self {
        Self { conn, who, what, step, within, is_forbidden: false }
    }

    /// Whether this is it.
    pub(super) fn fits(
        &self,
        received: &Received,
        bindings: &mut Bindings,
    ) -> Result<(), Mismatch> {
        let fact = match self.what {
            Wanted::Payload(payload) => return matching::fits(payload, received, bindings),
            Wanted::Fact(fact) => fact,
        };
        let incoming = &received.incoming;
        let is_101 = matches!(incoming, Incoming::Response { head, .. } if head.status == 101);
        let holds = match fact {
            Fact::Upgraded => is_101,
            Fact::NeverUpgraded => (is_response(received) && !is_101) || incoming.is_end(),
            Fact::Closed => incoming.is_end(),
            Fact::Eof => matches!(incoming, Incoming::Eof),
            Fact::Reset => matches!(incoming, Incoming::Reset),
            _ => false,
        };
        if holds {
            return Ok(());
        }
        Err(Mismatch {
            rows: Vec::new(),
            span: None,
            message: format!("{} was received", incoming.kind()),
        })
    }

    /// Its kind, if it is a message.
    pub(super) fn kind(&self) -> Option<String> {
        match self.what {
            Wanted::Payload(payload) => owners::kind_of(payload),
            Wanted::Fact(_) => None,
        }
    }

    /// Whether it is an end of the connection that is awaited.
    pub(super) fn is_end(&self) -> bool {
        match self.what {
            Wanted::Payload(payload) => matches!(payload, Payload::Eof | Payload::Reset),
            Wanted::Fact(fact) => {
                matches!(fact, Fact::Closed | Fact::Eof | Fact::Reset | Fact::NeverUpgraded)
            }
        }
    }

    /// Whether it is a new connection that is awaited.
    pub(super) fn is_arrival(&self) -> bool {
        matches!(self.what, Wanted::Fact(Fact::Connect { .. }))
    }

    /// Whether it is that nothing comes.
    pub(super) fn is_silence(&self) -> bool {
        matches!(self.what, Wanted::Fact(Fact::Silent(_)))
    }

    /// Whether it is something that a server says by timer.
    pub(super) fn is_talk(&self) -> bool {
        match self.what {
            Wanted::Payload(Payload::Ping(_)) => true,
            Wanted::Payload(Payload::Xml { root, .. }) => {
                let is_get = |attr: &case::AttrPattern| {
                    attr.name.local == "type" && attr.value == Template::from("get")
                };
                root.name.local == "iq" && root.attrs.iter().any(is_get)
            }
            _ => false,
        }
    }

    /// Whether `received`, which does not fit, shows that what is awaited will not come (notation,
    /// Receiving).
    pub(super) fn is_decided_by(&self, received: &Received, bindings: &mut Bindings) -> bool {
        if self.is_arrival() || self.is_silence() {
            return false;
        }
        let incoming = &received.incoming;
        let is_ws_close = matches!(incoming, Incoming::Message { message: Message::Close(_), .. });
        let wants_close =
            matches!(self.what, Wanted::Payload(Payload::Close { .. } | Payload::Frame(_)));
        if matches!(incoming, Incoming::Eof | Incoming::Reset) {
            return true;
        }
        // A fake's answer to a client under test lies there until a step looks at it, or none
        // does.
        let is_answer = is_response(received) && received.noted.is_none();
        if self.is_end() {
            return matches!(self.what, Wanted::Fact(Fact::NeverUpgraded)) && is_answer;
        }
        if is_ws_close || is_answer {
            return true;
        }
        if wants_close {
            // Errors and `<close/>` come before a WebSocket close by right (RFC 7395 §3.5, §3.6).
            return false;
        }
        incoming.is_stream_error()
            || incoming.is_sasl_failure()
            || incoming.is_stream_close()
            || matches!(incoming, Incoming::BadFrame { .. } | Incoming::Garbage { .. })
            || self.is_answered_by(incoming, bindings)
    }

    /// Whether an answer is awaited, and this is another one to the same request.
    fn is_answered_by(&self, incoming: &Incoming, bindings: &mut Bindings) -> bool {
        let (Wanted::Payload(Payload::Xml { root, .. }), Some(id)) =
            (self.what, incoming.answers())
        else {
            return false;
        };
        let asks = |attr: &case::AttrPattern| {
            attr.name.local == "type" && ["get", "set"].map(Template::from).contains(&attr.value)
        };
        root.name.local == "iq"
            && !root.attrs.iter().any(asks)
            && root.attrs.iter().any(|attr| {
                attr.name.local == "id"
                    && template::fits(&attr.value, id.as_bytes(), &mut bindings.clone())
            })
    }
}

/// The thing that a step waits for. `tested` is the side that facts are about, and that a branch
/// may wait for.
pub(super) fn want(step: &Step, tested: Side) -> Result<Want<'_>, Stop> {
    match &step.kind {
        StepKind::Say { conn, arrow, within, payload }
            if *arrow == Arrow::ToClient
                || (*arrow == Arrow::ToServer && tested == Side::Client) =>
        {
            let who = if *arrow == Arrow::ToClient { Side::Server } else { Side::Client };
            Ok(Want::new(&conn.value, who, Wanted::Payload(payload), step, *within))
        }
        StepKind::Fact { conn, within, fact } if fact.comes_by_itself() => {
            Ok(Want::new(&conn.value, tested, Wanted::Fact(fact), step, *within))
        }
        _ => Err(Stop::Error(format!("`{}` is nothing that comes by itself", first_line(step)))),
    }
}

/// The beginning of a branch.
pub(super) fn first_wants(body: &[Item], tested: Side) -> Result<Vec<Want<'_>>, Stop> {
    let Some(step) = body.iter().find_map(Item::step) else {
        return Err(Stop::Error("a branch of `one of` has no steps".to_owned()));
    };
    match &step.kind {
        StepKind::AnyOrder(items) => {
            items.iter().filter_map(Item::step).map(|step| want(step, tested)).collect()
        }
        // A client can come back, or stay away.
        StepKind::Fact { conn, within, fact: fact @ (Fact::Connect { .. } | Fact::Silent(_)) }
            if tested == Side::Client =>
        {
            let within = if let Fact::Silent(how_long) = fact { Some(*how_long) } else { *within };
            Ok(vec![Want::new(&conn.value, tested, Wanted::Fact(fact), step, within)])
        }
        _ => Ok(vec![want(step, tested)?]),
    }
}

/// The answers that a `one of` allows, in words: label, text and first step of each branch.
pub(super) fn answers(branches: &[Branch]) -> Vec<String> {
    let allowed = branches.iter().filter(|branch| branch.label.value != Label::Fail);
    let answer = |branch: &Branch| {
        let text = branch.text.as_ref().map(|text| text.value.as_str());
        let step = branch.body.iter().find_map(Item::step).map(in_words).unwrap_or_default();
        let words = match text {
            Some(text) if text != step => format!("{text} ({step})"),
            _ => step,
        };
        match branch.label.value {
            Label::Ok => words,
            label => format!("{label}: {words}"),
        }
    };
    allowed.map(answer).collect()
}

/// The thing that a step waits for, in one line.
fn in_words(step: &Step) -> String {
    let StepKind::Fact { fact, .. } = &step.kind else {
        let text = step.source.text.get(step.span.clone()).unwrap_or_default();
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        // Namespaces are long, and the names of the elements tell enough.
        let mut parts = line.split(" xmlns=\"");
        let first = parts.next().unwrap_or_default().to_owned();
        let rests = parts.map(|part| part.split_once('"').map_or(part, |(_, rest)| rest));
        let line = rests.fold(first, |line, rest| line + rest);
        return line.replace("> <", "><").replace("-><", "-> <");
    };
    match fact {
        Fact::Closed => "the connection ends".to_owned(),
        Fact::Connect { .. } => "a new connection".to_owned(),
        Fact::Silent(how_long) => format!("nothing for {}", case::duration::print(*how_long)),
        _ => first_line(step),
    }
}

/// Whether it is the answer to an HTTP request.
pub(super) fn is_response(received: &Received) -> bool {
    matches!(received.incoming, Incoming::Response { .. })
}
