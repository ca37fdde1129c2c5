//! One connection of a client: octets of the server become messages as the recorder wrote them.

use std::collections::VecDeque;
use std::io::Read as _;

use engine::ConnectionId;
use flate2::read::GzDecoder;
use flate2::{Decompress, FlushDecompress};
use sha1::{Digest as _, Sha1};
use wire::{Decoder, Frame, opcode};

use crate::operation::RawFrame;

/// How many characters of a text are written down in full.
const LONG: usize = 20_000;
/// How many of a longer one.
const KEPT: usize = 200;

pub(crate) struct Client {
    pub(crate) id: ConnectionId,
    pub(crate) upgraded: bool,
    /// One of the two has ended the TCP connection.
    pub(crate) dead: bool,
    /// The client has sent a close frame.
    pub(crate) close_sent: bool,
    /// The methods of the requests without an answer.
    pub(crate) methods: VecDeque<String>,
    /// Octets of an HTTP answer that is not complete.
    buffer: Vec<u8>,
    decoder: Decoder,
    inflater: Option<Inflater>,
}

/// The receiving half of permessage-deflate.
struct Inflater {
    stream: Decompress,
    /// The server has promised to send each message by itself.
    forgets: bool,
}

impl Inflater {
    fn inflated(&mut self, payload: &[u8]) -> Option<Vec<u8>> {
        if self.forgets {
            self.stream.reset(false);
        }
        // RFC 7692 §7.2.2
        let mut input = [payload, &[0, 0, 0xff, 0xff]].concat();
        let mut text = Vec::new();
        loop {
            text.reserve(4096);
            let before = self.stream.total_in();
            self.stream.decompress_vec(&input, &mut text, FlushDecompress::Sync).ok()?;
            let used = usize::try_from(self.stream.total_in() - before).ok()?;
            input.drain(..used);
            if input.is_empty() && text.len() < text.capacity() {
                return Some(text);
            }
        }
    }
}

/// The messages in octets of the server.
#[derive(Default)]
pub(crate) struct Heard {
    pub(crate) messages: Vec<String>,
    /// Frames that the client answers by itself.
    pub(crate) replies: Vec<RawFrame>,
}

impl Client {
    pub(crate) fn new(id: ConnectionId) -> Self {
        Self {
            id,
            upgraded: false,
            dead: false,
            close_sent: false,
            methods: VecDeque::new(),
            buffer: Vec::new(),
            decoder: Decoder::new(1 << 30),
            inflater: None,
        }
    }

    pub(crate) fn hear(&mut self, octets: &[u8]) -> Heard {
        let mut heard = Heard::default();
        if self.upgraded {
            self.decoder.push(octets);
            self.frames(&mut heard);
        } else {
            self.buffer.extend_from_slice(octets);
            self.answers(false, &mut heard);
        }
        heard
    }

    /// The server has ended the TCP connection.
    pub(crate) fn end(&mut self) -> Heard {
        let mut heard = Heard::default();
        if !self.upgraded {
            self.answers(true, &mut heard);
        }
        self.dead = true;
        heard
    }

    fn answers(&mut self, at_end: bool, heard: &mut Heard) {
        while !self.buffer.is_empty() {
            let end = self.buffer.windows(4).position(|octets| octets == b"\r\n\r\n");
            let Some(end) = end else {
                if at_end {
                    let raw = text_of(&std::mem::take(&mut self.buffer));
                    heard.messages.push(format!("[raw] {}", escaped(&raw)));
                }
                return;
            };
            let answer = Answer::new(&text_of(&self.buffer[..end]));
            let method = self.methods.front().map_or("GET", String::as_str);
            let rest = &self.buffer[end + 4..];
            let Some((body, used)) = answer.body(rest, method, at_end) else { return };
            heard.messages.push(answer.message(&body));
            self.buffer.drain(..end + 4 + used);
            if !answer.status.starts_with('1') || answer.status == "101" {
                self.methods.pop_front();
            }
            if answer.status == "101" {
                let extensions = answer.header("sec-websocket-extensions").unwrap_or_default();
                if extensions.contains("permessage-deflate") {
                    let forgets = extensions.contains("server_no_context_takeover");
                    self.inflater = Some(Inflater { stream: Decompress::new(false), forgets });
                }
                self.upgraded = true;
                self.decoder.push(&std::mem::take(&mut self.buffer));
                self.frames(heard);
            }
        }
    }

    fn frames(&mut self, heard: &mut Heard) {
        while let Ok(Some(decoded)) = self.decoder.next() {
            self.frame(decoded.frame, heard);
        }
    }

    fn frame(&mut self, frame: Frame, heard: &mut Heard) {
        let mut payload = frame.payload;
        let mut flags = String::new();
        if frame.mask.is_some() {
            flags += " [masked!]";
        }
        if !frame.fin {
            flags += " [FIN=0]";
        }
        match (&mut self.inflater, frame.rsv) {
            (_, 0) => {}
            (Some(inflater), wire::RSV1) => match inflater.inflated(&payload) {
                Some(text) => {
                    payload = text;
                    flags += " [permessage-deflate]";
                }
                None => flags += " [RSV=4]",
            },
            (_, rsv) => flags += &format!(" [RSV={rsv}]"),
        }
        let said = match frame.opcode {
            opcode::CONTINUATION => format!("[cont] {}{flags}", shortened(&payload)),
            opcode::TEXT => format!("{}{flags}", shortened(&payload)),
            opcode::CLOSE => {
                let (code, reason) = match payload.split_first_chunk() {
                    Some((code, reason)) => (u16::from_be_bytes(*code).to_string(), reason),
                    None => ("(no code)".to_owned(), &[][..]),
                };
                format!("[ws close {code} {}]{flags}", String::from_utf8_lossy(reason))
            }
            other => {
                let name = match other {
                    opcode::BINARY => "binary".to_owned(),
                    opcode::PING => "ping".to_owned(),
                    opcode::PONG => "pong".to_owned(),
                    other => other.to_string(),
                };
                let shown = if payload.is_empty() { String::new() } else { quoted(&payload) };
                format!("[ws {name} {} bytes{shown}]{flags}", payload.len())
            }
        };
        heard.messages.push(said);
        if frame.opcode == opcode::PING {
            heard.replies.push(RawFrame::new(opcode::PONG, payload));
        } else if frame.opcode == opcode::CLOSE && !self.close_sent {
            self.close_sent = true;
            heard.replies.push(RawFrame::new(opcode::CLOSE, payload));
        }
    }
}

