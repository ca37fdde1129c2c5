//! The environment variables for a client under test. `--help` and the book are generated from
//! these tables.

use std::collections::BTreeMap;

use case::{Case, Transport};

/// All variables with their meanings.
pub const VARIABLES: [(&str, &str); 17] = [
    ("CONFORMANCE_DO", "the tasks, as verbs separated by `; `: `login; subscribe /lab/open; wait`"),
    (
        "CONFORMANCE_URL",
        "the URL to connect to: `wss://127.0.0.1:34567/ws/`, in a few cases `ws://…`",
    ),
    (
        "CONFORMANCE_BOSH",
        "the URL of the same server for BOSH: `https://127.0.0.1:34567/http-bind/`",
    ),
    (
        "CONFORMANCE_TRANSPORT",
        "the way to connect, as the client's file says it: `ws` for CONFORMANCE_URL, `bosh` for CONFORMANCE_BOSH",
    ),
    (
        "CONFORMANCE_URL_OTHER",
        "the URL of the second server, in cases about failover; empty in all others",
    ),
    (
        "CONFORMANCE_REST",
        "the base URL of the REST API, without a slash at the end: `https://127.0.0.1:34567/finesse/api`",
    ),
    (
        "CONFORMANCE_REST_OTHER",
        "the base URL of the second server's REST API, in cases about failover; empty in all others",
    ),
    (
        "CONFORMANCE_CA",
        "a PEM file with the only authority to trust; also set as NODE_EXTRA_CA_CERTS for Node",
    ),
    ("CONFORMANCE_DOMAIN", "the XMPP domain, for `to` of `<open/>`"),
    ("CONFORMANCE_PUBSUB", "the address of the publish-subscribe service"),
    ("CONFORMANCE_USER", "the login name, without domain"),
    ("CONFORMANCE_PASSWORD", "the password; a wrong one for `login-wrong-password`"),
    ("CONFORMANCE_EXTENSION", "the extension to sign in at by REST"),
    ("CONFORMANCE_RESOURCE", "the resource to bind"),
    ("CONFORMANCE_NODES", "the nodes that `do` names, separated by blanks; may be empty"),
    ("CONFORMANCE_CASE", "the id of the case, for logs only; clients must not act on it"),
    (
        "CONFORMANCE_PATIENCE",
        "the factor on all deadlines, `1` unless the client's file says otherwise",
    ),
];

/// All verbs with the actions of the driver, and an example each.
pub const VERBS: [(&str, &str, &str); 16] = [
    ("login", "connect, log in, bind the resource, send presence", "login"),
    (
        "login-wrong-password",
        "the same; CONFORMANCE_PASSWORD is a wrong one",
        "login-wrong-password",
    ),
    (
        "subscribe NODE",
        "subscribe to the node with the full JID, and wait for the answer",
        "subscribe /finesse/api/User/1001/Dialogs",
    ),
    ("unsubscribe NODE", "end the subscription, and wait for the answer", "unsubscribe /lab/open"),
    ("wait", "stay connected until SIGTERM, or until the connection is finally lost", "wait"),
    ("stay DURATION", "stay connected for this time (`ms`, `s` or `m`), then go on", "stay 2s"),
    ("sign-in", "sign in by REST at CONFORMANCE_EXTENSION, and wait for the result", "sign-in"),
    ("ready", "become ready by REST, and wait for the result", "ready"),
    ("not-ready", "become not ready by REST, and wait for the result", "not-ready"),
    ("answer", "answer the call that rings, by REST; without one wait for it", "answer"),
    ("hold", "put the call on hold, by REST", "hold"),
    ("retrieve", "take the call back from hold, by REST", "retrieve"),
    ("hang-up", "hang up, by REST", "hang-up"),
    ("call NUMBER", "call the number, by REST", "call 00495550100"),
    (
        "transfer NUMBER",
        "hand the call over to the number without a word to it, by REST",
        "transfer 5550199",
    ),
    (
        "sign-out",
        "sign out by REST if signed in by it; then leave in order: stream, WebSocket, TCP",
        "sign-out",
    ),
];

