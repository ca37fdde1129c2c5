//! `mock --check`: whether a fake that runs already serves clients, for health checks.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use anyhow::bail;
use probe::{ApiDepth, Depth, ProbePlan, StepOutcome, probe};
use remote::Access;
use tokio::runtime::Runtime;
use verdict::Exit;

use super::super::complain;
use super::super::server_options::trust;
use super::{Args, say};

/// Connects to the fake as a client does, up to the features of its stream. There is no login, so
/// no password is sent, and the certificate is checked if `--ca-file` is given.
pub(super) fn run(args: &Args, url: &str, runtime: &Runtime) -> anyhow::Result<Exit> {
    let (url, domain) = match url {
        "" if args.listen.port() == 0 => bail!(
            "--check asks the fake at --listen, whose port is any free one: give --listen PORT, or a URL"
        ),
        "" => (own_url(args), Some(args.domain.clone())),
        url => (url.to_owned(), None),
    };
    let ca = args.ca_file.as_deref();
    let trust = trust(url.starts_with("wss:"), ca, None, ca.is_none())?;
    let (accounts, publisher) = (BTreeMap::new(), None);
    let access = Access { url, trust, domain, pubsub: None, accounts, publisher };
    let plan = ProbePlan {
        access: &access,
        account: "agent",
        depth: Depth::Features,
        api: ApiDepth::Nothing,
        patience: 1.0,
        nodes: Vec::new(),
    };
    let found = runtime.block_on(probe(&plan)).map_err(anyhow::Error::msg)?;
    match found.steps.iter().find(|step| step.outcome == StepOutcome::Broke) {
        Some(step) => {
            complain(&format!("{} is not ready: {}: {}", access.url, step.stage.word(), step.said));
            Ok(Exit::Error)
        }
        None => {
            say(&format!("{} is ready", access.url))?;
            Ok(Exit::Green)
        }
    }
}

/// The URL of a fake with these options, on this machine.
fn own_url(args: &Args) -> String {
    let scheme = if args.plain { "ws" } else { "wss" };
    format!("{scheme}://{}/ws/", here(args.listen))
}

/// The address at which this machine reaches a port: all addresses have loopback among them.
fn here(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    (ip, address.port()).into()
}
