//! The mistake in the body of a request, in words: the body is compared with its schema in the
//! document of the port.

use serde_json::error::Category;
use serde_json::{Value, json};

use super::OPENAPI;

/// Why a body cannot be read by its route, and what would be right. `error` is the one of the
/// parser.
pub(super) fn explain(error: &serde_json::Error, body: &[u8], method: &str, path: &str) -> String {
    let document: Value = serde_json::from_str(OPENAPI).unwrap_or_default();
    let operation = &document["paths"][path][method.to_ascii_lowercase()];
    let content = &operation["requestBody"]["content"]["application/json"];
    let what = match serde_json::from_slice::<Value>(body) {
        Err(_) if body.starts_with(b"\xef\xbb\xbf") => {
            "the body begins with a byte order mark (BOM): leave it out".to_owned()
        }
        Err(error) => malformed(&error),
        Ok(value) => unfit(&content["schema"], &value)
            .unwrap_or_else(|| format!("the body cannot be used: {error}")),
    };
    format!("{what}; {method} {path} takes, for example, {}", content["example"])
}

/// The place where a body stops being JSON.
fn malformed(error: &serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    match error.classify() {
        Category::Eof => "the body is not JSON: it ends too early".to_owned(),
        _ => format!("the body is not JSON: look at line {line}, column {column}"),
    }
}

/// The first difference between a body and the schema of an object.
fn unfit(schema: &Value, body: &Value) -> Option<String> {
    let Value::Object(members) = body else {
        return Some(format!("the body must be an object, and is {}", kind(body)));
    };
    let known = schema["properties"].as_object()?;
    for (name, value) in members {
        let Some(wanted) = known.get(name) else {
            let names: Vec<&str> = known.keys().map(String::as_str).collect();
            return Some(format!(
                "there is no member {name:?}: the members are {}",
                names.join(", ")
            ));
        };
        let is_optional = !required(schema).any(|required| required == name);
        if let Some(wanted) = wants(wanted, value)
            && !(value.is_null() && is_optional)
        {
            let example = match known[name]["examples"].get(0) {
                Some(example) => format!(", e.g. {}", json!({ name: example })),
                None => String::new(),
            };
            return Some(format!("{name:?} must be {wanted}{example}, and is {}", kind(value)));
        }
    }
    let missing = required(schema).find(|name| !members.contains_key(*name))?;
    Some(format!("the member {missing:?} is missing"))
}

fn required(schema: &Value) -> impl Iterator<Item = &str> {
    schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// The right kind of a member, if the value is of another.
fn wants(schema: &Value, value: &Value) -> Option<String> {
    if let Some(words) = schema["enum"].as_array() {
        let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
        let fits = value.as_str().is_some_and(|value| words.contains(&value));
        return (!fits).then(|| format!("one of {}", words.join(", ")));
    }
    match schema["type"].as_str() {
        Some("integer") => {
            let most = schema["maximum"].as_u64().unwrap_or(u64::MAX);
            let fits = value.as_u64().is_some_and(|number| number <= most);
            (!fits).then(|| match schema["maximum"].as_u64() {
                Some(most) => format!("a whole number from 0 to {most}"),
                None => "a whole number from 0".to_owned(),
            })
        }
        _ => (!value.is_string()).then(|| "a string".to_owned()),
    }
}

/// A value in words, short enough for a message.
fn kind(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => format!("the number {number}"),
        Value::String(text) => {
            let shown: String = text.chars().take(40).collect();
            let more = if shown.len() < text.len() { "…" } else { "" };
            format!("the string {shown:?}{more}")
        }
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(body: &str, path: &str) -> String {
        let error = serde_json::from_str::<u8>("x").expect_err("no number");
        explain(&error, body.as_bytes(), "POST", path)
    }

    #[test]
    fn a_wrong_body_is_explained_in_words() {
        let example = "; POST /expectations takes, for example, \
             {\"pattern\":\"<presence/>\",\"at_most\":5}";
        for (body, wanted) in [
            ("{", "the body is not JSON: it ends too early"),
            ("\u{feff}{}", "the body begins with a byte order mark (BOM): leave it out"),
            ("{\n  x", "the body is not JSON: look at line 2, column 3"),
            ("[]", "the body must be an object, and is a list"),
            ("null", "the body must be an object, and is null"),
            ("{}", "the member \"pattern\" is missing"),
            (
                r#"{"patern": "<a/>"}"#,
                "there is no member \"patern\": the members are pattern, times, at_least, at_most",
            ),
            (r#"{"pattern": 1}"#, "\"pattern\" must be a string, and is the number 1"),
            (r#"{"pattern": null}"#, "\"pattern\" must be a string, and is null"),
            (
                r#"{"pattern": "<a/>", "times": "2"}"#,
                "\"times\" must be a whole number from 0, e.g. {\"times\":2}, and is the string \
                 \"2\"",
            ),
            (
                r#"{"times": -1, "at_most": null}"#,
                "\"times\" must be a whole number from 0, e.g. {\"times\":2}, and is the number -1",
            ),
            (
                r#"{"times": 1.5}"#,
                "\"times\" must be a whole number from 0, e.g. {\"times\":2}, and is the number \
                 1.5",
            ),
        ] {
            assert_eq!(said(body, "/expectations"), format!("{wanted}{example}"), "{body}");
        }
    }

    #[test]
    fn the_allowed_words_are_listed() {
        let said = said(r#"{"state": "REDY"}"#, "/agents/{id}/state");
        let wanted = "\"state\" must be one of LOGIN, READY, NOT_READY, WORK, LOGOUT, and is the \
             string \"REDY\"; ";
        assert!(said.starts_with(wanted), "{said}");
    }
}
