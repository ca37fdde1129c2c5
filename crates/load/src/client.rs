//! One client: logs in, asks, and checks what it is answered.

use stanza::{Element, ns};

use crate::error::{Fault, Step};
use crate::request;
use crate::server::{Account, Server};
use crate::socket::Socket;

/// What the server calls itself: the `from` of its `<open/>` (RFC 7395 §3.4), asked for by `server.domain`.
///
/// # Errors
///
/// There is no connection, or no answer that says so.
pub async fn domain(server: &Server) -> Result<String, Fault> {
    let mut socket = Socket::connect(server).await?;
    socket.say(request::open(&server.domain), Step::Open).await?;
    let open = parsed(&socket.hear(Step::Open).await?, Step::Open)?;
    let domain = open.attr("from").filter(|from| !from.is_empty()).map(str::to_owned);
    if socket.say(request::close(), Step::Open).await.is_ok() {
        socket.close().await;
    }
    domain.ok_or_else(|| unexpected(Step::Open, &open, "an <open/> that says from whom"))
}

/// A client that is logged in.
pub struct Client {
    socket: Socket,
    /// Its bare JID.
    bare: String,
    pubsub: String,
    requests: u32,
}

impl Client {
    /// Connects, upgrades, logs in with SASL PLAIN and binds `resource`.
    ///
    /// # Errors
    ///
    /// The first step that fails, or that is answered otherwise than the protocol has it.
    pub async fn log_in(server: &Server, account: &Account, resource: &str) -> Result<Self, Fault> {
        let socket = Socket::connect(server).await?;
        let bare = format!("{}@{}", account.name, server.domain);
        let mut client = Self { socket, bare, pubsub: server.pubsub.clone(), requests: 0 };
        client.open(&server.domain, "mechanisms").await?;
        client.authenticate(account).await?;
        client.open(&server.domain, "bind").await?;
        client.bind(resource).await?;
        Ok(client)
    }

    /// Says that it is there. Nothing answers that.
    ///
    /// # Errors
    ///
    /// The connection broke.
    pub async fn be_present(&mut self) -> Result<(), Fault> {
        self.socket.say(request::presence(), Step::Bind).await
    }

    /// Subscribes its bare JID to a node.
    ///
    /// # Errors
    ///
    /// The server refuses, or answers with another state than `subscribed`.
    pub async fn subscribe(&mut self, node: &str) -> Result<(), Fault> {
        let payload = request::subscribe(node, &self.bare);
        let answer = self.ask_pubsub(&payload, Step::Subscribe).await?;
        let subscription = answer
            .child(ns::PUBSUB, "pubsub")
            .and_then(|pubsub| pubsub.child(ns::PUBSUB, "subscription"));
        let state = subscription.and_then(|subscription| subscription.attr("subscription"));
        match state {
            Some("subscribed") => Ok(()),
            _ => Err(unexpected(Step::Subscribe, &answer, "the state `subscribed`")),
        }
    }

    /// Creates a node, with what the server takes for the default.
    ///
    /// # Errors
    ///
    /// The server refuses.
    pub async fn create(&mut self, node: &str) -> Result<(), Fault> {
        self.ask_pubsub(&request::create(node), Step::Create).await.map(drop)
    }

    /// Deletes a node.
    ///
    /// # Errors
    ///
    /// The server refuses.
    pub async fn delete(&mut self, node: &str) -> Result<(), Fault> {
        self.ask_pubsub(&request::delete(node), Step::Delete).await.map(drop)
    }

    /// Publishes one item, a whole XML element.
    ///
    /// # Errors
    ///
    /// The server refuses.
    pub async fn publish(&mut self, node: &str, payload: &str) -> Result<(), Fault> {
        self.ask_pubsub(&request::publish(node, payload), Step::Publish).await.map(drop)
    }

    /// The next message with this text in it, as it came. All else is passed over, requests with the answer that they
    /// are due.
    pub(crate) async fn message_with(&mut self, mark: &str) -> Result<String, Fault> {
        loop {
            let text = self.socket.hear(Step::Delivery).await?;
            if text.contains(mark) {
                return Ok(text);
            }
            self.stanza(&text, Step::Delivery).await?;
        }
    }

    /// The bare JID.
    pub(crate) fn bare(&self) -> &str {
        &self.bare
    }

    /// The address of the publish-subscribe service.
    pub(crate) fn pubsub(&self) -> &str {
        &self.pubsub
    }

    /// Ends stream, WebSocket and TCP in order.
    pub async fn leave(mut self) {
        // A server that is gone needs no farewell.
        if self.socket.say(request::close(), Step::Open).await.is_ok() {
            self.socket.close().await;
        }
    }

