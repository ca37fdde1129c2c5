//! How a password can be written, and whether it can be read in a text: written apart from the
//! mask, one decoder of a whole text after the other.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use unicode_normalization::UnicodeNormalization as _;

/// A way to write a text: its name, and what it makes of one.
pub(crate) type Spelling = (&'static str, fn(&str) -> String);

/// The ways to write a password.
pub(crate) const SPELLINGS: [Spelling; 36] = [
    ("plain", str::to_owned),
    ("upper case", str::to_uppercase),
    ("lower case", str::to_lowercase),
    ("named references", named),
    ("decimal references", |text| each(text, |c| format!("&#{};", u32::from(c)))),
    ("hexadecimal references", |text| each(text, |c| format!("&#x{:X};", u32::from(c)))),
    ("references with zeros", |text| each(text, |c| format!("&#x0000{:x};", u32::from(c)))),
    ("every other character a reference", |text| {
        mixed(text, |c| format!("&#{:07};", u32::from(c)))
    }),
    ("references twice", |text| named(&each(text, |c| format!("&#{};", u32::from(c))))),
    ("CDATA", |text| mixed(text, |c| format!("<![CDATA[{c}]]>"))),
    ("URL", |text| percent(text, |octet| format!("%{octet:02X}"))),
    ("URL in lower case", |text| percent(text, |octet| format!("%{octet:02x}"))),
    ("form", |text| percent(text, |octet| format!("%{octet:02X}")).replace("%20", "+")),
    ("every octet of a URL", |text| octets(text, |octet| format!("%{octet:02x}"))),
    ("JSON", |text| text.replace('\\', "\\\\").replace('"', "\\\"").replace('/', "\\/")),
    ("JSON escapes", |text| text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect()),
    ("escapes of Rust", |text| text.escape_unicode().collect()),
    ("hexadecimal", |text| octets(text, |octet| format!("{octet:02x}"))),
    ("a dump", |text| octets(text, |octet| format!("{octet:02X} "))),
    ("base64", |text| STANDARD.encode(text)),
    ("base64 after one octet", |text| STANDARD.encode(format!("\0{text}\0"))),
    ("base64 after two octets", |text| STANDARD.encode(format!("\0\0{text}\0\0"))),
    ("base64url", |text| URL_SAFE_NO_PAD.encode(format!("{text}\u{ff}"))),
    ("base64 of references", |text| STANDARD.encode(named(text))),
    ("another normal form", |text| text.nfd().collect()),
    ("names of HTML", html),
    ("octal escapes", |text| octets(text, |octet| format!("\\{octet:03o}"))),
    ("quoted-printable", |text| octets(text, |octet| format!("={octet:02X}"))),
    ("octets of Rust", |text| list(text.bytes().map(u32::from), "[", ", ", "]")),
    ("octets of Erlang", |text| list(text.bytes().map(u32::from), "<<", ",", ">>")),
    ("numbers of characters", |text| list(text.chars().map(u32::from), "[", ",", "]")),
    ("octets of C", |text| octets(text, |octet| format!("0x{octet:02x}, "))),
    ("UTF-16", |text| text.encode_utf16().map(|unit| format!("{unit:04x}")).collect()),
    ("UTF-16, the other way round", |text| {
        text.encode_utf16().map(|unit| format!("{:04x}", unit.swap_bytes())).collect()
    }),
    ("base64 of UTF-16", |text| {
        STANDARD.encode(text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>())
    }),
    ("base64 in JSON", |text| STANDARD.encode(format!("??{text}")).replace('/', "\\/")),
];

fn each(text: &str, as_written: impl Fn(char) -> String) -> String {
    text.chars().map(as_written).collect()
}

fn list(numbers: impl Iterator<Item = u32>, open: &str, between: &str, close: &str) -> String {
    let numbers: Vec<String> = numbers.map(|number| number.to_string()).collect();
    format!("{open}{}{close}", numbers.join(between))
}

/// Some names of HTML that XML does not have.
const HTML: [(char, &str); 9] = [
    ('é', "eacute"),
    ('ü', "uuml"),
    ('€', "euro"),
    ('!', "excl"),
    ('+', "plus"),
    ('/', "sol"),
    ('#', "num"),
    ('\'', "apos"),
    (':', "colon"),
];

fn html(text: &str) -> String {
    each(text, |c| match HTML.iter().find(|(character, _)| *character == c) {
        Some((_, name)) => format!("&{name};"),
        None => c.to_string(),
    })
}

fn mixed(text: &str, as_written: impl Fn(char) -> String) -> String {
    let other = |(at, c): (usize, char)| if at % 2 == 0 { c.to_string() } else { as_written(c) };
    text.chars().enumerate().map(other).collect()
}

fn octets(text: &str, as_written: impl Fn(u8) -> String) -> String {
    text.bytes().map(as_written).collect()
}

fn percent(text: &str, as_written: impl Fn(u8) -> String) -> String {
    octets(text, |octet| {
        let is_free = octet.is_ascii_alphanumeric() || b"-._~".contains(&octet);
        if is_free { char::from(octet).to_string() } else { as_written(octet) }
    })
}

fn named(text: &str) -> String {
    each(text, |c| match c {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '"' => "&quot;".to_owned(),
        '\'' => "&apos;".to_owned(),
        other => other.to_string(),
    })
}

/// Whether `password` can be read in `text`, in whatever way.
pub(crate) fn shows(text: &[u8], password: &str) -> bool {
    // Neither case nor normal form makes a difference.
    let same = |text: &str| text.nfkc().collect::<String>().to_lowercase();
    let wanted = same(password);
    let is_there = |text: &str| same(text).contains(&wanted);
    let mut known = BTreeSet::from([String::from_utf8_lossy(text).into_owned()]);
    for _ in 0..2 {
        let all = |text: &str| json(&from_percent(&references(text)));
        let form = |text: &str| from_percent(&text.replace('+', " "));
        let mail = |text: &str| escaped(text, '=', 2, 16);
        let octal = |text: &str| escaped(text, '\\', 3, 8);
        let decoders: [&dyn Fn(&str) -> String; 7] =
            [&references, &from_percent, &form, &json, &all, &mail, &octal];
        let more: Vec<String> =
            known.iter().flat_map(|text| decoders.map(|decode| decode(text))).collect();
        known.extend(more);
    }
    known.iter().any(|text| {
        is_there(text)
            || runs(text).iter().any(|run| is_there(run) || is_there(&json(&references(run))))
    })
}

fn references(text: &str) -> String {
    let text = text.replace("<![CDATA[", "").replace("]]>", "");
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let decoded = after.split_once(';').and_then(|(name, behind)| {
            let character = match name {
                "amp" => Some('&'),
                "lt" => Some('<'),
                "gt" => Some('>'),
                "quot" => Some('"'),
                "apos" => Some('\''),
                _ if HTML.iter().any(|(_, known)| *known == name) => {
                    HTML.iter().find(|(_, known)| *known == name).map(|(character, _)| *character)
                }
                _ => name.strip_prefix('#').and_then(|number| {
                    let number = match number.strip_prefix('x') {
                        Some(digits) => u32::from_str_radix(digits, 16),
                        None => number.parse(),
                    };
                    char::from_u32(number.ok()?)
                }),
            };
            Some((character?, behind))
        });
        match decoded {
            Some((character, behind)) => {
                out.push(character);
                rest = behind;
            }
            None => {
                out.push('&');
                rest = after;
            }
        }
    }
    out + rest
}

