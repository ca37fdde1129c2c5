//! A minimal HTTP client: one request, one connection.

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
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

pub(crate) async fn send_and_leave(url: &str, octets: &[u8]) {
    let address = url.strip_prefix("http://").expect("a URL");
    let mut stream = TcpStream::connect(address).await.expect("the port is open");
    stream.write_all(octets).await.expect("it is taken");
}
