//! Resource binding, and who wins a resource (RFC 6120 §7).

use stanza::prep::resourceprep;
use stanza::{Element, Jid, escape, ns};

use super::Hub;
use crate::context::{Context, Effect};
use crate::dialect::Dialect;
use crate::fact::Fact;
use crate::fault::Name;
use crate::ids;
use crate::numbers::StreamId;
use crate::outgoing::{ElementKind, Outgoing};
use crate::spelling::{Condition, iq_result};
use crate::stream::Stream;
use crate::timers::Timer;

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
        let Some(name) = stream.name() else {
            return;
        };
        let asked =
            request.children().find(|child| child.name.local == "resource").map(Element::text);
        let asked = asked.map(|asked| words(&asked)).filter(|asked| !asked.is_empty());
        let resource = match (asked, cx.dialect()) {
            (Some(asked), _) if resourceprep(&asked).is_some() => {
                resourceprep(&asked).unwrap_or_default()
            }
            // Recorded: bind_prohibited.
            (Some(_), Dialect::Openfire) => {
                refuse(cx, stream, iq, Condition::JidMalformed);
                return;
            }
            (Some(asked), Dialect::Rfc) if cx.faults.lasting(Name::AnyResource) => asked,
            // RFC 6120 §7.7.2.1: the server should make the resource conform rather than refuse it.
            (Some(asked), Dialect::Rfc) => conforming(&asked),
            // RFC 6120 §7.6: the server chooses. Openfire takes the resource that the stream has,
            // which is its id at first (recorded: bind_no_resource).
            (None, Dialect::Openfire) => match &stream.bound {
                Some(bound) => bound.resource.clone().unwrap_or_default(),
                None => name.to_owned(),
            },
            (None, Dialect::Rfc) => String::new(),
        };
        let resource = match cx.dialect() {
            Dialect::Rfc if resource.is_empty() && cx.faults.lasting(Name::SameResource) => {
                "made".to_owned()
            }
            Dialect::Rfc if resource.is_empty() => ids::stream_id(&mut cx.chance),
            _ => resource,
        };
        let Some(user) = stream.user() else {
            // Only a stream that its carrier opens lets them come so far.
            refuse(cx, stream, iq, Condition::NotAuthorized);
            return;
        };
        let (local, domain) = (Some(user.to_owned()), cx.settings.domain.clone());
        // A resource that is mapped to nothing leaves Openfire with the bare JID (recorded:
        // generated bind conversations).
        let resource = Some(resource).filter(|resource| !resource.is_empty());
        self.grant(cx, stream, iq, Jid { local, domain, resource });
    }

    fn grant(&mut self, cx: &mut Context, stream: &mut Stream, iq: &Element, jid: Jid) {
        let others = self.sessions.of(&jid);
        let limit = cx.settings.profile.resources_per_account;
        let full = limit.is_some_and(|limit| others.len() >= limit);
        // Recorded: bind_three. Resources that a stream bound before stay taken.
        match self.sessions.find(&jid) {
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
        stream.say(cx, ElementKind::Result, iq_result(iq, &to, &payload));
    }

    /// The stream has this full JID from now on.
    pub(crate) fn take_resource(&mut self, cx: &mut Context, stream: &mut Stream, jid: Jid) {
        let share = cx.memory.kept.nothing();
        self.sessions.bind(stream.id, jid.clone(), cx.now, share);
        let list = self.stored.privacy.default_name(jid.local.as_deref().unwrap_or_default());
        self.sessions.begin_with_list(stream.id, list);
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

    /// Pings a bound client.
    pub(crate) fn ping(&mut self, cx: &mut Context, id: StreamId) {
        if let Some(session) = self.sessions.get(id) {
            let jid = session.jid.clone();
            self.ask_for(cx, id, &jid, "ping", ns::PING);
        }
    }

    /// Asks a client something with an empty query, and gives back the id of the question.
    pub(super) fn ask(
        &mut self,
        cx: &mut Context,
        id: StreamId,
        jid: &Jid,
        namespace: &str,
    ) -> String {
        self.ask_for(cx, id, jid, "query", namespace)
    }

    fn ask_for(
        &mut self,
        cx: &mut Context,
        id: StreamId,
        jid: &Jid,
        name: &str,
        namespace: &str,
    ) -> String {
        let (request, to) = (self.request_id(cx), jid.to_string());
        let xml = format!(
            "<iq xmlns=\"{}\" type=\"get\" id=\"{request}\" to=\"{}\" from=\"{}\"><{name} xmlns=\"{namespace}\"/></iq>",
            ns::CLIENT,
            escape::attr(&to),
            cx.settings.domain
        );
        cx.deliver(id, Outgoing::new(ElementKind::Request, xml));
        request
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

/// The words of a text with one blank between them, as dom4j trims text (recorded: bind_trim).
/// Blanks are those of XML, and the form feed of Java.
fn words(text: &str) -> String {
    let words = text.split([' ', '\t', '\n', '\r', '\u{C}']).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// A resource without the characters that cannot stand in it.
fn conforming(asked: &str) -> String {
    let can_stand = |c: &char| resourceprep(c.encode_utf8(&mut [0; 4])).is_some();
    let left: String = asked.chars().filter(can_stand).collect();
    resourceprep(&left).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_around_and_between_words_count_for_one() {
        for (asked, granted) in [("  desk  top\n", "desk top"), ("a\tb", "a b"), (" \r\u{C}", "")] {
            assert_eq!(words(asked), granted, "{asked:?}");
        }
        // No others are blanks here.
        assert_eq!(words("\u{A0}a\u{7}"), "\u{A0}a\u{7}");
    }

    #[test]
    fn a_strict_server_makes_resources_conform() {
        assert_eq!(conforming("a\u{200E}b"), "ab");
        assert_eq!(conforming("é€😀"), "é€");
        assert_eq!(conforming(&"x".repeat(1024)), "");
    }
}
