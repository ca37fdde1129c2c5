//! Requests over HTTP/1.1 on one connection, which is used again as long as the server keeps it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use wire::http::{BodyKind, BodyReader, response_body};
use wire::net::{Stream, Trust};
use wire::{Headers, RequestHead, ResponseHead};

use crate::connection::Connection;
use crate::{Account, Deadlines, Error, Url};

/// How a request shows on whose behalf it is made.
#[derive(Debug, Clone, Copy)]
pub enum Credentials<'a> {
    /// No credentials.
    None,
    /// Login name and password (RFC 7617).
    Basic(&'a Account),
    /// The password of the account as an access token (RFC 6750 §2.1).
    Bearer(&'a Account),
}

#[derive(Debug, Clone, Copy)]
pub struct HttpRequest<'a> {
    /// The method, `GET`.
    pub method: &'a str,
    /// The path, with a query if there is one.
    pub path: &'a str,
    /// On whose behalf.
    pub credentials: Credentials<'a>,
    /// More header lines.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body, XML; empty for none.
    pub body: &'a str,
}

impl<'a> HttpRequest<'a> {
    /// A GET of this path.
    #[must_use]
    pub fn get(path: &'a str, credentials: Credentials<'a>) -> Self {
        Self { method: "GET", path, credentials, headers: &[], body: "" }
    }
}

/// The response to a request.
#[derive(Debug)]
pub struct HttpAnswer {
    pub head: ResponseHead,
    /// Its content, at most [`wire::MAX_BODY`] octets.
    pub body: Vec<u8>,
}

/// A client of one server. It follows no redirect, so credentials reach that server alone.
pub struct Http {
    url: Url,
    trust: Trust,
    deadlines: Deadlines,
    connection: Option<Connection>,
    /// Octets that came after the last response.
    received: Vec<u8>,
}

impl Http {
    /// A client of the server of this URL, of which host, port and scheme count. It connects with
    /// the first request.
    #[must_use]
    pub fn new(url: Url, trust: Trust, deadlines: Deadlines) -> Self {
        Self { url, trust, deadlines, connection: None, received: Vec::new() }
    }

    /// The connection, if there is one.
    pub fn stream(&self) -> Option<&Stream> {
        self.connection.as_ref().map(Connection::stream)
    }

    /// Connects, unless there is a connection already.
    ///
    /// # Errors
    ///
    /// [`Error::Dial`], with the failed step.
    pub async fn connect(&mut self) -> Result<(), Error> {
        if self.connection.is_none() {
            let connection = Connection::connect(&self.url, &self.trust, self.deadlines).await?;
            (self.connection, self.received) = (Some(connection), Vec::new());
        }
        Ok(())
    }

    /// Sends a request and reads the response, all of it within the deadline for an answer.
    ///
    /// # Errors
    ///
    /// The connection fails, or there is no whole response: it does not come in time, is no HTTP or
    /// is longer than [`wire::MAX_BODY`].
    pub async fn ask(&mut self, request: &HttpRequest<'_>) -> Result<HttpAnswer, Error> {
        self.connect().await?;
        let octets = self.octets(request)?;
        // After an error it is unknown where the next response begins.
        let Some(mut connection) = self.connection.take() else { return Err(Error::Ended(None)) };
        connection.write(&octets).await?;
        let until = connection.deadline();
        let head = loop {
            let head = connection.head(until, &mut self.received).await?;
            // RFC 9110 §15.2: interim responses come before the one that counts.
            if !matches!(head.status, 100 | 102..=199) {
                break head;
            }
            connection.in_time(until)?;
        };
        let kind = response_body(&head, request.method);
        let unreadable = |error: wire::BodyError| Error::Unreadable(error.to_string());
        let mut body = BodyReader::new(kind).map_err(unreadable)?;
        let used = body.push(&self.received).map_err(unreadable)?;
        self.received.drain(..used);
        while !body.is_complete() {
            match connection.read(until).await? {
                [] => body.end().map_err(unreadable)?,
                octets => {
                    let used = body.push(octets).map_err(unreadable)?;
                    self.received.extend_from_slice(octets.get(used..).unwrap_or_default());
                }
            }
        }
        if is_kept(&head, kind) {
            self.connection = Some(connection);
        } else {
            connection.shut_down().await;
        }
        Ok(HttpAnswer { head, body: body.into_body() })
    }

    /// Ends the connection.
    pub async fn leave(mut self) {
        if let Some(mut connection) = self.connection.take() {
            connection.shut_down().await;
        }
    }

