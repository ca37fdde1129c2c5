//! Files: cases and fragments, and what their heads say.

use std::sync::Arc;
use std::time::Duration;

use crate::{Ask, Item, Source, Spanned};

/// One file under `cases/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// `area/slug`, from the path.
    pub id: String,
    /// Where it was read.
    pub source: Arc<Source>,
    /// What it claims.
    pub head: Head,
    /// The conversation.
    pub body: Vec<Item>,
}

/// One file under `cases/_fragments/`: steps that several cases begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fragment {
    /// Its name in `use NAME(…)`.
    pub name: String,
    /// Where it was read.
    pub source: Arc<Source>,
    /// What its steps achieve.
    pub title: Spanned<String>,
    /// Names that the caller fills in.
    pub params: Vec<Spanned<String>>,
    /// Id of the case that answers for these steps; a mismatch inside makes the using case BLOCKED.
    pub owner: Spanned<String>,
    /// The steps.
    pub body: Vec<Item>,
}

/// The head of a case: what is claimed, on whose word, and what it takes to play it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The claim, one sentence.
    pub title: Spanned<String>,
    /// The clauses it rests on; at least one.
    pub spec: Vec<Spanned<Clause>>,
    /// How binding the claim is.
    pub level: Spanned<Level>,
    /// Which sides of the wire it can be played against; at least one.
    pub roles: Vec<Spanned<Role>>,
    /// What a client under test is asked to do, in this order; empty where none can be.
    pub asks: Vec<Spanned<Ask>>,
    /// What is wrong with the certificate that a client under test is shown; none where nothing is.
    pub certificate: Option<Spanned<Certificate>>,
    /// How the URL that a client under test is told names the host; by its address where nothing is said.
    pub host: Option<Spanned<HostForm>>,
    /// What is special about the password of a client under test.
    pub password: Option<Spanned<PasswordForm>>,
    /// The servers that a client under test is told of; one where nothing is said.
    pub servers: Option<Spanned<Servers>>,
    /// How many clients are started; one where nothing is said.
    pub clients: Option<Spanned<u32>>,
    /// What the target must have, e.g. `account other`, `node.whitelist`, `stimulus`.
    pub needs: Vec<Spanned<String>>,
    /// What it leaves behind on the target.
    pub effects: Spanned<Effects>,
    /// Deadline of each step, in place of the default.
    pub timeout: Option<Spanned<Duration>>,
    /// Factor by which the clock of an in-process fake runs faster.
    pub time: Option<Spanned<Factor>>,
    /// Free words to select by.
    pub tags: Vec<Spanned<String>>,
    /// Who in the field is hurt when this breaks.
    pub why: Option<Spanned<String>>,
    /// Snapshot lines that may differ from run to run, with the reason; counted in the summary.
    pub volatile: Vec<Spanned<String>>,
}

/// A clock factor in thousandths, so that heads can be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Factor(pub u32);

/// A citation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Clause {
    /// `RFC 6455 §4.2.1 item 3`: document as in the section list (`rfc6455`), section, item of a list in it.
    Section {
        /// `rfc6455`, `xep-0060`.
        document: String,
        /// `4.2.1`, without a trailing dot.
        section: String,
        /// Number in a list inside the section.
        item: Option<u32>,
    },
    /// What the vendor does or asks for.
    Vendor,
    /// No clause: a peer must survive it.
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
    /// An observation.
    Info,
    /// Broken: FAIL on targets of the vendor, INFO elsewhere.
    Vendor,
}

/// What is wrong with the certificate that a client under test is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Certificate {
    /// It was valid until yesterday.
    Expired,
    /// It is valid from tomorrow on.
    NotYetValid,
    /// It is for another host.
    WrongName,
    /// It was issued by an authority that the client was not told of.
    UnknownAuthority,
    /// It vouches for itself.
    SelfSigned,
    /// It was issued by an authority below the one that the client trusts, and that one's certificate is not shown.
    MissingIntermediate,
    /// It names the host in its subject alone, and in no extension.
    CommonNameOnly,
    /// It is right on the first connection; on those that follow an authority issued it that the client was not told of.
    Changed,
    /// There is none: the endpoint is `ws://`.
    None,
}

/// How a URL names a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HostForm {
    /// By the name `localhost`.
    Name,
}

/// What is special about a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PasswordForm {
    /// It has letters beyond ASCII.
    NonAscii,
}

/// The servers that a client is told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Servers {
    /// Two that are there for each other. The first takes one connection and is gone from then on.
    Pair,
}

/// The side of the wire that is under test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// We speak as the client.
    Server,
    /// We speak as the server.
    Client,
}

/// What a case leaves behind; a target allows these one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effects {
    /// Nothing: no login.
    None,
    /// A session that ends with the case, and may end somebody else's.
    Session,
    /// State that outlives the session, undone in `finally`.
    State,
    /// Failed logins that may lock an account.
    LocksAccount,
}
