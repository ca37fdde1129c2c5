//! Which WebSocket extensions Jetty 9.4.18 takes up, and what it makes of them (recorded:
//! http_ext_*, deflate_*).

use wire::deflate::{
    CLIENT_NO_CONTEXT_TAKEOVER, DEFLATE_FRAME, PERMESSAGE_DEFLATE, SERVER_NO_CONTEXT_TAKEOVER,
};
use wire::{Extension, Unit};

/// An extension that changes nothing (recorded: http_ext_identity).
const IDENTITY: &str = "identity";

/// Parameters that are read over: the window always has its full size (recorded: http_ext_cmwb10).
const WINDOW_BITS: [&str; 2] = ["client_max_window_bits", "server_max_window_bits"];

/// How the messages of a connection are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Compression {
    pub(crate) unit: Unit,
    /// The server's messages may refer to earlier ones.
    pub(crate) outgoing_takeover: bool,
    /// The client's messages may refer to earlier ones.
    pub(crate) incoming_takeover: bool,
}

/// The agreement.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Agreement {
    /// The extensions that the answer names.
    pub(super) accepted: Vec<Extension>,
    pub(super) compression: Option<Compression>,
}

/// permessage-deflate was offered with an undefined parameter.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct UnknownParameter;

/// Takes every extension that is known and whose bit is still free (RFC 7692 §5), in the order of
/// the offers.
///
/// An unknown parameter is an error even where another offer could have been taken (recorded:
/// http_ext_unknown_param_fallback), though RFC 7692 §7 wants such an offer to be declined.
pub(super) fn negotiate(offers: Vec<Extension>) -> Result<Agreement, UnknownParameter> {
    let mut agreement = Agreement::default();
    for offer in offers {
        let name = offer.name.as_str();
        let (accepted, compression) = if name == IDENTITY {
            (offer, None)
        } else if DEFLATE_FRAME.contains(&name) {
            (offer, Some(frame_by_frame()))
        } else if name == PERMESSAGE_DEFLATE {
            let (accepted, compression) = permessage_deflate(&offer)?;
            (accepted, Some(compression))
        } else {
            continue;
        };
        if compression.is_some() {
            if agreement.compression.is_some() {
                continue;
            }
            agreement.compression = compression;
        }
        agreement.accepted.push(accepted);
    }
    Ok(agreement)
}

fn frame_by_frame() -> Compression {
    Compression { unit: Unit::Frame, outgoing_takeover: true, incoming_takeover: true }
}

fn permessage_deflate(offer: &Extension) -> Result<(Extension, Compression), UnknownParameter> {
    // Recorded: http_ext_both. They stand in this order, whatever that of the offer is.
    let echoed = [CLIENT_NO_CONTEXT_TAKEOVER, SERVER_NO_CONTEXT_TAKEOVER];
    let known = |name: &str| echoed.contains(&name) || WINDOW_BITS.contains(&name);
    if !offer.parameters.iter().all(|(name, _)| known(name)) {
        return Err(UnknownParameter);
    }
    let parameters = echoed.into_iter().filter(|name| offer.has(name));
    let accepted = Extension {
        name: offer.name.clone(),
        parameters: parameters.map(|name| (name.to_owned(), None)).collect(),
    };
    let compression = Compression {
        unit: Unit::Message,
        // Jetty swaps the two directions (recorded: deflate_*).
        outgoing_takeover: !offer.has(CLIENT_NO_CONTEXT_TAKEOVER),
        incoming_takeover: !offer.has(SERVER_NO_CONTEXT_TAKEOVER),
    };
    Ok((accepted, compression))
}

#[cfg(test)]
mod tests {
    use wire::{Headers, extension::EXTENSIONS};

    use super::*;

    fn answer(offer: &str) -> Result<(String, Option<Compression>), UnknownParameter> {
        let headers = Headers(vec![(EXTENSIONS.to_owned(), offer.to_owned())]);
        let agreement = negotiate(Extension::list(&headers))?;
        let accepted: Vec<String> = agreement.accepted.iter().map(Extension::to_string).collect();
        Ok((accepted.join(", "), agreement.compression))
    }

    // Recorded: http_ext_*, deflate_*, hs_deflate_offer.
    #[test]
    fn offers_are_answered_as_recorded() {
        let plain = "permessage-deflate";
        let table = [
            ("permessage-deflate", plain),
            ("permessage-deflate; client_max_window_bits", plain),
            ("permessage-deflate; client_max_window_bits=10", plain),
            ("permessage-deflate; client_max_window_bits, permessage-deflate", plain),
            (
                "permessage-deflate; server_no_context_takeover",
                "permessage-deflate;server_no_context_takeover",
            ),
            (
                "permessage-deflate; client_no_context_takeover",
                "permessage-deflate;client_no_context_takeover",
            ),
            (
                "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
                "permessage-deflate;client_no_context_takeover;server_no_context_takeover",
            ),
            ("deflate-frame", "deflate-frame"),
            ("identity", "identity"),
        ];
        for (offer, accepted) in table {
            assert_eq!(answer(offer).map(|(accepted, _)| accepted).as_deref(), Ok(accepted));
        }
        assert_eq!(answer("permessage-deflate; foo=1, permessage-deflate"), Err(UnknownParameter));
    }

    #[test]
    fn the_first_extension_that_compresses_has_the_bit() {
        let accepted = |offer: &str| answer(offer).map(|(accepted, _)| accepted);
        let both = accepted("x-webkit-deflate-frame, identity, permessage-deflate");
        assert_eq!(both.as_deref(), Ok("x-webkit-deflate-frame, identity"));
        assert_eq!(answer("permessage-bzip2, x"), Ok((String::new(), None)));
    }

    #[test]
    fn the_directions_are_mixed_up() {
        let (_, compression) =
            answer("permessage-deflate; server_no_context_takeover").expect("a known parameter");
        let wanted =
            Compression { unit: Unit::Message, outgoing_takeover: true, incoming_takeover: false };
        assert_eq!(compression, Some(wanted));
    }
}
