//! One HTTP request on a connection of its own (RFC 9112), and its answer, however it is framed.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::oneshot;

use crate::address::Address;
use crate::tls;
use crate::{Config, Error, Fault};

/// How long the answer may take.
const ANSWER: Duration = Duration::from_secs(10);

/// Longer than any answer takes.
const FOREVER: Duration = Duration::from_secs(1 << 30);

/// How long a client with [`Fault::HastyRest`] waits.
const HASTY: Duration = Duration::from_secs(1);

/// The longest answer that is read, in octets.
const LONGEST: usize = 8 << 20;

/// A request.
pub(crate) struct Request<'a> {
    pub(crate) method: &'a str,
    pub(crate) address: &'a Address,
    pub(crate) headers: Vec<(&'a str, String)>,
    pub(crate) body: String,
}

/// An answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// The end of a body (RFC 9112 §6.3).
#[derive(Debug, PartialEq, Eq)]
enum Framing {
    Length(usize),
    Chunked,
    UntilEnd,
}

/// Sends a request and waits for the answer.
pub(crate) async fn exchange(request: &Request<'_>, config: &Config) -> Result<Response, Error> {
    let within = match config.fault {
        Some(Fault::WaitForever) => FOREVER,
        Some(Fault::HastyRest) => HASTY,
        _ => ANSWER,
    };
    exchange_within(request, config, within, &mut None).await
}

/// The same within a time of its own. `written` hears when the request is on its way.
pub(crate) async fn exchange_within(
    request: &Request<'_>,
    config: &Config,
    within: Duration,
    written: &mut Option<oneshot::Sender<()>>,
) -> Result<Response, Error> {
    let exchange = async {
        let mut socket = tls::connect(request.address, config).await?;
        socket.write_all(&request.octets()).await?;
        socket.flush().await?;
        if let Some(written) = written.take() {
            // Another request may have been given up meanwhile.
            let _ = written.send(());
        }
        let mut answer = Vec::new();
        loop {
            let mut chunk = [0; 4096];
            let count = socket.read(&mut chunk).await?;
            answer.extend_from_slice(&chunk[..count]);
            if let Some(response) = parse(&answer, count == 0)? {
                return Ok(response);
            }
            if answer.len() > LONGEST {
                return Err(Error::Http("the answer has no end"));
            }
        }
    };
    tokio::time::timeout(within, exchange).await.map_err(|_| Error::Timeout("a request"))?
}

impl Request<'_> {
    fn octets(&self) -> Vec<u8> {
        let Self { method, address, headers, body } = self;
        let host = address.authority();
        let mut text = format!("{method} {} HTTP/1.1\r\nHost: {host}\r\n", address.path);
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        if !body.is_empty() {
            let length = body.len();
            text.push_str(&format!(
                "Content-Type: application/xml\r\nContent-Length: {length}\r\n"
            ));
        }
        text.push_str("Connection: close\r\n\r\n");
        text.push_str(body);
        text.into_bytes()
    }
}

/// The answer, once it is complete. `is_end` says that nothing more comes.
fn parse(octets: &[u8], is_end: bool) -> Result<Option<Response>, Error> {
    let mut octets = octets;
    let (status, framing) = loop {
        let mut headers = [httparse::EMPTY_HEADER; 100];
        let mut head = httparse::Response::new(&mut headers);
        match head.parse(octets) {
            Err(_) => return Err(Error::Http("the answer is not HTTP")),
            Ok(httparse::Status::Partial) if is_end => {
                return Err(Error::Http("the connection ended before the answer"));
            }
            Ok(httparse::Status::Partial) => return Ok(None),
            Ok(httparse::Status::Complete(used)) => {
                let status = head.code.unwrap_or_default();
                let framing = framing(status, head.headers)?;
                octets = &octets[used..];
                // RFC 9110 §15.2: others come before the answer itself.
                if status >= 200 {
                    break (status, framing);
                }
            }
        }
    };
    let body = match framing {
        Framing::Length(length) => octets.get(..length).map(<[u8]>::to_vec),
        Framing::Chunked => chunks(octets)?,
        Framing::UntilEnd => is_end.then(|| octets.to_vec()),
    };
    match body {
        Some(body) => {
            let body = String::from_utf8(body).map_err(|_| Error::Http("a body is no UTF-8"))?;
            Ok(Some(Response { status, body }))
        }
        None if is_end => Err(Error::Http("the connection ended within the answer")),
        None => Ok(None),
    }
}

