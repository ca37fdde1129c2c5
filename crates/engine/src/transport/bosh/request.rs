//! A request of a session: what the `<body/>` of a client says (XEP-0124 §7 to §14, XEP-0206).

use stanza::ns::{HTTP_BIND, XBOSH};
use stanza::{Element, Node, Rules};

use super::{Condition, Reply, refusal};
use crate::dialect::Dialect;

/// Openfire's words for a request without a usable `rid` (recorded: bosh_post_rid_text).
const NO_RID: &str = "Body-element is missing a RID (Request ID) value, or the provided value is a non-positive integer.";

/// The attributes and elements of a `<body/>`.
#[derive(Debug, Default)]
pub(crate) struct Request {
    pub(crate) rid: i64,
    /// The session; none in a request for a new one.
    pub(crate) sid: Option<String>,
    /// How long it may wait, in seconds.
    pub(crate) wait: i32,
    /// How many requests may wait.
    pub(crate) hold: i32,
    /// For how long the client will be silent, in seconds.
    pub(crate) pause: Option<i32>,
    /// The version of the protocol.
    pub(crate) version: Option<(i32, i32)>,
    /// The client ends the session.
    pub(crate) terminates: bool,
    /// The client wants the stream to begin anew.
    pub(crate) restarts: bool,
    /// The elements for the stream.
    pub(crate) elements: Vec<Element>,
    /// The domain of the stream.
    pub(crate) to: Option<String>,
    /// The version of XMPP (XEP-0206 §2).
    pub(crate) xmpp_version: Option<String>,
    /// The client acknowledges answers (XEP-0124 §9.2).
    pub(crate) acknowledges: bool,
    /// The content type that answers shall have.
    pub(crate) content: Option<String>,
    /// The key, and the first one of a new sequence (XEP-0124 §15.4).
    pub(crate) key: Option<String>,
    pub(crate) new_key: Option<String>,
    /// The length of the body.
    pub(crate) octets: usize,
}

impl Request {
    /// Reads a body.
    pub(crate) fn read(dialect: Dialect, octets: &[u8]) -> Result<Self, Reply> {
        match dialect {
            Dialect::Openfire => read_openfire(octets),
            Dialect::Rfc => read_xep(octets),
        }
    }

    /// Whether it asks for what there is and for nothing else (XEP-0124 §12).
    pub(crate) fn is_poll(&self) -> bool {
        self.elements.is_empty() && !self.terminates && !self.restarts && self.pause.is_none()
    }
}

/// Openfire goes by local names, and stops reading behind the element (recorded: bosh_post_*).
fn read_openfire(octets: &[u8]) -> Result<Request, Reply> {
    let bad_request = Reply::Error(400, None);
    let text = String::from_utf8_lossy(octets);
    let body = match stanza::parse_prefix(&text, &Rules::OPENFIRE) {
        Ok((body, _)) if body.name.local == "body" => body,
        _ => return Err(bad_request),
    };
    let rid = attribute(&body, "rid").and_then(|rid| rid.parse::<i64>().ok());
    let Some(rid) = rid.filter(|rid| *rid > 0) else {
        return Err(Reply::Error(400, Some(NO_RID)));
    };
    let number = |name, usual| {
        attribute(&body, name).and_then(|value| value.parse::<i32>().ok()).unwrap_or(usual)
    };
    let sid = attribute(&body, "sid").map(str::to_owned);
    let mut request = Request {
        rid,
        wait: number("wait", 60),
        hold: number("hold", 1),
        pause: attribute(&body, "pause").map(|_| number("pause", -1)),
        terminates: attribute(&body, "type") == Some("terminate"),
        restarts: asks_for_restart(&body),
        to: attribute(&body, "to").map(str::to_owned),
        xmpp_version: attribute(&body, "version").map(str::to_owned),
        sid,
        octets: octets.len(),
        ..Request::default()
    };
    let is_empty = body.children().next().is_none();
    if request.sid.is_none() {
        if !is_empty {
            // Recorded: bosh_post_children_no_sid.
            return Err(bad_request);
        }
        let version = attribute(&body, "ver").filter(|version| !version.is_empty());
        // Openfire does not expect that a version could be anything else (recorded:
        // bosh_create_ver_bad).
        let parts = |version| parts(version).ok_or(Reply::Failure(400));
        request.version = version.map(parts).transpose()?;
    }
    let child = |node| if let Node::Element(element) = node { Some(element) } else { None };
    request.elements = body.nodes.into_iter().filter_map(child).collect();
    Ok(request)
}

