//! A correct client for tools: it logs in, sends requests and returns the answers.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use stanza::{Element, ns};
use tokio::time::{Instant, timeout_at};
use wire::ResponseHead;
use wire::handshake::ONLY_LOOKS;
use wire::net::{Stream, Trust};

use crate::websocket::WebSocket;
use crate::{Account, Deadlines, Error, Url};

/// Deadline for the close handshakes, which a server may leave unanswered.
const FAREWELL: Duration = Duration::from_secs(2);

/// How much of an unexpected message an error shows, in characters.
const SHOWN: usize = 400;

/// A connection to a server, with or without a stream.
pub struct Client {
    websocket: WebSocket,
    requests: u32,
}

impl Client {
    /// Connects with TCP, and TLS for `wss`.
    ///
    /// # Errors
    ///
    /// [`Error::Dial`], with the failed step.
    pub async fn connect(url: &Url, trust: &Trust, deadlines: Deadlines) -> Result<Self, Error> {
        Ok(Self { websocket: WebSocket::connect(url, trust, deadlines).await?, requests: 0 })
    }

    /// Connects, upgrades, opens a stream to `domain`, authenticates, and binds `resource`; if
    /// none, the server chooses the resource.
    ///
    /// # Errors
    ///
    /// The first step that fails; the connection is then closed.
    pub async fn log_in(
        url: &Url,
        trust: &Trust,
        deadlines: Deadlines,
        domain: &str,
        account: &Account,
        resource: Option<&str>,
    ) -> Result<Self, Error> {
        let mut client = Self::connect(url, trust, deadlines).await?;
        let steps = async {
            client.upgrade(url).await?;
            client.open(domain).await?;
            client.features().await?;
            client.authenticate(account).await?;
            client.open(domain).await?;
            client.features().await?;
            client.bind(resource).await
        };
        if let Err(error) = steps.await {
            client.leave().await;
            return Err(error);
        }
        Ok(client)
    }

    /// The underlying connection.
    pub fn stream(&self) -> &Stream {
        self.websocket.stream()
    }

    /// Requests the upgrade to WebSocket (RFC 6455 §4.1); returns the response.
    ///
    /// # Errors
    ///
    /// [`Error::Upgrade`] when the server does not switch, or not to XMPP.
    pub async fn upgrade(&mut self, url: &Url) -> Result<ResponseHead, Error> {
        self.websocket.upgrade(url, None).await
    }

    /// [`Client::upgrade`] of a client that will not log in, and says so.
    ///
    /// # Errors
    ///
    /// As [`Client::upgrade`].
    pub async fn upgrade_to_look(&mut self, url: &Url) -> Result<ResponseHead, Error> {
        self.websocket.upgrade(url, Some(ONLY_LOOKS)).await
    }

    /// Opens a stream to a domain (RFC 7395 §3.4), or opens it again after the login; returns the
    /// server's `<open/>`.
    ///
    /// # Errors
    ///
    /// The server answers with anything else.
    pub async fn open(&mut self, domain: &str) -> Result<Element, Error> {
        let open = Element::new(ns::FRAMING, "open").with_attr("to", domain);
        self.send(&open.with_attr("version", "1.0")).await?;
        self.next("<open/>", |element| element.is(ns::FRAMING, "open")).await
    }

    /// Receives the stream features (RFC 6120 §4.3.2), which follow the server's `<open/>`.
    ///
    /// # Errors
    ///
    /// The server sends anything else.
    pub async fn features(&mut self) -> Result<Element, Error> {
        self.next("<features/>", |element| element.is(ns::STREAMS, "features")).await
    }

    /// Authenticates with SASL PLAIN (RFC 4616). The caller must then open the stream again.
    ///
    /// # Errors
    ///
    /// [`Error::Login`] when the server refuses.
    pub async fn authenticate(&mut self, account: &Account) -> Result<(), Error> {
        let plain = STANDARD.encode(format!("\0{}\0{}", account.name, account.password));
        let auth = Element::new(ns::SASL, "auth").with_attr("mechanism", "PLAIN").with_text(plain);
        self.send(&auth).await?;
        let outcome = self.next("<success/>", |element| element.name.ns == ns::SASL).await?;
        if outcome.is(ns::SASL, "success") {
            return Ok(());
        }
        let condition = outcome.children().find(|child| child.name.local != "text");
        Err(Error::Login(name_of(condition.unwrap_or(&outcome))))
    }

