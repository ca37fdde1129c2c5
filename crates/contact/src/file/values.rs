//! Values that several entries of a world file have: ids, names, passwords, durations. Each error
//! has its place.

use std::collections::BTreeSet;
use std::time::Duration;

use toml::Spanned;

use crate::names::UnknownName;
use crate::spec::Password;

/// The longest id or name in octets: they become parts of addresses and paths.
pub(super) const LONGEST: usize = 128;

/// An error and its offset in octets.
pub(super) struct Mistake(pub(super) usize, pub(super) String);

/// Checks that a number is unique.
pub(super) fn number(
    id: &Spanned<u32>,
    what: &str,
    seen: &mut BTreeSet<u32>,
) -> Result<u32, Mistake> {
    let number = *id.as_ref();
    if seen.insert(number) {
        return Ok(number);
    }
    Err(Mistake(id.span().start, format!("{what} {number} is there already")))
}

/// Checks that an id is unique and fits into addresses and paths of nodes.
pub(super) fn id(
    text: &Spanned<String>,
    what: &str,
    seen: &mut BTreeSet<String>,
) -> Result<String, Mistake> {
    let id = text.as_ref();
    let at = text.span().start;
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
    if id.is_empty() || id.len() > LONGEST || !id.chars().all(is_plain) {
        let message = format!(
            "an id of {what}s is 1 to {LONGEST} lower-case letters, digits, `.`, `_` or `-`"
        );
        return Err(Mistake(at, message));
    }
    if !seen.insert(id.clone()) {
        return Err(Mistake(at, format!("{what} {id:?} is there already")));
    }
    Ok(id.clone())
}

pub(super) fn among<'a>(
    name: &Spanned<String>,
    what: &str,
    known: impl Iterator<Item = &'a str>,
) -> Result<String, Mistake> {
    let known: Vec<&str> = known.collect();
    if known.contains(&name.as_ref().as_str()) {
        return Ok(name.as_ref().clone());
    }
    let shown = known.iter().take(20).copied().collect::<Vec<_>>().join(", ");
    let shown = if shown.is_empty() { "none".to_owned() } else { shown };
    Err(Mistake(name.span().start, format!("no {what} {:?}: there is {shown}", name.as_ref())))
}

pub(super) fn password(text: &Spanned<String>) -> Result<Password, Mistake> {
    if text.as_ref().is_empty() {
        return Err(Mistake(text.span().start, "a password has at least one character".to_owned()));
    }
    Ok(Password(text.as_ref().clone()))
}

pub(super) fn duration(text: Option<&Spanned<String>>, usual: u64) -> Result<Duration, Mistake> {
    let Some(text) = text else { return Ok(Duration::from_secs(usual)) };
    let longest = Duration::from_secs(24 * 60 * 60);
    match humantime::parse_duration(text.as_ref()) {
        Ok(duration) if duration <= longest => Ok(duration),
        _ => Err(Mistake(
            text.span().start,
            "wanted a duration of at most a day, e.g. \"60s\" or \"2m\"".to_owned(),
        )),
    }
}

pub(super) fn unknown(name: &Spanned<String>, error: &UnknownName) -> Mistake {
    Mistake(name.span().start, error.to_string())
}
