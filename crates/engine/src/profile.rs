//! The personalities of the fake: one table of policies that the model consults, not a second code
//! path.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use contact::UpdateFormat;

use crate::dialect::Dialect;
use crate::error::Error;
use crate::pubsub::PubSubPolicy;

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
        Self::ALL.into_iter().find(|profile| profile.to_string() == name).ok_or_else(|| {
            let known = Self::ALL.map(|profile| profile.to_string()).join(", ");
            Error::UnknownProfile { name: name.to_owned(), known }
        })
    }
}

/// How the fake behaves wherever servers differ.
#[derive(Debug, Clone)]
pub struct Profile {
    pub(crate) name: ProfileName,
    /// The rules and spelling that hold wherever Openfire and the RFCs differ.
    pub(crate) dialect: Dialect,
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
    /// How long a peer of XMPP over TCP may say nothing (`xmpp.client.idle`); after half of that it
    /// is pinged.
    pub(crate) tcp_idle: Option<Duration>,
    /// How long the server waits for the other half of a close.
    pub(crate) close_wait: Duration,
    /// Failed logins per connection until the stream is ended.
    pub(crate) login_attempts: u32,
    /// Whether `<open/>` must name the domain, in its own spelling (`xmpp.client.validate.host`).
    pub(crate) validates_host: bool,
    /// How often the holder of a resource keeps it against newcomers
    /// (`xmpp.session.conflict-limit`); none is always.
    pub(crate) conflict_limit: Option<u32>,
    /// All resources of the best priority get what goes to the bare JID (`route.all-resources`).
    pub(crate) routes_all: bool,
    /// Undeliverable messages are bounced (`xmpp.offline.type`), which ends subscriptions.
    pub(crate) bounces: bool,
    /// Other servers are looked for (`xmpp.server.socket.active`); none is ever found.
    pub(crate) federates: bool,
    /// XEP-0198 is offered (`stream.management.active`).
    pub(crate) stream_management: bool,
    /// Bound resources per account (RFC 6120 §7.6.2.1).
    pub(crate) resources_per_account: Option<usize>,
    /// Whether Cisco's web application is there: its presences and the default subscriptions.
    pub(crate) web_application: bool,
    /// Whether the REST API is there.
    pub(crate) rest: bool,
    /// How the web application writes what it publishes.
    pub(crate) updates: UpdateFormat,
    pub(crate) pubsub: PubSubPolicy,
}

impl Profile {
    /// Openfire 4.4.4 with the settings of UCCX, as recorded.
    pub fn openfire_4_4() -> Self {
        Self {
            name: ProfileName::OpenfireFourFour,
            dialect: Dialect::Openfire,
            broadcast_presence: true,
            legacy_codes: true,
            version_query: Some(Duration::from_secs(5)),
            caps_query: true,
            ping_tick: Some(Duration::from_secs(60)),
            http_idle: Duration::from_secs(30),
            open_idle: Duration::from_secs(300),
            tcp_idle: Some(Duration::from_secs(360)),
            // Recorded: closing_long. The session stays as a ghost so long.
            close_wait: Duration::from_secs(300),
            login_attempts: 3,
            validates_host: false,
            conflict_limit: Some(0),
            routes_all: false,
            bounces: false,
            federates: true,
            stream_management: false,
            resources_per_account: None,
            web_application: false,
            rest: false,
            updates: UpdateFormat::default(),
            pubsub: PubSubPolicy::openfire(),
        }
    }

    /// Openfire 4.4.4 plus what Cisco adds: the presences of the web application, subscriptions
    /// that exist from the start, and no reflection of one's own presence (Cisco's EventTunnel
    /// relies on that).
    pub fn finesse() -> Self {
        Self {
            name: ProfileName::Finesse,
            broadcast_presence: false,
            federates: false,
            web_application: true,
            rest: true,
            ..Self::openfire_4_4()
        }
    }

