//! The lines that `mock` prints when it is ready.

use std::path::Path;

use finesse_fake::Control;

use super::{Args, Server};

/// Up to this many accounts the banner lists every name.
const MOST_LISTED: usize = 10;

/// One line of JSON with all addresses.
pub(super) fn json(servers: &[Server], ca: Option<&Path>) -> String {
    let one = |Server { fake, control }: &Server| {
        serde_json::json!({
            "url": fake.url(),
            "bosh": fake.bosh_url(),
            "rest": fake.rest_url(),
            "also": fake.also_ports(),
            "xmpp": fake.xmpp_ports(),
            "hints": fake.hint_ports(),
            "www": fake.www_url(),
            "ca": ca.map(|path| path.display().to_string()),
            "domain": fake.domain(),
            "pubsub": fake.pubsub_host(),
            "users": fake.users(),
            "control": control.as_ref().map(Control::url),
            "console": control.as_ref().map(Control::console_url),
            "token": control.as_ref().map(Control::token),
        })
    };
    let mut all = servers.iter().map(one);
    let mut first = all.next().unwrap_or_default();
    if let Some(second) = all.next() {
        first["second"] = second;
    }
    first.to_string()
}

/// All addresses for people.
pub(super) fn banner(
    args: &Args,
    servers: &[Server],
    ca: Option<&Path>,
    replayed: Option<&str>,
) -> String {
    let mut lines = vec![match replayed {
        Some(what) => format!("replay of {what}"),
        None => format!("fake Finesse notification service, profile {}", args.profile),
    }];
    for Server { fake, control } in servers {
        lines.push(format!("  url       {}", fake.url()));
        lines.push(format!("  bosh      {}", fake.bosh_url()));
        lines.extend(fake.rest_url().map(|url| format!("  rest      {url}")));
        if let (Some(url), Some(folder)) = (fake.www_url(), &args.www) {
            lines.push(format!("  www       {url}   (files of {})", folder.display()));
        }
        for (label, ports, meaning) in [
            ("also", fake.also_ports(), "the same, with and without TLS"),
            ("xmpp", fake.xmpp_ports(), "XMPP over TCP, with and without TLS"),
            ("hints", fake.hint_ports(), "callers are told the right port"),
        ] {
            let ports = ports.iter().map(u16::to_string).collect::<Vec<_>>().join(", ");
            if !ports.is_empty() {
                lines.push(format!("  {label:<9} {ports}   ({meaning})"));
            }
        }
        if replayed.is_none() {
            lines.push(format!("  domain    {}", fake.domain()));
        }
        if let Some(control) = control {
            let url = control.url();
            lines.push(format!("  control   {url}   (curl {url}, {url}/openapi.json)"));
            lines.push(if args.console {
                format!("  console   {}   (open it in a browser)", control.console_url())
            } else {
                format!("  browser   {}", control.browser_url())
            });
        }
    }
    if let Some(ca) = ca {
        lines.push(format!("  trust     {}   (NODE_EXTRA_CA_CERTS, --cacert …)", ca.display()));
    }
    if replayed.is_some() {
        lines.push(
            "  accounts  those of the recording, and others in their place; any password"
                .to_owned(),
        );
        lines.push("Press Ctrl-C to stop.".to_owned());
        return lines.join("\n");
    }
    let users = servers.first().map(|first| first.fake.users()).unwrap_or_default();
    let first = users.first().map(String::as_str).unwrap_or_default();
    lines.push(format!("  accounts  {}", listed(users)));
    lines.push(format!("  nodes     /finesse/api/User/{first}, /finesse/api/User/{first}/Dialogs, /finesse/api/SystemInfo, …"));
    if args.is_usual() {
        lines.push("  password  secret".to_owned());
    }
    if let Some(calls) = args.traffic {
        lines.push(format!("  traffic   {calls} calls a minute, seed {}", args.day()));
    }
    lines.extend(
        args.fault.iter().map(|fault| format!("  fault     {fault}: {}", fault.describe())),
    );
    lines.push("Press Ctrl-C to stop.".to_owned());
    lines.join("\n")
}

/// All names; for a long list the first two, the last and the count.
fn listed(names: &[String]) -> String {
    match names {
        [first, second, .., last] if names.len() > MOST_LISTED => {
            format!("{first}, {second} … {last} ({} accounts)", names.len())
        }
        _ => names.join(", "),
    }
}
