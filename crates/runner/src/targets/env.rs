//! `{env:NAME}` in a target file: text that the environment completes.

use std::fmt;

/// The beginning of a place for a variable.
const OPEN: &str = "{env:";

/// Text of a target file with places for variables of the environment, `{env:NAME}`, or
/// `{env:NAME:DEFAULT}` where the variable may be unset. Holds names alone: values come in with
/// `Setting::fill`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    raw: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Variable { name: String, default: Option<String> },
}

impl Setting {
    /// Reads text; the error is what is wrong with it, and does not repeat it.
    pub(super) fn parse(raw: &str) -> Result<Self, &'static str> {
        let mut parts = Vec::new();
        let mut rest = raw;
        while let Some((before, after)) = rest.split_once('{') {
            let after = after
                .strip_prefix(&OPEN[1..])
                .ok_or("a brace is only for `{env:NAME}` or `{env:NAME:DEFAULT}`")?;
            let (inner, after) = after.split_once('}').ok_or("`{env:` without its `}`")?;
            let (name, default) = match inner.split_once(':') {
                Some((name, default)) => (name, Some(default.to_owned())),
                None => (inner, None),
            };
            if !is_name(name) {
                return Err("the name of a variable has letters, digits and `_`");
            }
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            parts.push(Part::Variable { name: name.to_owned(), default });
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self { raw: raw.to_owned(), parts })
    }

    /// Text without variables, as it is.
    pub(super) fn literal(text: &str) -> Self {
        Self { raw: text.to_owned(), parts: vec![Part::Text(text.to_owned())] }
    }

    /// The variables in it.
    pub(super) fn variables(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Variable { name, .. } => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    /// The variable that it is as a whole; none when there is a default or anything beside it.
    pub(super) fn sole_variable(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [Part::Variable { name, default: None }] => Some(name),
            _ => None,
        }
    }

    /// The variables without which it is not complete.
    pub(super) fn wanted(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Variable { name, default: None } => Some(name.as_str()),
            _ => None,
        })
    }

    /// The text with the values of its variables; an unset variable without default leaves nothing.
    pub(super) fn fill(&self, environment: Environment<'_>) -> String {
        let part = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Variable { name, default } => {
                value(environment, name).or_else(|| default.clone()).unwrap_or_default()
            }
        };
        self.parts.iter().map(part).collect()
    }
}

/// As the file has it.
impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.raw)
    }
}

/// The environment: the value of a variable by its name.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The value of a variable; an empty one is as good as none.
pub(super) fn value(environment: Environment<'_>, name: &str) -> Option<String> {
    environment(name).filter(|value| !value.is_empty())
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(name: &str) -> Option<String> {
        match name {
            "HOST" => Some("h.test".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        }
    }

    #[test]
    fn variables_and_defaults_are_filled_in() {
        let fill = |text: &str| Setting::parse(text).unwrap().fill(&environment);
        assert_eq!(fill("wss://{env:HOST}:{env:PORT:8445}/ws/"), "wss://h.test:8445/ws/");
        assert_eq!(fill("{env:HOST:other}"), "h.test");
        assert_eq!(fill("{env:EMPTY:[::1]:80}"), "[::1]:80");
        assert_eq!(fill("plain"), "plain");
        assert_eq!(fill(""), "");
    }

    #[test]
    fn what_is_wanted_has_no_default() {
        let setting = Setting::parse("{env:A}{env:B:}{env:C:c}").unwrap();
        assert_eq!(setting.variables().collect::<Vec<_>>(), ["A", "B", "C"]);
        assert_eq!(setting.wanted().collect::<Vec<_>>(), ["A"]);
        assert_eq!(setting.sole_variable(), None);
        assert_eq!(Setting::parse("{env:A}").unwrap().sole_variable(), Some("A"));
        assert_eq!(Setting::parse("{env:A:a}").unwrap().sole_variable(), None);
    }

    #[test]
    fn other_braces_are_mistakes() {
        for wrong in ["{HOST}", "{env:HOST", "{env:}", "{env:1A}", "{env:A B}", "a{", "{env:A}{b}"]
        {
            assert!(Setting::parse(wrong).is_err(), "{wrong}");
        }
    }
}
