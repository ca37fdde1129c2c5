//! The personalities of the fake: one table of policies that the model consults, not a second code path.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::builder::Error;
use crate::pubsub::PubSubPolicy;

/// Whose manners an area of the model has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// As Openfire 4.4.4 does it, recorded byte for byte.
    Openfire,
    /// As the RFCs say it.
    Rfc,
}

/// The names of the profiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProfileName {
    /// The engine as recorded, with the settings of UCCX.
    OpenfireFourFour,
    /// The same, plus what Cisco adds.
    Finesse,
    /// The RFCs to the letter.
    Strict,
}

impl ProfileName {
    /// All profiles.
    pub const ALL: [Self; 3] = [Self::OpenfireFourFour, Self::Finesse, Self::Strict];
}

impl fmt::Display for ProfileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OpenfireFourFour => "openfire-4.4",
            Self::Finesse => "finesse",
            Self::Strict => "strict",
        })
    }
}

impl FromStr for ProfileName {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|profile| profile.to_string() == name)
            .ok_or_else(|| Error::UnknownProfile { name: name.to_owned() })
    }
}

/// How the fake behaves wherever servers differ.
#[derive(Debug, Clone)]
pub struct Profile {
    pub(crate) name: ProfileName,
    /// Answers to HTTP requests (RFC 6455 §4.2).
    pub(crate) upgrade: Manner,
    /// Violations of WebSocket framing and the WebSocket close.
    pub(crate) framing: Manner,
    /// What a message must be as XML (RFC 7395 §3.3.3).
    pub(crate) xml: Manner,
    /// Opening, restart and unknown elements (RFC 7395 §3.4, §3.7).
    pub(crate) stream: Manner,
    /// SASL conditions and the form of PLAIN (RFC 6120 §6, RFC 4616).
    pub(crate) sasl: Manner,
    /// Resource binding and what may come before it (RFC 6120 §7).
    pub(crate) bind: Manner,
    /// Routing of iq and message (RFC 6120 §8, §10).
    pub(crate) routing: Manner,
    /// Presence rules (RFC 6121 §4).
    pub(crate) presence: Manner,
    /// Whether presence is broadcast, also back to its sender (Openfire: the roster service).
    pub(crate) broadcast_presence: bool,
    /// Stanza errors carry the code that RFC 6120 no longer knows.
    pub(crate) legacy_codes: bool,
    /// How long after a bind the server asks for the client's version.
    pub(crate) version_query: Option<Duration>,
    /// Whether unknown entity capabilities are asked for (recorded: presence_caps_unknown_ver).
    pub(crate) caps_query: bool,
    /// How often the server looks whether a WebSocket ping is due.
    pub(crate) ping_tick: Option<Duration>,
    /// How long a connection may stay without a complete request.
    pub(crate) http_idle: Duration,
    /// How long a WebSocket may stay without an opened stream.
    pub(crate) open_idle: Duration,
    /// How long the server waits for the other half of a close.
    pub(crate) close_wait: Duration,
    /// Failed logins per connection until the stream is ended.
    pub(crate) login_attempts: u32,
    /// Bound resources per account (RFC 6120 §7.6.2.1).
    pub(crate) resources_per_account: Option<usize>,
    /// Whether Cisco's web application is there: its presences and the default subscriptions.
    pub(crate) web_application: bool,
    pub(crate) pubsub: PubSubPolicy,
}

impl Profile {
    /// Openfire 4.4.4 with the settings of UCCX, as recorded.
    pub fn openfire_4_4() -> Self {
        Self {
            name: ProfileName::OpenfireFourFour,
            upgrade: Manner::Openfire,
            framing: Manner::Openfire,
            xml: Manner::Openfire,
            stream: Manner::Openfire,
            sasl: Manner::Openfire,
            bind: Manner::Openfire,
            routing: Manner::Openfire,
            presence: Manner::Openfire,
            broadcast_presence: true,
            legacy_codes: true,
            version_query: Some(Duration::from_secs(5)),
            caps_query: true,
            ping_tick: Some(Duration::from_secs(60)),
            http_idle: Duration::from_secs(30),
            open_idle: Duration::from_secs(300),
            // Recorded: closing_long. The session stays as a ghost so long.
            close_wait: Duration::from_secs(300),
            login_attempts: 3,
            resources_per_account: None,
            web_application: false,
            pubsub: PubSubPolicy::openfire(),
        }
    }

    /// Openfire 4.4.4 plus what Cisco adds: the presences of the web application, subscriptions that exist from the
    /// start, and no reflection of one's own presence (Cisco's EventTunnel relies on that).
    pub fn finesse() -> Self {
        Self {
            name: ProfileName::Finesse,
            broadcast_presence: false,
            web_application: true,
            ..Self::openfire_4_4()
        }
    }

    /// The RFCs to the letter.
    pub fn strict() -> Self {
        Self {
            name: ProfileName::Strict,
            upgrade: Manner::Rfc,
            framing: Manner::Rfc,
            xml: Manner::Rfc,
            stream: Manner::Rfc,
            sasl: Manner::Rfc,
            bind: Manner::Rfc,
            routing: Manner::Rfc,
            presence: Manner::Rfc,
            broadcast_presence: true,
            legacy_codes: false,
            version_query: None,
            caps_query: false,
            ping_tick: None,
            http_idle: Duration::from_secs(30),
            open_idle: Duration::from_secs(60),
            close_wait: Duration::from_secs(2),
            // RFC 6120 §6.4.5: at least 2 and at most 5.
            login_attempts: 3,
            resources_per_account: Some(10),
            web_application: false,
            pubsub: PubSubPolicy::strict(),
        }
    }

    /// The name of the profile that this one began as.
    pub fn name(&self) -> ProfileName {
        self.name
    }

    /// Switches the broadcast of presence on or off, and with it the reflection to the sender.
    #[must_use]
    pub fn reflect_presence(mut self, on: bool) -> Self {
        self.broadcast_presence = on;
        self
    }
}

impl From<ProfileName> for Profile {
    fn from(name: ProfileName) -> Self {
        match name {
            ProfileName::OpenfireFourFour => Self::openfire_4_4(),
            ProfileName::Finesse => Self::finesse(),
            ProfileName::Strict => Self::strict(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_parse_as_they_print() {
        for name in ProfileName::ALL {
            assert_eq!(name.to_string().parse::<ProfileName>().ok(), Some(name));
            assert_eq!(Profile::from(name).name(), name);
        }
        assert!("openfire".parse::<ProfileName>().is_err());
    }
}
