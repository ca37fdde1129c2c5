//! The XMPP stream inside the WebSocket: messages become elements, elements go where they belong, errors and close end it
//! (RFC 7395 §3.3 to §3.6, RFC 6120 §4).

use stanza::{Element, ErrorKind, Rules, ns};

use crate::connection::{ConnectionId, Login};
use crate::engine::Engine;
use crate::fault::Edge;
use crate::fault::Name;
use crate::openfire_xml::{Condition, echo_root, set_attr};
use crate::profile::Manner;
use crate::timers::Timer;

/// RFC 7395 §3.3.3 recommends no XML declaration, but does not forbid it.
const STRICT: Rules = Rules { declaration: true, ..Rules::STRICT };

/// The longest text that `join-messages` keeps.
const MAX_JOINED: usize = 1 << 20;

impl Engine {
    /// A text message.
    pub(crate) fn text(&mut self, id: ConnectionId, text: &str) {
        let opened =
            self.connections.get(&id).is_some_and(|connection| connection.stream.is_some());
        if opened && self.faults.lasting(Name::JoinMessages) {
            self.joined_text(id, text);
            return;
        }
        let read = match self.profile.xml {
            // The first element counts, what cannot be read is ignored (recorded: frame_*, xml_*).
            Manner::Openfire => match stanza::parse_prefix(text, &Rules::OPENFIRE) {
                Ok((element, _)) => Ok(element),
                Err(_) => return,
            },
            Manner::Rfc => stanza::parse_with(text, &STRICT).map(|(element, _)| element),
        };
        match read {
            Ok(element) => self.element(id, &element),
            Err(error) => self.stream_error(id, condition_of(&error.kind)),
        }
    }

    /// Ends the stream with an error (RFC 6120 §4.9, RFC 7395 §3.5).
    pub(crate) fn stream_error(&mut self, id: ConnectionId, condition: &str) {
        // RFC 7395 §3.5: during the opening, the server's own open comes first.
        if self.connections.get(&id).is_some_and(|connection| connection.stream.is_none()) {
            self.answer_open(id, None);
        }
        self.say_stream_error(id, condition);
        self.end_session_unless_openfire(id);
        self.close_stream(id);
    }

    pub(crate) fn say_stream_error(&mut self, id: ConnectionId, condition: &str) {
        let (streams, errors) = (ns::STREAMS, ns::STREAM_ERRORS);
        self.say(
            id,
            format!("<stream:error xmlns:stream=\"{streams}\"><{condition} xmlns=\"{errors}\"/></stream:error>"),
        );
    }

    /// Sends `<close/>`, then the WebSocket close.
    pub(crate) fn close_stream(&mut self, id: ConnectionId) {
        self.say_close(id);
        self.close_websocket(id);
    }

    /// Sends `<close/>`, once (RFC 7395 §3.6).
    pub(crate) fn say_close(&mut self, id: ConnectionId) {
        let Some(stream) =
            self.connections.get_mut(&id).and_then(|connection| connection.stream.as_mut())
        else {
            return;
        };
        if !std::mem::replace(&mut stream.closed, true) {
            let quote = self.quote();
            self.say(id, format!("<close xmlns={quote}{}{quote}/>", ns::FRAMING));
        }
    }

    /// The address of a connection: its full JID, or domain and stream id before a resource is bound (Openfire's form).
    pub(crate) fn address_of(&self, id: ConnectionId) -> String {
        let Some(connection) = self.connections.get(&id) else {
            return self.domain.clone();
        };
        match (&connection.bound, &connection.stream) {
            (Some(jid), _) => jid.to_string(),
            (None, Some(stream)) => format!("{}/{}", self.domain, stream.id),
            (None, None) => self.domain.clone(),
        }
    }

