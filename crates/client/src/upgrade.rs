//! From HTTP to WebSocket, and what of the answer must be as RFC 6455 §4.1 has it before a frame is
//! sent.

use std::time::Duration;

use stanza::{Element, ns};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use crate::address::Address;
use crate::tls::Socket;
use crate::{Config, Error, Fault};

/// How long the answer may take.
const ANSWER: Duration = Duration::from_secs(10);

/// How long a client with [`Fault::EarlyWord`] waits for it.
const EARLY: Duration = Duration::from_secs(1);

/// The longest answer that is read.
const LONGEST: usize = 16 << 10;

/// The key of a client with [`Fault::SameKey`] (RFC 6455 §1.3).
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

/// The offer of a client with [`Fault::OddOffer`].
const ODD_OFFER: &str =
    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=16\r\n";

/// The subprotocol (RFC 7395 §3.1).
const XMPP: &str = "xmpp";

/// Asks for a WebSocket. Gives what came after the answer already.
pub(crate) async fn upgrade(
    socket: &mut Socket,
    address: &Address,
    config: &Config,
) -> Result<Vec<u8>, Error> {
    let key = if config.has(Fault::SameKey) { KEY.to_owned() } else { generate_key() };
    let offer = if config.has(Fault::OddOffer) { ODD_OFFER } else { "" };
    let protocol = match config.has(Fault::NoSubprotocol) {
        true => String::new(),
        false => format!("Sec-WebSocket-Protocol: {XMPP}\r\n"),
    };
    let request = format!(
        "GET {} HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n{protocol}{offer}\r\n",
        address.path,
        address.authority()
    );
    socket.write_all(request.as_bytes()).await?;
    socket.flush().await?;
    let answer = tokio::time::timeout(ANSWER, read(socket, config))
        .await
        .map_err(|_| Error::Timeout("the upgrade"))??;
    if config.has(Fault::HangOnRefusal) && answer.status != 101 {
        std::future::pending::<()>().await;
    }
    check(&answer, &key, config)?;
    Ok(answer.rest)
}

/// The head of a response, and what came after it.
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    rest: Vec<u8>,
}

impl Answer {
    fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let is_its = move |(own, _): &&(String, String)| own.eq_ignore_ascii_case(name);
        self.headers.iter().filter(is_its).map(|(_, value)| value.trim())
    }

    fn has_token(&self, name: &str, token: &str) -> bool {
        self.values(name)
            .flat_map(|value| value.split(','))
            .any(|word| word.trim().eq_ignore_ascii_case(token))
    }
}

async fn read(socket: &mut Socket, config: &Config) -> Result<Answer, Error> {
    let mut buffer = Vec::new();
    // A client that waits longer than the answer may take says nothing before it.
    let mut patience = if config.has(Fault::EarlyWord) { EARLY } else { 2 * ANSWER };
    loop {
        let mut chunk = [0; 2048];
        let count = match tokio::time::timeout(patience, socket.read(&mut chunk)).await {
            Ok(count) => count?,
            Err(_) => {
                speak_early(socket, config).await?;
                patience = 2 * ANSWER;
                continue;
            }
        };
        if count == 0 || buffer.len() > LONGEST {
            return Err(Error::Upgrade("the answer has no end"));
        }
        buffer.extend_from_slice(&chunk[..count]);
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut response = httparse::Response::new(&mut headers);
        match response.parse(&buffer) {
            Ok(httparse::Status::Partial) if config.has(Fault::OneReadAnswer) => {
                return Err(Error::Upgrade("the answer is not whole"));
            }
            Ok(httparse::Status::Partial) => {}
            Ok(httparse::Status::Complete(used)) => {
                let header = |header: &httparse::Header<'_>| {
                    (header.name.to_owned(), String::from_utf8_lossy(header.value).into_owned())
                };
                return Ok(Answer {
                    status: response.code.unwrap_or_default(),
                    headers: response.headers.iter().map(header).collect(),
                    rest: buffer[used..].to_vec(),
                });
            }
            Err(_) => return Err(Error::Upgrade("the answer is not HTTP")),
        }
    }
}

/// RFC 6455 §4.1, the items on the response; RFC 7395 §3.1.
fn check(answer: &Answer, key: &str, config: &Config) -> Result<(), Error> {
    if answer.status != 101 {
        return Err(Error::Refused(answer.status));
    }
    let is_any = config.has(Fault::Any101);
    if !answer.has_token("Upgrade", "websocket") && !is_any {
        return Err(Error::Upgrade("no Upgrade: websocket"));
    }
    if !answer.has_token("Connection", "upgrade") && !is_any {
        return Err(Error::Upgrade("no Connection: Upgrade"));
    }
    let wanted = derive_accept_key(key.as_bytes());
    let proves = answer.values("Sec-WebSocket-Accept").any(|value| value == wanted);
    if !proves && !config.has(Fault::SkipAcceptCheck) {
        return Err(Error::Upgrade("Sec-WebSocket-Accept does not follow from the key"));
    }
    let extended = answer.values("Sec-WebSocket-Extensions").any(|value| !value.is_empty());
    if extended && !config.has(Fault::AnyExtension) {
        return Err(Error::Upgrade("an extension that the client did not offer"));
    }
    let mut protocols = answer.values("Sec-WebSocket-Protocol");
    let is_xmpp = protocols.next() == Some(XMPP) && protocols.next().is_none();
    if !is_xmpp && !config.has(Fault::AnySubprotocol) {
        return Err(Error::Upgrade("the subprotocol is not xmpp"));
    }
    Ok(())
}

/// Opens the stream before there is one, for [`Fault::EarlyWord`].
async fn speak_early(socket: &mut Socket, config: &Config) -> Result<(), Error> {
    let open = Element::new(ns::FRAMING, "open").with_attr("to", &config.domain);
    let open = stanza::print(&open.with_attr("version", "1.0"));
    let mut frame = Frame::message(open, OpCode::Data(Data::Text), true);
    frame.header_mut().mask = Some([0; 4]);
    let mut octets = Vec::new();
    frame.format(&mut octets).map_err(|error| Error::WebSocket(error.to_string()))?;
    socket.write_all(&octets).await?;
    socket.flush().await?;
    Ok(())
}
