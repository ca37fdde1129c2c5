//! Stanzas to the server that list their receivers (XEP-0033), in the manner of Openfire's
//! `MulticastRouter`.

use stanza::{Element, Jid, Node};

use super::Hub;
use super::router::address;
use crate::context::Context;
use crate::spelling::{payload, set_attr};
use crate::stream::Stream;

/// The addresses of one stanza that are read. Openfire has no such limit: each address is a copy of
/// the stanza, so a single stanza could ask for gigabytes.
const MAX_ADDRESSES: usize = 64;

/// The receivers of a stanza, as its addresses name them.
#[derive(Debug, Default, PartialEq, Eq)]
struct Receivers {
    /// Accounts of this server.
    local: Vec<String>,
    /// All others, services of this server included.
    remote: Vec<String>,
}

/// An address names nobody, or nothing that is a JID; Openfire throws.
#[derive(Debug, PartialEq, Eq)]
struct Unreadable;

impl Hub {
    /// Sends a stanza to those that it lists; false if it lists nobody.
    pub(super) fn multicast(
        &mut self,
        cx: &mut Context,
        stream: &mut Stream,
        stanza: &Element,
        own: &Jid,
    ) -> bool {
        let mut copy = stanza.clone();
        let Some(addresses) = addresses(&mut copy) else {
            return false;
        };
        let Ok(Receivers { local, remote }) = deliver(addresses, &cx.settings.domain) else {
            stream.throw(cx);
            return true;
        };
        for receiver in local.into_iter().chain(remote) {
            let Ok(to) = address(cx, &receiver) else {
                stream.throw(cx);
                return true;
            };
            set_attr(&mut copy, "to", Some(to.to_string()));
            self.dispatch(cx, stream, &copy, own, Some(&to));
        }
        true
    }
}

/// The list of a stanza: in an iq below its payload, by the local name alone.
fn addresses(stanza: &mut Element) -> Option<&mut Element> {
    let holder = if stanza.name.local == "iq" {
        let name = payload(stanza)?.name.clone();
        elements(stanza).find(|child| child.name == name)?
    } else {
        stanza
    };
    elements(holder).find(|child| child.name.local == "addresses")
}

fn elements(element: &mut Element) -> impl Iterator<Item = &mut Element> {
    element.nodes.iter_mut().filter_map(|node| match node {
        Node::Element(child) => Some(child),
        _ => None,
    })
}

/// Reads the receivers, marks their addresses as served, and takes out the hidden ones.
fn deliver(addresses: &mut Element, domain: &str) -> Result<Receivers, Unreadable> {
    let at_domain = format!("@{domain}");
    let mut receivers = Receivers::default();
    let listed = elements(addresses).filter(|child| child.name.local == "address");
    for address in listed.take(MAX_ADDRESSES) {
        if address.attr("type") == Some("noreply") {
            continue;
        }
        let jid = address.attr("jid").ok_or(Unreadable)?;
        match jid.contains(&at_domain) {
            true if address.attr("delivered").is_none() => receivers.local.push(jid.to_owned()),
            true => {}
            false => {
                let parsed = Jid::parse(jid).map_err(|_| Unreadable)?;
                // The server looks for a service at the domain, and sends only to accounts there.
                if parsed.local.is_some() {
                    receivers.remote.push(jid.to_owned());
                }
            }
        }
        set_attr(address, "delivered", Some("true".to_owned()));
    }
    addresses.nodes.retain(|node| !is_hidden(node));
    Ok(receivers)
}

fn is_hidden(node: &Node) -> bool {
    matches!(node, Node::Element(child)
        if child.name.local == "address" && child.attr("type") == Some("bcc"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(list: &str) -> (Result<Receivers, Unreadable>, String) {
        let mut list = stanza::parse(list).expect("the test's XML is well-formed");
        let receivers = deliver(&mut list, "d");
        (receivers, stanza::print(&list))
    }

    #[test]
    fn a_list_is_bounded_and_says_who_has_been_served() {
        let address = "<address type='to' jid='a@d'/>";
        let list = format!("<addresses>{}</addresses>", address.repeat(MAX_ADDRESSES + 1));
        let (receivers, left) = read(&list);
        assert_eq!(receivers.map(|it| it.local.len()), Ok(MAX_ADDRESSES));
        assert_eq!(left.matches("delivered=\"true\"").count(), MAX_ADDRESSES);
    }

    #[test]
    fn those_of_other_domains_come_last_and_the_served_not_again() {
        let (receivers, left) = read(
            "<addresses><address type='to' jid='x@e'/><address type='noreply'/>\
             <address type='bcc' jid='b@d/r'/><address type='cc' jid='c@d' delivered='true'/>\
             <address type='to' jid='e'/></addresses>",
        );
        let (local, remote) = (vec!["b@d/r".to_owned()], vec!["x@e".to_owned()]);
        assert_eq!(receivers, Ok(Receivers { local, remote }));
        assert!(!left.contains("b@d") && left.contains("noreply"), "{left}");
    }

    #[test]
    fn an_address_without_a_jid_cannot_be_read() {
        assert_eq!(read("<addresses><address type='to'/></addresses>").0, Err(Unreadable));
        assert_eq!(read("<addresses><address jid='a@@e'/></addresses>").0, Err(Unreadable));
    }
}