/// The head of an HTTP answer.
struct Answer {
    lines: Vec<String>,
    status: String,
}

impl Answer {
    fn new(head: &str) -> Self {
        let lines: Vec<String> = head.split("\r\n").map(str::to_owned).collect();
        let is_http = lines[0].starts_with("HTTP/");
        let status = lines[0].split(' ').nth(1).filter(|_| is_http).unwrap_or_default().to_owned();
        Self { lines, status }
    }

    fn header(&self, name: &str) -> Option<&str> {
        let pairs = self.lines[1..].iter().filter_map(|line| line.split_once(':'));
        let mut named = pairs.filter(|(key, _)| key.trim().eq_ignore_ascii_case(name));
        named.next_back().map(|(_, value)| value.trim())
    }

    /// The body, and how many octets it takes; nothing if it is not complete.
    fn body(&self, rest: &[u8], method: &str, at_end: bool) -> Option<(Vec<u8>, usize)> {
        let bodiless = matches!(self.status.as_str(), "204" | "304")
            || self.status.starts_with('1')
            || method == "HEAD";
        if bodiless {
            return Some((Vec::new(), 0));
        }
        if self.header("transfer-encoding").is_some_and(|coding| coding.contains("chunked")) {
            return chunked(rest, at_end);
        }
        if let Some(length) = self.header("content-length") {
            let length = length.parse().unwrap_or(0);
            if rest.len() < length && !at_end {
                return None;
            }
            let length = length.min(rest.len());
            return Some((rest[..length].to_vec(), length));
        }
        let closes = self.header("connection").is_some_and(|value| value.contains("close"));
        match at_end {
            true => Some((rest.to_vec(), rest.len())),
            false if closes => None,
            false => Some((Vec::new(), 0)),
        }
    }

    fn message(&self, body: &[u8]) -> String {
        let mut text = self.lines.join("\n");
        if body.is_empty() {
            return text;
        }
        let mut unzipped = Vec::new();
        let is_zipped = self.header("content-encoding") == Some("gzip")
            && GzDecoder::new(body).read_to_end(&mut unzipped).is_ok();
        let (body, how) = if is_zipped { (&*unzipped, " gunzipped") } else { (body, "") };
        text += &format!("\n[body {} bytes{how}] {}", body.len(), shortened(body));
        text
    }
}

fn chunked(rest: &[u8], at_end: bool) -> Option<(Vec<u8>, usize)> {
    let mut body = Vec::new();
    let mut at = 0;
    loop {
        let end = rest[at..].windows(2).position(|octets| octets == b"\r\n").map(|end| at + end);
        let size = end.map(|end| {
            let line = String::from_utf8_lossy(&rest[at..end]).into_owned();
            let size = line.split(';').next().unwrap_or_default().trim();
            (end + 2, usize::from_str_radix(size, 16).unwrap_or(0))
        });
        match size {
            Some((begin, size)) if rest.len() >= begin + size + 2 => {
                body.extend_from_slice(&rest[begin..begin + size]);
                at = begin + size + 2;
                if size == 0 {
                    return Some((body, at));
                }
            }
            _ => return at_end.then_some((body, at)),
        }
    }
}

/// Octets of which each is a character.
fn text_of(octets: &[u8]) -> String {
    octets.iter().copied().map(char::from).collect()
}

/// Line ends as the recorder writes them.
pub(crate) fn escaped(text: &str) -> String {
    if text.contains(['\n', '\r']) {
        text.replace('\\', "\\\\").replace('\r', "\\r").replace('\n', "\\n")
    } else {
        text.to_owned()
    }
}

/// A text as the recorder writes it: of a very long one length, digest and beginning.
fn shortened(octets: &[u8]) -> String {
    let text = String::from_utf8_lossy(octets);
    let length = text.chars().count();
    if length < LONG {
        return escaped(&text);
    }
    let digest: String = Sha1::digest(octets).iter().map(|octet| format!("{octet:02x}")).collect();
    let start: String = text.chars().take(KEPT).collect();
    format!("[text {length} chars sha1 {}] {}", &digest[..12], escaped(&start))
}

/// The first forty octets of a payload, as the recorder quotes them.
fn quoted(payload: &[u8]) -> String {
    let shown = payload.iter().take(40).map(|octet| match octet {
        b'\\' => "\\\\".to_owned(),
        b'\t' => "\\t".to_owned(),
        b'\n' => "\\n".to_owned(),
        b'\r' => "\\r".to_owned(),
        b' '..=b'~' => char::from(*octet).to_string(),
        _ => format!("\\x{octet:02x}"),
    });
    let shown: String = shown.collect();
    if shown.contains('\'') && !shown.contains('"') {
        format!(" b\"{shown}\"")
    } else {
        format!(" b'{}'", shown.replace('\'', "\\'"))
    }
}
