//! Snapshot files in insta's format: a YAML head between `---` lines, then the body in the
//! notation.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Begins the line of the head that names the targets that the target is like.
const LIKE: &str = "  like: ";

/// A snapshot: the normalised transcript of one case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Path of the case file, relative to the root of the suite.
    pub source: String,
    /// The clauses of the case, shown by review tools.
    pub description: String,
    /// Name of the target.
    pub target: String,
    /// The targets that it is like, if its own file cannot be found by its name.
    pub like: Vec<String>,
    /// The verdict of that run.
    pub verdict: String,
    /// The closes of its connections.
    pub close: String,
    /// Version of the rules.
    pub normaliser: u32,
    pub body: String,
}

/// An error of a snapshot file.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    #[error("{path}: {source}")]
    Io {
        path: String,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// No head, or no end of it.
    #[error(
        "{path}: no head between two `---` lines; delete the file and run the suite to have it written again"
    )]
    NoHead { path: String },
}

impl Snapshot {
    /// The text of the file.
    pub fn to_text(&self) -> String {
        let like = match self.like.as_slice() {
            [] => String::new(),
            like => format!("{LIKE}{}\n", yaml_string(&like.join(" "))),
        };
        format!(
            "---\nsource: {}\ndescription: {}\ninfo:\n  target: {}\n{like}  verdict: {}\n  close: {}\n  normaliser: {}\n---\n{}\n",
            self.source,
            yaml_string(&self.description),
            self.target,
            self.verdict,
            self.close,
            self.normaliser,
            self.body.trim_end()
        )
    }

    /// Writes the file and the folders above it, all below `root`.
    pub fn write(&self, root: &Path, path: &Path) -> Result<(), files::Unwritten> {
        files::write_below(root, path, self.to_text())
    }

    /// Reads the body of a file; `None` if there is no file.
    pub fn read_body(path: &Path) -> Result<Option<String>, SnapshotError> {
        let name = path.display().to_string();
        match files::read_text(path, files::LARGE) {
            Ok(text) => Self::body_of(&text, &name).map(Some),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(SnapshotError::Io { path: name, source }),
        }
    }

    /// The verdict in the text of a file.
    pub fn verdict_of(text: &str) -> Option<&str> {
        text.lines()
            .skip(1)
            .take_while(|line| *line != "---")
            .find_map(|line| line.strip_prefix("  verdict: "))
    }

    /// The targets in the text of a file that its target is like, if it names any.
    pub fn like_of(text: &str) -> Option<Vec<String>> {
        let mut head = text.lines().skip(1).take_while(|line| *line != "---");
        let like = head.find_map(|line| line.strip_prefix(LIKE))?;
        Some(like.trim_matches('"').split_whitespace().map(str::to_owned).collect())
    }

    /// The body in the text of the file `path`. Only bodies are ever compared: a tool that accepts
    /// a snapshot may rewrite its head.
    pub fn body_of(text: &str, path: &str) -> Result<String, SnapshotError> {
        let text = text.replace("\r\n", "\n");
        let body = text
            .strip_prefix("---\n")
            .and_then(|rest| rest.split_once("\n---\n"))
            .map(|(_, body)| body.trim_end().to_owned());
        body.ok_or_else(|| SnapshotError::NoHead { path: path.to_owned() })
    }
}

/// Whether two bodies say the same in all lines that count.
pub fn same_body(accepted: &str, got: &str, volatile: &[String]) -> bool {
    let lines = |body| lines_of(body).filter(|line| counts(line, volatile)).map(without_tls);
    lines(accepted).eq(lines(got))
}

/// A line without the fact that the connection has TLS, which the URL of the target decides.
pub fn without_tls(line: &str) -> &str {
    line.strip_suffix(" tls").filter(|rest| rest.ends_with(" == connect")).unwrap_or(line)
}

