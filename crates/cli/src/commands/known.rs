//! The passwords that this process was given, kept out of whatever it says to people.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::Write as _;
use std::sync::{Mutex, PoisonError};

use mask::Secrets;
use serde_json::Value;

/// The passwords of each server of this process.
static KNOWN: Mutex<Vec<Secrets>> = Mutex::new(Vec::new());

/// Keeps these passwords out of messages from here on.
pub(super) fn keep_secret(secrets: Secrets) {
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner).push(secrets);
}

/// A text without passwords.
pub(crate) fn without(text: &str) -> String {
    let known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    known.iter().fold(text.to_owned(), |text, secrets| secrets.scrub(&text))
}

/// JSON without passwords in its strings; its names and numbers are ours.
pub(super) fn json_without(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(without(&text)),
        Value::Array(values) => values.into_iter().map(json_without).collect(),
        Value::Object(members) => {
            members.into_iter().map(|(name, value)| (name, json_without(value))).collect()
        }
        other => other,
    }
}

/// A panic says what went wrong without passwords: it may quote what a server said.
pub(crate) fn mask_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let backtrace = Backtrace::capture();
        let mut text = without(&panic.to_string());
        if backtrace.status() == BacktraceStatus::Captured {
            text.push_str(&format!("\n{backtrace}"));
        }
        let _ = writeln!(anstream::stderr(), "{text}");
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_of_json_have_no_password_and_names_stay() {
        let mut secrets = Secrets::default();
        secrets.password("agent.password", "failed");
        keep_secret(secrets);
        let value = serde_json::json!({ "failed": ["it &#102;ailed", 1, { "a": "failed" }] });
        let masked = serde_json::json!({ "failed": ["it ***", 1, { "a": "***" }] });
        assert_eq!(json_without(value), masked);
        assert_eq!(without("it FAILED"), "it ***");
    }
}
