//! The capabilities of a client under test, as its presence announces them
//! (XEP-0115), and its answers to service discovery (XEP-0030).

use case::Step;
use stanza::caps::{DiscoInfo, ver};
use stanza::{Element, ns};

use super::client::ClientSide;
use super::player::{Player, Stop};
use super::taking::failure;

/// Its last message.
#[derive(Debug, Default)]
pub(crate) struct Caps {
    /// The hash in its presence.
    announced: Option<String>,
    /// The hash of what it told.
    told: Option<String>,
}

impl Caps {
    /// It said this.
    pub(super) fn note(&mut self, said: &Element) {
        if said.is(ns::CLIENT, "presence")
            && let Some(caps) = said.child(ns::CAPS, "c")
        {
            self.announced = caps.attr("ver").map(str::to_owned);
        }
        if said.is(ns::CLIENT, "iq")
            && let Some(query) = said.child(ns::DISCO_INFO, "query")
        {
            self.told = Some(ver(&DiscoInfo::of(query)));
        }
    }

    /// Why the one is not the hash of the other (XEP-0115 §5.1); none if it is.
    fn wrong(&self) -> Option<String> {
        match (&self.announced, &self.told) {
            (Some(announced), Some(told)) if announced == told => None,
            (Some(announced), Some(told)) => Some(format!(
                "the client announced {announced}, but its disco#info hashes to {told}"
            )),
            (None, _) => Some("it has announced no capabilities".to_owned()),
            (_, None) => Some("it has told nothing of itself".to_owned()),
        }
    }
}

impl Player<'_, ClientSide> {
    /// Compares the hash that a client announced with that of its disco#info.
    pub(super) fn caps(&mut self, step: &Step, conn: &str) -> Result<(), Stop> {
        self.step += 1;
        let index = self.connections.iter().position(|connection| connection.name == conn);
        match index.and_then(|index| self.side.channels[index].caps.wrong()) {
            None => Ok(()),
            Some(wrong) => Err(Stop::Failed(Box::new(failure(step, wrong)))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // XEP-0115 §5.2.
    #[test]
    fn a_hash_is_that_of_what_is_told() {
        let mut caps = Caps::default();
        assert!(caps.wrong().is_some());
        let say = |text: &str| stanza::parse(text).unwrap();
        let presence = "<presence xmlns='jabber:client'><c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='http://code.google.com/p/exodus' ver='QgayPKawpkPSDYmwT/WM94uAlu0='/></presence>";
        caps.note(&say(presence));
        assert!(caps.wrong().is_some());
        let told = |features: &[&str]| {
            let features: String = features
                .iter()
                .map(|feature| format!("<feature var='http://jabber.org/protocol/{feature}'/>"))
                .collect();
            say(&format!(
                "<iq xmlns='jabber:client' type='result'><query xmlns='http://jabber.org/protocol/disco#info'><identity category='client' type='pc' name='Exodus 0.9.1'/>{features}</query></iq>"
            ))
        };
        caps.note(&told(&["disco#info", "disco#items", "muc", "caps"]));
        assert_eq!(caps.wrong(), None);
        caps.note(&told(&["disco#info", "disco#items", "caps"]));
        assert!(
            caps.wrong().is_some_and(|why| why.contains("announced QgayPKawpkPSDYmwT/WM94uAlu0=,"))
        );
    }
}
