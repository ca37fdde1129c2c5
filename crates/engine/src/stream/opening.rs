//! Opening and reopening the stream, and the features that are offered then (RFC 7395 §3.4, §3.7,
//! RFC 6120 §4.3, §4.7).

use stanza::{Element, Jid, escape, ns};

use super::{Framing, Login, Stream, language, management};
use crate::context::{Context, Effect};
use crate::dialect::Dialect;
use crate::fault::Name;
use crate::ids;
use crate::outgoing::ElementKind;
use crate::timers::Timer;

/// The longest language of a client that is remembered: longer than any registered one (RFC 5646
/// §4.4.1).
const LONGEST_LANG: usize = 35;

impl Stream {
    /// Checks an initial or restarting `<open/>` (RFC 7395 §3.4, RFC 6120 §4.7).
    pub(super) fn open_rfc(&mut self, cx: &mut Context, open: &Element) {
        let is_here = |to: &str| to.eq_ignore_ascii_case(&cx.settings.domain);
        let refusal = if open.name.ns != ns::FRAMING {
            Some("invalid-namespace")
        } else if open.children().next().is_some() || !open.text().trim().is_empty() {
            // RFC 7395 §A: the element is empty.
            Some("bad-format")
        } else if open.attr("to").is_some_and(|to| !is_here(to)) {
            // RFC 6120 §4.9.3.6. Without `to` the server is liberal (§4.7.2).
            Some("host-unknown")
        } else if !speaks_1_0(open.attr("version"))
            || cx.faults.lasting(Name::StrictVersion) && open.attr("version") != Some("1.0")
        {
            // RFC 6120 §4.9.3.25.
            Some("unsupported-version")
        } else {
            None
        };
        match refusal {
            None => self.open(cx, open),
            Some(condition) => {
                // RFC 7395 §3.5: the server's own open comes first.
                self.answer_open(cx, Some(open));
                self.fail(cx, condition);
            }
        }
    }

    /// Takes an `<open/>` as it is: the server's own, then the features.
    pub(super) fn open(&mut self, cx: &mut Context, open: &Element) {
        if self.restart_due && cx.faults.lasting(Name::CloseOnRestart) {
            self.close(cx);
            return;
        }
        let names_host = open.attr("to") == Some(&cx.settings.domain);
        if cx.settings.profile.validates_host && !names_host {
            cx.want(Effect::CloseCarrier(self.id));
            return;
        }
        let is_first = !self.has_begun();
        self.answer_open(cx, Some(open));
        // Over TCP, an older client is told no features (`LocalClientSession.createSession`).
        if self.framing == Framing::Tags && is_first && !speaks_1_0(open.attr("version")) {
            return;
        }
        let features = self.features(cx);
        self.say(cx, ElementKind::Features, features);
    }

    /// The server's own `<open/>`. `to` is there only if the client gave a `from` (RFC 6120
    /// §4.7.2).
    pub(super) fn answer_open(&mut self, cx: &mut Context, asked: Option<&Element>) {
        let is_first = self.name.is_none();
        let mut name = self.begin(cx).to_owned();
        let wanted = asked.and_then(|open| open.attr("id"));
        if let Some(id) = wanted.filter(|_| cx.faults.lasting(Name::TakeStreamId)) {
            name = escape::attr(id).into_owned();
        }
        let (domain, framing) = (&cx.settings.domain, ns::FRAMING);
        let lang = asked.and_then(|open| open.attr_ns(ns::XML, "lang")).unwrap_or("en");
        // Openfire's session has the language of its first stream, made canonical; later streams
        // have theirs as it came (generated conversations of the area sasl).
        let lang = match (is_first || self.framing == Framing::Tags) && cx.is_openfire() {
            true => language::canonical(lang),
            // Openfire writes it in single quotes.
            false => escape::attr(lang).replace('\'', "&apos;"),
        };
        let from = asked.and_then(|open| open.attr("from"));
        let open = match cx.dialect() {
            // `LocalClientSession.createSession`.
            Dialect::Openfire if self.framing == Framing::Tags => {
                let is_older = asked.is_some_and(|open| !speaks_1_0(open.attr("version")));
                let version = if is_first && is_older { "" } else { " version=\"1.0\"" };
                format!(
                    "<open xmlns=\"{framing}\" from=\"{domain}\" id=\"{name}\" xml:lang=\"{lang}\"{version}/>"
                )
            }
            // Recorded: `from` comes back raw, even where that breaks the XML
            // (first_open_from_odd).
            Dialect::Openfire => {
                let to = from.map(|from| format!("to='{from}' ")).unwrap_or_default();
                format!(
                    "<open {to}from='{domain}' id='{name}' xmlns='{framing}' xml:lang='{lang}' version='1.0'/>"
                )
            }
            Dialect::Rfc => {
                self.remember(cx, asked);
                let to = from
                    .and_then(|from| Jid::parse(from).ok())
                    .map(|from| format!(" to=\"{}\"", escape::attr(&from.bare().to_string())))
                    .unwrap_or_default();
                let version =
                    asked.map_or(Some("1.0"), |open| answered_version(open.attr("version")));
                let version =
                    version.map(|version| format!(" version=\"{version}\"")).unwrap_or_default();
                format!(
                    "<open xmlns=\"{framing}\" from=\"{domain}\"{to} id=\"{name}\" xml:lang=\"{lang}\"{version}/>"
                )
            }
        };
        self.say(cx, ElementKind::Open, open);
    }

