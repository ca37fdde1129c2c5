//! What Cisco's web application adds to the server: its presences, and nodes and subscriptions that are there from the start.

use stanza::{Jid, escape, ns};

use crate::pubsub::{NodeConfig, PubSub};

/// The account of the web application, which publishes and whose presence tells clients that it is alive.
pub(crate) const ACCOUNT: &str = "finesse";

/// The team that all users belong to.
const TEAM: &str = "1";

/// The resources under which the web application is there. Cisco's tech note 221594 shows two presences after the
/// client's own, both of the Smack library; their addresses are not readable there. So: two connections of one
/// application, with resources that nobody can take for a vendor's.
const RESOURCES: [&str; 2] = ["fake-1", "fake-2"];

/// Presences of the web application for a user that has become available.
pub(crate) fn presences(domain: &str, to: &Jid) -> [String; 2] {
    let to = escape::attr(&to.to_string()).into_owned();
    RESOURCES.map(|resource| {
        format!(
            "<presence xmlns=\"{}\" from=\"{ACCOUNT}@{domain}/{resource}\" to=\"{to}\"><priority>0</priority>\
             <c xmlns=\"{}\" hash=\"sha-1\" node=\"http://www.igniterealtime.org/projects/smack\" \
             ver=\"NfJ3flI83zSdUDzCEICtbypursw=\"></c></presence>",
            ns::CLIENT,
            ns::CAPS
        )
    })
}

/// Creates the nodes that every Finesse has for these users.
pub(crate) fn create_nodes<'a>(pubsub: &mut PubSub, users: impl Iterator<Item = &'a str>) {
    pubsub.create(NodeConfig::new("/finesse/api/SystemInfo"));
    pubsub.create(NodeConfig::new(format!("/finesse/api/Team/{TEAM}/Users")));
    // The web application's own account is no agent.
    for user in users.filter(|user| *user != ACCOUNT) {
        for path in user_nodes(user) {
            pubsub.create(NodeConfig::new(path));
        }
    }
}

/// Subscribes the users to what Finesse subscribes them to by itself: by their bare JIDs.
pub(crate) fn subscribe<'a>(
    pubsub: &mut PubSub,
    domain: &str,
    users: impl Iterator<Item = &'a str>,
) {
    for user in users {
        let Ok(jid) = Jid::parse(&format!("{user}@{domain}")) else {
            continue;
        };
        for path in user_nodes(user) {
            pubsub.subscribe_default(&path, jid.clone());
        }
        pubsub.subscribe_default("/finesse/api/SystemInfo", jid);
    }
}

fn user_nodes(user: &str) -> [String; 2] {
    [format!("/finesse/api/User/{user}"), format!("/finesse/api/User/{user}/Dialogs")]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_web_application_says_that_it_is_there() {
        let to = Jid::parse("1001@uccx1.example.test/desktop").expect("a JID");
        assert_eq!(
            presences("uccx1.example.test", &to)[0],
            r#"<presence xmlns="jabber:client" from="finesse@uccx1.example.test/fake-1" to="1001@uccx1.example.test/desktop"><priority>0</priority><c xmlns="http://jabber.org/protocol/caps" hash="sha-1" node="http://www.igniterealtime.org/projects/smack" ver="NfJ3flI83zSdUDzCEICtbypursw="></c></presence>"#
        );
    }
}
