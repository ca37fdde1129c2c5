//! Resource binding, and who wins a resource (RFC 6120 §7).

use stanza::{Element, Jid, escape, ns};

use crate::connection::ConnectionId;
use crate::engine::Engine;
use crate::fault::Name;
use crate::ids;
use crate::openfire_xml::{Condition, echo_children, iq_error, iq_result};
use crate::profile::Manner;
use crate::timers::Timer;

/// The longest resource in octets (RFC 6122 §2.4; recorded: bind_1023, bind_2000).
const MAX_RESOURCE: usize = 1023;

/// How many resources one stream may bind, one after the other.
const MAX_BOUND: usize = 64;

impl Engine {
    /// An iq with a bind request.
    pub(crate) fn bind(&mut self, id: ConnectionId, iq: &Element, request: &Element) {
        if let Some(condition) = self.bind_refusal(id, iq) {
            self.refuse(id, iq, condition);
            return;
        }
        let Some((user, stream_id)) = self.connections.get(&id).and_then(|connection| {
            Some((connection.user()?.to_owned(), connection.stream.as_ref()?.id.clone()))
        }) else {
            return;
        };
        let asked =
            request.children().find(|child| child.name.local == "resource").map(Element::text);
        let asked = asked.as_deref().map(java_trim).filter(|asked| !asked.is_empty());
        let resource = match (asked.map(resourceprep), self.profile.bind) {
            (Some(Ok(resource)), _) => resource,
            // Recorded: bind_prohibited.
            (Some(Err(_)), Manner::Openfire) => {
                self.refuse(id, iq, Condition::JidMalformed);
                return;
            }
            // RFC 6120 §7.7.2.1: the server should make the resource conform rather than refuse it.
            (Some(Err(Some(conforming))), Manner::Rfc) => conforming,
            // RFC 6120 §7.6: the server chooses. Openfire takes the stream id (recorded: bind_no_resource).
            (None, Manner::Openfire) => stream_id,
            (None | Some(Err(None)), Manner::Rfc) => ids::stream_id(&mut self.chance),
        };
        let account = Jid { local: Some(user), domain: self.domain.clone(), resource: None };
        let Ok(jid) = account.with_resource(&resource) else {
            self.refuse(id, iq, Condition::JidMalformed);
            return;
        };
        self.grant(id, iq, jid);
    }

    /// Refuses a request with its payload written back.
    pub(crate) fn refuse(&mut self, id: ConnectionId, iq: &Element, condition: Condition) {
        let error = condition.error(self.profile.legacy_codes, "");
        let to = self.address_of(id);
        self.say(id, iq_error(iq, &to, &echo_children(iq), &error));
    }

    fn bind_refusal(&self, id: ConnectionId, iq: &Element) -> Option<Condition> {
        if self.profile.bind == Manner::Openfire {
            return None;
        }
        let connection = self.connections.get(&id)?;
        if iq.attr("type") != Some("set") {
            // RFC 6120 §7.6.1: the request is of type set.
            return Some(Condition::BadRequest);
        }
        // RFC 6120 §7.1: one resource for one stream.
        connection.bound.is_some().then_some(Condition::NotAllowed)
    }

    fn grant(&mut self, id: ConnectionId, iq: &Element, jid: Jid) {
        let others = self.sessions.of(&jid);
        let full = self.profile.resources_per_account.is_some_and(|limit| others.len() >= limit);
        let holder =
            others.iter().find(|(_, session)| session.jid == jid).map(|(holder, _)| *holder);
        // Recorded: bind_three. What was bound on this stream before stays taken.
        let again = self.connections.get(&id).is_some_and(|own| own.bound_before.contains(&jid));
        let holder = if again { Some(id) } else { holder };
        match holder {
            Some(holder)
                if holder != id && self.sessions.spares(holder, self.profile.conflict_limit) =>
            {
                // RFC 6120 §7.7.2.2; recorded: var1_conflict_never.
                self.refuse(id, iq, Condition::Conflict);
                return;
            }
            Some(holder) if !self.faults.lasting(Name::SilentConflict) => {
                self.conflict(holder);
                if holder == id {
                    // Recorded: bind_twice_same, the session throws itself out.
                    return;
                }
            }
            // RFC 6120 §7.6.2.1.
            None if full || self.has_bound_enough(id) => {
                self.refuse(id, iq, Condition::ResourceConstraint);
                return;
            }
            _ => {}
        }
        let to = self.address_of(id);
        let payload = format!(
            "<bind xmlns=\"{}\"><jid>{}</jid></bind>",
            ns::BIND,
            escape::text(&jid.to_string())
        );
        // Openfire addresses the answer to what the session was before (recorded: bind_desktop, bind_three).
        let to = if self.profile.bind == Manner::Rfc { jid.to_string() } else { to };
        self.take_resource(id, jid);
        self.say(id, iq_result(iq, &to, &payload));
    }