    fn octets(&self, request: &HttpRequest<'_>) -> Result<Vec<u8>, Error> {
        let mut lines = vec![("Host".to_owned(), format!("{}:{}", self.url.host, self.url.port))];
        let authorization = match request.credentials {
            Credentials::None => None,
            Credentials::Basic(Account { name, password }) => {
                Some(format!("Basic {}", STANDARD.encode(format!("{name}:{password}"))))
            }
            // RFC 6750 §2.1: a token is visible ASCII.
            Credentials::Bearer(Account { password, .. }) => {
                if !password.bytes().all(|octet| octet.is_ascii_graphic()) {
                    let why = "the access token has characters that no token may have";
                    return Err(Error::Unexpected(why.to_owned()));
                }
                Some(format!("Bearer {password}"))
            }
        };
        lines.extend(authorization.map(|value| ("Authorization".to_owned(), value)));
        lines.extend(request.headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())));
        if !request.body.is_empty() {
            lines.push(("Content-Type".to_owned(), "application/xml".to_owned()));
            lines.push(("Content-Length".to_owned(), request.body.len().to_string()));
        }
        let head = RequestHead {
            method: request.method.to_owned(),
            target: request.path.to_owned(),
            version: "HTTP/1.1".to_owned(),
            headers: Headers(lines),
        };
        let mut octets = head.to_bytes();
        octets.extend_from_slice(request.body.as_bytes());
        Ok(octets)
    }
}

/// Whether the server keeps the connection after this response (RFC 9112 §9.3).
fn is_kept(head: &ResponseHead, kind: BodyKind) -> bool {
    let closes = head.headers.has_token("Connection", "close");
    head.version != "HTTP/1.0" && kind != BodyKind::UntilEof && head.status != 101 && !closes
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    /// A server that answers the requests of its first connection with these octets, in order, and
    /// then ends it; returns what it was asked.
    async fn told(
        answers: &'static [&'static [u8]],
        asked: &HttpRequest<'_>,
    ) -> (Vec<Result<HttpAnswer, Error>>, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            // From here on nothing listens: a second connection is refused.
            drop(listener);
            let mut heard = Vec::new();
            let mut chunk = [0; 4096];
            for answer in answers {
                let count = stream.read(&mut chunk).await.unwrap();
                heard.extend_from_slice(&chunk[..count]);
                stream.write_all(answer).await.unwrap();
            }
            String::from_utf8(heard).unwrap()
        });
        let url = Url::parse(&format!("ws://127.0.0.1:{port}/")).unwrap();
        let deadlines = Deadlines::of(Duration::from_secs(20));
        let mut http = Http::new(url, Trust::Insecure, deadlines);
        let mut got = Vec::new();
        for _ in answers {
            got.push(http.ask(asked).await);
        }
        (got, server.await.unwrap().replace(&port.to_string(), "PORT"))
    }

    fn body(answer: &Result<HttpAnswer, Error>) -> (u16, &str) {
        let answer = answer.as_ref().unwrap();
        (answer.head.status, std::str::from_utf8(&answer.body).unwrap())
    }

    #[tokio::test]
    async fn one_connection_carries_requests_after_one_another() {
        let account = Account { name: "1001".to_owned(), password: "secret".to_owned() };
        let put = HttpRequest {
            method: "PUT",
            path: "/a?b",
            credentials: Credentials::Basic(&account),
            headers: &[("requestId", "7")],
            body: "<User/>",
        };
        let answers: &[&[u8]] = &[
            b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n",
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x\r\nabc\r\n1\r\nd\r\n0\r\nX: y\r\n\r\n",
            b"HTTP/1.1 200 OK\r\n\r\nto the end",
        ];
        let (got, heard) = told(answers, &put).await;
        assert_eq!(body(&got[0]), (202, ""));
        assert_eq!(body(&got[1]), (200, "abcd"));
        assert_eq!(body(&got[2]), (200, "to the end"));
        let one = "PUT /a?b HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nAuthorization: Basic MTAwMTpzZWNyZXQ=\r\n\
                   requestId: 7\r\nContent-Type: application/xml\r\nContent-Length: 7\r\n\r\n<User/>";
        assert_eq!(heard, one.repeat(3));
    }

    #[tokio::test]
    async fn an_answer_that_is_none_is_an_error() {
        let table: [(&'static [&'static [u8]], &str); 6] = [
            (&[b"SSH-2.0-x\r\n\r\n"], "the response is not HTTP"),
            (&[b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"], "ends after 3 octets"),
            (&[b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n"], "exceeds 1048576 octets"),
            (
                &[b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffff\r\n"],
                "exceeds 1048576 octets",
            ),
            (&[b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"], "invalid chunk"),
            (&[b"HTTP/1.1 2"], "the server ended the connection"),
        ];
        for (answers, why) in table {
            let (got, _) = told(answers, &HttpRequest::get("/", Credentials::None)).await;
            let error = got[0].as_ref().unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }

    #[tokio::test]
    async fn a_token_that_would_be_another_header_is_not_sent() {
        let password = "token\r\nX-Evil: 1".to_owned();
        let account = Account { name: "1001".to_owned(), password };
        let url = Url::parse("ws://127.0.0.1:1/").unwrap();
        let http = Http::new(url, Trust::Insecure, Deadlines::with_patience(1.0));
        let octets = http.octets(&HttpRequest::get("/", Credentials::Bearer(&account)));
        assert!(octets.unwrap_err().to_string().contains("no token may have"));
    }
}