    fn joined_text(&mut self, id: ConnectionId, text: &str) {
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        let mut joined = std::mem::take(&mut connection.joined);
        joined.push_str(text);
        let mut rest = joined.as_str();
        loop {
            match stanza::parse_prefix(rest, &STRICT) {
                Ok((element, end)) => {
                    rest = rest[end..].trim_start();
                    self.element(id, &element);
                    if rest.is_empty() {
                        break;
                    }
                }
                Err(error) if is_unfinished(&error.kind) && rest.len() < MAX_JOINED => break,
                Err(error) => {
                    rest = "";
                    self.stream_error(id, condition_of(&error.kind));
                    break;
                }
            }
        }
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.joined = rest.to_owned();
        }
    }

    fn element(&mut self, id: ConnectionId, element: &Element) {
        let Some(connection) = self.connections.get(&id) else {
            return;
        };
        // Once the stream is closed nothing is processed (RFC 6120 §4.4).
        if connection.stream.as_ref().is_some_and(|stream| stream.closed) {
            return;
        }
        if self.faults.is_empty() {
            self.take_element(id, element);
            return;
        }
        let arrival = self.point_of(id, element);
        if let Some(arrival) = &arrival
            && self.strike(id, Edge::Before, arrival, Some(element))
        {
            return;
        }
        self.take_element(id, element);
        if let Some(arrival) = &arrival {
            self.strike(id, Edge::After, arrival, None);
        }
    }

    fn take_element(&mut self, id: ConnectionId, element: &Element) {
        let Some(connection) = self.connections.get(&id) else {
            return;
        };
        match (self.profile.stream, connection.stream.is_some()) {
            (Manner::Openfire, false) => self.first_element_openfire(id, element),
            (Manner::Openfire, true) => self.element_openfire(id, element),
            (Manner::Rfc, false) => self.first_element_rfc(id, element),
            (Manner::Rfc, true) => self.element_rfc(id, element),
        }
    }

    /// Recorded: first_*. Anything but an `<open/>` in its namespace ends in a bare WebSocket close.
    fn first_element_openfire(&mut self, id: ConnectionId, element: &Element) {
        if element.is(ns::FRAMING, "open") {
            self.open(id, element);
        } else {
            self.close_websocket(id);
        }
    }

    /// Openfire goes by local names alone (recorded: close_wrong_ns, frame_second_open_wrong_ns, frame_wrong_stanza_ns).
    fn element_openfire(&mut self, id: ConnectionId, element: &Element) {
        let login = self.connections.get(&id).map(|connection| connection.login.clone());
        match element.name.local.as_str() {
            "open" => self.open(id, element),
            "close" => self.close_stream(id),
            "auth" | "abort" => self.sasl(id, element),
            "response" if login != Some(Login::Untouched) => self.sasl(id, element),
            _ if !matches!(login, Some(Login::Done(_))) => {
                self.echo_with_error(id, element, Condition::NotAuthorized);
            }
            "iq" | "message" | "presence" => {
                self.count_received(id);
                self.stanza(id, element);
            }
            _ if self.stream_management(id, element) => {}
            _ => self.echo_with_error(id, element, Condition::BadRequest),
        }
    }

    fn first_element_rfc(&mut self, id: ConnectionId, element: &Element) {
        let is_stanza = element.name.ns == ns::CLIENT && is_stanza_name(&element.name.local);
        if element.name.local == "open" {
            self.open_rfc(id, element);
        } else if element.is(ns::FRAMING, "close") {
            self.answer_open(id, None);
            self.closed_by_client(id);
        } else if is_stanza || element.name.ns == ns::SASL {
            // RFC 6120 §4.9.3.12.
            self.stream_error(id, "not-authorized");
        } else {
            // RFC 6120 §4.9.3.24.
            self.stream_error(id, "unsupported-stanza-type");
        }
    }

    fn element_rfc(&mut self, id: ConnectionId, element: &Element) {
        let Some(connection) = self.connections.get(&id) else {
            return;
        };
        let restart_due = connection.restart_due;
        let logged_in = connection.user().is_some() && !restart_due;
        match (element.name.ns.as_str(), element.name.local.as_str()) {
            (_, "open") if restart_due => self.open_rfc(id, element),
            (ns::FRAMING, "close") => self.closed_by_client(id),
            // RFC 7395 §3.3.2.
            (namespace, "open" | "close") if namespace != ns::FRAMING => {
                self.stream_error(id, "invalid-namespace");
            }
            (ns::SASL, "auth" | "response" | "abort") if connection.user().is_none() => {
                self.sasl(id, element)
            }
            // RFC 6120 §4.9.3.12.
            (ns::CLIENT, local) if is_stanza_name(local) && !logged_in => {
                self.stream_error(id, "not-authorized")
            }
            (ns::CLIENT, local) if is_stanza_name(local) => self.stanza(id, element),
            // RFC 6120 §4.9.3.10: a stanza needs the content namespace, in each message anew (RFC 7395 §3.3.3).
            (_, local) if is_stanza_name(local) => self.stream_error(id, "invalid-namespace"),
            // RFC 6120 §4.9.3.24.
            _ => self.stream_error(id, "unsupported-stanza-type"),
        }
    }

    /// RFC 7395 §3.6: the client closes; the answer is `<close/>`, and the client then closes the WebSocket.
    fn closed_by_client(&mut self, id: ConnectionId) {
        self.end_session(id);
        self.say_close(id);
        self.timers.set(self.now + self.profile.close_wait, id, Timer::ForceClose);
    }

    /// Openfire returns what it does not take, with `type="error"`, swapped addresses and no `xmlns` on stanzas
    /// (recorded: preauth_*, unknown_element_*).
    fn echo_with_error(&mut self, id: ConnectionId, element: &Element, condition: Condition) {
        let mut answer = element.clone();
        let (from, to) =
            (element.attr("from").map(str::to_owned), element.attr("to").map(str::to_owned));
        set_attr(&mut answer, "type", Some("error".to_owned()));
        set_attr(&mut answer, "to", from);
        set_attr(&mut answer, "from", to);
        let error = condition.error(true, "");
        let mut declared = element.spelling.iter().flat_map(|spelling| &spelling.declared);
        let is_default = |(prefix, uri): &(String, String)| {
            prefix.is_empty() && !matches!(uri.as_str(), "" | ns::CLIENT)
        };
        // dom4j makes the error in no namespace.
        let error = if declared.any(is_default) {
            error.replacen("<error", "<error xmlns=\"\"", 1)
        } else {
            error
        };
        let text = echo_root(&answer, &error);
        self.say(id, text);
    }

    /// After a stream error Openfire's session lives until the socket ends (recorded: closing_error).
    fn end_session_unless_openfire(&mut self, id: ConnectionId) {
        if self.profile.stream == Manner::Rfc {
            self.end_session(id);
        }
    }
}

/// The stream error for a message that is not one well-formed, restricted element.
fn condition_of(kind: &ErrorKind) -> &'static str {
    match kind {
        // RFC 6120 §4.9.3.18.
        kind if kind.is_restricted() => "restricted-xml",
        // RFC 6120 §4.9.3.2.
        ErrorKind::UndeclaredPrefix(_) => "bad-namespace-prefix",
        // RFC 7395 §3.3.3: `<` comes first; otherwise the message cannot be processed (RFC 6120 §4.9.3.1).
        ErrorKind::LeadingText | ErrorKind::NoElement => "bad-format",
        // RFC 6120 §4.9.3.14, §13.12.
        ErrorKind::TooDeep(_) => "policy-violation",
        // RFC 6120 §4.9.3.13. A message with two elements is no document (RFC 7395 §3.3.3).
        _ => "not-well-formed",
    }
}

/// Whether more text could make an element of what was read.
fn is_unfinished(kind: &ErrorKind) -> bool {
    matches!(kind, ErrorKind::UnclosedElement(_) | ErrorKind::Unclosed(_))
}

fn is_stanza_name(local: &str) -> bool {
    matches!(local, "iq" | "message" | "presence")
}
