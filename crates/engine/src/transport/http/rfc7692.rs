//! Negotiation of compression to the letter of RFC 7692 §7.1.

use wire::deflate::{CLIENT_NO_CONTEXT_TAKEOVER, PERMESSAGE_DEFLATE, SERVER_NO_CONTEXT_TAKEOVER};
use wire::{Extension, Unit};

use super::Compression;
use crate::fault::{Faults, Name};

/// The window of the server's messages, as a power of two (RFC 7692 §7.1.2.1).
const SERVER_MAX_WINDOW_BITS: &str = "server_max_window_bits";

/// The window of the client's messages (RFC 7692 §7.1.2.2).
const CLIENT_MAX_WINDOW_BITS: &str = "client_max_window_bits";

/// The largest window, and the one that is always used.
const WINDOW_BITS: u8 = 15;

/// The first offer of permessage-deflate that can be taken, as the answer has it. All others are
/// declined by silence (§5.1).
pub(super) fn negotiate(
    offers: Vec<Extension>,
    faults: &Faults,
) -> Option<(Extension, Compression)> {
    let offers = offers.into_iter().filter(|offer| offer.name == PERMESSAGE_DEFLATE);
    let any = faults.lasting(Name::DeflateAnyOffer);
    let offer = { offers }.find(|offer| any || is_valid(offer))?;
    let without_context = offer.has(SERVER_NO_CONTEXT_TAKEOVER);
    let mut parameters = Vec::new();
    if without_context {
        // §7.1.1.1: a server that takes the offer must do so.
        parameters.push((SERVER_NO_CONTEXT_TAKEOVER.to_owned(), None));
    }
    if offer.has(SERVER_MAX_WINDOW_BITS) {
        parameters.push((SERVER_MAX_WINDOW_BITS.to_owned(), Some(WINDOW_BITS.to_string())));
    }
    if any {
        // §7.1.2.2: not where the offer lacks the parameter.
        parameters.push((CLIENT_MAX_WINDOW_BITS.to_owned(), Some("16".to_owned())));
    }
    let compression = Compression {
        unit: Unit::Message,
        outgoing_takeover: !without_context || faults.lasting(Name::DeflateKeepContext),
        // §7.1.1.2: the client's hint that it may do without binds nobody, and is not taken up.
        incoming_takeover: !faults.lasting(Name::DeflateForgetContext),
    };
    Some((Extension { name: offer.name, parameters }, compression))
}

/// Whether an offer can be taken (§7): its parameters are known, stand once and have one of their
/// values, and the server's window may have its full size.
fn is_valid(offer: &Extension) -> bool {
    let known = offer.parameters.iter().all(|(name, value)| match (name.as_str(), value) {
        (
            SERVER_NO_CONTEXT_TAKEOVER | CLIENT_NO_CONTEXT_TAKEOVER | CLIENT_MAX_WINDOW_BITS,
            None,
        ) => true,
        (CLIENT_MAX_WINDOW_BITS, Some(bits)) => window(bits).is_some(),
        (SERVER_MAX_WINDOW_BITS, Some(bits)) => window(bits) == Some(WINDOW_BITS),
        _ => false,
    });
    let names: std::collections::BTreeSet<&str> =
        offer.parameters.iter().map(|(name, _)| name.as_str()).collect();
    known && names.len() == offer.parameters.len()
}

/// The size of a window: 8 to 15, without leading zeros (§7.1.2.1).
fn window(bits: &str) -> Option<u8> {
    let is_number = !bits.starts_with('0') && bits.bytes().all(|octet| octet.is_ascii_digit());
    bits.parse().ok().filter(|bits| is_number && (8..=WINDOW_BITS).contains(bits))
}

#[cfg(test)]
mod tests {
    use wire::{Headers, extension::EXTENSIONS};

    use super::*;

    fn answer(offer: &str) -> Option<String> {
        let headers = Headers(vec![(EXTENSIONS.to_owned(), offer.to_owned())]);
        let agreed = negotiate(Extension::list(&headers), &Faults::default());
        agreed.map(|(extension, _)| extension.to_string())
    }

    #[test]
    fn offers_are_taken_with_what_they_demand() {
        for (offer, wanted) in [
            ("permessage-deflate", "permessage-deflate"),
            ("permessage-deflate; client_max_window_bits", "permessage-deflate"),
            ("permessage-deflate; client_max_window_bits=9", "permessage-deflate"),
            ("permessage-deflate; client_no_context_takeover", "permessage-deflate"),
            (
                "permessage-deflate; server_no_context_takeover",
                "permessage-deflate;server_no_context_takeover",
            ),
            (
                "permessage-deflate; server_max_window_bits=15",
                "permessage-deflate;server_max_window_bits=15",
            ),
            (
                "permessage-deflate; server_max_window_bits=9, permessage-deflate",
                "permessage-deflate",
            ),
            ("x-other, permessage-deflate", "permessage-deflate"),
        ] {
            assert_eq!(answer(offer).as_deref(), Some(wanted), "{offer}");
        }
    }

    #[test]
    fn an_offer_that_breaks_a_rule_is_declined() {
        for offer in [
            "permessage-deflate; unheard_of",
            "permessage-deflate; server_no_context_takeover=1",
            "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
            "permessage-deflate; client_max_window_bits=16",
            "permessage-deflate; client_max_window_bits=09",
            "permessage-deflate; client_max_window_bits=+9",
            "permessage-deflate; server_max_window_bits",
            "permessage-deflate; server_max_window_bits=7",
            "deflate-frame",
        ] {
            assert_eq!(answer(offer), None, "{offer}");
        }
    }
}