fn framing(status: u16, headers: &[httparse::Header<'_>]) -> Result<Framing, Error> {
    let value = |name: &str| {
        let header = headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
        std::str::from_utf8(header.value).ok().map(str::trim)
    };
    if status < 200 || matches!(status, 204 | 304) {
        return Ok(Framing::Length(0));
    }
    let coding = value("Transfer-Encoding").unwrap_or_default();
    if coding.rsplit(',').next().is_some_and(|last| last.trim().eq_ignore_ascii_case("chunked")) {
        return Ok(Framing::Chunked);
    }
    match value("Content-Length").map(str::parse) {
        Some(Ok(length)) if length <= LONGEST => Ok(Framing::Length(length)),
        Some(_) => Err(Error::Http("the length of the answer is none")),
        None => Ok(Framing::UntilEnd),
    }
}

/// The content of chunks (RFC 9112 §7.1), once the last is there.
fn chunks(mut octets: &[u8]) -> Result<Option<Vec<u8>>, Error> {
    let mut content = Vec::new();
    loop {
        match httparse::parse_chunk_size(octets) {
            Err(_) => return Err(Error::Http("a chunk without a size")),
            Ok(httparse::Status::Partial) => return Ok(None),
            Ok(httparse::Status::Complete((_, 0))) => return Ok(Some(content)),
            Ok(httparse::Status::Complete((used, size))) => {
                let size = usize::try_from(size).ok().filter(|size| *size <= LONGEST);
                let size = size.ok_or(Error::Http("a chunk is too long"))?;
                let Some(chunk) = octets.get(used..used + size) else { return Ok(None) };
                content.extend_from_slice(chunk);
                // The chunk ends with a line break of its own.
                let Some(rest) = octets.get(used + size + 2..) else { return Ok(None) };
                octets = rest;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(text: &str, is_end: bool) -> Option<(u16, String)> {
        let answer = parse(text.as_bytes(), is_end).expect("an answer");
        answer.map(|response| (response.status, response.body))
    }

    #[test]
    fn an_answer_ends_where_its_head_says() {
        let ok = |body: &str| Some((200, body.to_owned()));
        let head = "HTTP/1.1 200 OK\r\n";
        assert_eq!(whole(&format!("{head}Content-Length: 2\r\n\r\nabc"), false), ok("ab"));
        assert_eq!(whole(&format!("{head}Content-Length: 4\r\n\r\nabc"), false), None);
        let chunked = format!("{head}Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1;x\r\nc\r\n");
        assert_eq!(whole(&chunked, false), None);
        assert_eq!(whole(&format!("{chunked}0\r\n\r\n"), false), ok("abc"));
        assert_eq!(whole(&format!("{head}\r\nabc"), false), None);
        assert_eq!(whole(&format!("{head}\r\nabc"), true), ok("abc"));
        let after = format!("HTTP/1.1 100 Continue\r\n\r\n{head}content-length: 0\r\n\r\n");
        assert_eq!(whole(&after, false), ok(""));
        assert_eq!(whole("HTTP/1.1 204 No Content\r\n\r\n", false), Some((204, String::new())));
    }

    #[test]
    fn half_an_answer_is_none() {
        for text in ["HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc", "no HTTP"] {
            assert!(parse(text.as_bytes(), true).is_err(), "{text}");
        }
        let huge = "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n";
        assert!(parse(huge.as_bytes(), false).is_err());
    }
}
