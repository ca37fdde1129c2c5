//! All faults and their parameters: the one source of parser, help and
//! documentation.

use super::Fault;
use super::parameter::{Parameter, Part, Point};
use crate::outgoing::ElementKind;
use crate::words::words;

use Parameter as P;
use ParameterDefault::{Free, Usual};

/// A kind of fault.
#[derive(Debug)]
pub struct FaultShape {
    /// Its parameters beside those of its group.
    own: &'static [(Parameter, ParameterDefault)],
    pub(crate) group: Group,
    pub(crate) id: Name,
}

/// A parameter of a kind of fault, as a form shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultParameter {
    /// How it is written.
    pub name: &'static str,
    /// Its meaning.
    pub does: &'static str,
    /// The kind of its value, e.g. `DURATION`.
    pub value: &'static str,
    /// The value that it has where none is given.
    pub usual: Option<&'static str>,
    /// Its values with their meanings, if there is a list of them.
    pub values: Vec<(&'static str, &'static str)>,
}

/// Whether a parameter has a value where none is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ParameterDefault {
    /// This one.
    Usual(&'static str),
    /// It has none.
    Free,
}

/// Declares the faults by their groups: name, parameters of its own, what goes wrong.
macro_rules! faults {
    ($($group:ident { $($name:ident = $word:literal $([$($own:ident $(= $usual:literal)?),+])?
        $does:literal,)+ })+) => {
        words! {
            /// The faults, each with what goes wrong.
            Name { $($($name = $word $does,)+)+ }
        }

        impl Name {
            /// Its parameters.
            pub(crate) fn shape(self) -> FaultShape {
                let (group, own): (_, &'static [_]) = match self {
                    $($(Self::$name => {
                        (Group::$group, &[$($((P::$own, usual!($($usual)?))),+)?])
                    })+)+
                };
                FaultShape { own, group, id: self }
            }
        }
    };
}

/// Whether there is a value where none is given.
macro_rules! usual {
    () => {
        Free
    };
    ($usual:literal) => {
        Usual($usual)
    };
}