/// The greatest number of a request (XEP-0124 §14.1).
const MAX_RID: i64 = (1 << 53) - 1;

/// XEP-0124 §6: one element and nothing else.
const STRICT: Rules = Rules { declaration: true, ..Rules::STRICT };

fn read_xep(octets: &[u8]) -> Result<Request, Reply> {
    let bad_request = |is_legacy| refusal(Condition::BadRequest, is_legacy);
    let text = std::str::from_utf8(octets).map_err(|_| bad_request(false))?;
    let body = match stanza::parse_with(text, &STRICT) {
        Ok((body, _)) if body.is(HTTP_BIND, "body") => body,
        _ => return Err(bad_request(false)),
    };
    let owned = |name| body.attr(name).map(str::to_owned);
    let sid = owned("sid");
    let version = body.attr("ver").map(|version| parts(version).ok_or_else(|| bad_request(false)));
    let version = version.transpose()?;
    let is_legacy = sid.is_none() && version.is_none();
    let number = |name: &str, usual| match body.attr(name) {
        None => Ok(usual),
        Some(value) if is_number(value) => {
            // One that is too great is as good as the greatest.
            Ok(value.parse().unwrap_or(i32::MAX))
        }
        Some(_) => Err(bad_request(is_legacy)),
    };
    let rid = body.attr("rid").filter(|rid| is_number(rid)).and_then(|rid| rid.parse().ok());
    let has_text = body.nodes.iter().any(|node| match node {
        Node::Text(text) | Node::Cdata(text) => !text.trim().is_empty(),
        Node::Element(_) | Node::Comment(_) => false,
    });
    let rid = rid.filter(|rid| (1..=MAX_RID).contains(rid) && !has_text);
    let Some(rid) = rid else {
        return Err(bad_request(is_legacy));
    };
    let restart = body.attr_ns(XBOSH, "restart");
    let fits_header = |value: &String| value.bytes().all(|octet| (b' '..=b'~').contains(&octet));
    Ok(Request {
        rid,
        wait: number("wait", 60)?,
        hold: number("hold", 1)?,
        pause: body.attr("pause").map(|_| number("pause", 0)).transpose()?,
        version,
        terminates: body.attr("type") == Some("terminate"),
        restarts: matches!(restart, Some("true" | "1")),
        to: owned("to"),
        xmpp_version: body.attr_ns("urn:xmpp:xbosh", "version").map(str::to_owned),
        acknowledges: sid.is_none() && body.attr("ack") == Some("1"),
        content: owned("content").filter(fits_header),
        key: owned("key"),
        new_key: owned("newkey"),
        octets: octets.len(),
        elements: body.children().cloned().collect(),
        sid,
    })
}

fn is_number(value: &str) -> bool {
    !value.is_empty() && value.bytes().all(|octet| octet.is_ascii_digit())
}

/// The value of an attribute, whatever its namespace.
fn attribute<'e>(body: &'e Element, local: &str) -> Option<&'e str> {
    let found = body.attrs.iter().find(|attribute| attribute.name.local == local);
    found.map(|attribute| attribute.value.as_str())
}

/// The attribute counts in the namespace that the prefix `xmpp` stands for, whichever that is.
fn asks_for_restart(body: &Element) -> bool {
    let mut declared = body.spelling.iter().flat_map(|spelling| &spelling.declared);
    let namespace = declared.find(|(prefix, _)| prefix == "xmpp").map_or("", |(_, uri)| uri);
    body.attr_ns(namespace, "restart") == Some("true")
}

/// The first two numbers of a version.
fn parts(version: &str) -> Option<(i32, i32)> {
    let mut parts = version.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}