/// A line that a driver writes on standard output.
#[derive(Debug, Clone, Copy)]
pub struct Event {
    /// The member `event`.
    pub name: &'static str,
    /// When it is written.
    pub when: &'static str,
    /// The other members with their meanings.
    pub members: &'static [(&'static str, &'static str)],
    /// A whole line.
    pub example: &'static str,
}

/// All events that the gate reads. It passes over others, and over other members.
pub const EVENTS: [Event; 5] = [
    Event {
        name: "error",
        when: "the client tells its application of an error: a refused request, a lost connection",
        members: &[
            (
                "condition",
                "the condition of the error (RFC 6120 §8.3.3), the `ErrorType` of Finesse, or a word of the client's",
            ),
            ("node", "the node, if a request about a node was refused"),
        ],
        example: r#"{"event":"error","condition":"item-not-found","node":"/lab/absent"}"#,
    },
    Event {
        name: "notification",
        when: "the client hands an item to its application; one line for each item",
        members: &[
            ("node", "the node of `<items node=…>`"),
            (
                "update",
                "the name of the root, if the text in the payload is XML, as in Finesse's `<notification>`; else the local name of \
                 the payload element",
            ),
            ("text", "the text in the payload element, unescaped once; may be empty"),
        ],
        example: r#"{"event":"notification","node":"/finesse/api/User/1001","update":"Update","text":"<Update><data>…</data></Update>"}"#,
    },
    Event {
        name: "state",
        when: "the client shows a state of the agent",
        members: &[("state", "the state, in Finesse's word")],
        example: r#"{"event":"state","state":"NOT_READY"}"#,
    },
    Event {
        name: "call",
        when: "the client shows a call, each time that something of it changes",
        members: &[
            ("state", "the state of the agent's own side, in Finesse's word; `DROPPED` at the end"),
            ("number", "the number of the other side; empty for a caller without one"),
            ("callVariable1", "the value of a call variable under its name; one member for each"),
        ],
        example: r#"{"event":"call","state":"ALERTING","number":"00495550100","callVariable1":"0042"}"#,
    },
    Event {
        name: "unsupported",
        when: "before exit status 89, by a driver that reports; without it, cases that need reports are `unsupported`",
        members: &[],
        example: r#"{"event":"unsupported"}"#,
    },
];

/// The tables as text for `--help`.
pub fn table() -> String {
    let rows = |names: &[(&str, &str)]| -> String {
        let width = names.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
        names.iter().map(|(name, what)| format!("  {name:width$}  {what}\n")).collect()
    };
    let verbs = VERBS.map(|(verb, what, _)| (verb, what));
    let events: Vec<String> =
        EVENTS.iter().map(|event| format!("  {}\n    {}\n", event.example, event.when)).collect();
    format!(
        "The client is started once for each case, with these variables:\n{}\nVerbs of CONFORMANCE_DO, carried out in order:\n{}\n\
         Exit status 89 declines a task; the case is then UNSUPPORTED. Before the run the driver gets an unknown verb, and must exit with 89.\n\n\
         Reports, a line of JSON each on standard output:\n{}",
        rows(&VARIABLES),
        rows(&verbs),
        events.concat()
    )
}

/// The values of the variables for one case. No `Debug`: they hold a password.
#[derive(Clone)]
pub struct Contract {
    /// The verbs with the nodes filled in.
    pub asks: Vec<String>,
    /// The nodes in the verbs.
    pub nodes: Vec<String>,
    /// The URL of the server for this case.
    pub url: String,
    /// The URL of its BOSH.
    pub bosh: String,
    /// The client is to speak BOSH, and not WebSocket.
    pub transport: Transport,
    /// The URL of the second server of a pair; empty without one.
    pub other_url: String,
    /// The base URL of the REST API of the server.
    pub rest: String,
    /// That of the second server; empty without one.
    pub other_rest: String,
    /// Path of the PEM file with the authority to trust.
    pub ca: String,
    /// The XMPP domain, for `to` of `<open/>`.
    pub domain: String,
    /// Address of the publish-subscribe service.
    pub pubsub: String,
    /// The login name, without domain.
    pub user: String,
    /// The password; a wrong one if the case asks for it.
    pub password: String,
    /// The extension to sign in at.
    pub extension: String,
    /// The id of the case, `area/slug`.
    pub case: String,
    /// The factor on all deadlines.
    pub patience: f64,
}

