//! Prosody: its configuration and its accounts.

use std::process::Command;

use remote::Account;

use crate::installed::Installed;
use crate::setup::Setup;
use crate::{HOST, LabError};

/// Writes configuration and accounts, which Prosody reads at the start.
pub(crate) fn prepare(installed: &Installed, setup: &Setup<'_>) -> Result<Command, LabError> {
    let folder = setup.folder;
    // Prosody percent-encodes names of folders and files in its storage.
    let accounts = format!("data/{}/accounts", setup.domain.replace('.', "%2e"));
    folder.make(&accounts)?;
    for Account { name, password } in &setup.accounts {
        let text = format!("return {{ [\"password\"] = \"{password}\" }};\n");
        folder.write(&format!("{accounts}/{name}.dat"), &text)?;
    }
    let config = folder.write("prosody.cfg.lua", &config(setup))?;
    let mut command = Command::new(&installed.program);
    command.arg("--config").arg(config).arg("-F");
    Ok(command)
}

/// The server offers only `/ws/` and `/http-bind` over TLS, for any `Host`, and only PLAIN. The
/// plugins are those that cases use. The text of 404 is fixed, since Prosody's default picks a
/// random sentence.
fn config(setup: &Setup<'_>) -> String {
    let path = |name: &str| setup.folder.join(name).display().to_string();
    let Setup { port, domain, publisher, .. } = setup;
    let (data, certificate, key) = (path("data"), path("certificate.pem"), path("key.pem"));
    format!(
        r#"run_as_root = true
data_path = "{data}"
log = {{ {{ levels = {{ min = "info" }}, to = "console" }} }}
interfaces = {{ "{HOST}" }}
c2s_ports = {{ }}
c2s_direct_tls_ports = {{ }}
s2s_ports = {{ }}
http_ports = {{ }}
https_interfaces = {{ "{HOST}" }}
https_ports = {{ {port} }}
https_ssl = {{ certificate = "{certificate}", key = "{key}" }}
http_default_host = "{domain}"
http_paths = {{ websocket = "/ws/" }}
http_errors_messages = {{ [404] = {{ "Not found." }} }}
consider_websocket_secure = true
consider_bosh_secure = true
modules_enabled = {{ "saslauth"; "roster"; "disco"; "ping"; "version"; "websocket"; "bosh" }}
modules_disabled = {{ "s2s"; "offline" }}
authentication = "internal_plain"
disable_sasl_mechanisms = {{ "SCRAM-SHA-1"; "SCRAM-SHA-256"; "SCRAM-SHA-1-PLUS"; "SCRAM-SHA-256-PLUS" }}
conflict_resolve = "kick_old"
admins = {{ "{publisher}@{domain}" }}
VirtualHost "{domain}"
Component "pubsub.{domain}" "pubsub"
"#
    )
}
