//! The login: open, features, auth, restart, bind, session.

use stanza::Element;

use super::{Demand, Ladder, State};
use crate::conversation::Side;
use crate::session::{Kind, Subject};
use crate::step::Step;

/// The longest list of features, in characters.
const SHORT: usize = 160;

const OPEN: Demand = Demand {
    step: Step::Open,
    title: "open",
    wanted: "<open/> in urn:ietf:params:xml:ns:xmpp-framing, answered by <open/>",
    clause: "RFC 7395 §3.3.1",
};

const FEATURES: Demand = Demand {
    step: Step::Open,
    title: "features",
    wanted: "mechanisms, PLAIN among them",
    clause: "RFC 6120 §4.3.2",
};

const LEGACY_AUTH: Demand =
    Demand { step: Step::Auth, title: "auth", wanted: "SASL PLAIN", clause: "RFC 6120 §6.4" };

const AUTH: Demand = Demand {
    step: Step::Auth,
    title: "auth",
    wanted: "PLAIN, answered by <success/>",
    clause: "RFC 6120 §6.4",
};

const RESTART: Demand = Demand {
    step: Step::Restart,
    title: "restart",
    wanted: "a second <open/>, answered by <open/> and features with bind",
    clause: "RFC 6120 §6.4.6",
};

const BIND: Demand = Demand {
    step: Step::Bind,
    title: "bind",
    wanted: "a resource is bound, and the result names the full JID",
    clause: "RFC 6120 §7.6",
};

const SESSION: Demand = Demand {
    step: Step::Session,
    title: "session",
    wanted: "a result; clients may leave it out",
    clause: "RFC 3921 §3",
};

impl Ladder<'_, '_> {
    pub(super) fn open(&mut self) {
        let session = self.session;
        let asked = session
            .first(Side::Client, Kind::Open)
            .or_else(|| session.first(Side::Client, Kind::LegacyStream));
        let answer = session
            .first(Side::Server, Kind::Open)
            .or_else(|| session.first(Side::Server, Kind::LegacyStream));
        if asked.is_none() && answer.is_none() && !session.connection.sight.beginning {
            return;
        }
        let what = asked.map_or_else(|| "no <open/>".to_owned(), |place| self.short(place));
        self.pair(&OPEN, asked, answer, &what, State::Missing);
        if let Some(answer) = answer {
            let features = session.after(answer, Side::Server, Kind::Features);
            let what =
                features.map_or_else(|| "no features".to_owned(), |place| self.features(place));
            self.pair(&FEATURES, features, features, &what, State::Missing);
        }
    }

    fn features(&self, place: usize) -> String {
        let Some(features) = self.session.element(place) else { return String::new() };
        let named = |child: &Element| match child.name.local.as_str() {
            "mechanisms" => child.children().map(|one| one.text()).collect::<Vec<_>>().join(" "),
            "c" => "caps".to_owned(),
            local => local.to_owned(),
        };
        textual::clipped(&features.children().map(named).collect::<Vec<_>>().join(", "), SHORT)
            .into_owned()
    }

    pub(super) fn auth(&mut self) {
        let session = self.session;
        let asked = session.first(Side::Client, Kind::Auth);
        if asked.is_none() && session.request(&Subject::LegacyAuth).is_some() {
            self.request(&LEGACY_AUTH, &Subject::LegacyAuth, State::Missing);
            return;
        }
        if asked.is_none() && !session.connection.sight.beginning {
            return;
        }
        let success = session.first(Side::Server, Kind::Success);
        let failure = session.failure();
        let answer = success.or_else(|| failure.as_ref().map(|(place, _)| *place));
        let login = session
            .login
            .as_ref()
            .map_or_else(|| "no login".to_owned(), crate::login::Login::words);
        let outcome = match (success, &failure) {
            (Some(_), _) => "success".to_owned(),
            (None, Some((_, condition))) => format!("failure: {}", textual::clipped(condition, 60)),
            (None, None) => "no answer".to_owned(),
        };
        let what = if asked.is_some() { format!("{login}; {outcome}") } else { login };
        self.pair(&AUTH, asked, answer, &what, State::Missing);
    }

    pub(super) fn restart(&mut self) {
        let session = self.session;
        let Some(success) = session.first(Side::Server, Kind::Success) else { return };
        let asked = session.after(success, Side::Client, Kind::Open);
        let answer = asked.and_then(|asked| session.after(asked, Side::Server, Kind::Features));
        let what = match (asked, answer) {
            (None, _) => "no second <open/>".to_owned(),
            (Some(_), None) => "<open/>, no features".to_owned(),
            (Some(_), Some(place)) => format!("<open/>; {}", self.features(place)),
        };
        self.pair(&RESTART, asked, answer, &what, State::Missing);
    }

    pub(super) fn bind(&mut self) {
        self.request(&BIND, &Subject::Bind, State::Missing);
    }

    /// The session that RFC 6121 no longer has.
    pub(super) fn legacy_session(&mut self) {
        self.request(&SESSION, &Subject::Session, State::Absent);
    }
}
