//! The check of a driver before the run: asked for an unknown verb, it must decline. A driver that
//! ignores its tasks would otherwise pass cases in which the client has nothing to do.

use std::time::Duration;

use case::Transport;
use runner::client::{Start, UNSUPPORTED};

use crate::contract::Contract;

/// How long a client may take to decline an unknown verb.
const DEADLINE: Duration = Duration::from_secs(10);

/// The result of the check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Honesty {
    /// Whether the client reports.
    pub reports: bool,
}

/// Why a client fails the check.
#[derive(Debug, thiserror::Error)]
pub enum Dishonest {
    /// The client cannot be started.
    #[error("{0}")]
    Start(String),
    /// The client did not decline the unknown verb.
    #[error(
        "asked to `{verb}`, which no client can do, the client {did}; wanted exit status {UNSUPPORTED}: a driver does what CONFORMANCE_DO says and exits with {UNSUPPORTED} for what it does not know (`gate --help` has the list)"
    )]
    Answer {
        /// The unknown verb.
        verb: String,
        /// The thing that happened instead.
        did: String,
        /// The client's last lines on standard error.
        output: Vec<String>,
    },
}

impl Dishonest {
    /// The client's last lines on standard error.
    pub fn output(&self) -> &[String] {
        match self {
            Self::Start(_) => &[],
            Self::Answer { output, .. } => output,
        }
    }
}

/// Asks a client to carry out an unknown verb.
///
/// # Errors
///
/// The client cannot be started, or does anything but decline.
pub async fn probe(client: &dyn Start, patience: f64) -> Result<Honesty, Dishonest> {
    let random = wire::accept::fresh_key().to_ascii_lowercase();
    let letters = random.chars().filter(char::is_ascii_alphanumeric).take(6);
    let verb = format!("probe-{}", letters.collect::<String>());
    let contract = Contract {
        asks: vec![verb.clone()],
        nodes: Vec::new(),
        // The discard port: no server listens there.
        url: "wss://127.0.0.1:9/ws/".to_owned(),
        bosh: String::new(),
        transport: Transport::Ws,
        other_url: String::new(),
        rest: "https://127.0.0.1:9/finesse/api".to_owned(),
        other_rest: String::new(),
        ca: String::new(),
        domain: "finesse.example.com".to_owned(),
        pubsub: "pubsub.finesse.example.com".to_owned(),
        user: "1001".to_owned(),
        password: "none".to_owned(),
        extension: "1081001".to_owned(),
        case: "probe".to_owned(),
        patience,
    };
    let mut client = client.start(&contract.environment()).map_err(Dishonest::Start)?;
    let deadline = DEADLINE.mul_f64(patience);
    let ended = tokio::time::timeout(deadline, client.end()).await;
    client.stop().await;
    let did = match ended {
        Ok(ended) if ended.is_unsupported() => {
            return Ok(Honesty { reports: client.has_reported().await });
        }
        Ok(ended) => format!("ended with {ended}"),
        Err(_) => format!("did not end within {}", case::duration::print(deadline)),
    };
    Err(Dishonest::Answer { verb, did, output: client.output() })
}
