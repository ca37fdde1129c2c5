//! Turns a payload that our side speaks into octets.

use case::{
    ChildPattern, ElementPattern, FrameLength, FramePattern, HttpBody, HttpHead, Payload,
    StartLine, Template, TextRule,
};
use stanza::{Attribute, Element, Node};
use transcript::Side;
use wire::{CloseFrame, Frame, Headers, LengthForm, RequestHead, ResponseHead, opcode};

use crate::bindings::Bindings;
use crate::template::{TemplateError, make, make_text};

/// The headers that say where a body ends (RFC 9112 §6). A case that writes neither gets the first.
const LENGTHS: [&str; 2] = ["Content-Length", "Transfer-Encoding"];

/// The message that our side is about to send.
pub(crate) enum Utterance {
    /// An HTTP request, and its body.
    Request {
        head: RequestHead,
        body: Vec<u8>,
    },
    /// An HTTP response, and its body.
    Response {
        head: ResponseHead,
        body: Vec<u8>,
    },
    /// A whole message in one frame.
    Message(Frame),
    /// A frame by itself.
    Frame(Frame),
    Bytes(Vec<u8>),
    /// The end of TCP.
    Eof,
    /// A reset of TCP.
    Reset,
}

impl Utterance {
    /// The octets that go over the wire; none for the end of TCP.
    pub(crate) fn octets(&self) -> Vec<u8> {
        match self {
            Self::Request { head, body } => [head.to_bytes(), body.clone()].concat(),
            Self::Response { head, body } => [head.to_bytes(), body.clone()].concat(),
            Self::Message(frame) | Self::Frame(frame) => frame.encode(),
            Self::Bytes(octets) => octets.clone(),
            Self::Eof | Self::Reset => Vec::new(),
        }
    }
}

/// Makes the utterance of a payload that `who` says. A `{pad(N)}` in it makes the whole payload N
/// octets long.
pub(crate) fn utter(
    payload: &Payload,
    who: Side,
    bindings: &mut Bindings,
) -> Result<Utterance, TemplateError> {
    let mut trial = bindings.clone();
    (trial.pad, trial.pad_to) = (0, None);
    let bare = make_utterance(payload, who, &mut trial)?;
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
    make_utterance(payload, who, bindings)
}

impl Utterance {
    /// Octets of the payload, without the frame around it.
    fn payload_len(&self) -> usize {
        match self {
            Self::Request { head, body } => head.to_bytes().len() + body.len(),
            Self::Response { head, body } => head.to_bytes().len() + body.len(),
            Self::Message(frame) | Self::Frame(frame) => frame.payload.len(),
            Self::Bytes(octets) => octets.len(),
            Self::Eof | Self::Reset => 0,
        }
    }
}

fn make_utterance(
    payload: &Payload,
    who: Side,
    bindings: &mut Bindings,
) -> Result<Utterance, TemplateError> {
    // RFC 6455 §5.1: a client masks, a server does not; RFC 6455 §5.3: with a fresh key.
    let message = |opcode, payload: Vec<u8>, bindings: &Bindings| {
        let frame = Frame::new(opcode, payload);
        Utterance::Message(match who {
            Side::Client => frame.masked(mask_key(bindings)),
            Side::Server => frame,
        })
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
        Payload::Http(head) => http(head, who, bindings)?,
        Payload::Frame(pattern) => Utterance::Frame(frame(pattern, who, bindings)?),
        Payload::Bytes(octets) => Utterance::Bytes(make(octets, bindings)?),
        Payload::Eof => Utterance::Eof,
        Payload::Reset => Utterance::Reset,
        Payload::Nothing => {
            return Err(TemplateError { message: "nothing cannot be said".to_owned(), span: 0..0 });
        }
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

fn http(head: &HttpHead, who: Side, bindings: &mut Bindings) -> Result<Utterance, TemplateError> {
    let error = |message: &str| TemplateError { message: message.to_owned(), span: 0..0 };
    let start = match (&head.start, who) {
        (StartLine::Request { method, target, version }, Side::Client) => Err((
            make_text(method, bindings)?,
            make_text(target, bindings)?,
            make_text(version, bindings)?,
        )),
        (StartLine::Response { version, status, reason }, Side::Server) => {
            let version = make_text(version, bindings)?;
            let status = make_text(status, bindings)?;
            let status = status.parse().map_err(|_| error("a status has three digits"))?;
            let reason = reason.as_ref().map(|reason| make_text(reason, bindings)).transpose()?;
            Ok((version, status, reason.unwrap_or_default()))
        }
        (_, Side::Client) => return Err(error("a client sends requests, not responses")),
        (_, Side::Server) => return Err(error("a server sends responses, not requests")),
    };
    let mut headers = Vec::new();
    for header in &head.headers {
        headers.push((header.name.clone(), make_text(&header.value, bindings)?));
    }
    let mut headers = Headers(headers);
    let body = match &head.body {
        None => Vec::new(),
        Some(HttpBody::Octets(octets)) => make(octets, bindings)?,
        Some(HttpBody::Xml(root)) => {
            let body = stanza::print(&element(root, bindings)?).into_bytes();
            if LENGTHS.iter().all(|name| headers.first(name).is_none()) {
                headers.0.push(("Content-Length".to_owned(), body.len().to_string()));
            }
            body
        }
    };
    Ok(match start {
        Err((method, target, version)) => {
            Utterance::Request { head: RequestHead { method, target, version, headers }, body }
        }
        Ok((version, status, reason)) => {
            Utterance::Response { head: ResponseHead { version, status, reason, headers }, body }
        }
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

fn frame(
    pattern: &FramePattern,
    who: Side,
    bindings: &mut Bindings,
) -> Result<Frame, TemplateError> {
    let payload =
        pattern.payload.as_ref().map_or(Ok(Vec::new()), |payload| make(payload, bindings))?;
    let mut frame = Frame::new(pattern.opcode.unwrap_or(opcode::TEXT), payload);
    frame.fin = pattern.fin.unwrap_or(true);
    frame.rsv = pattern.rsv.unwrap_or(0);
    frame.mask = pattern.mask.unwrap_or(who == Side::Client).then(|| mask_key(bindings));
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