/// A body without the framing of its transport: the connection and its upgrade, how the stream is
/// opened and closed, frames that are no messages, and the end of TCP.
#[must_use]
pub fn without_framing(body: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut is_framing = false;
    for line in lines_of(body) {
        // Lines that continue one are indented.
        if !line.starts_with(' ') {
            let said = line.split_once(' ').and_then(|(_, rest)| rest.split_once(' '));
            is_framing = said.is_some_and(|(sign, said)| match sign {
                "==" => ["connect", "upgraded"].iter().any(|fact| said.starts_with(fact)),
                "->" | "<-" => {
                    let framing = ["GET ", "HTTP/", "<open ", "<close ", "[", "<stream:features"];
                    framing.iter().any(|framing| said.starts_with(framing))
                }
                _ => false,
            });
        }
        if !is_framing {
            kept.push(line);
        }
    }
    numbered_anew(&kept.join("\n"))
}

/// The placeholders of each kind, such as `{caps#2}`, with numbers from 1 in order of appearance.
fn numbered_anew(body: &str) -> String {
    let mut numbers: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let (mut out, mut rest) = (String::new(), body);
    while let Some(at) = rest.find('{') {
        let (before, after) = rest.split_at(at + 1);
        out.push_str(before);
        rest = after;
        let token = after.find('}').map(|end| &after[..end]);
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let parts = token.and_then(|token| token.split_once('#'));
        if let Some((kind, number)) = parts.filter(|(_, number)| is_number(number)) {
            let known = numbers.entry(kind).or_default();
            let place = known.iter().position(|known| *known == number).unwrap_or_else(|| {
                known.push(number);
                known.len() - 1
            });
            out.push_str(&format!("{kind}#{}", place + 1));
            rest = &after[kind.len() + 1 + number.len()..];
        }
    }
    out + rest
}

/// A body without the end of each connection: after the last other message of the client, the
/// close of stream, WebSocket and TCP, and the presence by which a server says goodbye.
#[must_use]
pub fn without_end(body: &str) -> String {
    let mut messages: Vec<Vec<&str>> = Vec::new();
    for line in lines_of(body) {
        match messages.last_mut() {
            // Lines that continue one are indented.
            Some(message) if line.starts_with(' ') => message.push(line),
            _ => messages.push(vec![line]),
        }
    }
    let mut going_on: BTreeSet<&str> = BTreeSet::new();
    let mut kept: Vec<Vec<&str>> = Vec::new();
    for message in messages.into_iter().rev() {
        let first = message.first().copied().unwrap_or_default();
        let by_client = first.split_once(" -> ");
        let said = by_client.or_else(|| first.split_once(" <- "));
        let is_end = said.is_some_and(|(conn, said)| {
            let closes = ["<close ", "[close", "[eof]", "[reset]"];
            let is_goodbye = said.starts_with("<presence ")
                && message.iter().any(|line| line.contains("type=\"unavailable\""));
            let is_end = closes.iter().any(|close| said.starts_with(close)) || is_goodbye;
            is_end && !going_on.contains(conn)
        });
        if is_end {
            continue;
        }
        if let Some((conn, _)) = by_client {
            going_on.insert(conn);
        }
        kept.push(message);
    }
    kept.reverse();
    kept.concat().join("\n")
}

fn lines_of(body: &str) -> std::str::Lines<'_> {
    body.trim_end().lines()
}

/// Whether a line of a body counts. Comment lines are remarks (rule N25) and do not count. Neither
/// do lines that begin with one of the `volatile` texts of the case.
pub fn counts(line: &str, volatile: &[String]) -> bool {
    let line = line.trim_start();
    !line.starts_with('#') && !volatile.iter().any(|start| line.starts_with(start.as_str()))
}

