//! From an open connection to a bound resource: stream, SASL PLAIN, a new stream, bind (RFC 6120
//! §4.3, §6, §7).

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use stanza::{Element, ns};

use crate::requests::{condition, fresh_id};
use crate::transport::Transport;
use crate::{Config, Error, Fault};

/// How long each answer may take.
const ANSWER: Duration = Duration::from_secs(10);

/// The namespace of STARTTLS (RFC 6120 §5.4.2.1), which has no place inside TLS (RFC 7395 §3.9).
const STARTTLS: &str = "urn:ietf:params:xml:ns:xmpp-tls";

/// Logs in; gives the full JID that was bound.
pub(crate) async fn login(socket: &mut Transport, config: &Config) -> Result<String, Error> {
    open(socket, config).await?;
    let mut features = hear_features(socket).await?;
    let offers_plain = features
        .child(ns::SASL, "mechanisms")
        .is_some_and(|list| list.children().any(|mechanism| mechanism.text() == "PLAIN"));
    // RFC 6120 §6.3.3: no mechanism is guessed.
    if !offers_plain && !config.has(Fault::GuessPlain) {
        return Err(Error::NoPlain);
    }
    // RFC 4616 §5, RFC 6120 §13.9.4: the password is readable to all who can read the connection.
    let readable = !["wss://", "https://"].iter().any(|tls| config.url.starts_with(tls));
    if readable && !config.allow_plain && !config.has(Fault::PlainOverWs) {
        return Err(Error::Readable);
    }
    if config.has(Fault::TryStartTls) && features.child(STARTTLS, "starttls").is_some() {
        socket.send(stanza::print(&Element::new(STARTTLS, "starttls"))).await?;
        hear(socket, "STARTTLS").await?;
    }
    let hash = features.child(ns::CAPS, "c").and_then(|caps| caps.attr("hash"));
    if config.has(Fault::VerifyCaps) && hash.is_some_and(|hash| hash != "sha-1") {
        return Err(Error::Message("capabilities with an unknown hash".to_owned()));
    }
    authenticate(socket, config).await?;
    if !config.has(Fault::NoSecondOpen) {
        // RFC 6120 §6.4.6, RFC 7395 §3.7: the stream begins anew, without being closed.
        open(socket, config).await?;
        if !config.has(Fault::HastyBind) {
            features = hear_features(socket).await?;
        }
    }
    let jid = match config.has(Fault::NoBind) {
        true => own_choice(config),
        false => bind(socket, config).await?,
    };
    // RFC 3921 §3; no session is needed where it is optional, and since RFC 6121 §1.4.
    let wanted = features
        .child(ns::SESSION, "session")
        .is_some_and(|session| session.child(ns::SESSION, "optional").is_none());
    if wanted || config.has(Fault::AlwaysSession) {
        ask(socket, config, "session", Element::new(ns::SESSION, "session")).await?;
    }
    Ok(jid)
}

/// Opens a stream (RFC 7395 §3.4).
async fn open(socket: &mut Transport, config: &Config) -> Result<(), Error> {
    let namespace = if config.has(Fault::WrongOpen) { ns::CLIENT } else { ns::FRAMING };
    let version = if config.has(Fault::OldVersion) { "0.9" } else { "1.0" };
    let open = Element::new(namespace, "open")
        .with_attr("to", &config.domain)
        .with_attr("version", version);
    let open = match config.has(Fault::OwnStreamId) {
        true => open.with_attr("id", "own"),
        false => open,
    };
    if !config.has(Fault::NoOpen) {
        socket.send(stanza::print(&open)).await?;
    }
    let answer = hear(socket, "<open/>").await?;
    let is_open = answer.name.local == "open";
    if is_open && answer.name.ns != ns::FRAMING && !config.has(Fault::AnyOpen) {
        return Err(Error::Framing(answer.name.ns));
    }
    if !is_open {
        return Err(Error::Message(format!("wanted <open/>, got <{}>", answer.name.local)));
    }
    let version = answer.attr("version").unwrap_or_default();
    if !speaks(version, config) {
        return Err(Error::Version(version.to_owned()));
    }
    if config.has(Fault::NeedsAddresses) && answer.attr("from").is_none() {
        return Err(Error::Message("an <open/> without sender".to_owned()));
    }
    Ok(())
}

/// Waits for the features of a stream (RFC 6120 §4.3.2).
async fn hear_features(socket: &mut Transport) -> Result<Element, Error> {
    let features = hear(socket, "the features").await?;
    if !features.is(ns::STREAMS, "features") {
        return Err(Error::Message(format!("wanted features, got <{}>", features.name.local)));
    }
    Ok(features)
}

