//! One connection before a run, to learn what a server says of itself: its XMPP domain, or its public key.

use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::time::{Instant, timeout_at};
use wire::SpkiPin;
use wire::net::{Stream, Trust, dial};

use crate::access::Access;
use crate::conversation::Conversation;
use crate::url::Url;

/// For everything together, from the resolver to the answer.
const DEADLINE: Duration = Duration::from_secs(15);

/// Why a server did not say what was asked; each is one line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProbeError {
    /// There is no connection, with what to do about it.
    #[error("{0}")]
    Unreachable(String),
    /// There is one, and the server did not tell its domain.
    #[error(
        "the server does not tell its XMPP domain ({0}): write `domain = \"…\"` into the target's file"
    )]
    NoDomain(String),
}

/// The domain in the `from` of the server's first `<open/>` (RFC 7395 §3.4), asked for by its host name.
///
/// # Errors
///
/// No connection, or no domain.
pub async fn domain(access: &Access) -> Result<String, ProbeError> {
    let url = Url::parse(&access.url).map_err(ProbeError::Unreachable)?;
    let tls = url.secure.then_some((&access.trust, url.host.as_str()));
    let stream = connect(&url.host, url.port, tls).await?;
    let mut conversation = Conversation::new(stream);
    let host = url.host.trim_matches(['[', ']']);
    let asking = async {
        conversation.upgrade(&url).await?;
        conversation.open(host).await
    };
    let asked = timeout_at(Instant::now() + DEADLINE, asking).await;
    let domain = asked
        .unwrap_or_else(|_| Err(format!("no answer within {DEADLINE:?}")))
        .and_then(|from| from.ok_or_else(|| "its <open/> has no from".to_owned()))
        .map_err(ProbeError::NoDomain);
    conversation.leave().await;
    domain
}

/// The pin of a server's public key.
///
/// # Errors
///
/// No connection over TLS.
pub async fn pin(host: &str, port: u16) -> Result<SpkiPin, ProbeError> {
    let mut stream = connect(host, port, Some((&Trust::Insecure, host))).await?;
    let pin = stream.tls_facts().and_then(|facts| facts.peer_pin);
    // The server may have gone first.
    let _ = stream.shutdown().await;
    pin.ok_or_else(|| ProbeError::Unreachable(format!("{host}:{port} shows no certificate")))
}

pub(crate) async fn connect(
    host: &str,
    port: u16,
    tls: Option<(&Trust, &str)>,
) -> Result<Stream, ProbeError> {
    dial(host, port, tls, DEADLINE).await.map_err(|error| {
        let hint = error.hint().map_or_else(String::new, |hint| format!("; {hint}"));
        ProbeError::Unreachable(format!("{error}{hint}"))
    })
}
