//! Cases and fragments, and their heads.

use std::sync::Arc;
use std::time::Duration;

use crate::{Ask, Item, Source, Spanned};

/// One file under `cases/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// `area/slug`, from the path; with `+bosh` behind it, where the same case is planned for
    /// another transport than its first.
    pub id: String,
    /// The transport that it is planned for: the first of its head.
    pub transport: Transport,
    pub source: Arc<Source>,
    pub head: Head,
    pub body: Vec<Item>,
}

/// One file under `cases/_fragments/`: steps that several cases begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fragment {
    /// Its name in `use NAME(…)`.
    pub name: String,
    pub source: Arc<Source>,
    /// The state that its steps reach.
    pub title: Spanned<String>,
    /// Parameters: names that `use` replaces.
    pub params: Vec<Spanned<String>>,
    /// Id of the case that tests these steps. A mismatch in them makes the using case BLOCKED.
    pub owner: Spanned<String>,
    pub body: Vec<Item>,
}

impl Case {
    /// The case once more for each transport behind its first.
    pub fn over_others(&self) -> impl Iterator<Item = Self> {
        self.head.transports.iter().skip(1).map(|transport| Self {
            id: format!("{}{BETWEEN}{}", self.id, transport.value),
            transport: transport.value,
            ..self.clone()
        })
    }

    /// Whether its elements are carried otherwise than it is written.
    pub fn is_translated(&self) -> bool {
        self.transport == Transport::Bosh && self.head.has_several_transports()
    }

    /// The id of its file, whatever the transport.
    pub fn file_id(&self) -> &str {
        file_id(&self.id)
    }
}

/// Stands between the id of a file and a transport.
const BETWEEN: char = '+';

/// The id of the file, whatever transport behind it a case is planned for.
pub fn file_id(id: &str) -> &str {
    id.split_once(BETWEEN).map_or(id, |(file, _)| file)
}

/// The head of a case: its claim, the clauses behind it, and what a target must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The claim, one sentence.
    pub title: Spanned<String>,
    /// The clauses that the claim rests on; at least one.
    pub spec: Vec<Spanned<Clause>>,
    /// How binding the claim is.
    pub level: Spanned<Level>,
    /// The sides of the wire that can be under test; at least one.
    pub roles: Vec<Spanned<Role>>,
    /// The transports that the case is played over, in order; at least one. Default: WebSocket.
    pub transports: Vec<Spanned<Transport>>,
    /// The requests to a client under test, in order; empty without the role client.
    pub asks: Vec<Spanned<Ask>>,
    /// The fault of the certificate shown to a client under test, if any.
    pub certificate: Option<Spanned<Certificate>>,
    /// How the URL for a client under test names the host. Default: by its address.
    pub host: Option<Spanned<HostForm>>,
    /// A special form of the password of a client under test.
    pub password: Option<Spanned<PasswordForm>>,
    /// The servers that a client under test is given. Default: one.
    pub servers: Option<Spanned<Servers>>,
    /// How many clients are started, 2 to 16. Default: one.
    pub clients: Option<Spanned<u32>>,
    /// Needs: things that the target must have, e.g. `account other`, `node.whitelist`, `stimulus`.
    pub needs: Vec<Spanned<String>>,
    /// The side effects on the target.
    pub effects: Spanned<Effects>,
    /// Deadline of each step. Default: that of the run.
    pub timeout: Option<Spanned<Duration>>,
    /// Factor by which the clock of an in-process fake runs faster.
    pub time: Option<Spanned<Factor>>,
    /// Free words, for selection on the command line.
    pub tags: Vec<Spanned<String>>,
    /// The harm in the field when the claim is broken.
    pub why: Option<Spanned<String>>,
    /// Snapshot lines that may differ from run to run, with the reason; counted in the summary.
    pub volatile: Vec<Spanned<String>>,
}

/// A clock factor in thousandths; an integer, so that heads have `Eq`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Factor(pub u32);

/// The clause that a claim rests on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Clause {
    /// `RFC 6455 §4.2.1 item 3`: document as in the section list (`rfc6455`), section, item of a
    /// list in it.
    Section {
        /// `rfc6455`, `xep-0060`.
        document: String,
        /// `4.2.1`, without a trailing dot.
        section: String,
        /// Number in a list inside the section.
        item: Option<u32>,
    },
    /// Behaviour or documentation of the vendor.
    Vendor,
    /// No clause: a peer must survive the situation.
    Robustness,
}

/// How binding a claim is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Broken: FAIL.
    Must,
    /// Broken: NON-STRICT.
    Should,
    /// Broken: INFO.
    May,
    /// An observation, which cannot be broken.
    Info,
    /// Broken: FAIL on targets of the vendor, INFO elsewhere.
    Vendor,
}

/// Faults of the certificate shown to a client under test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Certificate {
    /// It was valid until yesterday.
    Expired,
    /// It is valid from tomorrow on.
    NotYetValid,
    /// It names another host.
    WrongName,
    /// Its authority is unknown to the client.
    UnknownAuthority,
    SelfSigned,
    /// An intermediate authority issued it, and the intermediate certificate is not sent.
    MissingIntermediate,
    /// It names the host in its subject only, not in the extension subjectAltName.
    CommonNameOnly,
    /// It is right on the first connection; on later ones its authority is unknown to the client.
    Changed,
    /// No TLS: the endpoint is `ws://`.
    None,
}

/// The form of the host in a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HostForm {
    /// The name `localhost`.
    Name,
}

/// Special forms of a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PasswordForm {
    /// It has letters beyond ASCII.
    NonAscii,
}

/// The servers that a client is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Servers {
    /// A failover pair. The first server accepts one connection and then no more.
    Pair,
}

/// The transport that carries the elements of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// WebSocket (RFC 7395).
    Ws,
    /// HTTP requests that wait for an answer (XEP-0124, XEP-0206).
    Bosh,
}

/// The side of the wire that is under test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// The target is a server; we speak as the client.
    Server,
    /// The target is a client; we speak as the server.
    Client,
}

/// Side effects of a case. A target allows them one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effects {
    /// No side effect, not even a login.
    None,
    /// A session that ends with the case. It may end another session of the account.
    Session,
    /// State that outlives the session, undone in `finally`.
    State,
    /// Calls at the telephones of agents, and the state that goes with them; ended in `finally`.
    Calls,
    /// Failed logins that may lock an account.
    LocksAccount,
}