    /// Binds a resource, or one of the server's choice (RFC 6120 §7); returns the full JID.
    ///
    /// # Errors
    ///
    /// The server refuses, or names no JID.
    pub async fn bind(&mut self, resource: Option<&str>) -> Result<String, Error> {
        let mut bind = Element::new(ns::BIND, "bind");
        if let Some(resource) = resource {
            bind = bind.with_child(Element::new(ns::BIND, "resource").with_text(resource));
        }
        let answer = self.ask("set", None, bind).await?;
        let jid = answer.child(ns::BIND, "bind").and_then(|bind| bind.child(ns::BIND, "jid"));
        let jid = jid.map(Element::text).filter(|jid| !jid.is_empty());
        jid.ok_or_else(|| Error::Unexpected("the bind result contains no JID".to_owned()))
    }

    /// Sends a request of type `get` or `set` (RFC 6120 §8.2.3) and returns its result. Other
    /// stanzas are ignored meanwhile; requests of the server are declined with an error.
    ///
    /// # Errors
    ///
    /// [`Error::Stanza`] when the answer is an error.
    pub async fn ask(
        &mut self,
        kind: &str,
        to: Option<&str>,
        payload: Element,
    ) -> Result<Element, Error> {
        self.requests += 1;
        let id = format!("ask-{}", self.requests);
        let mut iq = Element::new(ns::CLIENT, "iq").with_attr("type", kind).with_attr("id", &id);
        if let Some(to) = to {
            iq = iq.with_attr("to", to);
        }
        self.send(&iq.with_child(payload)).await?;
        let until = self.websocket.deadline();
        loop {
            let response = self.element(until).await?;
            if response.name.local == "iq" && response.attr("id") == Some(&id) {
                return answer(response);
            }
        }
    }

    /// Sends one element.
    ///
    /// # Errors
    ///
    /// The connection broke.
    pub async fn send(&mut self, element: &Element) -> Result<(), Error> {
        self.websocket.send(stanza::print(element)).await
    }

    /// The next stanza, with its text as it came; none if none comes until then. Requests of the
    /// server are handled as in [`Client::ask`].
    ///
    /// # Errors
    ///
    /// The stream ends.
    pub async fn stanza(&mut self, until: Instant) -> Result<Option<(Element, String)>, Error> {
        loop {
            let text = match self.websocket.text(until).await {
                Ok(text) => text,
                Err(Error::Silent(_)) if Instant::now() >= until => return Ok(None),
                Err(error) => return Err(error),
            };
            if let Some(element) = self.take(&text).await? {
                return Ok(Some((element, text)));
            }
        }
    }

    /// The next message, unread, whenever it comes. Requests of the server stay unanswered.
    ///
    /// # Errors
    ///
    /// The connection or the WebSocket ends.
    pub async fn message(&mut self) -> Result<String, Error> {
        loop {
            match self.websocket.text(self.websocket.deadline()).await {
                Err(Error::Silent(_)) => {}
                message => return message,
            }
        }
    }

    /// When the answer to a request that is sent now must have come.
    pub fn deadline(&self) -> Instant {
        self.websocket.deadline()
    }

    /// The next message that contains `mark`, unparsed. Other stanzas are handled as in
    /// [`Client::ask`].
    ///
    /// # Errors
    ///
    /// The stream ends, or no such message comes in time.
    pub async fn message_with(&mut self, mark: &str) -> Result<String, Error> {
        let until = self.websocket.deadline();
        loop {
            let text = self.websocket.text(until).await?;
            if text.contains(mark) {
                return Ok(text);
            }
            self.take(&text).await?;
        }
    }