faults! {
    Upgrade {
        RefuseUpgrade = "refuse-upgrade" [Status = "503"] "the request for a WebSocket is answered with this status, and the connection ends",
        DelayUpgrade = "delay-upgrade" [By = "5s"] "the request for a WebSocket is answered late",
        DribbleUpgrade = "dribble-upgrade" [Pause = "20ms"] "the answer to the request for a WebSocket comes one octet at a time",
        WrongAccept = "wrong-accept" "Sec-WebSocket-Accept does not belong to the key of the request",
        CutIdle = "cut-idle" [For = "60s"] "a WebSocket or a stream over TCP on which neither side says anything for this time is cut, as proxies do",
    }
    Rest {
        RefuseRest = "refuse-rest" [Status = "503", For] "the request of the REST API is answered with this status and is not carried out; with `for`, until this time is over",
    }
    Moment {
        DropTcp = "drop-tcp" "TCP ends, and TLS without close_notify",
        ResetTcp = "reset-tcp" "TCP is reset",
        Stall = "stall" [For] "the fake sends nothing more on the connection, for ever or for this time, and does not end it",
        Close = "close" [Code = "1011", Reason] "the WebSocket is closed with this code, without a close of the stream",
        StreamError = "stream-error" [Condition = "internal-server-error"] "the stream ends with this error",
        Conflict = "conflict" "the session ends as if another client had bound its resource",
        Refuse = "refuse" [Condition = "internal-server-error"] "the request or login is answered with this error; takes `before` only",
    }
    Said {
        Withhold = "withhold" "the element is not sent; without its answer, a connection of the REST API says nothing more",
        Duplicate = "duplicate" "the element is sent twice",
        Double = "double" "the element stands twice in one message",
        Reorder = "reorder" "the next element of its kind overtakes this one; without a next one it is a second late",
        Delay = "delay" [By = "1s"] "the element is sent later, and others overtake it",
        Alter = "alter" [Part = "stanza", At, To, Condition] "another text stands at a place of the element or of its payload, or with `condition` an error has this condition",
        Malform = "malform" [Part = "stanza"] "the second half of the element is missing, or with `part=payload` that of the XML in its payload",
        Oversize = "oversize" [Size = "2097152"] "an unknown child pads the element to this many octets",
    }
    Session {
        GhostSession = "ghost-session" [For = "300s"] "the session stays available for this time after its connection ended; messages to it are lost",
        OtherResource = "other-resource" "a message to the bare JID of an account with several sessions goes to the next best of them",
        LateItem = "late-item" [By = "1s"] "an item that was published and acknowledged is not found by requests for items before this time is over",
    }
    Service {
        OutOfService = "out-of-service" [For] "all connections end as in a shutdown, and requests for a WebSocket and of the REST API are answered with 503, until the time is over or the fault is removed",
        Gone = "gone" [For] "all connections break off, and new ones end at once, as if the machine were off, until the time is over or the fault is removed",
    }
    Suite {
        AcceptOffByOne = "accept-off-by-one" "the accept value of the upgrade is wrong",
        ExactTokens = "exact-tokens" "Upgrade and Connection are compared whole and with their case",
        AnyUpgrade = "any-upgrade" "every request for a WebSocket is switched, even one that breaks a rule",
        EchoFirstSubprotocol = "echo-first-subprotocol" "the subprotocol offered first is echoed, even an unknown one",
        ReadBinary = "read-binary" "binary messages are read as XML",
        ReadAfterClose = "read-after-close" "a close frame with more behind it is passed over, and elements behind <close/> are dealt with",
        AcceptUnmasked = "accept-unmasked" "frames of a client need no mask",
        JoinMessages = "join-messages" "XML is read across the borders of messages",
        SecondChild = "second-child" "results hold an element beside their own",
        UndeclaredPrefix = "undeclared-prefix" "stream features and stream errors do not declare their prefix",
        OfferMore = "offer-more" "the features of a stream offer STARTTLS and stream management",
        SurviveErrors = "survive-errors" "streams go on after stream errors",
        DropNamespace = "drop-namespace" "stanzas are sent without their own namespace",
        ConstantStreamId = "constant-stream-id" "every stream has the same id",
        CloseOnRestart = "close-on-restart" "the stream is closed between login and second open",
        AcceptAnyPassword = "accept-any-password" "every login of a known account succeeds",
        AcceptForeignAuthzid = "accept-foreign-authzid" "the authorisation identity is not compared",
        SilentConflict = "silent-conflict" "two sessions keep the same full JID",
        LoseIqId = "lose-iq-id" "results are sent without an id",
        SubscribeAnyone = "subscribe-anyone" "the JID of a subscription is not compared with its sender",
        LeakAfterUnsubscribe = "leak-after-unsubscribe" "events go on after a subscription has ended",
        ReorderEvents = "reorder-events" "every other event is overtaken by the next",
        RawPayload = "raw-payload" "text of a payload that is XML is sent as the elements that it describes",
        NoPong = "no-pong" "WebSocket pings are not answered",
        RudeClose = "rude-close" "TCP ends where a close frame is due",
        DeflateAnyOffer = "deflate-any-offer" "every offer of permessage-deflate is taken, with a window for the client that is too large",
        DeflateKeepContext = "deflate-keep-context" "compressed messages refer to earlier ones in spite of the agreement",
        DeflateForgetContext = "deflate-forget-context" "compressed messages of the client cannot refer to earlier ones",
        DeflateUnmarked = "deflate-unmarked" "compressed messages are not marked as such",
        DeflateMarkedControl = "deflate-marked-control" "a reserved bit in a control frame is passed over",
        ReadOn = "read-on" "a frame that breaks a rule is passed over, and the next one is read",
        MaskFrames = "mask-frames" "frames of the server have a mask",
        ReservedBits = "reserved-bits" "a reserved bit of each frame is set",
        LongLengths = "long-lengths" "short lengths are written in the form for longer ones",
        OpenEndedControl = "open-ended-control" "control frames say that more of them comes",
        BinaryMessages = "binary-messages" "messages are binary",
        OpenEnded = "open-ended" "messages say that more of them comes",
        TypedFragments = "typed-fragments" "messages come in two frames, and the second has a type as well",
        DeclareXml = "declare-xml" "each element has an XML declaration before it",
        TakeStreamId = "take-stream-id" "a stream has the id that the client wants",
        HidePing = "hide-ping" "disco#info does not list pings of XMPP",
        NegativeCounts = "negative-counts" "a negative priority counts as 0",
        AnswerErrors = "answer-errors" "stanzas of type error are answered with errors",
        HeadlineToOne = "headline-to-one" "of several sessions the most available alone gets a headline",
        ChatToAll = "chat-to-all" "all sessions of an account get a chat message",
        AnyFallback = "any-fallback" "messages of all types for a session that is not there go to its account",
        AnyGroupchat = "any-groupchat" "messages of type groupchat are delivered like others",
        StayAvailable = "stay-available" "a session that becomes unavailable gets messages all the same",
        DirectedToAll = "directed-to-all" "presence for one address reaches the sender's account as well",
        DirectedForEver = "directed-for-ever" "an address that presence was sent to gets all later presence as well",
        ForgetDirected = "forget-directed" "it is forgotten to whom presence was sent",
        ProbeErrors = "probe-errors" "probes of presence are answered with an error",
        BouncePresence = "bounce-presence" "presence that reaches no session comes back with an error",
        LoseTo = "lose-to" "messages and presence lose the address that they are for",
        StripContent = "strip-content" "messages lose the elements that the fake does not know",
        ForgetLanguage = "forget-language" "the language of a stream is not remembered",
        WrongErrorTypes = "wrong-error-types" "stanza errors are of an unknown type",
        AnyNamespace = "any-namespace" "a stanza in an unknown namespace is delivered",
        KeepPrefix = "keep-prefix" "stanzas are sent with a prefix",
        StrictVersion = "strict-version" "a version other than 1.0 ends the stream",
        EndlessTries = "endless-tries" "a login may be tried again and again",
        AnyFrom = "any-from" "the address in the client's <open/> is not compared",
        AnyResource = "any-resource" "resources are bound as clients write them",
        SameResource = "same-resource" "resources that the server makes are all the same",
        OneChallenge = "one-challenge" "a second <auth/> in a handshake fails",
        DeliverToStrangers = "deliver-to-strangers" "requests for an account or a stranger's session are delivered",
        SilentAnswers = "silent-answers" "answers of one client to another are lost",
        SlowEverything = "slow-everything" "every answer comes a second late",
        RenameAttributesOrder = "rename-attributes-order" "attributes come in another order and under other prefixes, with the same meaning",
        ExtraElement = "extra-element" "each result holds an unknown element more",
        BoshForgetAnswers = "bosh-forget-answers" "a session of BOSH keeps no answer to give again",
        BoshIgnoreTerminate = "bosh-ignore-terminate" "a session of BOSH goes on though its client ends it",
        BoshNoHold = "bosh-no-hold" "requests of BOSH are answered at once, also with nothing",
        BoshWaitLong = "bosh-wait-long" "requests of BOSH wait for a minute, even if the client wants less",
        BoshAdopt = "bosh-adopt" "a request for a session of BOSH that is not there begins one",
        VagueRefusals = "vague-refusals" "the publish-subscribe service refuses every request with internal-server-error",
        NoDetails = "no-details" "refusals of the publish-subscribe service lack the element that is its own",
        HideFeatures = "hide-features" "the publish-subscribe service announces none of its features",
        IgnoreOptions = "ignore-options" "options of subscriptions are confirmed and have no effect",
        EmptyForms = "empty-forms" "forms for the options of subscriptions are missing in their answers",
        AdmitAtOnce = "admit-at-once" "subscriptions do not wait for approval",
        SilentDecisions = "silent-decisions" "subscribers do not hear what owners decide about them",
        IgnoreBounces = "ignore-bounces" "notifications that come back as errors end no subscription",
        NoStamp = "no-stamp" "the last item comes to new subscribers without a stamp",
        SameIds = "same-ids" "items and notifications that the service names have one and the same id",
        KeepOldItems = "keep-old-items" "an item that is published again keeps its old payload",
        IgnoreRetract = "ignore-retract" "items that are taken back are confirmed and stay",
        PartialBatches = "partial-batches" "of several items in a request, some are dealt with though another is wrong",
        BoshAnyBody = "bosh-any-body" "a request of BOSH that cannot be read begins a session",
        BoshAnyRid = "bosh-any-rid" "requests of BOSH are dealt with as they come, not by their numbers",
        BoshFirstElement = "bosh-first-element" "of the elements in a body of BOSH the first counts",
        BoshIgnorePause = "bosh-ignore-pause" "a session of BOSH does not pause",
        BoshIgnoreTerms = "bosh-ignore-terms" "a session of BOSH has terms and a version of the server's own",
        BoshLoseLast = "bosh-lose-last" "elements in the request that ends a session of BOSH are lost",
        BoshNoConditions = "bosh-no-conditions" "sessions of BOSH end without a condition",
        BoshNoFeatures = "bosh-no-features" "a session of BOSH begins without features",
        BoshNoInactivity = "bosh-no-inactivity" "sessions of BOSH outlive the silence of their clients",
        BoshNoOrigins = "bosh-no-origins" "answers of BOSH are not for pages of other origins",
        BoshNoRestart = "bosh-no-restart" "a session of BOSH does not say that its stream can begin anew",
        BoshPlainText = "bosh-plain-text" "answers of BOSH are of the type text/plain",
        BoshRefuseKeys = "bosh-refuse-keys" "no key of a session of BOSH is right",
        BoshShortLife = "bosh-short-life" "sessions of BOSH end 5 seconds after their last request",
        BoshSilentEnd = "bosh-silent-end" "the end of a session of BOSH leaves its requests without answers",
        BoshWrongAck = "bosh-wrong-ack" "acknowledgements of BOSH are one too high",
        RestAnyPassword = "rest-any-password" "REST accepts every password of a known account",
        RestAnyCaller = "rest-any-caller" "every object of REST is there for every account",
        RestNoWrites = "rest-no-writes" "requests of REST that write are answered with 202 and have no effect",
        RestNoAnswer = "rest-no-answer" "the request of REST to answer a call gets 202 and has no effect",
        RestNoActions = "rest-no-actions" "all other requests of REST about a call get 202 and have no effect",
        RestStatus200 = "rest-status-200" "REST answers 200 where 202 is right",
        RestNoRefusals = "rest-no-refusals" "REST answers 202 where a request is refused for other reasons than credentials",
        RestBareErrors = "rest-bare-errors" "refusals of REST have no document",
        RestFewHeaders = "rest-few-headers" "answers of REST have no headers but those of their body",
        RestNoType = "rest-no-type" "answers of REST do not say of what type they are",
        RestLoseRequestId = "rest-lose-request-id" "REST reads no request id",
        RestIdOfReads = "rest-id-of-reads" "the answer to a GET has the request id",
        RestEmptyDocuments = "rest-empty-documents" "documents of REST are empty",
        RestSmallLetters = "rest-small-letters" "elements of REST begin with a small letter, as those of events do",
        RestNoEmptyElements = "rest-no-empty-elements" "documents of REST lack their empty elements",
        RestIgnoreQuery = "rest-ignore-query" "REST reads no query",
        RestStrictQuery = "rest-strict-query" "REST refuses unknown parameters of the query",
        RestIgnoreRange = "rest-ignore-range" "REST reads no ranges",
        RestFirstElement = "rest-first-element" "of equal elements in a request the first counts",
        RestKeepBlanks = "rest-keep-blanks" "white space around a value in a request is part of it",
        RestNoBodyOfReads = "rest-no-body-of-reads" "REST refuses a GET with a body",
        RestIdsOnly = "rest-ids-only" "REST does not know users by their login names",
        RestNoSlash = "rest-no-slash" "REST refuses a path with a slash at its end",
        RestAlwaysThere = "rest-always-there" "REST serves while the server is out of service",
        RestWrongDomain = "rest-wrong-domain" "SystemInfo names another domain",
        EventsNoEmptyElements = "events-no-empty-elements" "the XML in a notification lacks its empty elements",
        RestCloseEach = "rest-close-each" "the connection ends after each answer of REST",
        PresenceSignsIn = "presence-signs-in" "an agent who becomes available is signed in",
    }
}

