//! Generated values of a recording, and what stands for them now.

use std::sync::LazyLock;

use regex::Regex;

/// The value is the only group: subscription ids; ids of items and nodes; ids of requests; ids of
/// streams, and of sessions of BOSH.
static VALUES: LazyLock<[Regex; 6]> = LazyLock::new(|| {
    [
        r"(?:^|[^A-Za-z0-9])([A-Za-z0-9]{40})\b",
        r#"[ "]id="([A-Za-z0-9]{15})""#,
        r#" node="([A-Za-z0-9]{15})""#,
        r#" id="(\d+-\d+)""#,
        r" id='([a-z0-9]{5,12})'",
        r#" sid="([a-z0-9]{5,12})""#,
    ]
    .map(|pattern| Regex::new(pattern).expect("a regular expression"))
});

/// Recorded values and present ones, in the order in which they came.
#[derive(Default)]
pub(crate) struct Same(Vec<(String, String)>);

impl Same {
    /// A text of the client with present values in place of recorded ones.
    pub(crate) fn now(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (then, now) in &self.0 {
            if text.contains(then.as_str()) {
                text = text.replace(then.as_str(), now);
            }
        }
        text
    }

    /// Notes the values of two messages that say the same.
    pub(crate) fn note(&mut self, then: &str, now: &str, accounts: &[String]) {
        for pattern in VALUES.iter() {
            let (then, now) = (values(pattern, then), values(pattern, now));
            if then.len() != now.len() {
                continue;
            }
            for (then, now) in then.into_iter().zip(now) {
                if then != now && accounts.iter().all(|account| account != then) {
                    self.set(then, now);
                }
            }
        }
    }

    fn set(&mut self, then: &str, now: &str) {
        match self.0.iter_mut().find(|(known, _)| known == then) {
            Some((_, known)) => now.clone_into(known),
            None => self.0.push((then.to_owned(), now.to_owned())),
        }
    }
}

fn values<'t>(pattern: &Regex, text: &'t str) -> Vec<&'t str> {
    let groups = pattern.captures_iter(text);
    groups.filter_map(|groups| Some(groups.get(1)?.as_str())).collect()
}
