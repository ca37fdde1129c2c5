//! Requests of HTTP, as small as they may be, and their answers.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use remote::Account;
use wire::http::response_body;
use wire::{BodyReader, Headers, RequestHead, ResponseHead};

use crate::error::Error;
use crate::net::Pipe;

/// A request without its `Host`.
pub(crate) struct Request<'a> {
    pub(crate) method: &'a str,
    pub(crate) target: &'a str,
    pub(crate) version: &'a str,
    pub(crate) account: Option<&'a Account>,
    pub(crate) body: &'a str,
}

impl Request<'_> {
    pub(crate) fn octets(&self, port: u16) -> Vec<u8> {
        let mut lines = vec![("Host".to_owned(), format!("127.0.0.1:{port}"))];
        if let Some(Account { name, password }) = self.account {
            let credentials = STANDARD.encode(format!("{name}:{password}"));
            lines.push(("Authorization".to_owned(), format!("Basic {credentials}")));
        }
        if !self.body.is_empty() {
            lines.push(("Content-Type".to_owned(), "text/xml; charset=utf-8".to_owned()));
            lines.push(("Content-Length".to_owned(), self.body.len().to_string()));
        }
        let head = RequestHead {
            method: self.method.to_owned(),
            target: self.target.to_owned(),
            version: self.version.to_owned(),
            headers: Headers(lines),
        };
        [head.to_bytes(), self.body.as_bytes().to_vec()].concat()
    }
}

/// The head of the next answer on a connection.
pub(crate) async fn head(pipe: &mut Pipe) -> Result<ResponseHead, Error> {
    loop {
        let parsed = ResponseHead::parse(&pipe.received);
        let parsed = parsed.map_err(|error| Error::unexpected("HTTP", error.to_string()))?;
        if let Some((head, used)) = parsed {
            pipe.received.drain(..used);
            return Ok(head);
        }
        if !pipe.hear().await? {
            return Err(Error::unexpected("an answer", "the end of the connection"));
        }
    }
}

/// The next answer on a connection, which must be a 200, and its body.
pub(crate) async fn answer(pipe: &mut Pipe, method: &str) -> Result<(ResponseHead, String), Error> {
    let head = head(pipe).await?;
    let unreadable = |error: wire::BodyError| Error::unexpected("a body", error.to_string());
    let mut body = BodyReader::new(response_body(&head, method)).map_err(unreadable)?;
    loop {
        let used = body.push(&pipe.received).map_err(unreadable)?;
        pipe.received.drain(..used);
        if body.is_complete() {
            break;
        }
        if !pipe.hear().await? {
            body.end().map_err(unreadable)?;
        }
    }
    let body = String::from_utf8_lossy(&body.into_body()).into_owned();
    if head.status != 200 {
        return Err(Error::unexpected("200", format!("{}: {body}", head.status)));
    }
    Ok((head, body))
}
