//! Language tags as Java makes them canonical (`Locale.forLanguageTag`, `toLanguageTag`; RFC 5646
//! §2.1): unreadable parts are left out, from the first part on that does not fit.

use std::iter::Peekable;

/// Tags from before RFC 4646, and what Java has in their place.
const GRANDFATHERED: [(&str, &str); 25] = [
    ("art-lojban", "jbo"),
    ("cel-gaulish", "xtg-x-cel-gaulish"),
    ("en-gb-oed", "en-GB-x-oed"),
    ("i-ami", "ami"),
    ("i-bnn", "bnn"),
    ("i-default", "en-x-i-default"),
    ("i-enochian", "und-x-i-enochian"),
    ("i-hak", "hak"),
    ("i-klingon", "tlh"),
    ("i-lux", "lb"),
    ("i-mingo", "see-x-i-mingo"),
    ("i-navajo", "nv"),
    ("i-pwn", "pwn"),
    ("i-tao", "tao"),
    ("i-tay", "tay"),
    ("i-tsu", "tsu"),
    ("no-bok", "nb"),
    ("no-nyn", "nn"),
    ("sgn-be-fr", "sfb"),
    ("sgn-be-nl", "vgt"),
    ("sgn-ch-de", "sgg"),
    ("zh-guoyu", "cmn"),
    ("zh-hakka", "hak"),
    ("zh-min-nan", "nan"),
    ("zh-xiang", "hsn"),
];

/// Codes that ISO 639 has changed.
const RENAMED: [(&str, &str); 3] = [("iw", "he"), ("in", "id"), ("ji", "yi")];

/// The canonical form of a language tag; `und` where it says no language.
pub(super) fn canonical(tag: &str) -> String {
    let lower = tag.to_ascii_lowercase();
    if let Some((_, modern)) = GRANDFATHERED.into_iter().find(|(old, _)| *old == lower) {
        return modern.to_owned();
    }
    let mut parts = tag.split('-').peekable();
    let mut kept = Vec::new();
    if let Some(language) = language(&mut parts) {
        kept.push(language);
        if let Some(script) = parts.next_if(|part| part.len() == 4 && is_alpha(part)) {
            let (first, rest) = script.split_at(1);
            kept.push(first.to_ascii_uppercase() + &rest.to_ascii_lowercase());
        }
        if let Some(region) = parts.next_if(|part| is_region(part)) {
            kept.push(region.to_ascii_uppercase());
        }
        while let Some(variant) = parts.next_if(|part| is_variant(part)) {
            kept.push(variant.to_owned());
        }
        kept.append(&mut extensions(&mut parts));
    } else {
        // Without a language only what is private counts.
        kept.extend(extension(&mut parts).filter(|extension| extension.starts_with("x-")));
    }
    if kept.is_empty() { "und".to_owned() } else { kept.join("-") }
}

/// The language, of two to eight letters. Of a macrolanguage and its extension the latter counts.
fn language<'t>(parts: &mut Peekable<impl Iterator<Item = &'t str>>) -> Option<String> {
    let is_language = |part: &&str| (2..=8).contains(&part.len()) && is_alpha(part);
    let mut language = parts.next_if(is_language)?.to_ascii_lowercase();
    if language.len() <= 3 {
        for number in 0..3 {
            let Some(part) = parts.next_if(|part| part.len() == 3 && is_alpha(part)) else { break };
            if number == 0 {
                language = part.to_ascii_lowercase();
            }
        }
    }
    let renamed = RENAMED.into_iter().find(|(old, _)| *old == language);
    Some(renamed.map_or(language, |(_, new)| new.to_owned()))
}

/// Extensions in the order of their letters, and the private part at the end.
fn extensions<'t>(parts: &mut Peekable<impl Iterator<Item = &'t str>>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    while let Some(next) = extension(parts) {
        let is_last = next.starts_with("x-");
        kept.push(next);
        if is_last {
            break;
        }
    }
    kept.sort_by_key(|extension| (extension.starts_with("x-"), extension.clone()));
    kept
}

/// A letter and what belongs to it.
fn extension<'t>(parts: &mut Peekable<impl Iterator<Item = &'t str>>) -> Option<String> {
    let letter = parts.next_if(|part| part.len() == 1 && is_alphanumeric(part))?;
    let letter = letter.to_ascii_lowercase();
    let least = if letter == "x" { 1 } else { 2 };
    let is_part = |part: &&str| (least..=8).contains(&part.len()) && is_alphanumeric(part);
    let mut extension = letter.clone();
    while let Some(part) = parts.next_if(is_part) {
        extension += &format!("-{}", part.to_ascii_lowercase());
    }
    (extension != letter).then_some(extension)
}

fn is_region(part: &str) -> bool {
    match part.len() {
        2 => is_alpha(part),
        3 => part.bytes().all(|octet| octet.is_ascii_digit()),
        _ => false,
    }
}

fn is_variant(part: &str) -> bool {
    is_alphanumeric(part)
        && match part.len() {
            5..=8 => true,
            4 => part.starts_with(|first: char| first.is_ascii_digit()),
            _ => false,
        }
}

fn is_alpha(part: &str) -> bool {
    part.bytes().all(|octet| octet.is_ascii_alphabetic())
}

fn is_alphanumeric(part: &str) -> bool {
    part.bytes().all(|octet| octet.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    // Generated conversations of the area sasl; the last ones by the documentation of Java.
    #[test]
    fn tags_become_canonical() {
        let table = [
            ("en", "en"),
            ("EN", "en"),
            ("fr-ca", "fr-CA"),
            ("zh-Hant-TW", "zh-Hant-TW"),
            ("sr-Latn", "sr-Latn"),
            ("de-DE-1996", "de-DE-1996"),
            ("frob-lang-9", "frob-Lang"),
            ("i-klingon", "tlh"),
            ("x", "und"),
            ("e", "und"),
            ("123", "und"),
            ("", "und"),
            ("en_US", "und"),
            ("zz-not a lang", "zz"),
            ("zh-cmn-Hans-CN", "cmn-Hans-CN"),
            ("x-lab", "x-lab"),
            ("de-u-CO-phonebk-x-Lab", "de-u-co-phonebk-x-lab"),
            ("iw", "he"),
            ("é", "und"),
        ];
        for (tag, wanted) in table {
            assert_eq!(canonical(tag), wanted, "{tag}");
        }
    }
}