/// Which side of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edge {
    /// The client has come to it, and has no answer yet.
    Before,
    /// The client has its answer.
    After,
}

/// The group of a fault, which gives it parameters beside its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    /// The answer to the request for a WebSocket.
    Upgrade,
    /// The answer to a request of the REST API.
    Rest,
    /// One side of a point.
    Moment,
    /// Elements that the fake says.
    Said,
    /// Sessions, and what one of them is to get.
    Session,
    /// The fake as a whole.
    Service,
    /// A rule that the suite checks, broken for as long as the fault is there: for tests of the
    /// suite.
    Suite,
}

impl Group {
    fn parameters(self) -> &'static [(Parameter, ParameterDefault)] {
        match self {
            Self::Upgrade => &[(P::Nth, Free), (P::Every, Free), (P::Times, Free)],
            Self::Rest => &[
                (P::Account, Free),
                (P::Method, Free),
                (P::Path, Free),
                (P::Nth, Free),
                (P::Every, Free),
                (P::Times, Free),
            ],
            Self::Moment => &[
                (P::Before, Free),
                (P::After, Free),
                (P::Account, Free),
                (P::Node, Free),
                (P::Method, Free),
                (P::Path, Free),
                (P::Over, Free),
                (P::Nth, Free),
                (P::Every, Free),
                (P::Times, Free),
            ],
            Self::Said => &[
                (P::What, Usual("event")),
                (P::Account, Free),
                (P::Node, Free),
                (P::Method, Free),
                (P::Path, Free),
                (P::Over, Free),
                (P::Nth, Free),
                (P::Every, Free),
                (P::Times, Free),
            ],
            Self::Session => {
                &[(P::Account, Free), (P::Nth, Free), (P::Every, Free), (P::Times, Free)]
            }
            Self::Suite => &[(P::Over, Free)],
            Self::Service => &[],
        }
    }
}