impl Contract {
    /// The resource that clients must bind.
    pub const RESOURCE: &str = "probe";

    /// Verbs and nodes of a case, with the values of the scene.
    pub fn asks(case: &Case, variables: &BTreeMap<String, String>) -> (Vec<String>, Vec<String>) {
        let fill = |text: String| {
            variables
                .iter()
                .fold(text, |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
        };
        let asks = &case.head.asks;
        let verbs = asks.iter().map(|ask| fill(ask.value.to_string())).collect();
        let nodes = asks.iter().filter_map(|ask| ask.value.node());
        (verbs, nodes.map(|node| fill(node.to_string())).collect())
    }

    /// The variables by name.
    pub fn environment(&self) -> BTreeMap<String, String> {
        let mut environment: BTreeMap<String, String> =
            VARIABLES.iter().map(|(name, _)| ((*name).to_owned(), self.value(name))).collect();
        if !self.ca.is_empty() {
            environment.insert("NODE_EXTRA_CA_CERTS".to_owned(), self.ca.clone());
        }
        environment
    }

    fn value(&self, name: &str) -> String {
        match name {
            "CONFORMANCE_DO" => self.asks.join("; "),
            "CONFORMANCE_URL" => self.url.clone(),
            "CONFORMANCE_BOSH" => self.bosh.clone(),
            "CONFORMANCE_TRANSPORT" => self.transport.to_string(),
            "CONFORMANCE_URL_OTHER" => self.other_url.clone(),
            "CONFORMANCE_REST" => self.rest.clone(),
            "CONFORMANCE_REST_OTHER" => self.other_rest.clone(),
            "CONFORMANCE_EXTENSION" => self.extension.clone(),
            "CONFORMANCE_CA" => self.ca.clone(),
            "CONFORMANCE_DOMAIN" => self.domain.clone(),
            "CONFORMANCE_PUBSUB" => self.pubsub.clone(),
            "CONFORMANCE_USER" => self.user.clone(),
            "CONFORMANCE_PASSWORD" => self.password.clone(),
            "CONFORMANCE_RESOURCE" => Self::RESOURCE.to_owned(),
            "CONFORMANCE_NODES" => self.nodes.join(" "),
            "CONFORMANCE_CASE" => self.case.clone(),
            _ => self.patience.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use case::Ask;

    use super::*;

    #[test]
    fn help_names_every_variable_and_verb() {
        let table = table();
        for usage in Ask::USAGES {
            assert!(table.contains(usage), "{usage}\n{table}");
        }
        assert!(VARIABLES.iter().all(|(name, _)| table.contains(name)));
    }

    #[test]
    fn examples_are_what_they_are_examples_of() {
        assert_eq!(VERBS.map(|(usage, ..)| usage), Ask::USAGES);
        for (usage, _, example) in VERBS {
            assert_eq!(usage.split(' ').next(), example.split(' ').next());
            assert_eq!(usage.contains(' '), example.contains(' '), "{example}");
        }
        for event in EVENTS {
            let example: serde_json::Map<String, serde_json::Value> =
                serde_json::from_str(event.example).unwrap();
            let members = event.members.iter().map(|(name, _)| *name);
            let named: BTreeSet<&str> = members.chain(["event"]).collect();
            assert_eq!(example.keys().map(String::as_str).collect::<BTreeSet<_>>(), named);
            assert_eq!(example["event"], event.name);
        }
    }
}
