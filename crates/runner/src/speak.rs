//! Turns a payload that our side speaks into octets.

use case::{
    ChildPattern, ElementPattern, FrameLength, FramePattern, HttpHead, Payload, StartLine,
    Template, TextRule,
};
use stanza::{Attribute, Element, Node};
use wire::{CloseFrame, Frame, Headers, LengthForm, RequestHead, opcode};

use crate::bindings::Bindings;
use crate::template::{TemplateError, make, make_text};

/// What our side is about to say.
pub(crate) enum Utterance {
    /// An HTTP request, and its body.
    Request {
        /// The head.
        head: RequestHead,
        /// The body.
        body: Vec<u8>,
    },
    /// A whole message in one frame.
    Message(Frame),
    /// A frame by itself.
    Frame(Frame),
    /// Octets.
    Bytes(Vec<u8>),
    /// The end of TCP.
    Eof,
    /// A reset of TCP.
    Reset,
}

/// Makes the utterance of a payload. A `{pad(N)}` in it makes the whole payload N octets long.
pub(crate) fn utter(
    payload: &Payload,
    bindings: &mut Bindings,
) -> Result<Utterance, TemplateError> {
    let mut trial = bindings.clone();
    (trial.pad, trial.pad_to) = (0, None);
    let bare = make_utterance(payload, &mut trial)?;
    let Some(wanted) = trial.pad_to else {
        *bindings = trial;
        return Ok(bare);
    };
    let bare = bare.payload_len() as u64;
    let missing = wanted.checked_sub(bare).and_then(|missing| usize::try_from(missing).ok());
    let Some(pad) = missing.filter(|pad| *pad <= 16 * 1024 * 1024) else {
        let message =
            format!("the payload has {bare} octets without padding, {wanted} were asked for");
        return Err(TemplateError { message, span: 0..0 });
    };
    bindings.pad = pad;
    make_utterance(payload, bindings)
}

impl Utterance {
    /// Octets of the payload, without the frame around it.
    fn payload_len(&self) -> usize {
        match self {
            Self::Request { head, body } => head.to_bytes().len() + body.len(),
            Self::Message(frame) | Self::Frame(frame) => frame.payload.len(),
            Self::Bytes(octets) => octets.len(),
            Self::Eof | Self::Reset => 0,
        }
    }
}

fn make_utterance(payload: &Payload, bindings: &mut Bindings) -> Result<Utterance, TemplateError> {
    // RFC 6455 §5.1: a client masks; RFC 6455 §5.3: with a fresh key.
    let message = |opcode, payload: Vec<u8>, bindings: &Bindings| {
        Utterance::Message(Frame::new(opcode, payload).masked(mask_key(bindings)))
    };
    Ok(match payload {
        Payload::Xml { root, .. } => {
            let text = stanza::print(&element(root, bindings)?);
            message(opcode::TEXT, text.into_bytes(), bindings)
        }
        Payload::Text(text) => {
            let octets = make(text, bindings)?;
            message(opcode::TEXT, octets, bindings)
        }
        Payload::Binary(octets) => {
            let octets = make(octets, bindings)?;
            message(opcode::BINARY, octets, bindings)
        }
        Payload::Ping(octets) => {
            let octets = make(octets, bindings)?;
            message(opcode::PING, octets, bindings)
        }
        Payload::Pong(octets) => {
            let octets = make(octets, bindings)?;
            message(opcode::PONG, octets, bindings)
        }
        Payload::Close { code, reason } => {
            let octets = close(code.as_ref(), reason.as_ref(), bindings)?;
            message(opcode::CLOSE, octets, bindings)
        }
        Payload::Http(head) => request(head, bindings)?,
        Payload::Frame(pattern) => Utterance::Frame(frame(pattern, bindings)?),
        Payload::Bytes(octets) => Utterance::Bytes(make(octets, bindings)?),
        Payload::Eof => Utterance::Eof,
        Payload::Reset => Utterance::Reset,
    })
}

/// A fresh masking key.
pub(crate) fn mask_key(bindings: &Bindings) -> [u8; 4] {
    bindings.random(4).try_into().unwrap_or([0; 4])
}

/// The element of a pattern.
pub(crate) fn element(
    pattern: &ElementPattern,
    bindings: &mut Bindings,
) -> Result<Element, TemplateError> {
    let mut attrs = Vec::new();
    for attr in &pattern.attrs {
        attrs.push(Attribute { name: attr.name.clone(), value: make_text(&attr.value, bindings)? });
    }
    let mut nodes = Vec::new();
    if pattern.control.text == TextRule::Xml {
        for child in &pattern.children {
            if let ChildPattern::Element(child) = child {
                nodes.push(Node::Text(stanza::print(&element(child, bindings)?)));
            }
        }
        return Ok(Element { name: pattern.name.clone(), attrs, nodes, spelling: None });
    }
    for child in &pattern.children {
        nodes.push(match child {
            ChildPattern::Element(child) => Node::Element(element(child, bindings)?),
            ChildPattern::Text(text) => Node::Text(make_text(text, bindings)?),
        });
    }
    Ok(Element { name: pattern.name.clone(), attrs, nodes, spelling: None })
}

fn request(head: &HttpHead, bindings: &mut Bindings) -> Result<Utterance, TemplateError> {
    let StartLine::Request { method, target, version } = &head.start else {
        return Err(TemplateError {
            message: "a client sends requests, not responses".to_owned(),
            span: 0..0,
        });
    };
    let (method, target, version) =
        (make_text(method, bindings)?, make_text(target, bindings)?, make_text(version, bindings)?);
    let mut headers = Vec::new();
    for header in &head.headers {
        headers.push((header.name.clone(), make_text(&header.value, bindings)?));
    }
    let body = head.body.as_ref().map_or(Ok(Vec::new()), |body| make(body, bindings))?;
    Ok(Utterance::Request {
        head: RequestHead { method, target, version, headers: Headers(headers) },
        body,
    })
}

fn close(
    code: Option<&Template>,
    reason: Option<&Template>,
    bindings: &mut Bindings,
) -> Result<Vec<u8>, TemplateError> {
    let Some(template) = code else { return Ok(Vec::new()) };
    let number = make_text(template, bindings)?;
    let code = number.parse().map_err(|_| TemplateError {
        message: format!("`{number}` is no close code"),
        span: template.span.clone(),
    })?;
    let mut octets = CloseFrame::new(code, "").payload();
    if let Some(reason) = reason {
        octets.extend(make(reason, bindings)?);
    }
    Ok(octets)
}

fn frame(pattern: &FramePattern, bindings: &mut Bindings) -> Result<Frame, TemplateError> {
    let payload =
        pattern.payload.as_ref().map_or(Ok(Vec::new()), |payload| make(payload, bindings))?;
    let mut frame = Frame::new(pattern.opcode.unwrap_or(opcode::TEXT), payload);
    frame.fin = pattern.fin.unwrap_or(true);
    frame.rsv = pattern.rsv.unwrap_or(0);
    frame.mask = pattern.mask.unwrap_or(true).then(|| mask_key(bindings));
    match pattern.length {
        None => {}
        Some(FrameLength::Seven) => frame.length = LengthForm::Seven,
        Some(FrameLength::Sixteen) => frame.length = LengthForm::Sixteen,
        Some(FrameLength::SixtyFour) => frame.length = LengthForm::SixtyFour,
        Some(FrameLength::Lie(length)) => {
            frame.declared = length;
            frame.length = LengthForm::shortest(length);
        }
    }
    Ok(frame)
}
