//! A recorded connection as a track: its lines in order, which of them answer which, and the places
//! of all in the whole recording.

use explain::conversation::{Connection, Conversation, MessageKind, Side, Upgrade};
use stanza::{Element, ns};

use crate::shape::Shape;

/// A recorded connection.
#[derive(Debug, Clone)]
pub(crate) struct Track {
    pub(crate) lines: Vec<Line>,
    /// The user that logged in on it.
    pub(crate) user: Option<String>,
    /// The path that the client asked for; empty if the file does not show it.
    path: String,
    /// XMPP is spoken on it, or was to be.
    pub(crate) is_xmpp: bool,
    pub(crate) upgrade: Upgrade,
    /// The file shows how the upgrade was answered.
    pub(crate) shows_upgrade: bool,
}

/// A thing that was said on it.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    /// When, in microseconds of the recording.
    pub(crate) at: Option<i64>,
    /// Its place among everything that was said on all connections.
    pub(crate) place: usize,
    pub(crate) said: LineKind,
}

/// The kinds of lines.
#[derive(Debug, Clone)]
pub(crate) enum LineKind {
    /// A message of the client.
    Client(Box<Shape>),
    /// The client closes the WebSocket.
    ClientClose,
    /// The server's deed, and the client's line that it answers.
    Server { deed: RecordedAct, answers: Option<usize> },
}

/// A deed of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RecordedAct {
    Say(String),
    Ping,
    Close(Option<u16>, String),
    End,
    Reset,
}

impl Track {
    /// The tracks of a conversation without secrets; `raw` is the same with them.
    pub(crate) fn all(raw: &Conversation, masked: &Conversation) -> Vec<Self> {
        let cuts = explain::cuts(raw);
        let all = raw.connections.iter().zip(&masked.connections).zip(cuts);
        all.filter(|((raw, _), _)| raw.behind.is_none() && tells(raw))
            .map(|((raw, masked), cut)| Self::of(raw, masked, cut))
            .collect()
    }

    fn of(raw: &Connection, masked: &Connection, cut: Option<explain::Cut>) -> Self {
        let mut lines: Vec<Line> = Vec::new();
        let mut push = |at, said| lines.push(Line { at, place: 0, said });
        for said in &masked.said {
            let from_server = said.from == Side::Server;
            let server = |deed| LineKind::Server { deed, answers: None };
            match &said.what {
                MessageKind::Text(text) if from_server => {
                    push(said.at, server(RecordedAct::Say(text.clone())))
                }
                MessageKind::Text(text) => {
                    push(said.at, LineKind::Client(Box::new(Shape::of(text))))
                }
                MessageKind::Ping if from_server => push(said.at, server(RecordedAct::Ping)),
                MessageKind::Close { code, reason } if from_server => {
                    push(said.at, server(close(*code, reason)));
                }
                MessageKind::Close { .. } => push(said.at, LineKind::ClientClose),
                // A pong follows its ping by itself. The others cannot be read.
                MessageKind::Ping
                | MessageKind::Pong
                | MessageKind::Binary(_)
                | MessageKind::Broken(_) => {}
            }
        }
        let tcp = &raw.tcp;
        let ended = |(side, at): (Side, i64)| (side == Side::Server).then_some(at);
        let end = |is_reset: bool| LineKind::Server {
            deed: if is_reset { RecordedAct::Reset } else { RecordedAct::End },
            answers: None,
        };
        if let Some(at) = tcp.reset.and_then(ended) {
            push(Some(at), end(true));
        } else if let Some(at) = tcp.ended.and_then(ended) {
            push(Some(at), end(false));
        } else if let Some(cut) = cut {
            push(cut.at, end(cut.is_reset));
        }
        answer(&mut lines);
        let user = raw.said.iter().filter(|said| said.from == Side::Client);
        let mut user = user.filter_map(|said| match &said.what {
            MessageKind::Text(text) => explain::user(text),
            _ => None,
        });
        let bound = || raw.said.iter().find_map(|said| bound(&said.what));
        Self {
            user: user.next_back().or_else(bound),
            lines,
            path: raw.url.path.clone(),
            is_xmpp: is_xmpp(raw),
            upgrade: masked.upgrade.clone(),
            shows_upgrade: raw.sight.upgrade,
        }
    }

    /// The client's lines, with their indexes.
    pub(crate) fn client(&self) -> impl Iterator<Item = (usize, &Shape)> {
        self.lines.iter().enumerate().filter_map(|(index, line)| match &line.said {
            LineKind::Client(shape) => Some((index, &**shape)),
            _ => None,
        })
    }

