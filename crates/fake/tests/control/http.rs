//! A minimal HTTP client: one request, one connection.

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) kind: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

pub(crate) async fn ask(
    url: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let address = url.strip_prefix("http://").expect("a URL");
    let mut head = format!(
        "{method} {path} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n",
        body.len()
    );
    if !headers.iter().any(|(name, _)| *name == "Host") {
        head.push_str(&format!("Host: {address}\r\n"));
    }
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let mut stream = TcpStream::connect(address).await.expect("the port is open");
    // An answer may come, and the connection end, before the whole request is read.
    let (mut reader, mut writer) = stream.split();
    let request = [head.as_bytes(), b"\r\n", body.as_bytes()].concat();
    let mut octets = Vec::new();
    let (_, read) = tokio::join!(writer.write_all(&request), reader.read_to_end(&mut octets));
    if octets.is_empty() {
        read.expect("an answer");
    }
    let text = String::from_utf8(octets).expect("text");
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no head: {text}"));
    let header = |wanted: &str| {
        head.lines()
            .filter_map(|line| line.split_once(": "))
            .find_map(|(name, value)| name.eq_ignore_ascii_case(wanted).then(|| value.to_owned()))
    };
    Answer {
        status: head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status"),
        head: head.to_owned(),
        kind: header("content-type").unwrap_or_default(),
        body: body.to_owned(),
    }
}

/// A streamed answer, in chunks (RFC 9112 §7.1).
pub(crate) struct Stream {
    pub(crate) status: u16,
    pub(crate) kind: String,
    reader: BufReader<TcpStream>,
    text: String,
}

impl Stream {
    pub(crate) async fn open(url: &str, path: &str, headers: &[(&str, &str)]) -> Self {
        let address = url.strip_prefix("http://").expect("a URL");
        let mut head = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let mut stream = TcpStream::connect(address).await.expect("the port is open");
        stream.write_all(format!("{head}\r\n").as_bytes()).await.expect("it is taken");
        let (mut reader, mut status, mut kind) = (BufReader::new(stream), 0, String::new());
        loop {
            let line = line(&mut reader).await;
            match line.split_once(": ") {
                None if line.is_empty() => break,
                None => status = line.split(' ').nth(1).unwrap_or_default().parse().expect("one"),
                Some(("content-type", value)) => kind = value.to_owned(),
                Some(_) => {}
            }
        }
        Self { status, kind, reader, text: String::new() }
    }

    /// The next event or comment, without the empty line at its end; none at the end of the stream.
    pub(crate) async fn next(&mut self) -> Option<String> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.text = rest;
                return Some(event);
            }
            let size = usize::from_str_radix(&line(&mut self.reader).await, 16).ok()?;
            let mut chunk = vec![0; size + 2];
            self.reader.read_exact(&mut chunk).await.ok()?;
            chunk.truncate(size);
            if size == 0 {
                return None;
            }
            self.text.push_str(&String::from_utf8(chunk).expect("text"));
        }
    }

    /// The next event that is no comment: id, type and data.
    pub(crate) async fn event(&mut self) -> (String, String, Value) {
        loop {
            let text = self.next().await.expect("an event");
            let field = |name: &str| {
                let line = text.lines().find_map(|line| line.strip_prefix(name));
                line.map(str::to_owned).unwrap_or_default()
            };
            if !text.starts_with(':') {
                let data = serde_json::from_str(&field("data: ")).expect("JSON");
                return (field("id: "), field("event: "), data);
            }
        }
    }
}

async fn line(reader: &mut BufReader<TcpStream>) -> String {
    let mut line = String::new();
    reader.read_line(&mut line).await.unwrap_or_default();
    line.trim_end().to_owned()
}

pub(crate) async fn send_and_leave(url: &str, octets: &[u8]) {
    let address = url.strip_prefix("http://").expect("a URL");
    let mut stream = TcpStream::connect(address).await.expect("the port is open");
    stream.write_all(octets).await.expect("it is taken");
}
