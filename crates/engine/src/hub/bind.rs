//! Resource binding, and who wins a resource (RFC 6120 §7).

use stanza::{Element, Jid, escape, ns};

use super::Hub;
use crate::context::{Context, Effect};
use crate::dialect::Dialect;
use crate::fact::Fact;
use crate::fault::Name;
use crate::ids;
use crate::numbers::StreamId;
use crate::outgoing::{Outgoing, What};
use crate::spelling::{Condition, iq_result};
use crate::stream::Stream;
use crate::timers::Timer;

/// The longest resource in octets (RFC 6122 §2.4; recorded: bind_1023, bind_2000).
const MAX_RESOURCE: usize = 1023;

/// How many resources one stream may bind, one after the other.
const MAX_BOUND: usize = 64;

impl Hub {
    /// An iq with a bind request.
    pub(super) fn bind(
        &mut self,
        cx: &mut Context,
        stream: &mut Stream,
        iq: &Element,
        request: &Element,
    ) {
        if let Some(condition) = refusal(cx, stream, iq) {
            refuse(cx, stream, iq, condition);
            return;
        }
        let (Some(user), Some(name)) = (stream.user(), stream.name()) else {
            // Only a stream that its carrier opens lets them come so far.
            refuse(cx, stream, iq, Condition::NotAuthorized);
            return;
        };
        let asked =
            request.children().find(|child| child.name.local == "resource").map(Element::text);
        let asked = asked.as_deref().map(java_trim).filter(|asked| !asked.is_empty());
        let resource = match (asked.map(resourceprep), cx.dialect()) {
            (Some(Ok(resource)), _) => resource,
            // Recorded: bind_prohibited.
            (Some(Err(_)), Dialect::Openfire) => {
                refuse(cx, stream, iq, Condition::JidMalformed);
                return;
            }
            // RFC 6120 §7.7.2.1: the server should make the resource conform rather than refuse it.
            (Some(Err(Some(conforming))), Dialect::Rfc) => conforming,
            // RFC 6120 §7.6: the server chooses. Openfire takes the stream id (recorded:
            // bind_no_resource).
            (None, Dialect::Openfire) => name.to_owned(),
            (None | Some(Err(None)), Dialect::Rfc) => ids::stream_id(&mut cx.chance),
        };
        let (local, domain) = (Some(user.to_owned()), cx.settings.domain.clone());
        let Ok(jid) = (Jid { local, domain, resource: None }).with_resource(&resource) else {
            refuse(cx, stream, iq, Condition::JidMalformed);
            return;
        };
        self.grant(cx, stream, iq, jid);
    }

    fn grant(&mut self, cx: &mut Context, stream: &mut Stream, iq: &Element, jid: Jid) {
        let others = self.sessions.of(&jid);
        let limit = cx.settings.profile.resources_per_account;
        let full = limit.is_some_and(|limit| others.len() >= limit);
        let holder =
            others.iter().find(|(_, session)| session.jid == jid).map(|(holder, _)| *holder);
        // Recorded: bind_three. Resources that this stream bound before stay taken.
        let again = stream.bound_before.contains(&jid);
        let holder = if again { Some(stream.id) } else { holder };
        match holder {
            Some(holder)
                if holder != stream.id
                    && self.sessions.keeps_resource(holder, cx.settings.profile.conflict_limit) =>
            {
                // RFC 6120 §7.7.2.2; recorded: var1_conflict_never.
                refuse(cx, stream, iq, Condition::Conflict);
                return;
            }
            Some(holder) if !cx.faults.lasting(Name::SilentConflict) => {
                cx.want(Effect::Conflict(holder));
                if holder == stream.id {
                    // Recorded: bind_twice_same, the session throws itself out.
                    return;
                }
            }
            // RFC 6120 §7.6.2.1.
            None if full || stream.bound_before.len() >= MAX_BOUND => {
                refuse(cx, stream, iq, Condition::ResourceConstraint);
                return;
            }
            _ => {}
        }
        // Recorded: a stream that binds anew hears of the other's end under its old address.
        cx.want(Effect::Bind { stream: stream.id, jid, request: Box::new(iq.clone()) });
    }

    /// The stream gets its resource, and its request the answer.
    pub(crate) fn bound(&mut self, cx: &mut Context, stream: &mut Stream, iq: &Element, jid: Jid) {
        let payload = format!(
            "<bind xmlns=\"{}\"><jid>{}</jid></bind>",
            ns::BIND,
            escape::text(&jid.to_string())
        );
        // Openfire addresses the answer to what the session was before (recorded: bind_desktop,
        // bind_three).
        let to = match cx.dialect() {
            Dialect::Openfire => stream.address(cx),
            Dialect::Rfc => jid.to_string(),
        };
        self.take_resource(cx, stream, jid);
        stream.say(cx, What::Result, iq_result(iq, &to, &payload));
    }

    /// The stream has this full JID from now on.
    pub(crate) fn take_resource(&mut self, cx: &mut Context, stream: &mut Stream, jid: Jid) {
        let share = cx.memory.kept.nothing();
        self.sessions.bind(stream.id, jid.clone(), stream.bound.clone(), cx.now, share);
        cx.record.name(stream.id, &jid.to_string());
        cx.note_fact(stream.id, Fact::Bound);
        stream.take_resource(jid);
        if let Some(after) = cx.settings.profile.version_query {
            cx.set_timer(after, stream.id, Timer::VersionQuery);
        }
    }

    /// Asks a bound client for its version.
    pub(crate) fn query_version(&mut self, cx: &mut Context, id: StreamId) {
        let Some(session) = self.sessions.get(id) else {
            return;
        };
        let jid = session.jid.clone();
        self.ask(cx, id, &jid, ns::VERSION);
    }

    /// Asks a client something with an empty query.
    pub(super) fn ask(&mut self, cx: &mut Context, id: StreamId, jid: &Jid, namespace: &str) {
        let (request, to) = (self.request_id(cx), jid.to_string());
        let xml = format!(
            "<iq xmlns=\"{}\" type=\"get\" id=\"{request}\" to=\"{}\" from=\"{}\"><query xmlns=\"{namespace}\"/></iq>",
            ns::CLIENT,
            escape::attr(&to),
            cx.settings.domain
        );
        cx.deliver(id, Outgoing::new(What::Request, xml));
    }
}

fn refuse(cx: &mut Context, stream: &Stream, iq: &Element, condition: Condition) {
    cx.note_fact(stream.id, Fact::BindRefused { condition: condition.name() });
    stream.refuse(cx, iq, condition);
}

fn refusal(cx: &Context, stream: &Stream, iq: &Element) -> Option<Condition> {
    if cx.is_openfire() {
        return None;
    }
    if iq.attr("type") != Some("set") {
        // RFC 6120 §7.6.1: the request is of type set.
        return Some(Condition::BadRequest);
    }
    // RFC 6120 §7.1: one resource for one stream.
    stream.bound.is_some().then_some(Condition::NotAllowed)
}

/// Cuts blanks and controls from both ends, as Java's `trim` does (recorded: bind_trim).
fn java_trim(text: &str) -> &str {
    text.trim_matches(|c| c <= ' ')
}

/// The resource as it is granted, as far as it matters here (RFC 3920 §B, recorded: bind_tab,
/// bind_nbsp, bind_prohibited, bind_replacement, bind_unicode): blanks become U+0020; controls,
/// direction marks and what Unicode 3.2 did not know cannot stand in it. The error is what is left
/// without them, if that can be a resource.
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
