//! How a client reads what comes when it has one of the faults of reading.

use stanza::ns;

use crate::Fault;

/// What a client with a fault takes a message for; none if it passes it over.
pub(crate) async fn misread(text: String, fault: Option<Fault>) -> Option<String> {
    match fault {
        Some(Fault::StuckOnBlank) if text.trim().is_empty() => std::future::pending().await,
        Some(Fault::IgnoreMalformed) if stanza::parse(&text).is_err() => None,
        Some(Fault::LenientXml) => Some(lenient(text)),
        Some(Fault::AsciiOnly) => {
            Some(text.chars().map(|c| if c.is_ascii() { c } else { '?' }).collect())
        }
        Some(Fault::PrefixOnly) if is_unprefixed(&text) => None,
        _ => Some(text),
    }
}

/// Without comments and document type; what the type declares is put in.
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
