//! Conversations that are known to come out otherwise, each with the group of its cause and a
//! reason.

use std::collections::BTreeMap;

/// The reasons, by the name of the conversation.
pub(crate) struct Exceptions(BTreeMap<&'static str, Exception>);

/// Why a conversation is not equal.
struct Exception {
    group: &'static str,
    reason: &'static str,
}

const LIST: &str = include_str!("exceptions.txt");

impl Exceptions {
    /// Reads the list that is kept beside this file.
    pub(crate) fn read() -> Self {
        let lines = LIST.lines().filter(|line| !line.starts_with('#'));
        Self(
            lines
                .filter_map(|line| {
                    let (name, rest) = line.split_once(char::is_whitespace)?;
                    let (group, reason) = rest.trim_start().split_once(char::is_whitespace)?;
                    Some((name, Exception { group, reason: reason.trim_start() }))
                })
                .collect(),
        )
    }

    /// The mistakes of the list after an area was played: conversations that differ without
    /// being listed, and listed ones that are equal. Nothing if all is as listed.
    pub(crate) fn contradiction(&self, equal: &[String], different: &[String]) -> Option<String> {
        let unlisted = different.iter().filter(|name| !self.0.contains_key(name.as_str()));
        let unlisted: Vec<&str> = unlisted.map(String::as_str).collect();
        let outdated = equal.iter().filter(|name| self.0.contains_key(name.as_str()));
        let outdated: Vec<&str> = outdated.map(String::as_str).collect();
        let mut found = Vec::new();
        if !unlisted.is_empty() {
            found.push(format!(
                "{} differ, and exceptions.txt does not list them. See how with GENERATED_SHOW=1",
                unlisted.join(", ")
            ));
        }
        if !outdated.is_empty() {
            found.push(format!(
                "{} are equal: take their lines out of exceptions.txt",
                outdated.join(", ")
            ));
        }
        (!found.is_empty()).then(|| found.join("; "))
    }

    /// A line for each group: how many conversations it has, and their reasons.
    pub(crate) fn report(&self) -> String {
        let mut groups: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
        for (name, Exception { group, reason }) in &self.0 {
            groups.entry((group, reason)).or_default().push(name);
        }
        let line = |((group, reason), names): (&(&str, &str), &Vec<&str>)| {
            format!("excepted, {group}: {reason} ({})\n", names.join(", "))
        };
        groups.iter().map(line).collect()
    }
}
