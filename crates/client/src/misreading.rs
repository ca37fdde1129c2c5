//! How a client reads what comes when it has one of the faults of reading.

use stanza::{Element, ns};

use crate::update::Call;
use crate::{Error, Event, Fault};

/// The meaning that a client with a fault gives a message; none if it passes it over.
pub(crate) fn misread(text: String, fault: Option<Fault>) -> Option<String> {
    match fault {
        Some(Fault::IgnoreMalformed) if stanza::parse(&text).is_err() => None,
        Some(Fault::LenientXml) => Some(lenient(text)),
        Some(Fault::AsciiOnly) => {
            Some(text.chars().map(|c| if c.is_ascii() { c } else { '?' }).collect())
        }
        Some(Fault::PrefixOnly) if is_unprefixed(&text) => None,
        _ => Some(text),
    }
}

/// The events that a client with a fault sees in a stanza. `nodes` are those that it has
/// subscribed to, `seen` counts its events.
pub(crate) fn misjudge(
    mut events: Vec<Event>,
    stanza: &Element,
    fault: Option<Fault>,
    nodes: &[String],
    seen: &mut usize,
) -> Result<Vec<Event>, Error> {
    let Some(fault) = fault else { return Ok(events) };
    let ends = match fault {
        Fault::OnlyNotification => items(stanza).any(|item| {
            item.children().next().is_none_or(|child| child.name.local != "notification")
        }),
        Fault::ChokeOnPayload => {
            events.iter().any(|event| matches!(event, Event::Notification { update: None, .. }))
        }
        Fault::KnownNodesOnly => events.iter().any(|event| match event {
            Event::Notification { node, .. } => !nodes.contains(node),
            Event::Gone { .. } | Event::Presence { .. } => false,
        }),
        Fault::DieWithNode => {
            events.iter().any(|event| matches!(event, Event::Gone { what, .. } if what == "delete"))
        }
        _ => false,
    };
    if ends {
        return Err(Error::Message(format!("{fault}: an event that it cannot read")));
    }
    match fault {
        Fault::FirstItemOnly => events.truncate(1),
        Fault::LoseEvents => events.retain(|event| {
            *seen += usize::from(matches!(event, Event::Notification { .. }));
            !seen.is_multiple_of(3) || *seen == 0
        }),
        Fault::UnescapeTwice => {
            for event in &mut events {
                if let Event::Notification { text, .. } = event {
                    *text = text.replace("&amp;", "&");
                }
            }
        }
        _ => {}
    }
    Ok(events)
}

/// The calls that a client with a fault sees.
pub(crate) fn misread_calls(
    mut calls: Vec<Call>,
    fault: Option<Fault>,
) -> Result<Vec<Call>, Error> {
    let Some(fault) = fault else { return Ok(calls) };
    let is_empty = |call: &Call| call.participants.is_empty() || call.variables.is_empty();
    let ends = match fault {
        Fault::NeedsCaller => calls.iter().any(|call| call.from.is_empty()),
        Fault::NeedsId => calls.iter().any(|call| call.id.is_empty()),
        Fault::NoneIsError => calls.iter().any(is_empty),
        _ => false,
    };
    if ends {
        return Err(Error::Message(format!("{fault}: a call that it cannot read")));
    }
    if fault == Fault::FirstCallOnly {
        calls.truncate(1);
    }
    let number = |text: &mut String| *text = misread_number(text);
    for call in &mut calls {
        match fault {
            Fault::OneIsNone if call.variables.len() == 1 => call.variables.clear(),
            Fault::NumbersAsNumbers => {
                number(&mut call.from);
                number(&mut call.to);
                call.variables.iter_mut().for_each(|(_, value)| number(value));
            }
            Fault::TwistVariables => {
                for (_, value) in &mut call.variables {
                    *value = value.replace("&amp;", "&").replace("&lt;", "<").replace('|', " ");
                }
            }
            _ => {}
        }
    }
    Ok(calls)
}

/// A telephone number as a client with [`Fault::NumbersAsNumbers`] has it.
pub(crate) fn misread_number(text: &str) -> String {
    text.parse::<u64>().map_or_else(|_| text.to_owned(), |number| number.to_string())
}

/// The items of a notification, and what was retracted.
fn items(stanza: &Element) -> impl Iterator<Item = &Element> {
    stanza
        .child(ns::PUBSUB_EVENT, "event")
        .and_then(|event| event.child(ns::PUBSUB_EVENT, "items"))
        .into_iter()
        .flat_map(Element::children)
}

/// Without comments and document type; the entities that it declares are put in.
fn lenient(mut text: String) -> String {
    while let (Some(from), Some(to)) = (text.find("<!--"), text.find("-->")) {
        text.replace_range(from..(to + 3).max(from), "");
    }
    let Some((doctype, rest)) =
        text.strip_prefix("<!DOCTYPE").and_then(|text| text.split_once("]>"))
    else {
        return text;
    };
    let declared = doctype.split_once("<!ENTITY ").and_then(|(_, entity)| {
        let (name, value) = entity.split_once(" \"")?;
        Some((format!("&{name};"), value.split('"').next()?))
    });
    declared.map_or_else(|| rest.to_owned(), |(name, value)| rest.replace(&name, value))
}

fn is_unprefixed(text: &str) -> bool {
    !text.starts_with("<stream:")
        && stanza::parse(text).is_ok_and(|element| element.name.ns == ns::STREAMS)
}