    /// Closes stream, WebSocket and TCP, as far as the server answers (RFC 7395 §3.6, RFC 6455
    /// §7.1).
    pub async fn leave(mut self) {
        let until = Instant::now() + FAREWELL;
        let farewell = async {
            if self.websocket.is_open() {
                self.send(&Element::new(ns::FRAMING, "close")).await?;
                // Read until the server's `<close/>` or the end of the connection.
                while self.element(until).await.is_ok() {}
                self.websocket.close(until).await?;
            }
            self.websocket.shut_down().await;
            Ok::<(), Error>(())
        };
        // The server may have closed already.
        let _ = timeout_at(until, farewell).await;
    }

    /// The next element; an error if the protocol demands another one here.
    async fn next(
        &mut self,
        wanted: &str,
        is_wanted: impl Fn(&Element) -> bool,
    ) -> Result<Element, Error> {
        let element = self.element(self.websocket.deadline()).await?;
        if is_wanted(&element) { Ok(element) } else { Err(unexpected(wanted, &element)) }
    }

    /// The next element other than a request of the server.
    async fn element(&mut self, until: Instant) -> Result<Element, Error> {
        loop {
            let text = self.websocket.text(until).await?;
            if let Some(element) = self.take(&text).await? {
                return Ok(element);
            }
        }
    }

    /// Parses an element. The end of the stream is an error. A request of the server is declined
    /// and not returned, since each needs an answer (RFC 6120 §8.2.3).
    async fn take(&mut self, text: &str) -> Result<Option<Element>, Error> {
        let element = stanza::parse(text).map_err(|error| {
            Error::Unreadable(format!("a message of the server does not parse: {error}"))
        })?;
        if element.is(ns::STREAMS, "error") {
            let condition = element.children().find(|child| child.name.ns == ns::STREAM_ERRORS);
            let condition = condition.map_or_else(|| "without condition".to_owned(), name_of);
            return Err(Error::StreamError(condition));
        }
        if element.is(ns::FRAMING, "close") {
            return Err(Error::ClosedStream);
        }
        match declined(&element) {
            Some(answer) => {
                self.send(&answer).await?;
                Ok(None)
            }
            None => Ok(Some(element)),
        }
    }
}

/// The result of a request, from the answer to it.
///
/// # Errors
///
/// [`Error::Stanza`] when the answer is an error.
pub fn answer(response: Element) -> Result<Element, Error> {
    match response.attr("type") {
        Some("result") => Ok(response),
        Some("error") => Err(Error::Stanza(condition(&response))),
        _ => Err(unexpected("a result", &response)),
    }
}

fn unexpected(wanted: &str, got: &Element) -> Error {
    Error::Unexpected(format!(
        "wanted {wanted}, got {}",
        textual::clipped(&stanza::print(got), SHOWN)
    ))
}

/// The condition of a stanza error (RFC 6120 §8.3.2).
fn condition(answer: &Element) -> String {
    let error = answer.children().find(|child| child.name.local == "error");
    let mut conditions = error.into_iter().flat_map(Element::children);
    conditions
        .find(|child| child.name.ns == ns::STANZA_ERRORS && child.name.local != "text")
        .map_or_else(|| "an error".to_owned(), name_of)
}

/// The error that declines a request of the server (RFC 6120 §8.3.3.19); none for other stanzas.
#[must_use]
pub fn declined(element: &Element) -> Option<Element> {
    let asks = matches!(element.attr("type"), Some("get" | "set"));
    if element.name.local != "iq" || !asks {
        return None;
    }
    let condition = Element::new(ns::STANZA_ERRORS, "service-unavailable");
    let error = Element::new(ns::CLIENT, "error").with_attr("type", "cancel").with_child(condition);
    let mut answer = Element::new(ns::CLIENT, "iq").with_attr("type", "error").with_child(error);
    for (from, to) in [("id", "id"), ("from", "to")] {
        if let Some(value) = element.attr(from) {
            answer = answer.with_attr(to, value);
        }
    }
    Some(answer)
}

fn name_of(element: &Element) -> String {
    textual::clipped(&element.name.local, SHOWN).into_owned()
}
