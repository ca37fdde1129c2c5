//! One thing that the client of a recording does, and its octets.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::client::escaped;

/// The masking key of all frames.
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// An act of a client on one connection.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    /// The letter of the connection.
    pub(crate) connection: char,
    pub(crate) act: Act,
    /// How many seconds the server may take to answer.
    pub(crate) slow: f64,
}

#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// An HTTP request, or what is meant to be one, on a connection of which nothing else is
    /// known. `methods` says which requests are in it.
    Http { octets: Vec<u8>, methods: Vec<String>, cut: Vec<usize> },
    /// An HTTP request on a connection that is made anew where the server has ended it.
    Request { head: Vec<String>, body: Option<String>, cut: Vec<usize> },
    /// A text frame.
    Text(String),
    /// Frames, written at once or in pieces of `split` octets.
    Frames { frames: Vec<RawFrame>, split: Option<usize> },
    /// A close frame, without a payload if there is no code.
    Close { code: Option<u16>, reason: String },
    /// The client ends the TCP connection.
    Drop,
}

/// A frame whose header may say what is not true.
#[derive(Debug, Clone)]
pub(crate) struct RawFrame {
    pub(crate) opcode: u8,
    pub(crate) fin: bool,
    pub(crate) rsv: u8,
    pub(crate) masked: bool,
    pub(crate) payload: Vec<u8>,
    /// The length that the header claims, if not that of the payload.
    pub(crate) claimed: Option<u64>,
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http { octets, .. } => write!(f, "{}", octets.escape_ascii()),
            Self::Request { head, body, .. } => {
                write!(f, "{} … {}", head.join(" "), body.as_deref().unwrap_or_default())
            }
            Self::Text(text) => write!(f, "{}", escaped(text)),
            Self::Frames { frames, .. } => frames.iter().try_for_each(|frame| {
                let RawFrame { opcode, fin, rsv, masked, payload, claimed } = frame;
                let payload = payload.escape_ascii();
                write!(f, "[{opcode} fin={fin} rsv={rsv} masked={masked}")?;
                write!(f, " length={claimed:?} {payload}] ")
            }),
            Self::Close { code, reason } => write!(f, "[close {code:?} {reason}]"),
            Self::Drop => write!(f, "[drop]"),
        }
    }
}

impl RawFrame {
    pub(crate) fn new(opcode: u8, payload: impl Into<Vec<u8>>) -> Self {
        let payload = payload.into();
        Self { opcode, fin: true, rsv: 0, masked: true, payload, claimed: None }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mask_bit = if self.masked { 0x80 } else { 0 };
        let length = self.claimed.unwrap_or(self.payload.len() as u64);
        let mut octets = vec![u8::from(self.fin) << 7 | self.rsv << 4 | self.opcode];
        if length < 126 {
            octets.push(mask_bit | u8::try_from(length).expect("below 126"));
        } else if let Ok(length) = u16::try_from(length) {
            octets.push(mask_bit | 126);
            octets.extend(length.to_be_bytes());
        } else {
            octets.push(mask_bit | 127);
            octets.extend(length.to_be_bytes());
        }
        if self.masked {
            octets.extend(MASK);
            octets.extend(self.payload.iter().zip(MASK.iter().cycle()).map(|(a, b)| a ^ b));
        } else {
            octets.extend(&self.payload);
        }
        octets
    }
}

impl Operation {
    /// A text frame that its own line says.
    pub(crate) fn text(connection: char, text: &str) -> Self {
        Self { connection, act: Act::Text(text.to_owned()), slow: 0.0 }
    }

