//! A connection between client and server as a machine without IO: octets of one side in, octets
//! for the other side out, and the messages in them.

mod body;
mod frames;

use std::collections::VecDeque;

use transcript::Side;
use wire::http::{BodyKind, MAX_HEAD, request_body, response_body};
use wire::{Message, RequestHead, ResponseHead};

use crate::rewrite::Rewrite;
use body::Body;
use frames::Frames;

pub(crate) use body::Content;

/// Octets of a client that are held while the answer to its upgrade is awaited.
const MOST_AHEAD: usize = 64 * 1024;

/// One thing that a side has said.
#[derive(Debug)]
pub(crate) struct TapEvent {
    pub(crate) from: Side,
    /// Octets on the connection.
    pub(crate) octets: usize,
    pub(crate) what: TapEventKind,
}

/// Its kinds.
#[derive(Debug)]
pub(crate) enum TapEventKind {
    Request(RequestHead, Content),
    Response(ResponseHead, Content),
    Message {
        message: Message,
        fragments: u32,
    },
    /// A frame that breaks RFC 6455, or comes after one. Its payload may be part of anything, so it
    /// is not kept.
    Frame {
        fin: bool,
        rsv: u8,
        opcode: u8,
        is_masked: bool,
        length: usize,
    },
    /// Octets that are neither HTTP nor frames; for the same reason only their number is kept.
    Octets,
}

/// The result of octets.
#[derive(Debug, Default)]
pub(crate) struct TapOutput {
    pub(crate) for_client: Vec<u8>,
    pub(crate) for_server: Vec<u8>,
    pub(crate) heard: Vec<TapEvent>,
}

impl TapOutput {
    fn pass(&mut self, from: Side, octets: &[u8]) {
        match from {
            Side::Client => self.for_server.extend_from_slice(octets),
            Side::Server => self.for_client.extend_from_slice(octets),
        }
    }

    fn hear(&mut self, from: Side, octets: usize, what: TapEventKind) {
        self.heard.push(TapEvent { from, octets, what });
    }
}

/// How the octets of a side are read.
#[derive(Debug)]
enum ReadState {
    /// The head of a message is under way.
    Head(Vec<u8>),
    Request(RequestHead, Body),
    Response(ResponseHead, Body),
    /// The client has asked for an upgrade. The server's answer decides how to read its octets.
    Upgrading(Vec<u8>),
    Frames(Box<Frames>),
    /// Nothing is understood any more.
    Foreign,
}

/// A request without its answer.
#[derive(Debug)]
struct PendingRequest {
    method: String,
    /// The host that the client named.
    host: Option<String>,
}

/// A connection.
#[derive(Debug)]
pub(crate) struct Tap {
    rewrite: Rewrite,
    client: ReadState,
    server: ReadState,
    asked: VecDeque<PendingRequest>,
}

impl Tap {
    pub(crate) fn new(rewrite: Rewrite) -> Self {
        Self {
            rewrite,
            client: ReadState::Head(Vec::new()),
            server: ReadState::Head(Vec::new()),
            asked: VecDeque::new(),
        }
    }

    /// Takes octets of one side.
    pub(crate) fn take(&mut self, from: Side, octets: &[u8]) -> TapOutput {
        let mut taken = TapOutput::default();
        self.read(from, octets, &mut taken);
        taken
    }

    /// The octets of one side have ended.
    pub(crate) fn end(&mut self, from: Side) -> TapOutput {
        let mut taken = TapOutput::default();
        let way = std::mem::replace(self.way(from), ReadState::Foreign);
        match way {
            ReadState::Head(octets) | ReadState::Upgrading(octets) if !octets.is_empty() => {
                taken.pass(from, &octets);
                taken.hear(from, octets.len(), TapEventKind::Octets);
            }
            ReadState::Request(head, body) => {
                let octets = body.octets();
                taken.hear(from, octets, TapEventKind::Request(head, body.content()));
            }
            ReadState::Response(head, body) => {
                let octets = body.octets();
                taken.hear(from, octets, TapEventKind::Response(head, body.content()));
            }
            ReadState::Frames(frames) if frames.left() > 0 => {
                taken.hear(from, frames.left(), TapEventKind::Octets);
            }
            ReadState::Head(_)
            | ReadState::Upgrading(_)
            | ReadState::Frames(_)
            | ReadState::Foreign => {}
        }
        taken
    }

    /// Whether the client has asked for something that the server has not answered.
    pub(crate) fn is_asked(&self) -> bool {
        !self.asked.is_empty()
    }

    fn way(&mut self, side: Side) -> &mut ReadState {
        match side {
            Side::Client => &mut self.client,
            Side::Server => &mut self.server,
        }
    }

    fn read(&mut self, from: Side, mut octets: &[u8], taken: &mut TapOutput) {
        while !octets.is_empty() {
            let way = std::mem::replace(self.way(from), ReadState::Foreign);
            let (next, rest) = self.step(from, way, octets, taken);
            // The other side's answer may have changed this side's way; see `switch`.
            *self.way(from) = next;
            octets = rest;
        }
    }

