//! The driver of a client in Rust, in one file: joins your client to `finesse-conformance gate`.
//! Only the standard library is needed. As `src/bin/driver.rs` of your crate, with your client's
//! calls put in at the end, run it with `finesse-conformance gate -- target/debug/driver`. The page
//! "Write a driver" of the book has every variable, verb and event.

use std::process::ExitCode;
use std::time::Duration;

/// The result of a verb. An error ends the driver with status 1: a login that failed, a connection
/// lost for good.
pub type Done = Result<(), Box<dyn std::error::Error>>;

/// Your client, as the gate uses it.
pub trait Client {
    /// Connects to `env("URL")` with the subprotocol xmpp, trusting the authority in the file
    /// `env("CA")` alone (there is none for `ws://`); logs in as `env("USER")` at `env("DOMAIN")`
    /// with `env("PASSWORD")`; binds `env("RESOURCE")`; sends presence.
    fn login(&mut self) -> Done;

    /// Subscribes to the node at `env("PUBSUB")` with the full JID. Returns when answered; a
    /// refusal is `refused(…)`, no error.
    fn subscribe(&mut self, node: &str) -> Done;

    /// Ends the subscription. Returns when answered.
    fn unsubscribe(&mut self, node: &str) -> Done;

    /// Handles what arrives for this time; without one, until the connection is lost for good. A
    /// client with a thread of its own only sleeps.
    fn wait(&mut self, time: Option<Duration>) -> Done;

    /// Leaves in order: the stream, the WebSocket, TCP. A client that has signed in by REST signs out
    /// so first.
    fn sign_out(&mut self) -> Done;

    /// The verbs that the client does by REST, at `env("REST")`: some of `sign-in` (at
    /// `env("EXTENSION")`), `ready`, `not-ready`, `answer`, `hold`, `retrieve`, `hang-up`, `call`,
    /// `transfer`. For others the driver exits with 89.
    fn rest_verbs(&self) -> &[&str] {
        &[]
    }

    /// Does one of them; `number` is that of `call` and `transfer`. It calls `state(…)` and
    /// `called(…)`.
    fn by_rest(&mut self, verb: &str, _number: &str) -> Done {
        Err(format!("{verb} is not written yet").into())
    }
}

/// A setting from the gate: `env("URL")` is `CONFORMANCE_URL`.
pub fn env(name: &str) -> String {
    std::env::var(format!("CONFORMANCE_{name}")).unwrap_or_default()
}

/// Tells what the application sees, as one line of JSON. Keep everything else off standard output.
pub fn report(event: &str, members: &[(&str, &str)]) {
    let member = |(name, value): &(&str, &str)| format!("{}:{}", json(name), json(value));
    let members: Vec<String> = [("event", event)].iter().chain(members).map(member).collect();
    println!("{{{}}}", members.join(","));
}

/// An error that your client shows the application: `refused("item-not-found", node)` for a
/// subscription.
pub fn refused(condition: &str, node: &str) {
    report("error", &[("condition", condition), ("node", node)]);
}

/// A published item: its node, the name of the element in `<item>`, and the text in that element,
/// unescaped once. Finesse puts XML into that text; then `update` is the name of its root, and
/// otherwise that of the element.
pub fn published(node: &str, name: &str, text: &str) {
    let root = text
        .trim_start()
        .strip_prefix('<')
        .and_then(|rest| rest.split([' ', '/', '>', '\n']).next());
    let update = root.filter(|root| !root.is_empty()).unwrap_or(name);
    report("notification", &[("node", node), ("update", update), ("text", text)]);
}

/// The agent's state, as your client shows it: `state("READY")`.
pub fn state(state: &str) {
    report("state", &[("state", state)]);
}

/// A call, each time that your client shows something new of it: the state of the agent's own side,
/// the number of the other side (empty for a caller without one), and the call variables, as
/// `("callVariable1", "0042")`.
pub fn called(state: &str, number: &str, variables: &[(&str, &str)]) {
    let own = [("state", state), ("number", number)];
    report("call", &[own.as_slice(), variables].concat());
}

/// Does what is asked, verb by verb; the status is 89 when something is asked that is not among the
/// verbs.
pub fn run(client: &mut dyn Client) -> ExitCode {
    let asked = env("DO");
    let known = asked.split("; ").map(|text| verb(text, client.rest_verbs()));
    let Some(verbs) = known.collect::<Option<Vec<_>>>() else {
        report("unsupported", &[]);
        return ExitCode::from(89);
    };
    for (verb, text) in verbs.into_iter().zip(asked.split("; ")) {
        let done = match verb {
            Verb::Login => client.login(),
            Verb::Subscribe(node) => client.subscribe(node),
            Verb::Unsubscribe(node) => client.unsubscribe(node),
            Verb::Wait(time) => client.wait(time),
            Verb::SignOut => client.sign_out(),
            Verb::ByRest(verb, number) => client.by_rest(verb, number),
        };
        if let Err(error) = done {
            eprintln!("{text}: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

enum Verb<'a> {
    Login,
    Subscribe(&'a str),
    Unsubscribe(&'a str),
    Wait(Option<Duration>),
    SignOut,
    ByRest(&'a str, &'a str),
}

fn verb<'a>(text: &'a str, rest: &[&str]) -> Option<Verb<'a>> {
    Some(match text.split_once(' ').unwrap_or((text, "")) {
        ("login" | "login-wrong-password", "") => Verb::Login,
        ("subscribe", node) => Verb::Subscribe(node),
        ("unsubscribe", node) => Verb::Unsubscribe(node),
        ("wait", "") => Verb::Wait(None),
        ("stay", time) => Verb::Wait(Some(duration(time)?)),
        ("sign-out", "") => Verb::SignOut,
        (verb, number) if rest.contains(&verb) => Verb::ByRest(verb, number),
        _ => return None,
    })
}

/// `300ms`, `2s`, `1m`.
fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let millis = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        _ => return None,
    };
    Some(Duration::from_millis(number.parse::<u64>().ok()? * millis))
}

/// A string of JSON (RFC 8259 §7).
fn json(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if (c as u32) < 0x20 => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Your client begins here. Also call `published(…)` where your client hands on an item, and
/// `refused(…)` where it hands on an error.
struct Mine;

const TODO: &str = "not written yet: put the call of your client into the driver";

impl Client for Mine {
    fn login(&mut self) -> Done {
        Err(TODO.into())
    }

    fn subscribe(&mut self, _node: &str) -> Done {
        Err(TODO.into())
    }

    fn unsubscribe(&mut self, _node: &str) -> Done {
        Err(TODO.into())
    }

    fn wait(&mut self, time: Option<Duration>) -> Done {
        std::thread::sleep(time.unwrap_or(Duration::from_secs(3600)));
        Ok(())
    }

    fn sign_out(&mut self) -> Done {
        Err(TODO.into())
    }
}

fn main() -> ExitCode {
    run(&mut Mine)
}
