//! The draft of a target file for a probed server.

use remote::Url;
use textual::Hint;

use super::{ProbeReport, Recognised};

/// The text of a target file with the results of the probe, and environment variables for the rest.
/// The variables are named after `name`: `lab-two` makes `LAB_TWO_HOST`.
pub fn draft(probe: &ProbeReport, name: &str) -> String {
    let prefix: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' })
        .collect();
    let prefix = if prefix.starts_with(|c: char| c.is_ascii_digit()) {
        format!("T_{prefix}")
    } else {
        prefix
    };
    let mut lines = vec![format!(
        "# {}, as a probe found it: {}.",
        place(probe),
        one_line(&probe.engine().summary)
    )];
    let is_finesse = probe.facts.system.is_some()
        || probe.facts.subscriptions.iter().any(|own| own.node.starts_with("/finesse/api/"));
    let url = Url::parse(&probe.url);
    lines.push(match &url {
        Ok(url) => {
            let scheme = if url.secure { "wss" } else { "ws" };
            format!(
                "url        = {}",
                quoted(&format!(
                    "{scheme}://{{env:{prefix}_HOST:{}}}:{}{}",
                    plain(&url.host),
                    url.port,
                    plain(&url.path)
                ))
            )
        }
        Err(_) => format!("url        = \"wss://{{env:{prefix}_HOST}}:8445/ws/\""),
    });
    lines.push("# The host again, typed by a person who may test it.".to_owned());
    lines.push(format!("i_may_test = \"{{env:{prefix}_I_MAY_TEST}}\""));
    if url.is_ok_and(|url| url.secure) {
        lines.push("# The path of its authority's certificate (PEM), or sha256/… for the key that it has now, or insecure.".to_owned());
        lines.push(match &probe.facts.pin {
            Some(pin) => format!("trust      = \"{{env:{prefix}_TRUST:{pin}}}\""),
            None => format!("trust      = \"{{env:{prefix}_TRUST}}\""),
        });
    }
    let system = probe.facts.system.as_ref();
    let told = system.map(|system| &system.domain).filter(|domain| !domain.is_empty());
    if let Some(domain) = probe.facts.domain.as_ref().or(told) {
        lines.push(
            "# As the server says itself; without this line it is asked before each run."
                .to_owned(),
        );
        lines.push(format!("domain     = {}", quoted(&plain(domain))));
    }
    lines.push("# Whether claims of level `vendor` are judged: is it a Finesse?".to_owned());
    lines.push(format!("vendor     = {is_finesse}"));
    if let Some(like) = like(&probe.engine().engine, is_finesse) {
        lines.push(format!(
            "# Its deviations and transcripts are those of the target {like}, unless this one has its own."
        ));
        lines.push(format!("like       = \"{like}\""));
    }
    lines.push("effects    = [\"none\", \"session\"] # and \"state\", \"locks-account\", once you know what they do".to_owned());
    lines.push(String::new());
    lines.push("[account.agent]".to_owned());
    let user = probe.user.as_deref().map_or_else(
        || format!("{{env:{prefix}_AGENT}}"),
        |user| format!("{{env:{prefix}_AGENT:{}}}", plain(user)),
    );
    lines.push(format!("user     = {}", quoted(&user)));
    lines.push(format!("password = \"{{env:{prefix}_PASSWORD}}\""));
    lines.push(String::new());
    lines.push("[provides]".to_owned());
    lines.push(format!(
        "# \"node.open\"   = \"/lab/open\"   # one that every account may subscribe to; the others: {}",
        Hint::new(["book", "targets"])
    ));
    let team = probe.facts.api_user.as_ref().map(|user| plain(&user.team));
    if let Some(team) = team.filter(|team| !team.is_empty()) {
        lines.push("# The team of the agent, as the REST API says.".to_owned());
        let node = quoted(&format!("/finesse/api/Team/{team}/Users"));
        lines.push(format!("\"node.team\" = {node}"));
        lines.push(format!("\"team.id\" = {}", quoted(&team)));
    }
    lines.push("# \"node.absent\" = \"/lab/absent\" # one that does not exist".to_owned());
    lines.join("\n") + "\n"
}

/// The fake with the same engine.
fn like(engine: &Recognised, is_finesse: bool) -> Option<&'static str> {
    let is_openfire = matches!(engine, Recognised::Openfire(_));
    is_openfire.then_some(if is_finesse { "mock" } else { "mock-openfire" })
}

fn place(probe: &ProbeReport) -> String {
    one_line(&probe.url)
}

/// Text from the wire as one line.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Text without braces: in a target file they would refer to environment variables.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() && !"{}".contains(*c)).collect()
}

/// Text as a TOML string.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use runner::{Endpoint, Target};

    use super::*;
    use crate::Facts;

    fn probe(url: &str, domain: &str, user: &str) -> ProbeReport {
        ProbeReport {
            url: url.to_owned(),
            user: Some(user.to_owned()),
            steps: Vec::new(),
            facts: Facts { domain: Some(domain.to_owned()), ..Facts::default() },
            trouble: None,
            api_trouble: None,
            held: None,
            lock: None,
            nodes: Vec::new(),
        }
    }

    #[test]
    fn a_draft_is_a_target_file_whatever_the_server_said() {
        for (url, domain, user, name) in [
            ("wss://uccx.example.com:8445/ws/", "uccx.example.com", "1001", "lab-two"),
            ("ws://[::1]:7070/ws/", "a\"b\n{env:HOME}", "a{b}\\\"", "2nd"),
            ("nonsense", "", "", ""),
        ] {
            let text = draft(&probe(url, domain, user), name);
            let target = Target::parse("draft", "draft.toml", &text);
            let target = target.unwrap_or_else(|error| panic!("{error}\n{text}"));
            let Endpoint::Server(server) = &target.endpoint else { panic!("{text}") };
            assert!(server.i_may_test.is_some() && server.accounts.contains_key("agent"), "{text}");
            assert!(!text.contains("{env:HOME"), "{text}");
        }
    }

    #[test]
    fn a_draft_is_like_the_target_of_the_recognised_engine() {
        let mut found = probe("ws://h.test:7070/ws/", "h.test", "1001");
        let like = |found: &ProbeReport| {
            let text = draft(found, "lab");
            Target::parse("lab", "lab.toml", &text).unwrap().like.join(" ")
        };
        assert_eq!(like(&found), "");
        found.facts.version = Some(("Openfire".to_owned(), "4.4.4".to_owned()));
        assert_eq!(like(&found), "mock-openfire");
        let node = "/finesse/api/User/1001".to_owned();
        let jid = "1001@h.test".to_owned();
        found.facts.subscriptions = vec![crate::Subscription { node, jid, subid: None }];
        assert_eq!(like(&found), "mock");
    }

    #[test]
    fn variables_are_called_after_the_target() {
        let text = draft(&probe("wss://h.test:8445/ws/", "h.test", "1001"), "lab-two");
        assert!(text.contains("{env:LAB_TWO_HOST:h.test}:8445/ws/"), "{text}");
        assert!(text.contains("{env:LAB_TWO_I_MAY_TEST}"), "{text}");
    }
}