/// Whether a stream of this version can be used: leading zeros and the minor number do not matter
/// (RFC 6120 §4.7.5).
fn speaks(version: &str, config: &Config) -> bool {
    if config.has(Fault::StrictVersion) {
        return version == "1.0";
    }
    let major = version.split_once('.').and_then(|(major, _)| major.parse::<u32>().ok());
    major.is_some_and(|major| major >= 1) || config.has(Fault::AnyVersion)
}

async fn authenticate(socket: &mut Transport, config: &Config) -> Result<(), Error> {
    let attempts = if config.has(Fault::RetryLogin) { 2 } else { 1 };
    let mut failure = Error::NoPlain;
    for _ in 0..attempts {
        // RFC 4616 §2: no authorization identity, the user, the password, all of it UTF-8.
        let plain = format!("\0{}\0{}", config.user, config.password);
        let plain = STANDARD.encode(match config.has(Fault::Latin1Password) {
            true => plain.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect(),
            false => plain.into_bytes(),
        });
        let auth = Element::new(ns::SASL, "auth").with_attr("mechanism", "PLAIN").with_text(plain);
        socket.send(stanza::print(&auth)).await?;
        let answer = hear(socket, "the login").await?;
        match (answer.name.ns.as_str(), answer.name.local.as_str()) {
            (ns::SASL, "success") => return Ok(()),
            (ns::SASL, "failure") => {
                // RFC 6120 §6.5: an unknown condition is a failure like any other.
                let condition = answer.children().next().map(|child| child.name.local.clone());
                let is_known = answer.children().any(|child| child.name.ns == ns::SASL);
                if !is_known && config.has(Fault::AnyFailure) {
                    return Ok(());
                }
                failure = Error::Login(condition.unwrap_or_else(|| "unknown".to_owned()));
            }
            (_, local) => return Err(Error::Message(format!("wanted <success/>, got <{local}>"))),
        }
    }
    Err(failure)
}

async fn bind(socket: &mut Transport, config: &Config) -> Result<String, Error> {
    let bind = Element::new(ns::BIND, "bind")
        .with_child(Element::new(ns::BIND, "resource").with_text(&config.resource));
    let answer = match ask(socket, config, "bind", bind).await {
        Err(Error::Request { .. }) if config.has(Fault::GoUnbound) => {
            return Ok(own_choice(config));
        }
        answer => answer?,
    };
    // RFC 6120 §7.7.1: the server may have chosen another resource.
    let jid = answer.child(ns::BIND, "bind").and_then(|bind| bind.child(ns::BIND, "jid"));
    jid.map(Element::text).ok_or_else(|| Error::Message("a bind result without a JID".to_owned()))
}

/// The JID that the client would like to have.
fn own_choice(config: &Config) -> String {
    format!("{}@{}/{}", config.user, config.domain, config.resource)
}

/// A request to the server, and the result with its id (RFC 6120 §8.1.3).
async fn ask(
    socket: &mut Transport,
    config: &Config,
    what: &'static str,
    child: Element,
) -> Result<Element, Error> {
    let id = fresh_id();
    let iq = Element::new(ns::CLIENT, "iq").with_attr("type", "set").with_attr("id", &id);
    let mut text = stanza::print(&iq.with_child(child));
    if config.has(Fault::ForgetNamespace) {
        text = text.replacen(" xmlns=\"jabber:client\"", "", 1);
    }
    socket.send(text).await?;
    loop {
        let answer = hear(socket, what).await?;
        if answer.attr("id") != Some(&id) && !config.has(Fault::AnyAnswer) {
            continue;
        }
        if answer.attr("type") == Some("error") {
            let condition = condition(&answer);
            return Err(Error::Request { what, node: String::new(), condition });
        }
        return Ok(answer);
    }
}

/// The next element, unless the server ends the stream.
async fn hear(socket: &mut Transport, what: &'static str) -> Result<Element, Error> {
    let element =
        tokio::time::timeout(ANSWER, socket.next()).await.map_err(|_| Error::Timeout(what))??;
    if element.is(ns::STREAMS, "error") {
        return Err(Error::Stream(stream_condition(&element)));
    }
    if element.is(ns::FRAMING, "close") {
        return Err(closed(&element));
    }
    Ok(element)
}

/// Why the server closes the stream (RFC 7395 §3.6).
pub(crate) fn closed(close: &Element) -> Error {
    close.attr("see-other-uri").map_or(Error::Closed, |uri| Error::SeeOther(uri.to_owned()))
}

/// The condition of a stream error (RFC 6120 §4.9.2).
pub(crate) fn stream_condition(error: &Element) -> String {
    let condition = error.children().find(|child| child.name.ns == ns::STREAM_ERRORS);
    condition.map_or_else(|| "undefined-condition".to_owned(), |child| child.name.local.clone())
}
