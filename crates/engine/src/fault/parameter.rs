//! The parameters of faults, and the words that some of them take.

use crate::outgoing::ElementKind;
use crate::words::words;

words! {
    /// The parameters of faults, in the order in which they are printed.
    Parameter {
        Before = "before" "strikes instead of the answer to what came",
        After = "after" "strikes behind the answer to what came",
        What = "what" "the kind of element that the fake sends",
        Part = "part" "the part of it",
        At = "at" "the place in it: @ATTRIBUTE, NAME for the first element of this name, NAME@ATTRIBUTE for an attribute of that",
        To = "to" "the text at this place; without it, the place is missing",
        By = "by" "time by which it is later",
        For = "for" "time that it lasts",
        Pause = "pause" "time between two octets",
        Status = "status" "status of HTTP",
        Code = "code" "code of the WebSocket close",
        Condition = "condition" "name of the error",
        Reason = "reason" "text for people",
        Size = "size" "octets that it has at least",
        Account = "account" "for this account only; it is known from the login on",
        Node = "node" "for this node only",
        Method = "method" "for requests of the REST API with this method only",
        Over = "over" "on this transport only",
        Path = "path" "for requests of the REST API with this path only; `*` stands for any text",
        Nth = "nth" "strikes the n-th time only",
        Every = "every" "strikes every n-th time only",
        Times = "times" "strikes so often, then no more; without it, always",
    }
}

words! {
    /// A point in the life of a connection.
    Point {
        Connect = "connect" "the connection, TLS included",
        Upgrade = "upgrade" "the request for a WebSocket; its answer",
        Open = "open" "the first <open/>; <open/> and features",
        Auth = "auth" "<auth/> or <response/>, with any answer",
        Success = "success" "a login that is right; <success/>",
        Restart = "restart" "the <open/> after the login; <open/> and features",
        Bind = "bind" "the request for a resource; its result",
        Session = "session" "the request for a session; its result",
        Presence = "presence" "available presence; the presences that answer it",
        Subscribe = "subscribe" "a subscription to a node; its result",
        Unsubscribe = "unsubscribe" "the end of a subscription; its result",
        Ping = "ping" "a ping of XMPP; its result",
        Event = "event" "a notification that is due; the notification",
        Close = "close" "<close/> of the client; <close/> and WebSocket close",
        Rest = "rest" "a request of the REST API; its answer and the events that it causes",
    }
}

words! {
    /// A part of what is said.
    Part {
        Stanza = "stanza" "all of it",
        Payload = "payload" "the XML in the text of a notification, which stays well-formed itself",
    }
}

words! {
    /// A way of elements to and from a client.
    Transport {
        Ws = "ws" "WebSockets, and the requests for them",
        Bosh = "bosh" "sessions of BOSH",
        Tcp = "tcp" "XMPP over TCP",
    }
}

impl Parameter {
    /// The kind of its value.
    pub(crate) fn value(self) -> &'static str {
        match self {
            Self::Before | Self::After => "POINT",
            Self::What => "WHAT",
            Self::Part => "stanza|payload",
            Self::At => "PLACE",
            Self::Over => "ws|bosh",
            Self::By | Self::For | Self::Pause => "DURATION",
            Self::Status | Self::Code | Self::Nth | Self::Every | Self::Times => "N",
            Self::Condition => "NAME",
            Self::Reason | Self::To => "TEXT",
            Self::Size => "OCTETS",
            Self::Account => "USER",
            Self::Node | Self::Path => "PATH",
            Self::Method => "METHOD",
        }
    }

    /// The values that it may have, with their meanings; empty if there is no list of them.
    pub(super) fn values(self) -> Vec<(&'static str, &'static str)> {
        match self {
            Self::Before | Self::After => {
                Point::ALL.iter().map(|point| (point.word(), point.meaning())).collect()
            }
            Self::What => {
                ElementKind::ALL.iter().map(|what| (what.word(), what.meaning())).collect()
            }
            Self::Part => Part::ALL.iter().map(|part| (part.word(), part.meaning())).collect(),
            Self::Over => Transport::ALL.iter().map(|over| (over.word(), over.meaning())).collect(),
            _ => Vec::new(),
        }
    }
}