    /// The act that a line `op` describes.
    pub(crate) fn parse(json: &str) -> Self {
        let value: Value = serde_json::from_str(json).expect("an operation is JSON");
        let text = |key: &str| value[key].as_str().map(str::to_owned);
        let numbers = |key: &str| -> Vec<usize> {
            let list = value[key].as_array().into_iter().flatten();
            list.filter_map(|number| usize::try_from(number.as_u64()?).ok()).collect()
        };
        let act = match value["o"].as_str().expect("an operation has a kind") {
            "http" => {
                let methods = value["m"].as_array().into_iter().flatten();
                Act::Http {
                    octets: text("b").map(|text| decoded(&text)).unwrap_or_default(),
                    methods: methods.filter_map(|name| name.as_str().map(str::to_owned)).collect(),
                    cut: numbers("cut"),
                }
            }
            "req" => Act::Request {
                head: Vec::new(),
                body: match &value["body"] {
                    Value::Null => None,
                    body => Some(filled(body)),
                },
                cut: numbers("cut"),
            },
            "text" => Act::Text(text("t").expect("a text")),
            "frames" => Act::Frames {
                frames: value["f"].as_array().expect("frames").iter().map(raw_frame).collect(),
                split: value["split"].as_u64().and_then(|size| usize::try_from(size).ok()),
            },
            "wsclose" => Act::Close {
                code: value["code"].as_u64().and_then(|code| u16::try_from(code).ok()),
                reason: text("reason").unwrap_or_default(),
            },
            "drop" => Act::Drop,
            other => panic!("no operation: {other}"),
        };
        Self {
            connection: text("c").and_then(|name| name.chars().next()).expect("a connection"),
            act,
            slow: value["slow"].as_f64().unwrap_or(0.0),
        }
    }

    /// Whether the lines that follow are the head of a request.
    pub(crate) fn wants_head(&self) -> bool {
        match &self.act {
            Act::Http { octets, .. } => octets.is_empty(),
            Act::Request { .. } => true,
            _ => false,
        }
    }

    /// Adds a line of the head of a request. Characters stand for octets.
    pub(crate) fn add_head_line(&mut self, line: &str) {
        match &mut self.act {
            Act::Http { octets, methods, .. } => {
                if octets.is_empty() {
                    methods.push(line.split(' ').next().unwrap_or_default().to_owned());
                } else {
                    // The end of the head so far.
                    octets.truncate(octets.len() - 2);
                }
                octets.extend(latin1(line));
                octets.extend(b"\r\n\r\n");
            }
            Act::Request { head, .. } => head.push(line.to_owned()),
            _ => {}
        }
    }

    /// The body of a request, of which its line says that it had so many octets. A length that says
    /// the same is computed anew when the body is sent.
    pub(crate) fn set_body(&mut self, length: &str, text: &str) {
        if let Act::Request { head, body, .. } = &mut self.act {
            body.get_or_insert_with(|| text.to_owned());
            for line in head.iter_mut() {
                if line.strip_prefix("Content-Length: ") == Some(length) {
                    *line = COMPUTED.to_owned();
                }
            }
        }
    }
}

/// Stands for the length of a body that is sent with present values.
pub(crate) const COMPUTED: &str = "Content-Length: *";

/// Each character as one octet.
pub(crate) fn latin1(text: &str) -> impl Iterator<Item = u8> + '_ {
    text.chars().map(|character| u8::try_from(u32::from(character)).unwrap_or(b'?'))
}

fn raw_frame(value: &Value) -> RawFrame {
    let small = |at: usize| value[at].as_u64().and_then(|n| u8::try_from(n).ok()).unwrap_or(0);
    let flag = |at: usize| value[at].as_bool().unwrap_or_else(|| small(at) != 0);
    let payload = match &value[4] {
        Value::String(text) => decoded(text),
        described => filled(described).into_bytes(),
    };
    let (opcode, fin, rsv, masked) = (small(0), flag(1), small(2), flag(3));
    RawFrame { opcode, fin, rsv, masked, payload, claimed: value[5].as_u64() }
}

/// A text, or the description of a long one.
fn filled(value: &Value) -> String {
    let part = |key: &str| value[key].as_str().unwrap_or_default();
    let times = value["n"].as_u64().and_then(|times| usize::try_from(times).ok()).unwrap_or(0);
    match value {
        Value::String(text) => text.clone(),
        _ => format!("{}{}{}", part("pre"), part("fill").repeat(times), part("post")),
    }
}

fn decoded(text: &str) -> Vec<u8> {
    STANDARD.decode(text).expect("base64")
}
