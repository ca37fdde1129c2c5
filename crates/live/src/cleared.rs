//! A server that a target file and the environment describe, once it is certain that this server
//! was meant.

use std::collections::BTreeMap;

use remote::{Access, Account, Url};
use runner::{Endpoint, Environment, ResolvedServer, Target};
use textual::program;
use wire::net::Trust;

/// A server that may be played against.
pub struct Cleared {
    /// The target, with all that the environment adds to what it provides.
    pub target: Target,
    /// How to reach it.
    pub access: Access,
    /// Warnings for the reader.
    pub warnings: Vec<String>,
}

/// The account of a target file that carries out what cases `do`.
const PUBLISHER: &str = "publisher";

/// The need of a case in which something is done.
const STIMULUS: &str = "stimulus";

/// The warning when any certificate is believed.
pub const INSECURE: &str = "certificates are not checked: others on the way can read the passwords";

impl Cleared {
    /// Reads the server from the target's file and the environment.
    ///
    /// # Errors
    ///
    /// The target is no server, variables are not set, the host is not named twice, or there is no
    /// trust to be had; one line that says what to do.
    pub fn of(mut target: Target, environment: Environment<'_>) -> Result<Self, String> {
        let name = target.name.clone();
        let Endpoint::Server(server) = &target.endpoint else {
            return Err(format!("target {name} is no server"));
        };
        let (Some(typed), true) = (&server.i_may_test, server.accounts.contains_key("agent"))
        else {
            return Err(format!(
                "target {name} is a server: say so with --url {} and --ca, --pin or --insecure, or give its file \
                 i_may_test = \"{{env:NAME}}\", trust, and an [account.agent]",
                server.url
            ));
        };
        let typed = typed.to_string();
        let left_out = server.left_out(environment);
        let settled = server.settle(environment).map_err(|unset| {
            format!(
                "target {name}: not set in the environment: {}; the target's file, {name}.toml, says what each is for",
                unset.join(", ")
            )
        })?;
        let url = Url::parse(&settled.url).map_err(|why| format!("target {name}: {why}"))?;
        named_twice(&settled, &url.host).map_err(|said| {
            format!(
                "target {name}: {typed} is {said:?} and the URL leads to {:?}: nothing is played against a server \
                 that is not named twice; if you may test it, type its host there too",
                url.host
            )
        })?;
        let (trust, warning) =
            trust(settled.trust.as_deref(), &url).map_err(|why| format!("target {name}: {why}"))?;
        for (account, (_, password)) in &settled.accounts {
            if let Err(why) = mask::long_enough(password) {
                let variable = server.accounts.get(account).map(|it| it.password.to_string());
                let variable = variable.unwrap_or_default();
                return Err(format!(
                    "target {name}: {variable}, the password of [account.{account}], {why}"
                ));
            }
        }
        let account = |(account, (name, password))| (account, Account { name, password });
        let mut accounts: BTreeMap<String, Account> =
            settled.accounts.into_iter().map(account).collect();
        let publisher = accounts.remove(PUBLISHER);
        for account in accounts.keys() {
            target.provides.insert(format!("account {account}"), String::new());
        }
        if publisher.is_some() {
            target.provides.insert(STIMULUS.to_owned(), String::new());
        }
        for (account, variables) in left_out {
            let why = format!("{} are not set", variables.join(", "));
            target.missing.insert(format!("account {account}"), why);
        }
        target.provides.extend(settled.provides);
        let (url, domain) = (settled.url, settled.domain);
        let access = Access { url, trust, domain, pubsub: None, accounts, publisher };
        Ok(Self { target, access, warnings: warning.into_iter().collect() })
    }
}

/// Whether the host that a person typed is the one of the URL; the error is what was typed.
fn named_twice(settled: &ResolvedServer, host: &str) -> Result<(), String> {
    let bare = |host: &str| host.trim_matches(['[', ']']).to_ascii_lowercase();
    let typed = settled.i_may_test.as_deref().unwrap_or_default();
    if bare(typed) == bare(host) { Ok(()) } else { Err(typed.to_owned()) }
}

/// The trust that a text asks for, and what has to be said about it.
fn trust(text: Option<&str>, url: &Url) -> Result<(Trust, Option<String>), String> {
    if !url.secure {
        let warning = "there is no TLS: others on the way can read the passwords";
        return Ok((Trust::Insecure, Some(warning.to_owned())));
    }
    match text {
        None => Err(format!(
            "a wss URL needs `trust` in the file: the path of a CA file (PEM), sha256/… (`{} pin HOST:PORT`), or insecure",
            program()
        )),
        Some("insecure") => Ok((Trust::Insecure, Some(INSECURE.to_owned()))),
        Some(pin) if pin.starts_with("sha256/") => match Trust::pin(pin) {
            Ok(trust) => Ok((trust, None)),
            Err(error) => Err(format!("trust: {error}")),
        },
        Some(path) => {
            let pem = files::read_text(path.as_ref(), files::SMALL)
                .map_err(|error| format!("trust: {path}: {error}"))?;
            let trust = Trust::ca_pem(&pem).map_err(|error| format!("trust: {path}: {error}"))?;
            Ok((trust, None))
        }
    }
}