    /// The stream has this full JID from now on.
    pub(crate) fn take_resource(&mut self, id: ConnectionId, jid: Jid) {
        let before = self.connections.get(&id).and_then(|connection| connection.bound.clone());
        self.sessions.bind(id, jid.clone(), before, self.now);
        self.record.name(id, &jid.to_string());
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.bound_before.extend(connection.bound.replace(jid));
        }
        if let Some(after) = self.profile.version_query {
            self.timers.set(self.now + after, id, Timer::VersionQuery);
        }
    }

    fn has_bound_enough(&self, id: ConnectionId) -> bool {
        self.connections.get(&id).is_some_and(|own| own.bound_before.len() >= MAX_BOUND)
    }

    /// The newcomer wins: the old stream is told `conflict` (RFC 6120 §7.7.2.2, §4.9.3.3; recorded: conflict_*).
    pub(crate) fn conflict(&mut self, holder: ConnectionId) {
        match self.profile.bind {
            Manner::Openfire => {
                self.say_stream_error(holder, "conflict");
                self.close_silently(holder);
            }
            Manner::Rfc => self.stream_error(holder, "conflict"),
        }
    }

    /// Asks a bound client for its version.
    pub(crate) fn query_version(&mut self, id: ConnectionId) {
        let Some(session) = self.sessions.get(id) else {
            return;
        };
        let jid = escape::attr(&session.jid.to_string()).into_owned();
        let (request, domain) = (self.request_id(), self.domain.clone());
        self.say_to_session(
            id,
            format!(
                "<iq xmlns=\"{}\" type=\"get\" id=\"{request}\" to=\"{jid}\" from=\"{domain}\"><query xmlns=\"{}\"/></iq>",
                ns::CLIENT,
                ns::VERSION
            ),
        );
    }
}

/// Cuts blanks and controls from both ends, as Java's `trim` does (recorded: bind_trim).
fn java_trim(text: &str) -> &str {
    text.trim_matches(|c| c <= ' ')
}

/// The resource as it is granted, as far as it matters here (RFC 3920 §B, recorded: bind_tab, bind_nbsp, bind_prohibited,
/// bind_replacement, bind_unicode): blanks become U+0020; controls, direction marks and what Unicode 3.2 did not know
/// cannot stand in it. The error is what is left without them, if that can be a resource.
fn resourceprep(asked: &str) -> Result<String, Option<String>> {
    let mapped: String = asked.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
    let prohibited = |c: char| {
        c.is_control()
            || matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}')
            || matches!(c, '\u{E000}'..='\u{F8FF}' | '\u{FDD0}'..='\u{FDEF}' | '\u{FFF0}'..='\u{FFFF}')
            || c > '\u{FFFF}'
    };
    if mapped.len() <= MAX_RESOURCE && !mapped.contains(prohibited) {
        return Ok(mapped);
    }
    let conforming = mapped.replace(prohibited, "");
    Err((1..=MAX_RESOURCE).contains(&conforming.len()).then_some(conforming))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_are_prepared_as_recorded() {
        assert_eq!(java_trim("  desk top "), "desk top");
        for (asked, granted) in [
            ("a\tb", Some("a b")),
            ("a\u{A0}b", Some("a b")),
            ("a&b<'", Some("a&b<'")),
            ("a\u{200E}b", None),
            ("a\u{FFFD}b", None),
            ("é€😀", None),
        ] {
            assert_eq!(resourceprep(asked).ok().as_deref(), granted, "{asked:?}");
        }
        assert_eq!(resourceprep("a\u{200E}b"), Err(Some("ab".to_owned())));
        assert!(resourceprep(&"x".repeat(1023)).is_ok());
        assert_eq!(resourceprep(&"x".repeat(1024)), Err(None));
    }
}
