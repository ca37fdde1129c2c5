//! `pin`: the pin of a server's public key.

use anyhow::{Context as _, bail};
use verdict::Exit;

use super::{complain, say};

/// Print the pin of a server's public key (sha256/BASE64), for `trust` in a target's file or for
/// --pin.
///
/// An attacker between this machine and the server can present another key. Compare the pin with
/// one taken on the server, or run this command in a network that you trust.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cargo xtask pin uccx.example.com:8445
  export LAB_UCCX_TRUST=$(cargo xtask pin uccx.example.com:8445)")]
pub(crate) struct Args {
    /// Host and port of the server
    #[arg(value_name = "HOST:PORT")]
    server: String,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<Exit> {
    let parts = args.server.rsplit_once(':').and_then(|(host, port)| {
        let port = port.parse().ok()?;
        (!host.is_empty() && !host.contains('/')).then_some((host, port))
    });
    let Some((host, port)) = parts else {
        bail!("`{}` is no server: wanted HOST:PORT, e.g. uccx.example.com:8445", args.server);
    };
    let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
    match runtime.block_on(::probe::pin(host, port)) {
        Ok(pin) => {
            say(&pin.to_string())?;
            Ok(Exit::Green)
        }
        Err(error) => {
            let hint = match &error {
                remote::Error::Dial(error) => error.hint(),
                _ => None,
            };
            complain(&hint.map_or_else(|| error.to_string(), |hint| format!("{error}; {hint}")));
            Ok(Exit::Error)
        }
    }
}
