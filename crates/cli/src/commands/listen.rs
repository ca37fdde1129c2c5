//! `listen`: shows the events of an account as they come.

use std::pin::Pin;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, bail};
use files::Unwritten;
use live::{Listener, Notification};
use remote::Error;
use serde_json::json;
use stanza::Element;
use textual::invisible;
use tokio::time::Instant;
use transcript::Secrets;
use verdict::Exit;

use super::probe::Servers;
use super::quantity::{YEAR, duration, number};
use super::{complain, counted, say, stopped, tell};
use crate::Suite;

/// Changes of Finesse objects come first in a line.
const FIRST: [&str; 6] =
    ["event", "state", "pendingState", "reasonCodeId", "requestId", "stateChangeTime"];

/// The longest summary of a payload, in characters.
const LONGEST: usize = 160;

/// Show the events of an account as they come, one a line.
///
/// Logs in, subscribes its own full JID to the nodes, and ends the subscriptions when it is done.
/// It sends no presence, so the agent's desktop keeps getting its events. Without --node it
/// listens to the nodes that the account is subscribed to.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cargo xtask listen lab-uccx                                       a target, for ten minutes
  cargo xtask listen lab-uccx --node /finesse/api/Queue/1 -v        one node, with the XML
  cargo xtask listen lab-uccx --count 1 --for 30s                   fails if nothing comes within 30 s
  CONFORMANCE_PASSWORD=… cargo xtask listen --url wss://uccx.example.com:8445/ws/ --ca ca.pem --user 1001
  cargo xtask listen lab-uccx --json | jq .payload                  for scripts

Exit codes: 0 as many events as --count, or the time is over · 1 the time is over before --count · 3 the server could not be
reached or ended the connection · 64 usage error, or an error in target file or environment · 130 Ctrl-C")]
pub(crate) struct Args {
    #[command(flatten)]
    servers: Servers,

    /// A node to subscribe to. May be given several times [default: those that the account is
    /// subscribed to]
    #[arg(long, value_name = "NODE")]
    node: Vec<String>,

    /// End after this many events
    #[arg(long, value_name = "N", value_parser = number(1..=u64::MAX, 10))]
    count: Option<u64>,

    /// End after this time
    #[arg(long = "for", value_name = "DURATION", default_value = "10m", value_parser = duration(Duration::ZERO..=YEAR, "10m"))]
    time: Duration,

    /// Show the XML of each message as well
    #[arg(long, short)]
    verbose: bool,

    /// Print each event as one JSON object
    #[arg(long, conflicts_with = "verbose")]
    json: bool,
}

/// Why listening ended.
enum End {
    Enough,
    TimeIsOver,
    Stopped,
    Broke(Error),
    Unwritten(Unwritten),
}

/// Runs the command.
pub(crate) fn run(args: &Args, suite: Option<&Suite>) -> anyhow::Result<Exit> {
    let mut cleared = args.servers.cleared(suite)?;
    let (Some(server), true) = (cleared.pop(), cleared.is_empty()) else {
        bail!("listen takes one server");
    };
    let account = args.servers.account.as_str();
    let Some(user) = server.access.accounts.get(account) else {
        bail!(
            "events belong to an account: give --user NAME, and the variable CONFORMANCE_PASSWORD"
        );
    };
    let mut secrets = Secrets::default();
    secrets.password("password", &user.password);
    for warning in &server.warnings {
        super::warn(warning);
    }
    let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
    let mut stop = std::pin::pin!(stopped()?);
    let (end, heard) = runtime.block_on(async {
        let patience = server.target.patience;
        let opened = tokio::select! {
            biased;
            () = &mut stop => return (End::Stopped, 0),
            opened = Listener::open(&server.access, account, patience) => opened,
        };
        match opened {
            Err(error) => (End::Broke(error), 0),
            Ok(mut listener) => {
                let ended = listen(args, &mut listener, &secrets, stop).await;
                listener.leave().await;
                ended
            }
        }
    });
    runtime.shutdown_background();
    let events = counted(usize::try_from(heard).unwrap_or(usize::MAX), "event");
    Ok(match end {
        End::Unwritten(error) => return Err(error.into()),
        End::Enough => Exit::Green,
        End::TimeIsOver => {
            let time = humantime::format_duration(args.time);
            match args.count {
                Some(count) => {
                    complain(&format!("{events} within {time}, wanted {count}"));
                    Exit::Fail
                }
                None => {
                    tell(&format!("{events} within {time}"));
                    Exit::Green
                }
            }
        }
        End::Stopped => {
            tell(&events);
            Exit::Interrupted
        }
        End::Broke(error) => {
            complain(&secrets.scrub(&error.to_string()));
            Exit::Error
        }
    })
}

