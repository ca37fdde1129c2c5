//! Ports that clients call by mistake: a caller is told the right port, in the protocol that it
//! speaks.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use stanza::{escape, ns};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use wire::net::ServerTls;
use wire::{Incoming, Listener, Stream};

use crate::error::Error;

/// The ports that clients of older releases and of other XMPP servers try: XMPP, XMPP over TLS,
/// BOSH, BOSH over TLS.
pub(crate) const USUAL: [u16; 4] = [5222, 5223, 7071, 7443];

/// The most callers at once, over all ports. The connection of another caller is closed.
const AT_ONCE: usize = 256;

/// The longest time for one caller, in wall time: for its TLS handshake, for its first words, and
/// for the end of the connection.
const PATIENCE: Duration = Duration::from_secs(5);

/// How much of the first words is read, in octets.
const HEARD: usize = 4 << 10;

/// How much of what follows is read and dropped, so that the answer arrives.
const DROPPED: u64 = 64 << 10;

/// How long to wait after a failed accept, e.g. for want of file descriptors.
const PAUSE: Duration = Duration::from_millis(50);

/// The first octet of a TLS connection (RFC 8446 §5.1: handshake).
pub(crate) const HANDSHAKE: u8 = 0x16;

/// The ports, before they are listened on.
#[derive(Debug)]
pub(crate) struct Ports {
    listeners: Vec<(u16, Listener)>,
    has_tls: bool,
}

/// The addresses that a caller is told.
#[derive(Debug)]
pub(crate) struct Directions {
    /// The URL of the notification service.
    pub(crate) websocket: String,
    /// The URL of the REST API, if there is one.
    pub(crate) rest: Option<String>,
    pub(crate) domain: String,
}

/// A call at one of the ports.
#[derive(Debug)]
pub(crate) struct PortCall {
    pub(crate) from: SocketAddr,
    pub(crate) port: u16,
    /// The words of the caller, and the answer.
    pub(crate) what: String,
}

/// The protocol of a caller.
#[derive(Debug, PartialEq, Eq)]
enum CallerProtocol {
    Xmpp,
    /// Method and path.
    Http(String),
    Silence,
    Other,
}

impl Ports {
    /// Takes these ports.
    pub(crate) async fn bind(
        host: IpAddr,
        ports: &[u16],
        tls: Option<&ServerTls>,
    ) -> Result<Self, Error> {
        let mut listeners = Vec::new();
        for port in ports {
            let address = SocketAddr::new(host, *port);
            let refused = |source| Error::Hint { address, source };
            let listener = Listener::bind(address, tls.cloned()).await.map_err(refused)?;
            let port = listener.local_addr().map_err(refused)?.port();
            listeners.push((port, listener));
        }
        Ok(Self { listeners, has_tls: tls.is_some() })
    }

    /// The numbers of the ports.
    pub(crate) fn numbers(&self) -> Vec<u16> {
        self.listeners.iter().map(|(port, _)| *port).collect()
    }

    /// Answers all callers, for ever.
    pub(crate) async fn answer(
        self,
        directions: Directions,
        note: impl Fn(PortCall) + Clone + Send + Sync + 'static,
    ) {
        let (directions, has_tls) = (Arc::new(directions), self.has_tls);
        let room = Arc::new(Semaphore::new(AT_ONCE));
        let mut ports = tokio::task::JoinSet::new();
        for (port, listener) in self.listeners {
            let (directions, room, note) =
                (Arc::clone(&directions), Arc::clone(&room), note.clone());
            ports.spawn(async move {
                let mut callers = tokio::task::JoinSet::new();
                loop {
                    let incoming = tokio::select! {
                        incoming = listener.accept() => incoming,
                        Some(_) = callers.join_next() => continue,
                    };
                    let Ok(incoming) = incoming else {
                        tokio::time::sleep(PAUSE).await;
                        continue;
                    };
                    let from = incoming.peer_addr();
                    let Ok(place) = Arc::clone(&room).try_acquire_owned() else {
                        let what = "was closed: too many callers at once".to_owned();
                        note(PortCall { from, port, what });
                        continue;
                    };
                    let (directions, note) = (Arc::clone(&directions), note.clone());
                    callers.spawn(async move {
                        let what = serve(incoming, &directions, has_tls).await;
                        note(PortCall { from, port, what });
                        drop(place);
                    });
                }
            });
        }
        while ports.join_next().await.is_some() {}
    }
}

impl Directions {
    /// The way to the service, in a sentence.
    fn sentence(&self) -> String {
        let rest = self.rest.as_ref().map(|url| format!(", the REST API at {url}"));
        format!(
            "This port serves nothing. The notification service is at {}, as XMPP over WebSocket \
             (RFC 7395){}.",
            self.websocket,
            rest.unwrap_or_default()
        )
    }

    /// The answer in a protocol.
    fn answer(&self, speech: &CallerProtocol) -> Option<String> {
        let sentence = self.sentence();
        match speech {
            // RFC 6120 §4.9.3.14. see-other-host would lead a client of XMPP over TCP to a port of
            // HTTP.
            CallerProtocol::Xmpp => Some(format!(
                "<?xml version='1.0'?><stream:stream xmlns='{}' xmlns:stream='{}' id='hint' from='{}' \
                 version='1.0' xml:lang='en'><stream:error><policy-violation xmlns='{}'/><text xmlns='{}' \
                 xml:lang='en'>{}</text></stream:error></stream:stream>",
                ns::CLIENT,
                ns::STREAMS,
                escape::attr(&self.domain),
                ns::STREAM_ERRORS,
                ns::STREAM_ERRORS,
                escape::text(&sentence)
            )),
            // RFC 9110 §15.5.20. A page of any origin may read it, so that its author sees it.
            CallerProtocol::Http(_) => Some(format!(
                "HTTP/1.1 421 Misdirected Request\r\nContent-Type: text/plain; charset=utf-8\r\n\
                 Access-Control-Allow-Origin: *\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{sentence}\n",
                sentence.len() + 1
            )),
            CallerProtocol::Silence | CallerProtocol::Other => None,
        }
    }
}