    /// RFC 7395 §3.4: `<open/>` is answered with `<open/>`, then with what the stream offers, here `offer`.
    async fn open(&mut self, domain: &str, offer: &str) -> Result<(), Fault> {
        self.socket.say(request::open(domain), Step::Open).await?;
        let open = self.element(Step::Open).await?;
        if !open.is(ns::FRAMING, "open") {
            return Err(unexpected(Step::Open, &open, "<open/>"));
        }
        let features = self.element(Step::Open).await?;
        let offered = features.children().any(|feature| feature.name.local == offer);
        if features.is(ns::STREAMS, "features") && offered {
            Ok(())
        } else {
            Err(unexpected(Step::Open, &features, &format!("features with <{offer}/>")))
        }
    }

    async fn authenticate(&mut self, account: &Account) -> Result<(), Fault> {
        self.socket.say(request::auth(account), Step::Auth).await?;
        let answer = self.element(Step::Auth).await?;
        if answer.is(ns::SASL, "success") {
            return Ok(());
        }
        if answer.is(ns::SASL, "failure") {
            let condition = answer.children().next().map(|condition| condition.name.local.clone());
            let condition = condition.unwrap_or_else(|| "no condition".to_owned());
            return Err(Fault::Refused { step: Step::Auth, condition });
        }
        Err(unexpected(Step::Auth, &answer, "<success/>"))
    }

    async fn bind(&mut self, resource: &str) -> Result<(), Fault> {
        let answer = self.ask(None, &request::bind(resource), Step::Bind).await?;
        let jid = answer
            .child(ns::BIND, "bind")
            .and_then(|bind| bind.child(ns::BIND, "jid"))
            .map(Element::text);
        if jid == Some(format!("{}/{resource}", self.bare)) {
            Ok(())
        } else {
            let wanted = format!("the address {}/{resource}", self.bare);
            Err(unexpected(Step::Bind, &answer, &wanted))
        }
    }

    async fn ask_pubsub(&mut self, payload: &str, step: Step) -> Result<Element, Fault> {
        let to = self.pubsub.clone();
        self.ask(Some(&to), payload, step).await
    }

    /// The result of a request (RFC 6120 §8.2.3).
    async fn ask(&mut self, to: Option<&str>, payload: &str, step: Step) -> Result<Element, Fault> {
        self.requests += 1;
        let id = format!("load-{}", self.requests);
        self.socket.say(request::set(&id, to, payload), step).await?;
        loop {
            let text = self.socket.hear(step).await?;
            let Some(answer) = self.stanza(&text, step).await? else { continue };
            if !answer.is(ns::CLIENT, "iq") || answer.attr("id") != Some(&id) {
                continue;
            }
            return match answer.attr("type") {
                Some("result") => Ok(answer),
                Some("error") => Err(Fault::Refused { step, condition: condition(&answer) }),
                _ => Err(unexpected(step, &answer, "a result")),
            };
        }
    }

    /// Reads a stanza. The end of the stream is an error; a request of the server is answered and not returned.
    async fn stanza(&mut self, text: &str, step: Step) -> Result<Option<Element>, Fault> {
        let element = parsed(text, step)?;
        if element.is(ns::STREAMS, "error") {
            let condition = element.children().next().map(|condition| condition.name.local.clone());
            let condition = condition.unwrap_or_else(|| "a stream error".to_owned());
            return Err(Fault::Refused { step, condition });
        }
        if element.is(ns::FRAMING, "close") {
            return Err(Fault::Ended { step });
        }
        let asks =
            element.is(ns::CLIENT, "iq") && matches!(element.attr("type"), Some("get" | "set"));
        if asks {
            let answer =
                request::unavailable(element.attr("id").unwrap_or_default(), element.attr("from"));
            self.socket.say(answer, step).await?;
            return Ok(None);
        }
        Ok(Some(element))
    }

    async fn element(&mut self, step: Step) -> Result<Element, Fault> {
        let text = self.socket.hear(step).await?;
        match self.stanza(&text, step).await? {
            Some(element) => Ok(element),
            None => Err(Fault::Unexpected { step, got: "a request before the login".to_owned() }),
        }
    }
}

/// The element of a message (RFC 7395 §3.3.3).
pub(crate) fn parsed(text: &str, step: Step) -> Result<Element, Fault> {
    stanza::parse(text).map_err(|error| Fault::Unexpected { step, got: error.to_string() })
}

pub(crate) fn unexpected(step: Step, got: &Element, wanted: &str) -> Fault {
    Fault::Unexpected { step, got: format!("wanted {wanted}, got {}", stanza::print(got)) }
}

fn condition(answer: &Element) -> String {
    let error = answer.children().find(|child| child.name.local == "error");
    error
        .into_iter()
        .flat_map(Element::children)
        .find(|child| child.name.ns == ns::STANZA_ERRORS)
        .map_or_else(|| "no condition".to_owned(), |condition| condition.name.local.clone())
}