    /// Reads on; yields the next way, and the octets that are not read yet.
    fn step<'o>(
        &mut self,
        from: Side,
        way: ReadState,
        octets: &'o [u8],
        taken: &mut TapOutput,
    ) -> (ReadState, &'o [u8]) {
        match way {
            ReadState::Head(before) => self.head(from, before, octets, taken),
            ReadState::Request(head, mut body) => {
                let used = body.take(octets);
                taken.pass(from, &octets[..used]);
                (self.after_request(head, body, taken), &octets[used..])
            }
            ReadState::Response(head, mut body) => {
                let used = body.take(octets);
                taken.pass(from, &octets[..used]);
                (self.after_response(head, body, taken), &octets[used..])
            }
            ReadState::Upgrading(mut ahead) => {
                ahead.extend_from_slice(octets);
                if ahead.len() > MOST_AHEAD {
                    return (foreign(from, &ahead, taken), &[]);
                }
                (ReadState::Upgrading(ahead), &[])
            }
            ReadState::Frames(mut frames) => {
                taken.pass(from, octets);
                frames.take(from, octets, &mut taken.heard);
                (ReadState::Frames(frames), &[])
            }
            ReadState::Foreign => {
                taken.pass(from, octets);
                taken.hear(from, octets.len(), TapEventKind::Octets);
                (ReadState::Foreign, &[])
            }
        }
    }

    fn head<'o>(
        &mut self,
        from: Side,
        mut before: Vec<u8>,
        octets: &'o [u8],
        taken: &mut TapOutput,
    ) -> (ReadState, &'o [u8]) {
        let had = before.len();
        before.extend_from_slice(octets);
        let used = match from {
            Side::Client => RequestHead::parse(&before).map(|head| {
                head.map(|(head, used)| (self.asked(&before[..used], &head, taken), used))
            }),
            Side::Server => ResponseHead::parse(&before).map(|head| {
                head.map(|(head, used)| (self.answered(&before[..used], head, taken), used))
            }),
        };
        match used {
            Ok(Some((way, used))) => (way, &octets[used.saturating_sub(had).min(octets.len())..]),
            Ok(None) if before.len() <= MAX_HEAD => (ReadState::Head(before), &[]),
            Ok(None) | Err(_) => (foreign(from, &before, taken), &[]),
        }
    }

    /// A request whose head is whole.
    fn asked(&mut self, raw: &[u8], head: &RequestHead, taken: &mut TapOutput) -> ReadState {
        let (changed, host) = self.rewrite.request(raw, head);
        taken.pass(Side::Client, &changed);
        // The recording holds the head as the server receives it.
        let head = match RequestHead::parse(&changed) {
            Ok(Some((head, _))) => head,
            Ok(None) | Err(_) => head.clone(),
        };
        self.asked.push_back(PendingRequest { method: head.method.clone(), host });
        let body = Body::new(request_body(&head), raw.len());
        self.after_request(head, body, taken)
    }

    fn after_request(&mut self, head: RequestHead, body: Body, taken: &mut TapOutput) -> ReadState {
        if body.is_broken() {
            taken.hear(Side::Client, body.octets(), TapEventKind::Request(head, body.content()));
            return ReadState::Foreign;
        }
        if !body.is_complete() {
            return ReadState::Request(head, body);
        }
        let is_upgrade = head.headers.first("upgrade").is_some() || head.method == "CONNECT";
        taken.hear(Side::Client, body.octets(), TapEventKind::Request(head, body.content()));
        if is_upgrade { ReadState::Upgrading(Vec::new()) } else { ReadState::Head(Vec::new()) }
    }

    /// A response whose head is whole.
    fn answered(&mut self, raw: &[u8], head: ResponseHead, taken: &mut TapOutput) -> ReadState {
        let asked = self.asked.front();
        let host = asked.and_then(|asked| asked.host.as_deref());
        taken.pass(Side::Server, &self.rewrite.response(raw, &head.headers, host));
        let method = asked.map_or("GET", |asked| asked.method.as_str());
        let kind = if head.status == 101 { BodyKind::None } else { response_body(&head, method) };
        self.after_response(head, Body::new(kind, raw.len()), taken)
    }

    fn after_response(
        &mut self,
        head: ResponseHead,
        body: Body,
        taken: &mut TapOutput,
    ) -> ReadState {
        if !body.is_complete() && !body.is_broken() {
            return ReadState::Response(head, body);
        }
        let (is_broken, status) = (body.is_broken(), head.status);
        let headers = head.headers.clone();
        taken.hear(Side::Server, body.octets(), TapEventKind::Response(head, body.content()));
        if is_broken {
            return ReadState::Foreign;
        }
        // RFC 9110 §15.2: an interim response is not the answer yet.
        if (100..200).contains(&status) && status != 101 {
            return ReadState::Head(Vec::new());
        }
        let is_connect = self.asked.front().is_some_and(|asked| asked.method == "CONNECT");
        self.asked.pop_front();
        let is_tunnel = is_connect && (200..300).contains(&status);
        if status == 101 || is_tunnel {
            let way = |side| match status {
                101 => ReadState::Frames(Box::new(Frames::new(side, &headers))),
                _ => ReadState::Foreign,
            };
            self.client_goes_on(way(Side::Client), taken);
            return way(Side::Server);
        }
        if matches!(self.client, ReadState::Upgrading(_)) && self.asked.is_empty() {
            self.client_goes_on(ReadState::Head(Vec::new()), taken);
        }
        ReadState::Head(Vec::new())
    }

    /// The server has said what the client's octets are from now on.
    fn client_goes_on(&mut self, way: ReadState, taken: &mut TapOutput) {
        let before = std::mem::replace(&mut self.client, way);
        if let ReadState::Upgrading(ahead) = before {
            self.read(Side::Client, &ahead, taken);
        }
    }
}

/// Octets that are no HTTP, from here on.
fn foreign(from: Side, octets: &[u8], taken: &mut TapOutput) -> ReadState {
    taken.pass(from, octets);
    taken.hear(from, octets.len(), TapEventKind::Octets);
    ReadState::Foreign
}

#[cfg(test)]
mod tests;