    /// The RFCs to the letter.
    pub fn strict() -> Self {
        Self {
            name: ProfileName::Strict,
            dialect: Dialect::Rfc,
            broadcast_presence: true,
            legacy_codes: false,
            version_query: None,
            caps_query: false,
            ping_tick: None,
            http_idle: Duration::from_secs(30),
            open_idle: Duration::from_secs(60),
            tcp_idle: None,
            close_wait: Duration::from_secs(2),
            // RFC 6120 §6.4.5: at least 2 and at most 5.
            login_attempts: 3,
            validates_host: false,
            conflict_limit: Some(0),
            routes_all: false,
            bounces: false,
            federates: true,
            stream_management: false,
            resources_per_account: Some(10),
            web_application: false,
            rest: false,
            updates: UpdateFormat::default(),
            pubsub: PubSubPolicy::strict(),
        }
    }

    /// The name of the profile that this one began as.
    pub fn name(&self) -> ProfileName {
        self.name
    }

    /// Whether a stream to another domain is refused, by Openfire's profiles without a word
    /// (recorded: var1_validate_host).
    #[must_use]
    pub fn validate_host(mut self, on: bool) -> Self {
        self.validates_host = on;
        self
    }

    /// How many newcomers the holder of a resource is spared before one gets it: 0, as with UCCX,
    /// gives it to the first, none to nobody (recorded: conflict_*, var1_conflict_never,
    /// var2_conflict_limit_2).
    #[must_use]
    pub fn conflict_limit(mut self, newcomers: Option<u32>) -> Self {
        self.conflict_limit = newcomers;
        self
    }

    /// How many logins may fail before the stream is ended; at least one (recorded:
    /// var2_auth_retries_1).
    #[must_use]
    pub fn login_attempts(mut self, attempts: u32) -> Self {
        self.login_attempts = attempts.max(1);
        self
    }

    /// Whether all resources of the best priority get what goes to the bare JID (recorded:
    /// var2_route_all_resources).
    #[must_use]
    pub fn route_all_resources(mut self, on: bool) -> Self {
        self.routes_all = on;
        self
    }

    /// Whether notifications without a receiver are bounced, which ends the subscriptions of the
    /// account (recorded: var1_bounce).
    #[must_use]
    pub fn bounce(mut self, on: bool) -> Self {
        self.bounces = on;
        self
    }

    /// Whether other servers are looked for, none of which is ever found: stanzas to them
    /// come back as `remote-server-not-found`, and otherwise as `service-unavailable` or not at
    /// all.
    #[must_use]
    pub fn federates(mut self, on: bool) -> Self {
        self.federates = on;
        self
    }

    /// Whether stream management (XEP-0198) is offered, which UCCX switches off.
    #[must_use]
    pub fn stream_management(mut self, on: bool) -> Self {
        self.stream_management = on;
        self
    }

    /// Whether everybody may create nodes (recorded: ps_create_by_agent, var2_create_not_allowed).
    #[must_use]
    pub fn anyone_creates_nodes(mut self, on: bool) -> Self {
        self.pubsub.anyone_creates = on;
        self
    }

    /// Whether the REST API (`/finesse/api/`) is there. Only [`Profile::finesse`] begins with it.
    #[must_use]
    pub fn rest(mut self, on: bool) -> Self {
        self.rest = on;
        self
    }

    /// Whether `<event>` is in lower case, `put`, as in Cisco's samples and one capture, in place
    /// of `PUT`.
    #[must_use]
    pub fn lower_case_events(mut self, on: bool) -> Self {
        self.updates.lower_case = on;
        self
    }

    /// Whether an event names the request that led to it, which Cisco calls best effort.
    #[must_use]
    pub fn fill_request_ids(mut self, on: bool) -> Self {
        self.updates.fills_request_id = on;
        self
    }

    /// The namespace of `<notification>`: that of pubsub, or `urn:xmpp:push:0`, which captures of
    /// another tool show.
    #[must_use]
    pub fn notification_namespace(mut self, namespace: &str) -> Self {
        namespace.clone_into(&mut self.updates.namespace);
        self
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
