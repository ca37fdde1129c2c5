//! Things that a client can do wrong. Each is a switch of the reference client, and the suite must
//! notice it.

use std::fmt;
use std::str::FromStr;

macro_rules! faults {
    ($($variant:ident = $name:literal: $what:literal,)+) => {
        /// Something that the client does wrong on purpose.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Fault { $(#[doc = $what] $variant,)+ }

        impl Fault {
            /// Every fault.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// Its effect.
            pub fn describe(self) -> &'static str {
                match self { $(Self::$variant => $what),+ }
            }
        }

        impl fmt::Display for Fault {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(match self { $(Self::$variant => $name),+ })
            }
        }

        impl FromStr for Fault {
            type Err = String;

            fn from_str(name: &str) -> Result<Self, String> {
                match name {
                    $($name => Ok(Self::$variant),)+
                    _ => Err(format!("no fault {name:?}; there is {}", [$($name),+].join(", "))),
                }
            }
        }
    };
}

faults! {
    SkipAcceptCheck = "skip-accept-check": "Sec-WebSocket-Accept is not looked at.",
    Any101 = "any-101": "A 101 without Upgrade or Connection is good enough.",
    AnySubprotocol = "any-subprotocol": "A 101 without xmpp, or with another subprotocol, is good enough.",
    AnyExtension = "any-extension": "A 101 with an extension is good enough.",
    OddOffer = "odd-offer": "Compression is offered with a window of 16 bits.",
    SameKey = "same-key": "Every opening handshake has the same key.",
    IgnoreCertificate = "ignore-certificate": "Any certificate is trusted.",
    TrustOnce = "trust-once": "The certificate is looked at on the first connection alone.",
    NoServerName = "no-server-name": "TLS is not told which host is meant.",
    PlainOverWs = "plain-over-ws": "The password goes over ws:// as well.",
    GuessPlain = "guess-plain": "PLAIN is tried although it is not offered.",
    Latin1Password = "latin-1-password": "The password is sent in Latin-1.",
    GiveUpLogin = "give-up-login": "A login that fails for the moment is not tried again.",
    AnyFailure = "any-failure": "A failure of the login with an unknown condition is passed over.",
    AnyOpen = "any-open": "The namespace of the open element of the server is not looked at.",
    NoSecondOpen = "no-second-open": "After the login the old stream is used on.",
    ForgetNamespace = "forget-namespace": "Stanzas do not declare jabber:client.",
    OwnJid = "own-jid": "Subscriptions are made with the JID that was asked for, not the one that was bound.",
    GoUnbound = "go-unbound": "A resource that is refused is used like one that was bound.",
    BareSubscription = "bare-subscription": "Subscriptions are made with the bare JID.",
    OtherSubscription = "other-subscription": "Subscriptions are ended with the bare JID.",
    NoSubprotocol = "no-subprotocol": "Its upgrade asks for no subprotocol.",
    NoOpen = "no-open": "It waits for the server to open the stream.",
    WrongOpen = "wrong-open": "Its open element is in the namespace jabber:client.",
    OldVersion = "old-version": "It opens streams of the version 0.9.",
    HastyBind = "hasty-bind": "The features of the second stream are not waited for.",
    NoBind = "no-bind": "It goes on without binding a resource.",
    AnyVersion = "any-version": "The version of a stream is not looked at.",
    StrictVersion = "strict-version": "A stream is of the version 1.0 to the letter, or none.",
    NeedsAddresses = "needs-addresses": "An open element that does not say from whom it is ends the connection.",
    OwnStreamId = "own-stream-id": "Its open element has an id.",
    PassErrors = "pass-errors": "Stream errors are passed over.",
    IgnoreRefusals = "ignore-refusals": "A subscription that is refused is taken for one.",
    TrustNobody = "trust-nobody": "An event without a sender is believed.",
    DropOnError = "drop-on-error": "After a stream error nothing is closed, TCP just ends.",
    RefuseContent = "refuse-content": "Presence with unknown content is refused.",
    NoGoodbye = "no-goodbye": "It leaves without unavailable presence.",
    AnyContent = "any-content": "A stanza in an unknown namespace is passed over.",
    BlankKeepalive = "blank-keepalive": "A message of white space follows the login.",
    NoPresence = "no-presence": "No presence is sent.",
    PriorityNegative = "priority-negative": "Presence has the priority -1.",
    ResubscribeTwice = "resubscribe-twice": "After a reconnect subscriptions are made twice.",
    ForgetSubscriptions = "forget-subscriptions": "After a reconnect subscriptions are not made again.",
    ReconnectOnConflict = "reconnect-on-conflict": "A session that was replaced comes back and throws the other off.",
    RetryLogin = "retry-login": "A wrong password is tried again.",
    NoBackoff = "no-backoff": "A server that is gone is asked again at once.",
    NoFailover = "no-failover": "Of a pair of servers the first is asked again and again.",
    NoReconnect = "no-reconnect": "A lost connection is given up.",
    SilentPing = "silent-ping": "Pings of XMPP are not answered.",
    SecretPing = "secret-ping": "Its features do not name the pings that it answers.",
    CloseWebSocketOnly = "close-websocket-only": "The stream is not closed before the WebSocket.",
    DropTcp = "drop-tcp": "Nothing is closed, TCP just ends.",
    IgnoreClose = "ignore-close": "A stream that the server closes is not closed in turn.",
    AnyBinary = "any-binary": "Binary messages are read as if they were text.",
    TrustAnySender = "trust-any-sender": "Events and answers of any sender are believed.",
    IgnoreMalformed = "ignore-malformed": "A message that is no element is passed over.",
    LenientXml = "lenient-xml": "Comments and document types are read.",
    StuckOnBlank = "stuck-on-blank": "A blank message ends the reading, and the connection stays.",
    SmallMessages = "small-messages": "A message longer than 32 KiB ends the connection.",
    AsciiOnly = "ascii-only": "Characters beyond ASCII become question marks.",
    PrefixOnly = "prefix-only": "Features and stream errors are known by the prefix stream alone.",
    StayAfterViolation = "stay-after-violation": "A broken rule of WebSocket ends the reading, and the connection stays.",
    StuckOnPing = "stuck-on-ping": "A ping of WebSocket ends the reading, and the connection stays.",
    UnmaskedFrames = "unmasked-frames": "Its frames have no mask.",
    ReservedBits = "reserved-bits": "A reserved bit of its frames is set.",
    LongLengths = "long-lengths": "Lengths of its frames are in the longest form.",
    BinaryMessages = "binary-messages": "Its messages are binary.",
    OpenEnded = "open-ended": "Its messages say that more of them comes.",
    TypedFragments = "typed-fragments": "Its messages come in two frames, and the second has a type as well.",
    NoCloseEcho = "no-close-echo": "A close frame is not answered, and the connection stays.",
    EndTcpFirst = "end-tcp-first": "TCP ends as soon as a close frame was answered.",
    ChokeOnPong = "choke-on-pong": "A pong that was not asked for ends the connection.",
    ClaimEverything = "claim-everything": "Requests that it does not know have an empty result.",
    AnswerAnswers = "answer-answers": "Results and errors are answered with an error.",
    AnyAnswer = "any-answer": "The next answer is taken with any id.",
    TryStartTls = "try-starttls": "STARTTLS is tried where it is offered.",
    AlwaysSession = "always-session": "A session is asked for where none is offered.",
    WrongCaps = "wrong-caps": "It announces capabilities that are not those that it tells of.",
    VerifyCaps = "verify-caps": "Capabilities with an unknown hash end the login.",
    ApproveAnybody = "approve-anybody": "Any account that asks may see its presence.",
    ConstantBackoff = "constant-backoff": "A server that is gone is asked again after the same time each time.",
    NoJitter = "no-jitter": "A server that is gone is asked again after the same time by every client.",
    NoPings = "no-pings": "A silent server is not asked whether it is there.",
    WaitForever = "wait-forever": "An answer is waited for without end.",
    EarlyWord = "early-word": "An answer to the upgrade that takes longer than a second is not waited for: the stream is opened.",
    OneReadAnswer = "one-read-answer": "An answer to the upgrade that comes in pieces is none.",
    HangOnRefusal = "hang-on-refusal": "A connection whose upgrade was refused is kept, and nothing done with it.",
    StayAtHome = "stay-at-home": "A client that is sent to another endpoint comes back to the same.",
    AnyEndpoint = "any-endpoint": "A client that is sent to an endpoint without TLS goes there.",
    OnlyNotification = "only-notification": "An item without `<notification>` ends the connection.",
    ChokeOnPending = "choke-on-pending": "A subscription that waits for approval ends the connection.",
    ChokeOnPayload = "choke-on-payload": "A payload that is no XML ends the connection.",
    KnownNodesOnly = "known-nodes-only": "An event of a node that was not subscribed to ends the connection.",
    DieWithNode = "die-with-node": "The end of a node ends the connection.",
    UnescapeTwice = "unescape-twice": "The text of a payload is unescaped once more.",
    FirstItemOnly = "first-item-only": "Of several items in a message only the first is seen.",
    LoseEvents = "lose-events": "Each third event is lost.",
    DropPending = "drop-pending": "Events that come while it leaves are lost.",
    LeaveSubscriptions = "leave-subscriptions": "Subscriptions are left behind.",
    Trust202 = "trust-202": "A 202 is taken for the result; the event is not waited for.",
    LoseEarlyResult = "lose-early-result": "An event that comes before the answer to its request is lost.",
    IgnoreApiErrors = "ignore-api-errors": "An event that tells of an error is passed over.",
    RepeatRefused = "repeat-refused": "A request that was refused for good is made again at once.",
    RestAtHome = "rest-at-home": "After a failover the REST API of the first server is asked.",
    HastyRest = "hasty-rest": "An answer of the REST API that takes longer than a second is not waited for.",
    FirstAgent = "first-agent": "The first agent of a call is taken for itself.",
    SecondParticipant = "second-participant": "The second side of a call is taken for itself.",
    NeedsCaller = "needs-caller": "A call without the caller's number ends it.",
    NeedsId = "needs-id": "An event about a call without an id ends it.",
    NoneIsError = "none-is-error": "An empty list of sides or variables of a call ends it.",
    OneIsNone = "one-is-none": "A list of call variables with one element is taken for an empty one.",
    FirstCallOnly = "first-call-only": "Of several calls in an event only the first is seen.",
    NumbersAsNumbers = "numbers-as-numbers": "Numbers of telephones lose their leading zeros.",
    TwistVariables = "twist-variables": "Marks in the values of call variables are unescaped twice, or lost.",
    StaySignedIn = "stay-signed-in": "It leaves without signing the agent out.",
    LowerCase = "lower-case": "Actions in calls are written in lower case.",
    DropOnTransfer = "drop-on-transfer": "A call that is to be handed over is hung up.",
    ForgetOnTransfer = "forget-on-transfer": "A call is forgotten once the server was asked to hand it over.",
    SkipRid = "skip-rid": "Over BOSH, numbers of requests rise by more than one.",
    NoRestart = "no-restart": "Over BOSH, the stream does not begin anew after the login.",
    TooManyRequests = "too-many-requests": "Over BOSH, more requests are open than the server allows.",
    HastyPolls = "hasty-polls": "Over BOSH, a server that holds no request is asked without a pause.",
    NoRepeat = "no-repeat": "Over BOSH, a broken request is not made again.",
    FreshRid = "fresh-rid": "Over BOSH, a broken request is made again under another number.",
    NoTerminate = "no-terminate": "Over BOSH, a session is left without a word.",
    IgnoreTerminate = "ignore-terminate": "Over BOSH, requests go on when the server has ended the session.",
    KeepSession = "keep-session": "Over BOSH, a session that the server does not know is not begun anew.",
    FirstStanzaOnly = "first-stanza-only": "Over BOSH, of several stanzas in a body only the first is seen.",
    NoNextRequest = "no-next-request": "Over BOSH, the server is left without a request to answer.",
    SwallowErrors = "swallow-errors": "The application does not hear of errors.",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_back() {
        for fault in Fault::ALL {
            assert_eq!(fault.to_string().parse(), Ok(*fault));
            assert!(fault.describe().ends_with('.'));
        }
        assert!("nothing".parse::<Fault>().unwrap_err().contains("skip-accept-check"));
    }
}