/// Hears a caller, answers it, and says what happened.
async fn serve(incoming: Incoming, directions: &Directions, has_tls: bool) -> String {
    let first = match timeout(PATIENCE, incoming.peek()).await {
        Err(_) => return format!("said nothing within {} s", PATIENCE.as_secs()),
        Ok(Err(error)) => return format!("broke off: {error}"),
        Ok(Ok(None)) => return "left without a word".to_owned(),
        Ok(Ok(Some(first))) => first,
    };
    if first != HANDSHAKE {
        return converse(incoming.without_tls(), directions, "").await;
    }
    if !has_tls {
        return "spoke TLS, which this fake does not; its connection was closed".to_owned();
    }
    match Box::pin(incoming.handshake(PATIENCE)).await {
        Ok(stream) => converse(stream, directions, " over TLS").await,
        Err(error) => format!("spoke TLS, which failed: {}", crate::accept::reason(&error)),
    }
}

async fn converse(mut stream: Stream, directions: &Directions, over: &str) -> String {
    let heard = timeout(PATIENCE, first_words(&mut stream)).await.unwrap_or_default();
    let speech = CallerProtocol::of(&heard);
    let said = match &speech {
        CallerProtocol::Xmpp => format!("spoke XMPP{over}"),
        CallerProtocol::Http(request) => format!("spoke HTTP{over}, {request}"),
        CallerProtocol::Silence => {
            return format!("said nothing{over} within {} s", PATIENCE.as_secs());
        }
        CallerProtocol::Other => return format!("spoke neither XMPP nor HTTP{over}"),
    };
    let Some(answer) = directions.answer(&speech) else { return said };
    match timeout(PATIENCE, tell(&mut stream, &answer)).await {
        Ok(Ok(())) => format!("{said}; it was told {}", directions.websocket),
        _ => format!("{said}, and did not take the answer"),
    }
}

/// The first words, up to the end of a head of HTTP.
async fn first_words(stream: &mut (impl AsyncRead + Unpin)) -> Vec<u8> {
    let mut heard = Vec::new();
    let mut limited = stream.take(HEARD as u64);
    while CallerProtocol::of(&heard).wants_more(&heard) {
        match limited.read_buf(&mut heard).await {
            Ok(0) | Err(_) => break,
            Ok(_) => {}
        }
    }
    heard
}

/// Sends an answer, and reads what still comes: a connection that is closed with unread octets is
/// reset, and the answer lost with it.
async fn tell(stream: &mut Stream, answer: &str) -> io::Result<()> {
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await?;
    let mut rest = (&mut *stream).take(DROPPED);
    tokio::io::copy(&mut rest, &mut tokio::io::sink()).await?;
    Ok(())
}

impl CallerProtocol {
    fn of(heard: &[u8]) -> Self {
        let text = heard.trim_ascii_start();
        match text.first() {
            None => Self::Silence,
            Some(b'<') => Self::Xmpp,
            Some(b'A'..=b'Z') => {
                let line = text.split(|octet| matches!(octet, b'\r' | b'\n')).next();
                let line = String::from_utf8_lossy(line.unwrap_or_default()).into_owned();
                let mut words = line.split(' ');
                let (method, target) = (words.next(), words.next());
                match (method, target, words.next()) {
                    (Some(method), Some(target), Some(version)) if version.starts_with("HTTP/") => {
                        // A query may hold credentials.
                        let path = target.split('?').next().unwrap_or_default();
                        let path: String = path.chars().take(100).collect();
                        Self::Http(format!("{method} {path}"))
                    }
                    _ => Self::Other,
                }
            }
            Some(_) => Self::Other,
        }
    }

    /// Whether more has to come before an answer.
    fn wants_more(&self, heard: &[u8]) -> bool {
        let is_line = !heard.contains(&b'\n') && heard.first().is_some_and(u8::is_ascii_uppercase);
        match self {
            Self::Silence => true,
            Self::Http(_) => !heard.windows(4).any(|end| end == b"\r\n\r\n"),
            Self::Other => is_line,
            Self::Xmpp => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_words_tell_the_protocol() {
        let http = |request: &str| CallerProtocol::Http(request.to_owned());
        for (heard, speech, wants_more) in [
            ("", CallerProtocol::Silence, true),
            (" \r\n", CallerProtocol::Silence, true),
            ("<?xml version='1.0'?>", CallerProtocol::Xmpp, false),
            ("<str", CallerProtocol::Xmpp, false),
            ("GE", CallerProtocol::Other, true),
            ("GET /ws/ HTT", CallerProtocol::Other, true),
            ("GET /ws/?token=x HTTP/1.1\r\nHost: x\r\n", http("GET /ws/"), true),
            ("POST /http-bind/ HTTP/1.1\r\n\r\n", http("POST /http-bind/"), false),
            ("HELO me\r\n", CallerProtocol::Other, false),
            ("\u{1}", CallerProtocol::Other, false),
        ] {
            let found = CallerProtocol::of(heard.as_bytes());
            assert_eq!(found.wants_more(heard.as_bytes()), wants_more, "{heard:?}");
            assert_eq!(found, speech, "{heard:?}");
        }
    }
}