    /// Answers a start tag for content of another namespace. No `<open/>` says the same: the answer
    /// goes out as it is (`StanzaHandler.createSession`).
    pub(crate) fn refuse_content(
        &mut self,
        cx: &mut Context,
        host: Option<String>,
        namespace: &str,
    ) {
        let id = self.begin(cx).to_owned();
        let host = host.as_deref().unwrap_or(&cx.settings.domain);
        let (host, namespace) = (escape::attr(host), escape::attr(namespace));
        let start = format!(
            "<?xml version='1.0' encoding='UTF-8'?><stream:stream from=\"{host}\" id=\"{id}\" \
             xmlns=\"{namespace}\" xmlns:stream=\"{}\" version=\"1.0\">",
            ns::STREAMS
        );
        self.say(cx, ElementKind::Open, start);
        self.fail(cx, "invalid-namespace");
    }

    /// Keeps what the client says about itself in its `<open/>` (RFC 6120 §4.7.1, §4.7.4).
    fn remember(&mut self, cx: &Context, asked: Option<&Element>) {
        let lang = asked.and_then(|open| open.attr_ns(ns::XML, "lang"));
        let lang = lang.filter(|lang| lang.len() <= LONGEST_LANG);
        let lang = lang.filter(|_| !cx.faults.lasting(Name::ForgetLanguage));
        self.lang = lang.map(str::to_owned);
        let from = asked.and_then(|open| Jid::parse(open.attr("from")?).ok());
        self.claimed = from.and_then(|from| from.local);
    }

    /// Its carrier has opened it, or opens it anew; its id on the wire and its features.
    pub(crate) fn begin_unframed(&mut self, cx: &mut Context) -> (String, String) {
        let name = self.begin(cx).to_owned();
        let features = match cx.dialect() {
            Dialect::Openfire => self.features_unframed(),
            Dialect::Rfc => self.features(cx),
        };
        (name, features)
    }

    /// The stream begins, or begins anew; its id on the wire.
    pub(crate) fn begin(&mut self, cx: &mut Context) -> &str {
        // Openfire keeps the id over all restarts; RFC 6120 §4.3.3 wants a new one for the new
        // stream.
        let name = match self.name.take() {
            _ if cx.faults.lasting(Name::ConstantStreamId) => "1".to_owned(),
            Some(name) if cx.is_openfire() => name,
            _ => ids::stream_id(&mut cx.chance),
        };
        self.closed = false;
        self.restart_due = false;
        cx.timers.cancel(self.id.into(), |timer| *timer == Timer::OpenIdle);
        self.name.insert(name)
    }

    /// Openfire offers a resource even to those who are not logged in, and says nothing of its
    /// capabilities (recorded: bosh_create_ver16).
    fn features_unframed(&self) -> String {
        let mechanisms = match self.login {
            Login::Done(_) => String::new(),
            _ => mechanisms(),
        };
        format!(
            "<stream:features>{mechanisms}<bind xmlns=\"{}\"/><session xmlns=\"{}\"><optional/></session></stream:features>",
            ns::BIND,
            ns::SESSION,
        )
    }

    /// The features of the next step (RFC 6120 §4.3.2).
    fn features(&self, cx: &Context) -> String {
        let is_tagged = self.framing == Framing::Tags;
        let quote = if is_tagged { '"' } else { cx.dialect().quote() };
        let declaration = match is_tagged {
            // The start tag has made it.
            true => String::new(),
            false => format!(" xmlns:stream={quote}{}{quote}", ns::STREAMS),
        };
        // Over TCP alone, Openfire says that it knows versions of rosters (XEP-0237).
        let versions = match is_tagged && cx.is_openfire() {
            true => "<ver xmlns=\"urn:xmpp:features:rosterver\"/>",
            false => "",
        };
        let offered = match &self.login {
            Login::Untouched => mechanisms() + versions,
            Login::Done(_) => format!(
                "{versions}<bind xmlns={quote}{}{quote}/><session xmlns={quote}{}{quote}><optional/></session>{}",
                ns::BIND,
                ns::SESSION,
                if cx.settings.profile.stream_management {
                    format!("<sm xmlns={quote}{}{quote}/>", management::NAMESPACE)
                } else {
                    String::new()
                }
            ),
            // After a failed or unfinished login nothing is offered (recorded:
            // sasl_open_after_failure).
            Login::Challenged(_) | Login::Failed => String::new(),
        };
        format!("<stream:features{declaration}>{offered}{}</stream:features>", cx.settings.caps)
    }
}

/// The mechanisms that are offered (RFC 6120 §6.4.1).
fn mechanisms() -> String {
    format!("<mechanisms xmlns=\"{}\"><mechanism>PLAIN</mechanism></mechanisms>", ns::SASL)
}

/// The version to answer with (RFC 6120 §4.7.5): the lower of both, and none to a client that gave
/// none.
fn answered_version(offered: Option<&str>) -> Option<&str> {
    match offered {
        Some("0.9") => offered,
        Some(_) => Some("1.0"),
        None => None,
    }
}

/// Whether the version offered allows 1.0 (RFC 6120 §4.7.5): the lower of both counts, and none at
/// all is 0.9.
fn speaks_1_0(version: Option<&str>) -> bool {
    version.and_then(|version| version.split_once('.')).is_some_and(|(major, minor)| {
        minor.parse::<u32>().is_ok() && major.parse::<u32>().is_ok_and(|major| major >= 1)
    })
}
