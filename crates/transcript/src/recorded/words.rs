//! The words in which recordings describe messages and frames.

use wire::opcode;

use super::RecordedFault;
use crate::event::{EventKind, Octets};

/// A message over WebSocket, and the octets it took where they are known.
pub(super) fn message(said: &str) -> Result<(EventKind, usize), RecordedFault> {
    match said.strip_prefix('[') {
        Some(words) => frame(words).ok_or(RecordedFault::Frame),
        None => Ok(text_message(said)),
    }
}

/// A frame by its words, without the opening bracket.
fn frame(words: &str) -> Option<(EventKind, usize)> {
    let (head, payload) = words.split_once(']')?;
    let payload = payload.strip_prefix(' ').unwrap_or(payload);
    if head.starts_with("text frame, ") || head.starts_with("text frame of ") {
        let start = head.split_once(": ").map_or(payload, |(_, start)| start);
        let text = start.strip_suffix("...").unwrap_or(start).to_owned();
        return Some((EventKind::Text { text, fragments: 1, login: None }, number(head)?));
    }
    let said = if let Some(close) = head.strip_prefix("ws close ") {
        close_frame(close)?
    } else if let Some(ping) = head.strip_prefix("ws ping") {
        EventKind::Ping { payload: Octets(quoted(ping)) }
    } else if let Some(pong) = head.strip_prefix("ws pong") {
        EventKind::Pong { payload: Octets(quoted(pong)) }
    } else {
        data_frame(head, payload)?
    };
    Some((said, 0))
}

fn data_frame(head: &str, payload: &str) -> Option<EventKind> {
    let masked = |fin, code| described(fin, 0, code, true, payload);
    Some(match head {
        "ping frame" => masked(true, opcode::PING),
        "pong frame" => masked(true, opcode::PONG),
        "binary frame" => masked(true, opcode::BINARY),
        "cont frame" => masked(true, opcode::CONTINUATION),
        "ping frame {'fin': False}" => masked(false, opcode::PING),
        "text frame {'fin': True}" => masked(true, opcode::TEXT),
        "text frame {'mask': False}" => described(true, 0, opcode::TEXT, false, payload),
        "UNMASKED text frame with an iq" => described(true, 0, opcode::TEXT, false, ""),
        "text frame with invalid UTF-8 ff fe" => {
            described(true, 0, opcode::TEXT, true, "b'\\xff\\xfe'")
        }
        _ => {
            if let Some(rsv) = head.strip_prefix("text frame {'rsv': ") {
                let rsv = rsv.strip_suffix('}')?.parse().ok()?;
                return Some(described(true, rsv, opcode::TEXT, true, payload));
            }
            if let Some(code) = head.strip_prefix("op ").or_else(|| head.strip_prefix("opcode ")) {
                return Some(masked(
                    true,
                    code.strip_suffix(" frame").unwrap_or(code).parse().ok()?,
                ));
            }
            let (code, fin) = head.split(',').next()?.split_once(" FIN=")?;
            let code = match code {
                "text" => opcode::TEXT,
                "cont" => opcode::CONTINUATION,
                _ => return None,
            };
            masked(fin == "1", code)
        }
    })
}

fn described(fin: bool, rsv: u8, opcode: u8, mask: bool, payload: &str) -> EventKind {
    let payload = match payload.strip_prefix("b'").and_then(|rest| rest.strip_suffix('\'')) {
        Some(python) => octets(python),
        None => payload.as_bytes().to_vec(),
    };
    EventKind::Frame { fin, rsv, opcode, mask, form: None, lie: None, payload: Octets(payload) }
}

fn close_frame(words: &str) -> Option<EventKind> {
    if words == "(no code)" {
        return Some(EventKind::Close { code: None, reason: String::new() });
    }
    if let Some(payload) = words.strip_prefix("frame, payload ") {
        return Some(described(true, 0, opcode::CLOSE, true, payload));
    }
    let (code, reason) = words.split_once(' ').unwrap_or((words, ""));
    Some(EventKind::Close { code: Some(code.parse().ok()?), reason: reason.to_owned() })
}

