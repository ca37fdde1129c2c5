//! The fake as a separate process, so that its memory can be measured apart from the clients'.

use std::process::Stdio;
use std::time::{Duration, Instant};

use load::MeasuredServer;
use remote::{Account, Url};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::{Child, Command};
use wire::net::Trust;

use crate::agents::{CALLS, SPEED};
use crate::figures::Figure;
use crate::observer::{Observer, observe};

/// Deadline for the start of the fake.
const READY: Duration = Duration::from_secs(30);

/// The longest ready line, in octets: it lists thousands of accounts.
const LONGEST: u64 = 16 << 20;

/// A running fake; it ends on drop.
pub(crate) struct Fake {
    child: Child,
    said: serde_json::Value,
    took: Duration,
    password: String,
    /// The folder of the certificate.
    folder: TempDir,
}

impl Fake {
    /// Starts a fake with this number of accounts.
    pub(crate) async fn start_with(accounts: usize, plain: bool) -> Result<Self, String> {
        let password = password();
        let range = range(accounts);
        let mut args = vec!["--users".to_owned(), format!("{range}:{password}")];
        if plain {
            args.push("--plain".to_owned());
        }
        Self::start(&args, password).await
    }

    /// Starts a fake over TLS with this number of accounts, whose agents are at work.
    pub(crate) async fn start_busy(accounts: usize) -> Result<Self, String> {
        let password = password();
        let mut args = vec!["--users".to_owned(), format!("{}:{password}", range(accounts))];
        let traffic =
            ["--traffic", &CALLS.to_string(), "--seed", "1", "--speed", &SPEED.to_string()];
        args.extend(traffic.map(str::to_owned));
        Self::start(&args, password).await
    }

    async fn start(args: &[String], password: String) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("the fake does not start: {error}");
        let folder = tempfile::tempdir().map_err(failed)?;
        let program = std::env::current_exe().map_err(failed)?;
        let begun = Instant::now();
        let mut child = Command::new(program)
            .args(["mock", "--json", "--ca-file"])
            .arg(folder.path().join("ca.pem"))
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(failed)?;
        let stdout = child.stdout.take().ok_or("the fake has no standard output")?;
        let mut line = String::new();
        let mut reader = BufReader::new(stdout.take(LONGEST));
        let read = tokio::time::timeout(READY, reader.read_line(&mut line)).await;
        let took = begun.elapsed();
        read.map_err(|_| format!("the fake was not ready within {READY:?}"))?.map_err(failed)?;
        let said = serde_json::from_str(&line)
            .map_err(|error| format!("the fake's ready line does not parse: {error}"))?;
        Ok(Self { child, said, took, password, folder })
    }

    /// The address of the fake, and its first `count` accounts.
    pub(crate) fn server(&self, count: usize) -> Result<(MeasuredServer, Vec<Account>), String> {
        let text = |name: &str| self.said[name].as_str().unwrap_or_default().to_owned();
        let url = Url::parse(&text("url"))?;
        let trust = if url.secure {
            let pem = std::fs::read_to_string(self.folder.path().join("ca.pem"));
            let pem = pem.map_err(|error| format!("the fake's certificate: {error}"))?;
            Trust::ca_pem(&pem).map_err(|error| format!("the fake's certificate: {error}"))?
        } else {
            Trust::Insecure
        };
        let server = MeasuredServer { url, trust, domain: text("domain"), pubsub: text("pubsub") };
        let names = self.said["users"].as_array().into_iter().flatten();
        let accounts: Vec<Account> = names
            .filter_map(|name| name.as_str())
            .take(count)
            .map(|name| Account { name: name.to_owned(), password: self.password.clone() })
            .collect();
        if accounts.len() < count {
            return Err(format!("the fake has only {} of {count} accounts", accounts.len()));
        }
        Ok((server, accounts))
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id().unwrap_or_default()
    }
}

/// Measures the time from the start of the process to its ready line.
pub(crate) async fn start_to_ready(
    rounds: usize,
    what: &str,
    id: &str,
    args: &[String],
    observer: &dyn Observer,
) -> Result<Figure, String> {
    let line = observe(observer, what.to_owned(), rounds);
    let mut millis = Vec::with_capacity(rounds);
    for _ in 0..rounds {
        let mut fake = Fake::start(args, String::new()).await?;
        millis.push(fake.took.as_secs_f64() * 1000.0);
        // Wait for the end, so that it does not disturb the next start.
        let _ = fake.child.kill().await;
        line.done.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    }
    Ok(Figure::of(id, what, "ms", millis))
}

/// The range of accounts for `--users`.
fn range(accounts: usize) -> String {
    format!("agent00001..{accounts:05}")
}

/// A random password for each fake.
pub(crate) fn password() -> String {
    wire::accept::fresh_key().chars().filter(char::is_ascii_alphanumeric).collect()
}

#[cfg(test)]
mod tests {
    use finesse_fake::UserRange;

    #[test]
    fn the_fake_reads_its_range() {
        for accounts in [1, 20, 5000, 50_000] {
            let range: UserRange = super::range(accounts).parse().unwrap();
            assert_eq!(range.names().count(), accounts);
        }
    }
}
