//! Heads in canonical form: fixed order of keys, aligned, lists wrapped when long.

use super::{WIDTH, width};
use crate::parse::FENCE;
use crate::{Effects, Fragment, Head, Spanned, Transport, duration};

pub(super) fn case(head: &Head) -> String {
    let mut keys = vec![
        ("title", one(&head.title.value)),
        ("spec", list(head.spec.iter().map(|clause| clause.value.to_string()))),
        ("level", one(head.level.value.as_str())),
        ("roles", list(head.roles.iter().map(|role| role.value.to_string()))),
    ];
    if head.transports.iter().any(|transport| transport.value != Transport::Ws) {
        let words = head.transports.iter().map(|transport| transport.value.to_string());
        keys.push(("transports", list(words)));
    }
    if !head.asks.is_empty() {
        keys.push(("do", list(head.asks.iter().map(|ask| ask.value.to_string()))));
    }
    if let Some(certificate) = &head.certificate {
        keys.push(("certificate", one(certificate.value.as_str())));
    }
    if let Some(host) = &head.host {
        keys.push(("host", one(host.value.as_str())));
    }
    if let Some(password) = &head.password {
        keys.push(("password", one(password.value.as_str())));
    }
    if let Some(servers) = &head.servers {
        keys.push(("servers", one(servers.value.as_str())));
    }
    if let Some(clients) = &head.clients {
        keys.push(("clients", Value::One(clients.value.to_string())));
    }
    if !head.needs.is_empty() {
        keys.push(("needs", strings(&head.needs)));
    }
    if head.effects.value != Effects::None {
        keys.push(("effects", one(head.effects.value.as_str())));
    }
    if let Some(timeout) = &head.timeout {
        keys.push(("timeout", one(&duration::print(timeout.value))));
    }
    if let Some(time) = &head.time {
        keys.push(("time", Value::One(time.value.to_string())));
    }
    if !head.tags.is_empty() {
        keys.push(("tags", strings(&head.tags)));
    }
    if let Some(why) = &head.why {
        keys.push(("why", one(&why.value)));
    }
    if !head.volatile.is_empty() {
        keys.push(("volatile", strings(&head.volatile)));
    }
    fenced(&keys, KEY_WIDTH)
}

pub(super) fn fragment(fragment: &Fragment) -> String {
    fenced(
        &[
            ("title", one(&fragment.title.value)),
            ("params", strings(&fragment.params)),
            ("owner", one(&fragment.owner.value)),
        ],
        FRAGMENT_KEY_WIDTH,
    )
}

enum Value {
    One(String),
    List(Vec<String>),
}

/// The column of the `=` of short keys. Long keys stick out, so that adding one does not move all
/// others.
const KEY_WIDTH: usize = 5;

/// The column of the `=` in the head of a fragment, whose keys are always the same.
const FRAGMENT_KEY_WIDTH: usize = 6;

fn fenced(keys: &[(&str, Value)], key_width: usize) -> String {
    let mut out = format!("{FENCE}\n");
    for (key, value) in keys {
        let line = match value {
            Value::One(value) => format!("{key:key_width$} = {value}"),
            Value::List(elements) => format!("{key:key_width$} = [{}]", elements.join(", ")),
        };
        match value {
            Value::List(elements) if width(&line) > WIDTH => {
                out.push_str(&format!("{key:key_width$} = [\n  {},\n]\n", elements.join(",\n  ")));
            }
            _ => out.push_str(&format!("{line}\n")),
        }
    }
    out.push_str(&format!("{FENCE}\n"));
    out
}

fn one(text: &str) -> Value {
    Value::One(string(text))
}

fn strings(list_of: &[Spanned<String>]) -> Value {
    list(list_of.iter().map(|text| text.value.clone()))
}

fn list(elements: impl Iterator<Item = String>) -> Value {
    Value::List(elements.map(|element| string(&element)).collect())
}

/// A TOML basic string.
fn string(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
