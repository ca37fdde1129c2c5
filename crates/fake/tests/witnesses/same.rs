//! Generated values: what stood for them when the recording was made, and what stands for them now.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

/// Values that a server makes up. The second group is the value; values of the first kinds come
/// back later, so they must stand for the same thing throughout.
static LASTING: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [
        // A stream id.
        r"(^<open [^>]*\bid=')([^']*)",
        // The id of a session of BOSH.
        r#"(^<body [^>]*\bauthid=")([^"]*)"#,
        r#"(^<body [^>]*\bsid=")([^"]*)"#,
        // The id of a request of the server (recorded: 512-31).
        r#"(<iq [^>]*\bid=")([0-9]{1,3}-[0-9]+)"#,
        // The id of an item that the service named: a UUID and a counter behind it.
        r#"(<(?:item|retract) [^>]*\bid=")([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{13,})"#,
        // A subscription id.
        r#"(\bsubid=")([A-Za-z0-9]{40})"#,
        r"(subid</header><value>|<value>|SubID.>)([A-Za-z0-9]{40})",
        r#"(<header name="SubID">)([A-Za-z0-9]{40})"#,
        // The version of a roster.
        r#"(<query xmlns="jabber:iq:roster" ver=")(-?[0-9]+)"#,
        // The name of an instant node.
        r#"(<create node=")([A-Za-z0-9]{15})""#,
        // The id of a message of the service.
        r#"(^<message [^>]*\bid=")([A-Za-z0-9]{8})""#,
        // The resumption id of stream management.
        r#"(<(?:enabled|resumed) [^>]*\b(?:id|previd)=["'])([^"']*)"#,
    ]
    .map(|pattern| Regex::new(pattern).expect("a regular expression"))
    .to_vec()
});

/// Times, which are never the same.
static FLEETING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z?|(?m)^Date: .*$|<utc>[^<]*</utc>|\d{8}T\d\d:\d\d:\d\d"#,
    )
    .expect("a regular expression")
});

/// Recorded values and their present ones.
#[derive(Default)]
pub(crate) struct Same(BTreeMap<String, String>);

impl Same {
    /// A recorded text with present values in place of recorded ones.
    pub(crate) fn now(&self, recorded: &str) -> String {
        let mut text = recorded.to_owned();
        for (then, now) in &self.0 {
            text = text.replace(then, now);
        }
        text
    }

    /// Whether the two texts say the same but for generated values; remembers those if so.
    pub(crate) fn unify(&mut self, recorded: &str, heard: &str) -> bool {
        let expected = self.now(recorded);
        if expected == heard {
            return true;
        }
        let (then, now) = (values(&expected), values(heard));
        if blank(&expected) != blank(heard) || then.len() != now.len() {
            return false;
        }
        let news: Vec<_> = then.into_iter().zip(now).filter(|(then, now)| then != now).collect();
        // A value that already stands for another one contradicts.
        if news.iter().any(|(then, _)| self.0.values().any(|known| known == then)) {
            return false;
        }
        self.0.extend(news);
        true
    }
}

/// The text with all generated values taken out.
pub(crate) fn blank(text: &str) -> String {
    let mut text = FLEETING.replace_all(text, "…").into_owned();
    for pattern in LASTING.iter() {
        text = pattern.replace_all(&text, "${1}…").into_owned();
    }
    text
}

fn values(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for pattern in LASTING.iter() {
        for groups in pattern.captures_iter(text) {
            found.extend(groups.get(2).map(|value| value.as_str().to_owned()));
        }
    }
    found
}
