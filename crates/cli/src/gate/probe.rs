//! The check before a run: a driver must decline an unknown verb. A driver that exits with 0 without doing anything would
//! otherwise pass.

use std::ffi::OsString;
use std::time::Duration;

use runner::client::{Program, Running, UNSUPPORTED};

use super::contract::Contract;

/// Deadline for declining the unknown verb.
const DEADLINE: Duration = Duration::from_secs(10);

/// The result of the check for a driver that passed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Honesty {
    /// Whether the client reports what its application sees.
    pub reports: bool,
}

/// Why a driver failed the check.
#[derive(Debug, thiserror::Error)]
pub enum Dishonest {
    /// The driver cannot be started.
    #[error("{0}")]
    Start(String),
    /// The driver did not decline the verb.
    #[error(
        "the driver was given the unknown verb `{verb}` and {did}; wanted exit status {UNSUPPORTED}: a driver must do what CONFORMANCE_DO says and exit with {UNSUPPORTED} for a verb that it does not know (see `gate --help`)"
    )]
    Answer {
        /// The unknown verb.
        verb: String,
        /// The driver's reaction, `ended with …`.
        did: String,
        /// The driver's last lines on standard error.
        output: Vec<String>,
    },
}

impl Dishonest {
    /// The driver's last lines on standard error; empty if it did not start.
    pub fn output(&self) -> &[String] {
        match self {
            Self::Start(_) => &[],
            Self::Answer { output, .. } => output,
        }
    }
}

/// Gives a driver an unknown verb.
///
/// # Errors
///
/// The driver cannot be started, or does not decline the verb.
pub async fn probe(command: &[OsString], patience: f64) -> Result<Honesty, Dishonest> {
    let random = wire::accept::fresh_key().to_ascii_lowercase();
    let letters = random.chars().filter(char::is_ascii_alphanumeric).take(6);
    let verb = format!("probe-{}", letters.collect::<String>());
    let contract = Contract {
        asks: vec![verb.clone()],
        nodes: Vec::new(),
        // The discard port, which is closed.
        url: "wss://127.0.0.1:9/ws/".to_owned(),
        other_url: String::new(),
        ca: String::new(),
        domain: "finesse.example.com".to_owned(),
        pubsub: "pubsub.finesse.example.com".to_owned(),
        user: "1001".to_owned(),
        password: "none".to_owned(),
        case: "probe".to_owned(),
        patience,
    };
    let program = Program { command: command.to_vec(), environment: contract.environment() };
    let mut running = Running::start(&program).map_err(Dishonest::Start)?;
    let deadline = DEADLINE.mul_f64(patience);
    let ended = tokio::time::timeout(deadline, running.end()).await;
    running.stop().await;
    let did = match ended {
        Ok(ended) if ended.is_unsupported() => {
            return Ok(Honesty { reports: running.has_reported().await });
        }
        Ok(ended) => format!("ended with {ended}"),
        Err(_) => format!("did not end within {}", case::duration::print(deadline)),
    };
    Err(Dishonest::Answer { verb, did, output: running.output() })
}
