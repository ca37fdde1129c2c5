//! The verbs of CONFORMANCE_DO.

use std::time::Duration;

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verb {
    Login,
    Subscribe(String),
    Unsubscribe(String),
    Wait,
    Stay(Duration),
    SignIn,
    Ready,
    NotReady,
    Answer,
    Hold,
    Retrieve,
    HangUp,
    Call(String),
    Transfer(String),
    SignOut,
}

/// The verb that the text is, if it is one.
pub(crate) fn verb(text: &str) -> Option<Verb> {
    let (verb, rest) = text.split_once(' ').unwrap_or((text, ""));
    Some(match (verb, rest) {
        ("login" | "login-wrong-password", "") => Verb::Login,
        ("subscribe", node) if !node.is_empty() => Verb::Subscribe(node.to_owned()),
        ("unsubscribe", node) if !node.is_empty() => Verb::Unsubscribe(node.to_owned()),
        ("wait", "") => Verb::Wait,
        ("stay", time) => Verb::Stay(duration(time)?),
        ("sign-in", "") => Verb::SignIn,
        ("ready", "") => Verb::Ready,
        ("not-ready", "") => Verb::NotReady,
        ("answer", "") => Verb::Answer,
        ("hold", "") => Verb::Hold,
        ("retrieve", "") => Verb::Retrieve,
        ("hang-up", "") => Verb::HangUp,
        ("call", number) if !number.is_empty() => Verb::Call(number.to_owned()),
        ("transfer", number) if !number.is_empty() => Verb::Transfer(number.to_owned()),
        ("sign-out", "") => Verb::SignOut,
        _ => return None,
    })
}

/// `300ms`, `2s`, `1m`.
fn duration(text: &str) -> Option<Duration> {
    let at = text.find(|c: char| !c.is_ascii_digit())?;
    let number: u64 = text[..at].parse().ok()?;
    match &text[at..] {
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        "m" => Some(Duration::from_secs(number.checked_mul(60)?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_are_a_closed_list() {
        assert_eq!(verb("subscribe /a/b"), Some(Verb::Subscribe("/a/b".to_owned())));
        assert_eq!(verb("stay 300ms"), Some(Verb::Stay(Duration::from_millis(300))));
        assert_eq!(verb("call 0815"), Some(Verb::Call("0815".to_owned())));
        assert_eq!(verb("transfer 0815"), Some(Verb::Transfer("0815".to_owned())));
        let unknown = ["probe-abc", "subscribe", "stay long", "login now", "call", "transfer", ""];
        for unknown in unknown {
            assert_eq!(verb(unknown), None, "{unknown}");
        }
    }
}
