//! `finesse-client`: does what the environment asks for, as a client under test does
//! (`cargo xtask gate --help`).

use std::io::Write as _;
use std::process::ExitCode;

use finesse_client::{Fault, Network, USAGE, drive};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let fault = match fault(std::env::args().skip(1).collect()) {
        Ok(fault) => fault,
        Err(message) => {
            complain(&message);
            return ExitCode::from(USAGE);
        }
    };
    let variables = std::env::vars_os();
    let settings = variables
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let ended = drive(&settings, fault, Network::default(), &report).await;
    ended.complaint.iter().for_each(|complaint| complain(complaint));
    ExitCode::from(ended.status)
}

/// `--fault NAME`.
fn fault(args: Vec<String>) -> Result<Option<Fault>, String> {
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => Ok(None),
        ["--fault", name] => name.parse().map(Some),
        _ => {
            let list: String = Fault::ALL
                .iter()
                .map(|fault| format!("  {fault:<24} {}\n", fault.describe()))
                .collect();
            Err(format!(
                "finesse-client [--fault NAME]\n\nDoes what CONFORMANCE_DO says; start it with `cargo xtask gate -- target/debug/finesse-client`.\nFaults, to see whether they are noticed:\n{list}"
            ))
        }
    }
}

/// Tells what the application sees.
fn report(line: Value) {
    let mut out = std::io::stdout().lock();
    // An application that does not listen does not want to know.
    let _ = writeln!(out, "{line}");
    let _ = out.flush();
}

fn complain(message: &str) {
    let _ = writeln!(std::io::stderr(), "{message}");
}