async fn listen(
    args: &Args,
    listener: &mut Listener,
    secrets: &Secrets,
    mut stop: Pin<&mut impl Future<Output = ()>>,
) -> (End, u64) {
    let subscribed = tokio::select! {
        biased;
        () = &mut stop => return (End::Stopped, 0),
        subscribed = listener.subscribe(&args.node) => subscribed,
    };
    if let Err(error) = subscribed {
        return (End::Broke(error), 0);
    }
    for node in listener.nodes() {
        tell(&invisible::escape(&format!("listening to {node}")));
    }
    let until = Instant::now() + args.time;
    let began = Instant::now();
    let mut heard = 0;
    let end = loop {
        // Ctrl-C counts before each event: a server may send them without a pause.
        let next = tokio::select! {
            biased;
            () = &mut stop => break End::Stopped,
            next = listener.next(until) => next,
        };
        let event = match next {
            Ok(Some(event)) => event,
            Ok(None) => break End::TimeIsOver,
            Err(error) => break End::Broke(error),
        };
        // An event from before the subscription is shown and does not count.
        heard += u64::from(!event.is_delayed);
        let mut line = if args.json { as_json(&event) } else { as_line(&event, began.elapsed()) };
        if args.verbose && event.is_last {
            line += &format!("\n            {}", invisible::escape(&event.xml));
        }
        if let Err(error) = say(&secrets.scrub(&line)) {
            break End::Unwritten(error);
        }
        if args.count == Some(heard) {
            break End::Enough;
        }
    };
    (end, heard)
}

/// `   1.203 s  /finesse/api/User/1001  item  PUT user state=READY`.
fn as_line(event: &Notification, since: Duration) -> String {
    let delayed = if event.is_delayed { "  (from before)" } else { "" };
    let summary = event
        .payload
        .as_ref()
        .map_or_else(|| event.id.clone().unwrap_or_default(), |payload| summary(&inner(payload)));
    let line = format!(
        "{:>8.3} s  {}  {}  {summary}{delayed}",
        since.as_secs_f64(),
        event.node,
        event.kind
    );
    invisible::escape(line.trim_end()).into_owned()
}

fn as_json(event: &Notification) -> String {
    let payload = event.payload.as_ref().map(|payload| stanza::print(&inner(payload)));
    json!({
        "at": humantime::format_rfc3339_millis(SystemTime::now()).to_string(),
        "node": event.node,
        "kind": event.kind,
        "id": event.id,
        "payload": payload,
        "delayed": event.is_delayed,
        "xml": &*event.xml,
    })
    .to_string()
}

/// The XML in the text of a payload, as Finesse publishes it; else the payload itself.
fn inner(payload: &Element) -> Element {
    let text = payload.text();
    let is_leaf = payload.children().next().is_none();
    stanza::parse(text.trim()).ok().filter(|_| is_leaf).unwrap_or_else(|| payload.clone())
}

/// The name of an element, and the texts in it: `Update event=PUT user.state=READY`.
fn summary(element: &Element) -> String {
    let mut leaves = Vec::new();
    for child in element.children() {
        collect(child, "", &mut leaves);
    }
    if leaves.is_empty() && !element.text().trim().is_empty() {
        leaves.push(element.text().trim().to_owned());
    }
    let place = |leaf: &String| {
        let name = leaf.split('=').next().unwrap_or_default().rsplit('.').next();
        FIRST.iter().position(|first| name == Some(*first)).unwrap_or(FIRST.len())
    };
    leaves.sort_by_key(place);
    let line = format!("{} {}", element.name.local, leaves.join(" "));
    textual::clipped(&line, LONGEST).into_owned()
}

fn collect(element: &Element, above: &str, leaves: &mut Vec<String>) {
    let name = &element.name.local;
    let path = if above.is_empty() { name.clone() } else { format!("{above}.{name}") };
    if element.children().next().is_none() {
        let text = element.text();
        if !text.trim().is_empty() {
            leaves.push(format!("{path}={}", text.trim()));
        }
        return;
    }
    // The envelope of Finesse is in every event, and says nothing.
    let above = if path == "data" { "" } else { &path };
    element.children().for_each(|child| collect(child, above, leaves));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(payload: &str) -> Notification {
        Notification {
            node: "/n".to_owned(),
            kind: "item".to_owned(),
            id: Some("7".to_owned()),
            payload: Some(stanza::parse(payload).unwrap()),
            is_delayed: false,
            xml: "".into(),
            is_last: true,
        }
    }

    #[test]
    fn an_event_of_finesse_is_one_line() {
        let update = "<Update><data><user><state>READY</state><teamId/></user></data><event>PUT</event></Update>";
        let text = update.replace('<', "&lt;");
        let event = event(&format!("<notification xmlns='p'>{text}</notification>"));
        let line = as_line(&event, Duration::from_millis(1203));
        assert_eq!(line, "   1.203 s  /n  item  Update event=PUT user.state=READY");
    }

    #[test]
    fn no_event_is_long_or_moves_the_cursor() {
        let long = event(&format!("<a><b>{}</b></a>", "x".repeat(500)));
        assert!(as_line(&long, Duration::ZERO).chars().count() < 200);
        let hostile = event("<a>\u{202e}\n2</a>");
        let line = as_line(&hostile, Duration::ZERO);
        assert!(!line.contains(['\n', '\u{202e}']), "{line:?}");
        let gone = Notification { payload: None, kind: "retract".to_owned(), ..event("<a/>") };
        assert!(as_line(&gone, Duration::ZERO).ends_with("/n  retract  7"));
    }
}
