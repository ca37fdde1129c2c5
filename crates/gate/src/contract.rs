//! The environment variables for a client under test. `--help` and the book are generated from
//! these tables.

use std::collections::BTreeMap;

use case::Case;

/// All variables with their meanings.
pub const VARIABLES: [(&str, &str); 12] = [
    ("CONFORMANCE_DO", "the tasks, as verbs separated by `; `: `login; subscribe /lab/open; wait`"),
    (
        "CONFORMANCE_URL",
        "the URL to connect to: `wss://127.0.0.1:34567/ws/`, in a few cases `ws://…`",
    ),
    (
        "CONFORMANCE_URL_OTHER",
        "the URL of the second server, in cases about failover; empty in all others",
    ),
    (
        "CONFORMANCE_CA",
        "a PEM file with the only authority to trust; also set as NODE_EXTRA_CA_CERTS for Node",
    ),
    ("CONFORMANCE_DOMAIN", "the XMPP domain, for `to` of `<open/>`"),
    ("CONFORMANCE_PUBSUB", "the address of the publish-subscribe service"),
    ("CONFORMANCE_USER", "the login name, without domain"),
    ("CONFORMANCE_PASSWORD", "the password; a wrong one for `login-wrong-password`"),
    ("CONFORMANCE_RESOURCE", "the resource to bind"),
    ("CONFORMANCE_NODES", "the nodes that `do` names, separated by blanks; may be empty"),
    ("CONFORMANCE_CASE", "the id of the case, for logs only; clients must not act on it"),
    (
        "CONFORMANCE_PATIENCE",
        "the factor on all deadlines, `1` unless the client's file says otherwise",
    ),
];

/// All verbs with the actions of the driver.
const VERBS: [(&str, &str); 7] = [
    ("login", "connect, log in, bind the resource, send presence"),
    ("login-wrong-password", "the same, with a wrong password"),
    ("subscribe NODE", "subscribe to the node with the full JID"),
    ("unsubscribe NODE", "end the subscription"),
    ("wait", "stay connected until SIGTERM, or until the connection is finally lost"),
    ("stay DURATION", "stay connected for this time (`300ms`, `2s`), then go on"),
    ("sign-out", "leave in order: stream, WebSocket, TCP"),
];

/// The tables as text for `--help`.
pub fn table() -> String {
    let width =
        |names: &[(&str, &str)]| names.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let rows = |names: &[(&str, &str)]| -> String {
        let width = width(names);
        names.iter().map(|(name, what)| format!("  {name:width$}  {what}\n")).collect()
    };
    format!(
        "The client is started once for each case, with these variables:\n{}\nVerbs of CONFORMANCE_DO, carried out in order:\n{}\n\
         Exit status 89 declines a task; the case is then UNSUPPORTED. Before the run the driver gets an unknown verb, and must exit with 89.\n\
         A line of JSON on standard output is a report: {{\"event\":\"error\",\"condition\":\"conflict\"}}. A client that reports must write \
         {{\"event\":\"unsupported\"}} before it exits with 89.",
        rows(&VARIABLES),
        rows(&VERBS)
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
    /// The URL of the second server of a pair; empty without one.
    pub other_url: String,
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
            "CONFORMANCE_URL_OTHER" => self.other_url.clone(),
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
}
