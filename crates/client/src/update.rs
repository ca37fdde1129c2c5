//! The events of Finesse about agents and calls, in the text of notifications, and the same objects
//! in answers of the REST API. Elements are found by name: their order, and the first letter of
//! some names, differ from release to release.

use stanza::Element;

use crate::Fault;
use crate::api::find;

/// An event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Update {
    /// The state of an agent.
    User { state: String, request: String },
    /// Calls of an agent. `is_gone` says that they have ended for it.
    Calls { calls: Vec<Call>, is_gone: bool, request: String },
    /// A request that was accepted is refused.
    Error { kind: String, request: String },
}

/// A call (Developer Guide 12.5, "Dialog").
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Call {
    /// Empty in some events, as in that after DTMF.
    pub(crate) id: String,
    /// The number of the caller; empty for one without a number.
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) participants: Vec<Participant>,
    /// Names and values, in order.
    pub(crate) variables: Vec<(String, String)>,
}

/// A side of a call.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Participant {
    pub(crate) address: String,
    /// `AGENT_DEVICE` for the telephone of an agent.
    pub(crate) kind: String,
    pub(crate) state: String,
}

impl Update {
    /// The event in the text of a notification, if it is one of these.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let root = stanza::parse(text.trim()).ok()?;
        let data = root.children().find(|child| child.name.local == "data")?;
        let request = text_of(&root, "requestId");
        if let Some(errors) = find(data, "apiErrors") {
            return Some(Self::Error { kind: text_of(errors, "errorType"), request });
        }
        let is_gone = text_of(&root, "event").eq_ignore_ascii_case("delete");
        let source = text_of(&root, "source");
        if find(data, "dialogs").is_some_and(|it| it.children().next().is_some())
            || find(data, "dialog").is_some()
        {
            return Some(Self::Calls { calls: calls(data), is_gone, request });
        }
        let user = find(data, "user").filter(|_| !source.contains("/Team/"))?;
        Some(Self::User { state: text_of(user, "state"), request })
    }

    /// The id of the request that it follows from; empty for none.
    pub(crate) fn request(&self) -> &str {
        match self {
            Self::User { request, .. }
            | Self::Calls { request, .. }
            | Self::Error { request, .. } => request,
        }
    }
}

/// The calls in a document, however many.
pub(crate) fn calls(document: &Element) -> Vec<Call> {
    if document.name.local.eq_ignore_ascii_case("dialog") {
        return vec![Call::of(document)];
    }
    document.children().flat_map(calls).collect()
}

/// The text of an element, at any depth; empty without one.
pub(crate) fn text_of(element: &Element, name: &str) -> String {
    find(element, name).map(Element::text).unwrap_or_default().trim().to_owned()
}

impl Call {
    fn of(dialog: &Element) -> Self {
        let own = |name: &str| {
            let child = dialog.children().find(|child| child.name.local == name);
            child.map(Element::text).unwrap_or_default().trim().to_owned()
        };
        let inside = |list: &str| {
            let list = find(dialog, list).into_iter();
            list.flat_map(Element::children)
        };
        let participant = |it: &Element| Participant {
            address: text_of(it, "mediaAddress"),
            kind: text_of(it, "mediaAddressType"),
            state: text_of(it, "state"),
        };
        let variable = |it: &Element| {
            let value = find(it, "value").map(Element::text).unwrap_or_default();
            (text_of(it, "name"), value)
        };
        Self {
            id: own("id"),
            from: own("fromAddress"),
            to: own("toAddress"),
            participants: inside("participants").map(participant).collect(),
            variables: inside("callvariables").map(variable).collect(),
        }
    }

    /// The participant at this extension. The order says nothing, and another agent can take part.
    pub(crate) fn own(&self, extension: &str, fault: Option<Fault>) -> Option<&Participant> {
        let mut participants = self.participants.iter();
        match fault {
            Some(Fault::FirstAgent) => participants.find(|it| it.kind == "AGENT_DEVICE"),
            Some(Fault::SecondParticipant) => participants.nth(1),
            _ => participants.find(|it| it.address == extension),
        }
    }

    /// The number of the other side; empty where it has none.
    pub(crate) fn other(&self, extension: &str) -> &str {
        if self.from == extension { &self.to } else { &self.from }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dialog(inside: &str) -> String {
        format!(
            "<Update><data><dialog><id>7</id><fromAddress/><participants>{inside}</participants></dialog></data><event>PUT</event><requestId>r</requestId></Update>"
        )
    }

    #[test]
    fn collections_of_any_size_are_read() {
        let one =
            "<Participant><mediaAddress>081</mediaAddress><state>ACTIVE</state></Participant>";
        for count in 0..3 {
            let Some(Update::Calls { calls, is_gone: false, request }) =
                Update::parse(&dialog(&one.repeat(count)))
            else {
                panic!("{count} participants are a call");
            };
            assert_eq!(
                (calls.len(), calls[0].participants.len(), request.as_str()),
                (1, count, "r")
            );
            let own = calls[0].own("081", None).map(|own| own.state.as_str());
            assert_eq!(own, (count > 0).then_some("ACTIVE"));
        }
    }

    #[test]
    fn an_error_and_a_state_are_known_by_their_names() {
        let error = "<Update><data><apiErrors><apiError><errorType>Invalid State</errorType></apiError></apiErrors></data><requestId>r</requestId></Update>";
        let wanted = Update::Error { kind: "Invalid State".to_owned(), request: "r".to_owned() };
        assert_eq!(Update::parse(error), Some(wanted));
        let user =
            "<Update><data><user><dialogs>/x</dialogs><state>READY</state></user></data></Update>";
        let wanted = Update::User { state: "READY".to_owned(), request: String::new() };
        assert_eq!(Update::parse(user), Some(wanted));
        assert_eq!(Update::parse("<Update/>"), None);
    }
}
