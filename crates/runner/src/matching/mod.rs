//! Compares what came with what a step wants, openly: only what is written is demanded.

mod element;
mod http;

use case::{FrameLength, FramePattern, Payload, Span, Template};
use wire::{Frame, LengthForm, Message};

use crate::bindings::Bindings;
use crate::play::{Incoming, Received};
use crate::template;
use verdict::Difference;

/// The result of a comparison.
pub(crate) struct Mismatch {
    /// The differences; empty when what came is of another kind altogether.
    pub(crate) rows: Vec<Difference>,
    /// The part that was not met, when it is narrower than the step.
    pub(crate) span: Option<Span>,
    /// One line for the reader.
    pub(crate) message: String,
}

impl Mismatch {
    /// The message is of another kind altogether.
    pub(crate) fn other_kind() -> Self {
        Self { rows: Vec::new(), span: None, message: "something else was received".to_owned() }
    }

    /// The same of a client that opens its stream as over TCP: the whole conversation ends there.
    fn framing_of_tcp() -> Self {
        let message = "the stream was opened with <stream:stream>, as over TCP; over a WebSocket it is <open/> \
                       (RFC 7395 §3.3)";
        Self { message: message.to_owned(), ..Self::other_kind() }
    }

    fn one(
        place: &str,
        wanted: impl Into<String>,
        got: impl Into<String>,
        span: Option<Span>,
    ) -> Self {
        let row = Difference {
            place: place.to_owned(),
            wanted: wanted.into(),
            got: got.into(),
            why: "differs".to_owned(),
        };
        Self { message: format!("{place} differs"), rows: vec![row], span }
    }
}

/// Whether `received` is what `payload` wants. Captures are bound only when all of it fits.
pub(crate) fn fits(
    payload: &Payload,
    received: &Received,
    bindings: &mut Bindings,
) -> Result<(), Mismatch> {
    let mut trial = bindings.clone();
    compare(payload, received, &mut trial)?;
    *bindings = trial;
    Ok(())
}

fn compare(
    payload: &Payload,
    received: &Received,
    bindings: &mut Bindings,
) -> Result<(), Mismatch> {
    match (payload, &received.incoming) {
        (
            Payload::Xml { root, fragments },
            Incoming::Message { element: Some(element), fragments: came, .. },
        ) => {
            element::compare(root, element, bindings)?;
            match fragments {
                Some(wanted) if wanted != came => {
                    Err(Mismatch::one("fragments", wanted.to_string(), came.to_string(), None))
                }
                _ => Ok(()),
            }
        }
        (Payload::Http(head), Incoming::Response { head: came, body }) => {
            http::response(head, came, body, bindings)
        }
        (Payload::Http(head), Incoming::Request { head: came, body }) => {
            http::request(head, came, body, bindings)
        }
        (Payload::Text(wanted), Incoming::Message { message: Message::Text(came), .. }) => {
            octets("text", wanted, came.as_bytes(), bindings)
        }
        (Payload::Binary(wanted), Incoming::Message { message: Message::Binary(came), .. }) => {
            octets("binary", wanted, came, bindings)
        }
        (Payload::Ping(wanted), Incoming::Message { message: Message::Ping(came), .. }) => {
            octets("ping", wanted, came, bindings)
        }
        (Payload::Pong(wanted), Incoming::Message { message: Message::Pong(came), .. }) => {
            octets("pong", wanted, came, bindings)
        }
        (Payload::Bytes(wanted), Incoming::Garbage { octets: came }) => {
            octets("bytes", wanted, came, bindings)
        }
        (
            Payload::Close { code, reason },
            Incoming::Message { message: Message::Close(came), .. },
        ) => {
            let (came_code, came_reason) = match came {
                Some(close) => (close.code.to_string(), close.reason.as_str()),
                None => (String::new(), ""),
            };
            match code {
                Some(code) => octets("close code", code, came_code.as_bytes(), bindings)?,
                None if came.is_some() => {
                    return Err(Mismatch::one("close code", "–", came_code, None));
                }
                None => {}
            }
            reason.as_ref().map_or(Ok(()), |reason| {
                octets("close reason", reason, came_reason.as_bytes(), bindings)
            })
        }
        (
            Payload::Frame(wanted),
            Incoming::Message { frame: Some(came), .. } | Incoming::BadFrame { frame: came, .. },
        ) => frame(wanted, came, bindings),
        (Payload::Eof, Incoming::Eof) | (Payload::Reset, Incoming::Reset) => Ok(()),
        (Payload::Xml { root, .. }, Incoming::Message { message: Message::Text(came), .. })
            if root.name.local == "open" && came.contains("<stream:stream") =>
        {
            Err(Mismatch::framing_of_tcp())
        }
        _ => Err(Mismatch::other_kind()),
    }
}

fn octets(
    place: &str,
    wanted: &Template,
    came: &[u8],
    bindings: &mut Bindings,
) -> Result<(), Mismatch> {
    if template::fits(wanted, came, bindings) {
        return Ok(());
    }
    let span = (!wanted.span.is_empty()).then(|| wanted.span.clone());
    Err(Mismatch::one(place, shown(wanted, bindings), String::from_utf8_lossy(came), span))
}

fn frame(wanted: &FramePattern, came: &Frame, bindings: &mut Bindings) -> Result<(), Mismatch> {
    let mut rows = Vec::new();
    let mut check = |place: &str, wanted: Option<String>, got: String| {
        if let Some(wanted) = wanted
            && wanted != got
        {
            rows.push(Difference {
                place: place.to_owned(),
                wanted,
                got,
                why: "differs".to_owned(),
            });
        }
    };
    let bit = |bit: bool| u8::from(bit).to_string();
    let form = match came.length {
        LengthForm::Seven => "7",
        LengthForm::Sixteen => "16",
        LengthForm::SixtyFour => "64",
    };
    check("fin", wanted.fin.map(bit), bit(came.fin));
    check("rsv", wanted.rsv.map(|rsv| rsv.to_string()), came.rsv.to_string());
    check("opcode", wanted.opcode.map(|opcode| opcode.to_string()), came.opcode.to_string());
    check("mask", wanted.mask.map(bit), bit(came.mask.is_some()));
    match wanted.length {
        Some(FrameLength::Lie(length)) => {
            check("length", Some(length.to_string()), came.declared.to_string())
        }
        Some(FrameLength::Seven) => check("length", Some("7".to_owned()), form.to_owned()),
        Some(FrameLength::Sixteen) => check("length", Some("16".to_owned()), form.to_owned()),
        Some(FrameLength::SixtyFour) => check("length", Some("64".to_owned()), form.to_owned()),
        None => {}
    }
    if let Some(payload) = &wanted.payload
        && let Err(mismatch) = octets("payload", payload, &came.payload, bindings)
    {
        rows.extend(mismatch.rows);
    }
    match rows.first() {
        None => Ok(()),
        Some(first) => {
            Err(Mismatch { message: format!("{} differs", first.place), span: None, rows })
        }
    }
}

/// A template as the reader of a difference should see it: its value where it has one, its tokens
/// where not.
fn shown(template: &Template, bindings: &Bindings) -> String {
    match template::make_text(template, &mut bindings.clone()) {
        Ok(value) => value,
        Err(_) => template.to_string(),
    }
}