    /// The server's openings of streams.
    pub(crate) fn opens(&self) -> impl Iterator<Item = Element> {
        self.lines.iter().filter_map(|line| match &line.said {
            LineKind::Server { deed: RecordedAct::Say(text), .. } => {
                stanza::parse(text).ok().filter(|element| element.is(ns::FRAMING, "open"))
            }
            _ => None,
        })
    }

    /// Whether the recorded client asked for this path; a file that does not show it fits all.
    pub(crate) fn has_path(&self, path: &str) -> bool {
        self.path.is_empty() || self.path.trim_end_matches('/') == path.trim_end_matches('/')
    }

    /// The client's last line before this one.
    pub(crate) fn act_before(&self, index: usize) -> Option<usize> {
        (0..index).rev().find(|index| self.lines[*index].is_act())
    }
}

impl Line {
    /// Whether the client said it.
    pub(crate) fn is_act(&self) -> bool {
        !matches!(self.said, LineKind::Server { .. })
    }
}

/// Whether a file shows enough of a connection to repeat it.
fn tells(connection: &Connection) -> bool {
    let has_words = connection.said.iter().any(|said| matches!(said.what, MessageKind::Text(_)));
    let is_refused = connection.upgrade.status.is_some_and(|status| !matches!(status, 101 | 200));
    let is_broken = connection.upgrade.asked.is_some()
        && (connection.tcp.ended.is_some() || connection.tcp.reset.is_some());
    has_words || is_refused || is_broken
}

/// Whether XMPP is spoken on a connection. One without words was to speak it.
fn is_xmpp(connection: &Connection) -> bool {
    let mut texts = connection.said.iter().filter_map(|said| match &said.what {
        MessageKind::Text(text) => Some(text.trim_start().starts_with('<')),
        _ => None,
    });
    texts.next().is_none_or(|first| first || texts.any(|is_xml| is_xml))
}

/// The close of a server. Codes that no frame has say that there was none (RFC 6455 §7.4.1).
fn close(code: Option<u16>, reason: &str) -> RecordedAct {
    match code {
        Some(1006 | 1015) => RecordedAct::End,
        None | Some(1005) => RecordedAct::Close(None, String::new()),
        Some(code) => {
            // RFC 6455 §5.5: a control frame has 125 octets at most.
            let reason = &reason[..reason.floor_char_boundary(123)];
            RecordedAct::Close(Some(code), reason.to_owned())
        }
    }
}

/// The user of the JID that the server has bound.
fn bound(what: &MessageKind) -> Option<String> {
    let MessageKind::Text(text) = what else { return None };
    let jid = bound_jid(text)?;
    let (user, _) = jid.split_once('@')?;
    Some(user.to_owned())
}

/// The JID in the answer to a bind.
pub(crate) fn bound_jid(text: &str) -> Option<String> {
    let element = stanza::parse(text).ok()?;
    let bind = element.child(ns::BIND, "bind")?;
    Some(bind.child(ns::BIND, "jid")?.text())
}

/// Finds the client's line that each of the server's answers.
fn answer(lines: &mut [Line]) {
    // The last line of the client that is no stanza: the stream's own business goes in turns.
    let mut turn = None;
    let mut last = None;
    let mut close = None;
    let mut requests: Vec<(String, usize)> = Vec::new();
    for (index, line) in lines.iter_mut().enumerate() {
        match &mut line.said {
            LineKind::Client(shape) => {
                last = Some(index);
                if shape.is_request() {
                    requests.push((shape.id.clone(), index));
                } else if !shape.is_stanza() {
                    turn = Some(index);
                    if shape.is("close") {
                        close = Some(index);
                    }
                }
            }
            LineKind::ClientClose => close = Some(index),
            LineKind::Server { deed: RecordedAct::Say(text), answers } => {
                let shape = Shape::of(text);
                if shape.is_answer() {
                    let place = requests.iter().position(|(id, _)| *id == shape.id);
                    *answers = place.map(|place| requests.remove(place).1);
                } else if shape.is("close") {
                    *answers = close;
                } else if !shape.is_stanza() && !text.starts_with("<stream:error") {
                    // Anything later comes unasked, as `<r/>` does (XEP-0198 §4).
                    *answers = turn.filter(|turn| Some(*turn) == last);
                }
            }
            LineKind::Server {
                deed: RecordedAct::Close(..) | RecordedAct::End | RecordedAct::Reset,
                answers,
            } => {
                *answers = close;
            }
            LineKind::Server { deed: RecordedAct::Ping, .. } => {}
        }
    }
}
