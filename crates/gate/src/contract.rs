//! What a client under test is told by its environment. The one list of it: `--help` and the book show this table.

use std::collections::BTreeMap;

use case::Case;

/// Every variable, with what it says.
pub const VARIABLES: [(&str, &str); 12] = [
    ("CONFORMANCE_DO", "what to do, verbs separated by `; `: `login; subscribe /lab/open; wait`"),
    (
        "CONFORMANCE_URL",
        "where to connect to: `wss://127.0.0.1:34567/ws/`, in a few cases `ws://…`",
    ),
    (
        "CONFORMANCE_URL_OTHER",
        "where to connect to when that server is gone, in cases about failover; in all others empty",
    ),
    (
        "CONFORMANCE_CA",
        "a PEM file with the authority to trust, and no other; Node takes it as NODE_EXTRA_CA_CERTS, which is set as well",
    ),
    ("CONFORMANCE_DOMAIN", "the XMPP domain, for `to` of `<open/>`"),
    ("CONFORMANCE_PUBSUB", "the address of the publish-subscribe service"),
    ("CONFORMANCE_USER", "the login name, without domain"),
    ("CONFORMANCE_PASSWORD", "the password; for `login-wrong-password` a wrong one"),
    ("CONFORMANCE_RESOURCE", "the resource to bind"),
    ("CONFORMANCE_NODES", "the nodes that `do` names, separated by blanks; may be empty"),
    ("CONFORMANCE_CASE", "the id of the case, for logs; a client must not behave by it"),
    (
        "CONFORMANCE_PATIENCE",
        "the factor on all deadlines, `1` unless the client's file says otherwise",
    ),
];

/// The verbs, with what they mean to a driver.
const VERBS: [(&str, &str); 7] = [
    ("login", "connect, log in, bind the resource, send presence"),
    ("login-wrong-password", "the same; the password is wrong"),
    ("subscribe NODE", "subscribe to the node with the full JID"),
    ("unsubscribe NODE", "end the subscription"),
    ("wait", "stay until ended by SIGTERM, or until the connection is lost for good"),
    ("stay DURATION", "stay so long (`300ms`, `2s`), and go on"),
    ("sign-out", "leave in order: stream, WebSocket, TCP"),
];

/// The lists as text, for `--help`.
pub fn table() -> String {
    let width =
        |names: &[(&str, &str)]| names.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let rows = |names: &[(&str, &str)]| -> String {
        let width = width(names);
        names.iter().map(|(name, what)| format!("  {name:width$}  {what}\n")).collect()
    };
    format!(
        "The client is started once for each case, with these variables:\n{}\nVerbs of CONFORMANCE_DO, to be done in order:\n{}\n\
         Exit status 89 means \"I do not do that\": the case is UNSUPPORTED. Before the run an unknown verb is offered, which must be answered so.\n\
         A line of JSON on standard output is a report: {{\"event\":\"error\",\"condition\":\"conflict\"}}. A client that reports says \
         {{\"event\":\"unsupported\"}} when it exits with 89.",
        rows(&VARIABLES),
        rows(&VERBS)
    )
}

/// What one case tells its client.
#[derive(Debug, Clone)]
pub struct Contract {
    /// Verbs, nodes filled in.
    pub asks: Vec<String>,
    /// Nodes that they name.
    pub nodes: Vec<String>,
    /// Where to connect to.
    pub url: String,
    /// The other server of a pair; empty where there is none.
    pub other_url: String,
    /// The PEM file.
    pub ca: String,
    /// The XMPP domain.
    pub domain: String,
    /// The publish-subscribe service.
    pub pubsub: String,
    /// Login name.
    pub user: String,
    /// Password, the right or the wrong one.
    pub password: String,
    /// The id of the case.
    pub case: String,
    /// Factor on deadlines.
    pub patience: f64,
}

impl Contract {
    /// The resource that a client is to bind.
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

    /// The variables.
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