impl FaultShape {
    /// Its parameters, in the order in which they are printed.
    pub(crate) fn parameters(&self) -> Vec<(Parameter, ParameterDefault)> {
        let mut all: Vec<_> = self.own.iter().chain(self.group.parameters()).copied().collect();
        all.sort_by_key(|(parameter, _)| *parameter);
        all
    }

    /// Its parameters, for a form.
    pub fn form(&self) -> Vec<FaultParameter> {
        let one = |(parameter, need): (Parameter, ParameterDefault)| FaultParameter {
            name: parameter.word(),
            does: parameter.meaning(),
            value: parameter.value(),
            usual: match need {
                Usual(usual) => Some(usual),
                Free => None,
            },
            values: parameter.values(),
        };
        self.parameters().into_iter().map(one).collect()
    }

    /// How it is written: its name and its own parameters, without those that choose when and for
    /// whom.
    pub fn usage(&self) -> String {
        let mut usage = self.name().to_owned();
        if self.group == Group::Moment {
            usage.push_str(" before|after=POINT");
        }
        if self.group == Group::Said {
            usage.push_str(" [what=event]");
        }
        for (parameter, need) in self.own {
            let (word, value) = (parameter.word(), parameter.value());
            usage.push_str(&match need {
                Usual(usual) => format!(" [{word}={usual}]"),
                Free => format!(" [{word}={value}]"),
            });
        }
        usage
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        self.id.word()
    }

