//! `finesse-client`: does what the environment asks for, as a client under test does (`cargo xtask gate --help`).

mod driver;

use std::io::Write as _;
use std::process::ExitCode;

use finesse_client::Fault;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let fault = match fault(std::env::args().skip(1).collect()) {
        Ok(fault) => fault,
        Err(message) => {
            let _ = writeln!(std::io::stderr(), "{message}");
            return ExitCode::from(64);
        }
    };
    driver::run(fault).await
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