fn from_percent(text: &str) -> String {
    escaped(text, '%', 2, 16)
}

/// Octets as digits behind a mark.
fn escaped(text: &str, mark: char, digits: usize, radix: u32) -> String {
    let mut out = Vec::new();
    let mut octets = text.as_bytes();
    while let [first, rest @ ..] = octets {
        let number = rest.get(..digits).and_then(|number| std::str::from_utf8(number).ok());
        let number = number.filter(|number| number.chars().all(|c| c.is_digit(radix)));
        match number.and_then(|number| u8::from_str_radix(number, radix).ok()) {
            Some(octet) if char::from(*first) == mark => {
                out.push(octet);
                octets = &rest[digits..];
            }
            _ => {
                out.push(*first);
                octets = rest;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Strings of JSON, and of Rust. UTF-16 is decoded as a whole, so that surrogates find together.
fn json(text: &str) -> String {
    let mut out: Vec<u16> = Vec::new();
    let mut chars = text.chars();
    let mut buffer = [0; 2];
    while let Some(c) = chars.next() {
        let rest = chars.as_str();
        let escaped = (c == '\\').then_some(()).and_then(|()| {
            if let Some((digits, behind)) =
                rest.strip_prefix("u{").and_then(|rest| rest.split_once('}'))
            {
                let c = char::from_u32(u32::from_str_radix(digits, 16).ok()?)?;
                return Some((c.encode_utf16(&mut [0; 2]).to_vec(), behind));
            }
            if let Some(digits) = rest.strip_prefix('u').and_then(|rest| rest.get(..4)) {
                return Some((vec![u16::from_str_radix(digits, 16).ok()?], &rest[5..]));
            }
            let next = rest.chars().next().filter(|c| "\\/\"'".contains(*c))?;
            Some((vec![u16::try_from(u32::from(next)).ok()?], &rest[1..]))
        });
        match escaped {
            Some((units, behind)) => {
                out.extend(units);
                chars = behind.chars();
            }
            None => out.extend_from_slice(c.encode_utf16(&mut buffer)),
        }
    }
    String::from_utf16_lossy(&out)
}

/// Every run of digits, decoded from each of its first digits on.
fn runs(text: &str) -> Vec<String> {
    let bare = |text: &str| text.split_whitespace().collect::<String>();
    let mut runs: Vec<String> = numbers(text);
    let all = text.replace(", 0x", " ").replace("0x", " ");
    let mut read = |octets: &[u8]| {
        runs.push(String::from_utf8_lossy(octets).into_owned());
        for from in 0..2.min(octets.len()) {
            let pairs = || octets[from..].chunks_exact(2).map(|pair| [pair[0], pair[1]]);
            runs.push(String::from_utf16_lossy(
                &pairs().map(u16::from_be_bytes).collect::<Vec<_>>(),
            ));
            runs.push(String::from_utf16_lossy(
                &pairs().map(u16::from_le_bytes).collect::<Vec<_>>(),
            ));
        }
    };
    let hex = |c: char| !c.is_ascii_hexdigit() && !c.is_whitespace();
    let base64 = |c: char| !c.is_ascii_alphanumeric() && !"+/-_".contains(c) && !c.is_whitespace();
    for run in all.split(hex).map(bare).filter(|run| run.len() >= 8) {
        for from in 0..2 {
            let pairs = run.as_bytes()[from..].chunks_exact(2);
            let octet = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
            let octets: Vec<u8> = pairs.filter_map(octet).collect();
            read(&octets);
        }
    }
    for run in text.split(base64).map(bare).filter(|run| run.len() >= 6) {
        let run = run.replace('-', "+").replace('_', "/");
        for from in 0..4 {
            let digits = &run[from..];
            // The rest of the last four digits, without the bits that make no octet.
            let (whole, left) = digits.split_at(digits.len() - digits.len() % 4);
            let mut octets = STANDARD.decode(whole).unwrap_or_default();
            let last = STANDARD.decode(format!("{left:A<4}")).unwrap_or_default();
            octets.extend_from_slice(&last[..(left.len() * 6 / 8).min(last.len())]);
            read(&octets);
        }
    }
    runs
}

/// Every list of decimal numbers, as octets and as characters.
fn numbers(text: &str) -> Vec<String> {
    let is_list = |c: char| c.is_ascii_digit() || c == ',' || c.is_whitespace();
    let lists = text.split(|c: char| !is_list(c)).map(|list| {
        let words = list.split(|c: char| !c.is_ascii_digit());
        words.filter_map(|word| word.parse().ok()).collect::<Vec<u32>>()
    });
    let mut read = Vec::new();
    for list in lists.filter(|list| list.len() >= 4) {
        let octets: Vec<u8> = list.iter().filter_map(|number| u8::try_from(*number).ok()).collect();
        read.push(String::from_utf8_lossy(&octets).into_owned());
        read.push(list.iter().filter_map(|number| char::from_u32(*number)).collect());
    }
    read
}
