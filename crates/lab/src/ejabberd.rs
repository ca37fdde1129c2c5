//! ejabberd: its configuration and its accounts.

use std::path::{Path, PathBuf};
use std::process::Command;

use remote::Account;

use crate::installed::Installed;
use crate::setup::Setup;
use crate::{HOST, LabError};

/// Registers the accounts after the start; ends the node on an error.
const REGISTER: &str = "{ok, Accounts} = file:consult(\"accounts\"), \
     [ok = ejabberd_auth:try_register(User, Server, Password) || {User, Server, Password} <- Accounts], \
     ok = file:delete(\"accounts\").";

/// The folder with `ejabberd-VERSION/ebin`; in Debian that of the architecture.
pub(crate) fn libraries(below: &Path) -> Option<PathBuf> {
    let folders = |path: &Path| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
        let mut folders: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
        folders.sort();
        folders
    };
    let is_ejabberd = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("ejabberd-") && path.join("ebin").join("ejabberd.app").is_file()
    };
    folders(below).into_iter().find(|folder| folders(folder).iter().any(is_ejabberd))
}

/// Starts Erlang directly, since Debian's `ejabberdctl` runs only as root or as the user ejabberd.
/// The node has no name: it is not distributed, needs no `epmd`, and opens one port alone.
pub(crate) fn prepare(installed: &Installed, setup: &Setup<'_>) -> Result<Command, LabError> {
    let folder = setup.folder;
    let domain = &setup.domain;
    let accounts: String = (setup.accounts.iter())
        .map(|Account { name, password }| {
            format!("{{<<\"{name}\">>, <<\"{domain}\">>, <<\"{password}\">>}}.\n")
        })
        .collect();
    folder.write("accounts", &accounts)?;
    let config = folder.write("ejabberd.yml", &config(setup))?;
    let spool = folder.make("spool")?;
    let logs = folder.make("logs")?;
    let mut command = Command::new(&installed.program);
    if let Some(libraries) = &installed.libraries {
        command.env("ERL_LIBS", libraries);
    }
    command
        .env("HOME", folder.make("home")?)
        .env("EJABBERD_CONFIG_PATH", config)
        .env("EJABBERD_LOG_PATH", logs.join("ejabberd.log"))
        .env("ERL_CRASH_DUMP", logs.join("erl_crash.dump"))
        .args(["-noinput", "-mnesia", "dir"])
        .arg(format!("\"{}\"", spool.display()))
        .args(["-s", "ejabberd", "-eval", REGISTER]);
    Ok(command)
}

/// The server offers only `/ws` and `/http-bind` over TLS, and only PLAIN. It connects to no other
/// server. The modules are those that cases use.
fn config(setup: &Setup<'_>) -> String {
    let Setup { port, domain, publisher, .. } = setup;
    let certificate = setup.folder.join("chain-and-key.pem").display().to_string();
    format!(
        r#"hosts: ["{domain}"]
loglevel: warning
language: en
certfiles: ["{certificate}"]
acme: {{auto: false}}
listen:
  -
    port: {port}
    ip: "{HOST}"
    module: ejabberd_http
    tls: true
    request_handlers:
      /ws: ejabberd_http_ws
      /http-bind: mod_bosh
auth_method: internal
auth_password_format: plain
disable_sasl_mechanisms: [digest-md5, scram-sha-1, scram-sha-256, scram-sha-512, scram-sha-1-plus, scram-sha-256-plus, scram-sha-512-plus, x-oauth2, external]
resource_conflict: closeold
s2s_access: none
acl:
  publisher:
    user: "{publisher}@{domain}"
access_rules:
  publisher:
    allow: publisher
modules:
  mod_bosh: {{}}
  mod_disco: {{}}
  mod_ping: {{}}
  mod_roster: {{}}
  mod_version: {{}}
  mod_pubsub:
    host: "pubsub.{domain}"
    access_createnode: publisher
    plugins: [flat]
    last_item_cache: false
"#
    )
}
