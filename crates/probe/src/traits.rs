//! The lasting traits in a probe: to compare two servers of a pair, or one server with itself
//! later.

use serde::Serialize;

use crate::{Openfire, ProbeReport, ProbeStep, Recognised, SystemInfo};

/// One thing that can be said of a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trait {
    /// Its subject: `domain`.
    pub what: &'static str,
    /// One line; empty if the probe did not come so far.
    pub value: String,
}

/// Two values of one trait.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pair {
    /// Its subject.
    pub what: &'static str,
    /// Of the first server, or of before.
    pub first: String,
    /// Of the second server, or of now.
    pub second: String,
}

impl Pair {
    /// Whether both are the same.
    pub fn is_same(&self) -> bool {
        self.first == self.second
    }
}

impl ProbeReport {
    /// Whether the server does all that was asked of it. None if another run has the account, so
    /// that it was not asked to log in.
    pub fn is_in_service(&self) -> Option<bool> {
        let is_well = self.trouble.is_none() && self.api_trouble.is_none();
        if is_well && self.held.is_some() { None } else { Some(is_well) }
    }

    /// The lasting traits, in the order in which a probe finds them.
    pub fn traits(&self) -> Vec<Trait> {
        let facts = &self.facts;
        let logged_in = self.has_done(ProbeStep::Login);
        let engine = self.engine();
        let header = facts.answer.as_ref().and_then(|answer| answer.headers.first("Server"));
        let certificate = facts.certificate.as_ref();
        let valid = certificate.map(|own| {
            let day = humantime::format_rfc3339_seconds(own.until).to_string();
            let day = day.split('T').next().unwrap_or_default().to_owned();
            format!("{}, valid until {day}", own.subject)
        });
        let mut nodes: Vec<&str> =
            facts.subscriptions.iter().map(|own| own.node.as_str()).collect();
        nodes.dedup();
        let system =
            |fact: fn(&SystemInfo) -> String| facts.system.as_ref().map(fact).unwrap_or_default();
        let team = facts.api_user.as_ref().map(|user| user.team.clone());
        let disagreements = self.disagreements();
        let disagreements: Vec<&str> = disagreements.iter().map(|one| one.what).collect();
        let known = match &engine.engine {
            Recognised::Openfire(Some(known)) => Some(known),
            _ => None,
        };
        let engine =
            if self.has_done(ProbeStep::Features) { engine.summary } else { String::new() };
        [
            ("service", self.service()),
            ("deployment", system(|system| system.deployment.clone())),
            ("nodes", system(|system| system.nodes().collect::<Vec<_>>().join(", "))),
            ("sign-in", system(|system| system.auth_mode.clone())),
            ("web server", header.unwrap_or_default().trim().to_owned()),
            ("certificate", valid.unwrap_or_default()),
            ("domain", facts.domain.clone().unwrap_or_default()),
            ("login by", facts.mechanisms.join(", ")),
            ("engine", engine),
            ("settings", known.map_or_else(String::new, settings)),
            ("team", team.unwrap_or_default()),
            ("user", self.user.clone().filter(|_| logged_in).unwrap_or_default()),
            ("pubsub", facts.pubsub.clone().unwrap_or_default()),
            ("subscribed to", nodes.join(", ")),
            ("disagrees", disagreements.join(", ")),
        ]
        .into_iter()
        .map(|(what, value)| Trait { what, value })
        .collect()
    }

    fn service(&self) -> String {
        match (self.api_trouble.as_ref().or(self.trouble.as_ref()), &self.held) {
            (Some((stage, trouble)), _) => format!("broke at {}: {trouble}", stage.word()),
            (None, Some(held)) => format!("not asked: {held}"),
            (None, None) if self.has_done(ProbeStep::Login) => "in service".to_owned(),
            (None, None) => "in service, as far as can be told without a login".to_owned(),
        }
    }
}

/// The traits of two probes side by side, without those that neither has.
pub fn pairs(first: &[Trait], second: &[Trait]) -> Vec<Pair> {
    let both = first.iter().zip(second);
    both.filter(|(first, second)| !(first.value.is_empty() && second.value.is_empty()))
        .map(|(first, second)| Pair {
            what: first.what,
            first: first.value.clone(),
            second: second.value.clone(),
        })
        .collect()
}

fn settings(known: &Openfire) -> String {
    let settings: Vec<String> =
        known.settings.iter().map(|setting| setting.setting.clone()).collect();
    settings.join(", ")
}

#[cfg(test)]
mod tests {
    use remote::Error;

    use super::*;
    use crate::Facts;

    fn found(domain: &str, trouble: Option<(ProbeStep, Error)>) -> ProbeReport {
        ProbeReport {
            url: "ws://h/ws/".to_owned(),
            user: Some("1001".to_owned()),
            steps: Vec::new(),
            facts: Facts { domain: Some(domain.to_owned()), ..Facts::default() },
            trouble,
            api_trouble: None,
            held: None,
            lock: None,
            nodes: Vec::new(),
        }
    }

    fn held() -> remote::LockError {
        let (account, holder) = ("1001".to_owned(), "another".to_owned());
        remote::LockError::Held { account, holder, waited: std::time::Duration::ZERO }
    }

    #[test]
    fn two_servers_differ_where_a_trait_does() {
        let (a, b) = (found("a.test", None), found("b.test", None));
        let broke = (ProbeStep::Login, Error::Login("not-authorized".to_owned()));
        let c = found("a.test", Some(broke));
        let differ = |one: &ProbeReport, other: &ProbeReport| -> Vec<&str> {
            let pairs = pairs(&one.traits(), &other.traits());
            pairs.iter().filter(|pair| !pair.is_same()).map(|pair| pair.what).collect()
        };
        assert_eq!(differ(&a, &b), ["domain"]);
        assert_eq!(differ(&a, &c), ["service"]);
        assert!(differ(&a, &a).is_empty());
        let service = &c.traits()[0].value;
        assert_eq!(service, "broke at login: login refused with not-authorized");
        // A trait that neither has is left out.
        assert_eq!(pairs(&a.traits(), &b.traits()).len(), 2);
        assert_eq!((a.is_in_service(), c.is_in_service()), (Some(true), Some(false)));
        let held = ProbeReport { held: Some(held()), ..found("a.test", None) };
        assert_eq!(held.is_in_service(), None);
    }
}