/// The payload of a ping or pong: `"text"`, or a length with octets in Python's notation, of which
/// the recorder cuts long ones.
fn quoted(words: &str) -> Vec<u8> {
    if let Some(text) = words.trim().strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        return text.as_bytes().to_vec();
    }
    let shown = words.split_once("b'").and_then(|(_, rest)| rest.strip_suffix('\''));
    let mut payload = octets(shown.unwrap_or_default());
    // Only one payload is cut, and it is one character over and over (ws_ping_125).
    if let (Some(length), Some(&last)) = (number(words), payload.last()) {
        payload.resize(length.max(payload.len()), last);
    }
    payload
}

/// Octets in Python's notation.
fn octets(python: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = python;
    while let Some(at) = rest.find("\\x") {
        out.extend_from_slice(&rest.as_bytes()[..at]);
        let digits = rest.get(at + 2..at + 4).unwrap_or("3f");
        out.push(u8::from_str_radix(digits, 16).unwrap_or(b'?'));
        rest = rest.get(at + 4..).unwrap_or_default();
    }
    out.extend_from_slice(rest.as_bytes());
    out
}

/// `GET … LF Host: x LF LF (bare LF line ends)`: a request whose lines end in line feeds alone.
pub(super) fn bare_line_ends(said: &str) -> Option<Vec<u8>> {
    let lines = said.strip_prefix('[')?.strip_suffix(" (bare LF line ends)]")?;
    let octets: String = lines.replace(" LF LF", "\n\n").replace(" LF ", "\n");
    Some(octets.into_bytes())
}

/// A text message and the octets it took: as long as it is, unless the recorder cut it or it came
/// compressed.
fn text_message(said: &str) -> (EventKind, usize) {
    let compressed = said
        .split_once(" [permessage-deflate, ")
        .and_then(|(text, note)| Some((text, number(note)?)));
    let cut = || {
        let (start, rest) = said.rsplit_once("...[")?;
        Some((start, rest.strip_suffix(" chars]")?.parse().ok()?))
    };
    let (text, octets) = compressed.or_else(cut).unwrap_or((said, 0));
    let text = unescaped(text);
    let octets = if octets == 0 { text.len() } else { octets };
    (EventKind::Text { text, fragments: 1, login: None }, octets)
}

/// The first number in some words.
fn number(words: &str) -> Option<usize> {
    let start = words.find(|c: char| c.is_ascii_digit())?;
    let digits = words[start..].split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

/// Line ends are written as escapes.
pub(super) fn unescaped(text: &str) -> String {
    text.replace("\\n", "\n").replace("\\r", "\r")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> EventKind {
        EventKind::Text { text: text.to_owned(), fragments: 1, login: None }
    }

    #[test]
    fn frames_are_read_in_the_words_of_the_recorder() {
        let frame = |fin, rsv, opcode, mask, payload: &[u8]| EventKind::Frame {
            fin,
            rsv,
            opcode,
            mask,
            form: None,
            lie: None,
            payload: Octets(payload.to_vec()),
        };
        for (words, said) in [
            ("[text FIN=0] <a", frame(false, 0, 1, true, b"<a")),
            ("[cont FIN=1] />", frame(true, 0, 0, true, b"/>")),
            ("[op 11 frame] b'x'", frame(true, 0, 11, true, b"x")),
            ("[text frame {'rsv': 4}] <a/>", frame(true, 4, 1, true, b"<a/>")),
            ("[text frame {'mask': False}] <a/>", frame(true, 0, 1, false, b"<a/>")),
            ("[ws close frame, payload b'\\x03\\xe8'", frame(true, 0, 8, true, b"\x03\xe8")),
            ("[ws pong 3 bytes b'mid']", EventKind::Pong { payload: Octets(b"mid".to_vec()) }),
            ("[ws close (no code)]", EventKind::Close { code: None, reason: String::new() }),
            ("<a>1\\n2</a>", text("<a>1\n2</a>")),
        ] {
            let words =
                if words.ends_with("xe8'") { format!("{words}]") } else { words.to_owned() };
            assert_eq!(message(&words).map(|(said, _)| said), Ok(said), "{words}");
        }
        assert_eq!(message("[something else]"), Err(RecordedFault::Frame));
    }
}