    /// Its effect, in one sentence.
    pub fn does(&self) -> &'static str {
        self.id.meaning()
    }
}

/// The table of faults, parameters and values, as `--help` shows it.
pub(crate) fn help() -> String {
    let mut lines = Vec::new();
    let mut list = |title: &str, rows: Vec<(String, &str)>| {
        let width = rows.iter().map(|(left, _)| left.len()).max().unwrap_or_default();
        lines.push(format!("{title}:"));
        lines.extend(rows.iter().map(|(left, right)| format!("  {left:width$}  {right}")));
        lines.push(String::new());
    };
    list("Faults", Fault::table().map(|shape| (shape.usage(), shape.does())).collect());
    let parameters = Parameter::ALL.iter().map(|parameter| {
        (format!("{}={}", parameter.word(), parameter.value()), parameter.meaning())
    });
    list(
        "Parameters; account, node, method, path, nth, every and times go with most faults",
        parameters.collect(),
    );
    let points = Point::ALL.iter().map(|point| (point.word().to_owned(), point.meaning()));
    list("POINT, what comes there and what answers it", points.collect());
    let whats = ElementKind::ALL.iter().map(|what| (what.word().to_owned(), what.meaning()));
    list("WHAT", whats.collect());
    let parts = Part::ALL.iter().map(|part| (part.word().to_owned(), part.meaning()));
    list("Parts", parts.collect());
    lines.join("\n").trim_end().to_owned()
}

impl Name {
    /// The fault that it is another name of.
    pub(crate) fn stands_for(self) -> Option<&'static str> {
        match self {
            Self::AcceptOffByOne => Some("wrong-accept"),
            Self::ReorderEvents => Some("reorder what=event every=2"),
            Self::LoseIqId => Some("alter what=result at=@id"),
            Self::NoStamp => Some("alter what=event at=delay"),
            _ => None,
        }
    }
}