/// A YAML string as insta writes it: plain, or quoted where a plain one would mean something else.
/// So `cargo insta` changes nothing but the body of a snapshot.
fn yaml_string(text: &str) -> String {
    let steers = |c: char| c.is_control() || ":{}[],#`\"'\\".contains(c);
    let begins = text.starts_with(|c| " &*?|-<>=!%@.~".contains(c)) || text.starts_with("0x");
    let is_word = ["yes", "no", "true", "false", "on", "off", "null"]
        .iter()
        .any(|word| text.eq_ignore_ascii_case(word));
    let is_number = text.parse::<f64>().is_ok();
    if text.is_empty()
        || begins
        || text.ends_with(' ')
        || text.contains(steers)
        || is_word
        || is_number
    {
        return format!(
            "\"{}\"",
            text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
        );
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sasl/plain-ok.snap");
        let snapshot = Snapshot {
            source: "cases/sasl/plain-ok.case".to_owned(),
            description: "RFC 6120 §6.4.6, \"x\"".to_owned(),
            target: "lab".to_owned(),
            like: vec!["mock-openfire".to_owned(), "mock".to_owned()],
            verdict: "pass".to_owned(),
            close: "clean".to_owned(),
            normaliser: 1,
            body: "agent == connect tls\n---\nagent <- [eof]\n".to_owned(),
        };
        snapshot.write(folder.path(), &path).unwrap();
        let body = Snapshot::read_body(&path).unwrap().unwrap();
        assert_eq!(body, "agent == connect tls\n---\nagent <- [eof]");
        assert_eq!(Snapshot::verdict_of(&snapshot.to_text()), Some("pass"));
        assert_eq!(Snapshot::like_of(&snapshot.to_text()), Some(snapshot.like.clone()));
        let alone = Snapshot { like: Vec::new(), ..snapshot };
        assert_eq!(Snapshot::like_of(&alone.to_text()), None);
        assert_eq!(Snapshot::read_body(&folder.path().join("none.snap")).unwrap(), None);
        std::fs::write(&path, "no head").unwrap();
        assert!(matches!(Snapshot::read_body(&path), Err(SnapshotError::NoHead { .. })));
    }

    #[test]
    fn a_description_is_quoted_where_insta_quotes_it() {
        let plain = ["RFC 6120 §7.4", "vendor", "XEP-0060 §6.1.3.1 item 2"];
        for text in plain {
            assert_eq!(yaml_string(text), text);
        }
        for text in ["RFC 6120 §6.4.6, RFC 4616 §2", "a: b", "-x", "0x1", "1.0", "null", "", "x "]
        {
            assert_eq!(yaml_string(text), format!("\"{text}\""));
        }
        assert_eq!(yaml_string("a \"b\" \\ c\n"), r#""a \"b\" \\ c\n""#);
    }

    #[test]
    fn remarks_and_volatile_lines_do_not_count() {
        assert!(same_body("a\n# by timer: ping\nb\n", "a\nb", &[]));
        assert!(!same_body("a\nb", "a\nc", &[]));
        assert!(same_body("a\nb 1", "a\nb 2", &["b ".to_owned()]));
    }

    #[test]
    fn with_tls_and_without_is_the_same() {
        assert!(same_body("a == connect tls\nb", "a == connect\nb", &[]));
        assert!(!same_body("a <- text tls", "a <- text", &[]));
    }

    #[test]
    fn without_framing_two_transports_say_the_same() {
        let ws = "a == connect tls\na -> GET /ws/ HTTP/1.1\n     host: h\na -> <open xmlns=\"f\"/>\n\
                  a <- <stream:features>\n       <c ver=\"{caps#1}\"/>\n     </stream:features>\n\
                  a -> <iq id=\"{iq#1}\"/>\na <- <iq ver=\"{caps#2}\"\n       id=\"{iq#1}\"/>\na <- [close 1000]";
        let bosh = "a == connect\na -> <open xmlns=\"f\"/>\na -> <iq id=\"{iq#1}\"/>\n\
                    a <- <iq ver=\"{caps#1}\"\n       id=\"{iq#1}\"/>";
        assert_eq!(without_framing(ws), without_framing(bosh));
        assert!(without_framing(ws).starts_with("a -> <iq"));
        assert_ne!(without_framing(ws), without_framing(&bosh.replace("iq ver", "iq other")));
    }

    #[test]
    fn the_end_is_what_closes_after_the_last_message_of_the_client() {
        let close =
            "a -> <close xmlns=\"x\"/>\na <- <late\n      to=\"x\"/>\na <- <close xmlns=\"x\"/>";
        let gone = "b <- <presence xmlns=\"jabber:client\"\n               type=\"unavailable\"/>";
        let end = format!("{close}\na -> [close 1000]\n{gone}\na <- [close 1000]\nb <- [eof]");
        let begin = "a == connect\na <- [close 1000]\nb -> <close x/>\na -> <iq/>\nb -> <iq/>";
        let wanted = format!("{begin}\na <- <late\n      to=\"x\"/>");
        assert_eq!(without_end(&format!("{begin}\n{end}")), wanted);
        assert_eq!(without_end(&wanted), wanted);
    }
}
