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
    /// Host and port of the server, or a URL of it: wss:// or https://
    #[arg(value_name = "HOST:PORT")]
    server: String,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<Exit> {
    let Some((host, port)) = place(&args.server) else {
        let server = mask::url(&args.server);
        bail!("`{server}` is no server: wanted HOST:PORT, e.g. uccx.example.com:8445");
    };
    let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
    match runtime.block_on(::probe::pin(&host, port)) {
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

/// Host and port of `HOST:PORT`, or of a URL with TLS, whose port is 443 if it names none.
fn place(server: &str) -> Option<(String, u16)> {
    if let Some(rest) = ["wss://", "https://"].iter().find_map(|it| server.strip_prefix(it)) {
        let url = remote::Url::parse(&format!("wss://{rest}")).ok()?;
        return Some((url.host, url.port));
    }
    let (host, port) = server.rsplit_once(':')?;
    let is_host = !host.is_empty() && !host.contains(['/', '@']);
    is_host.then_some((host.to_owned(), port.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn a_server_is_named_by_host_and_port_or_by_a_url() {
        for (server, wanted) in [
            ("uccx:8445", Some(("uccx", 8445))),
            ("[::1]:8445", Some(("[::1]", 8445))),
            ("wss://uccx:8445/ws/", Some(("uccx", 8445))),
            ("https://uccx:8445", Some(("uccx", 8445))),
            ("https://uccx/finesse", Some(("uccx", 443))),
            ("https://[::1]/", Some(("[::1]", 443))),
            ("uccx", None),
            ("uccx/ws:8445", None),
            ("ws://uccx:8445/ws/", None),
            ("wss://uccx:port/", None),
            ("wss:///ws/", None),
            ("https://uccx?x", Some(("uccx", 443))),
            ("wss://1001:secret@uccx/", None),
        ] {
            let wanted = wanted.map(|(host, port)| (host.to_owned(), port));
            assert_eq!(place(server), wanted, "{server}");
        }
    }
}
