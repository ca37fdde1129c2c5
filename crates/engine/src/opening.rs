//! Opening and reopening the stream, and the features that are offered then (RFC 7395 §3.4, §3.7, RFC 6120 §4.3, §4.7).

use stanza::{Element, Jid, escape, ns};

use crate::connection::{ConnectionId, Login, Stream};
use crate::engine::Engine;
use crate::fault::Name;
use crate::ids;
use crate::profile::Manner;
use crate::stream_management;
use crate::timers::Timer;

impl Engine {
    /// What an initial or restarting `<open/>` must be (RFC 7395 §3.4, RFC 6120 §4.7).
    pub(crate) fn open_rfc(&mut self, id: ConnectionId, open: &Element) {
        let refusal = if open.name.ns != ns::FRAMING {
            Some("invalid-namespace")
        } else if open.children().next().is_some() || !open.text().trim().is_empty() {
            // RFC 7395 §A: the element is empty.
            Some("bad-format")
        } else if open.attr("to").is_some_and(|to| !to.eq_ignore_ascii_case(&self.domain)) {
            // RFC 6120 §4.9.3.6. Without `to` the server is liberal (§4.7.2).
            Some("host-unknown")
        } else if !speaks_1_0(open.attr("version")) {
            // RFC 6120 §4.9.3.25.
            Some("unsupported-version")
        } else {
            None
        };
        match refusal {
            None => self.open(id, open),
            Some(condition) => {
                // RFC 7395 §3.5: the server's own open comes first.
                self.answer_open(id, Some(open));
                self.stream_error(id, condition);
            }
        }
    }

    /// Takes an `<open/>` as it is: the server's own, then the features.
    pub(crate) fn open(&mut self, id: ConnectionId, open: &Element) {
        if self.faults.lasting(Name::CloseOnRestart)
            && self.connections.get(&id).is_some_and(|connection| connection.restart_due)
        {
            self.close_stream(id);
            return;
        }
        if self.profile.validates_host && open.attr("to") != Some(&self.domain) {
            self.close_websocket(id);
            return;
        }
        self.answer_open(id, Some(open));
        let features = self.features(id);
        self.say(id, features);
    }

    /// The server's own `<open/>`. `to` is there only if the client gave a `from` (RFC 6120 §4.7.2).
    pub(crate) fn answer_open(&mut self, id: ConnectionId, asked: Option<&Element>) {
        let stream_id = self.begin_stream(id);
        let (domain, framing) = (self.domain.clone(), ns::FRAMING);
        let lang = asked.and_then(|open| open.attr_ns(ns::XML, "lang")).unwrap_or("en");
        let lang = escape::attr(lang).into_owned();
        let from = asked.and_then(|open| open.attr("from"));
        let open = match self.profile.stream {
            // Recorded: `from` comes back raw, even where that breaks the XML (first_open_from_odd).
            Manner::Openfire => {
                let to = from.map(|from| format!("to='{from}' ")).unwrap_or_default();
                format!(
                    "<open {to}from='{domain}' id='{stream_id}' xmlns='{framing}' xml:lang='{lang}' version='1.0'/>"
                )
            }
            Manner::Rfc => {
                let to = from
                    .and_then(|from| Jid::parse(from).ok())
                    .map(|from| format!(" to=\"{}\"", escape::attr(&from.bare().to_string())))
                    .unwrap_or_default();
                let version =
                    asked.map_or(Some("1.0"), |open| answered_version(open.attr("version")));
                let version =
                    version.map(|version| format!(" version=\"{version}\"")).unwrap_or_default();
                format!(
                    "<open xmlns=\"{framing}\" from=\"{domain}\"{to} id=\"{stream_id}\" xml:lang=\"{lang}\"{version}/>"
                )
            }
        };
        self.say(id, open);
    }

    /// A stream begins, or begins anew; its id.
    pub(crate) fn begin_stream(&mut self, id: ConnectionId) -> String {
        let stream_id = self.stream_id(id);
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.stream = Some(Stream { id: stream_id.clone(), closed: false });
            connection.restart_due = false;
        }
        self.timers.cancel(id, |timer| *timer == Timer::OpenIdle);
        stream_id
    }

    /// Openfire keeps the id over all restarts; RFC 6120 §4.3.3 wants a new one for the new stream.
    fn stream_id(&mut self, id: ConnectionId) -> String {
        if self.faults.lasting(Name::ConstantStreamId) {
            return "1".to_owned();
        }
        let old = self.connections.get(&id).and_then(|connection| connection.stream.as_ref());
        match (self.profile.stream, old) {
            (Manner::Openfire, Some(stream)) => stream.id.clone(),
            _ => ids::stream_id(&mut self.chance),
        }
    }

    /// What may come next (RFC 6120 §4.3.2).
    fn features(&self, id: ConnectionId) -> String {
        let quote = self.quote();
        let offered = match self.connections.get(&id).map(|connection| &connection.login) {
            Some(Login::Untouched) => {
                format!(
                    "<mechanisms xmlns=\"{}\"><mechanism>PLAIN</mechanism></mechanisms>",
                    ns::SASL
                )
            }
            Some(Login::Done(_)) => format!(
                "<bind xmlns={quote}{}{quote}/><session xmlns={quote}{}{quote}><optional/></session>{}",
                ns::BIND,
                ns::SESSION,
                if self.profile.stream_management {
                    format!("<sm xmlns={quote}{}{quote}/>", stream_management::NAMESPACE)
                } else {
                    String::new()
                }
            ),
            // After a failed or unfinished login nothing is offered (recorded: sasl_open_after_failure).
            _ => String::new(),
        };
        format!(
            "<stream:features xmlns:stream={quote}{}{quote}>{offered}{}</stream:features>",
            ns::STREAMS,
            self.caps
        )
    }

    /// Openfire writes its framing elements with single quotes.
    pub(crate) fn quote(&self) -> char {
        match self.profile.stream {
            Manner::Openfire => '\'',
            Manner::Rfc => '"',
        }
    }
}

/// The version to answer with (RFC 6120 §4.7.5): the lower of both, and none to a client that gave none.
fn answered_version(offered: Option<&str>) -> Option<&str> {
    match offered {
        Some("0.9") => offered,
        Some(_) => Some("1.0"),
        None => None,
    }
}

/// Whether the version offered allows 1.0 (RFC 6120 §4.7.5): the lower of both counts, and none at all is 0.9.
fn speaks_1_0(version: Option<&str>) -> bool {
    version.and_then(|version| version.split_once('.')).is_some_and(|(major, minor)| {
        minor.parse::<u32>().is_ok() && major.parse::<u32>().is_ok_and(|major| major >= 1)
    })
}
