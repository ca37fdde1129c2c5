//! Character and entity references (XML 1.0 §4.1), and the characters that XML allows.

use crate::error::ErrorKind;
use crate::name::is_ncname;
use crate::rules::Rules;

/// Whether XML allows `c` (XML 1.0 §2.2 production 2).
pub(crate) fn is_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// The character that `&body;` stands for.
pub(crate) fn resolve(body: &str, rules: &Rules) -> Result<char, ErrorKind> {
    // XML 1.0 §4.6.
    match body {
        "lt" => return Ok('<'),
        "gt" => return Ok('>'),
        "amp" => return Ok('&'),
        "apos" => return Ok('\''),
        "quot" => return Ok('"'),
        _ => {}
    }
    if let Some(number) = body.strip_prefix('#') {
        return character(number, rules)
            .ok_or_else(|| ErrorKind::InvalidReference(body.to_owned()));
    }
    if is_ncname(body) {
        return Err(ErrorKind::UndeclaredEntity(body.to_owned()));
    }
    Err(ErrorKind::BareAmpersand)
}

fn character(number: &str, rules: &Rules) -> Option<char> {
    let (digits, radix) = match number.strip_prefix('x') {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    if digits.is_empty() {
        return None;
    }
    let mut code: u32 = 0;
    for digit in digits.chars() {
        let digit = digit.to_digit(radix)?;
        code = code.checked_mul(radix)?.checked_add(digit)?;
        if rules.wrapped_references {
            code &= 0xFFFF;
        }
    }
    match char::from_u32(code) {
        Some(c) if rules.wrapped_references || is_char(c) => Some(c),
        // Half a surrogate pair, which Java encodes as a question mark.
        None if rules.wrapped_references => Some('?'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resolves_what_xml_defines() {
        for (body, c) in [
            ("lt", '<'),
            ("quot", '"'),
            ("#65", 'A'),
            ("#x1F600", '😀'),
            ("#xa", '\n'),
            ("#00065", 'A'),
        ] {
            assert_eq!(resolve(body, &Rules::STRICT), Ok(c), "{body}");
        }
    }

    #[test]
    fn refuses_the_rest() {
        for body in [
            "#",
            "#x",
            "#X41",
            "#x1g",
            "#0",
            "#1",
            "#xD800",
            "#xFFFE",
            "#x110000",
            "#99999999999",
            "#+65",
        ] {
            assert_eq!(
                resolve(body, &Rules::STRICT),
                Err(ErrorKind::InvalidReference(body.into())),
                "{body}"
            );
        }
        assert_eq!(
            resolve("nbsp", &Rules::STRICT),
            Err(ErrorKind::UndeclaredEntity("nbsp".into()))
        );
        assert_eq!(resolve(" b", &Rules::STRICT), Err(ErrorKind::BareAmpersand));
        assert_eq!(resolve("", &Rules::STRICT), Err(ErrorKind::BareAmpersand));
    }

    #[test]
    fn wraps_at_sixteen_bits_like_openfire() {
        for (body, c) in [("#0", '\0'), ("#x1", '\u{1}'), ("#x1F600", '\u{F600}'), ("#xD83D", '?')]
        {
            assert_eq!(resolve(body, &Rules::OPENFIRE), Ok(c), "{body}");
        }
        assert_eq!(resolve("#", &Rules::OPENFIRE), Err(ErrorKind::InvalidReference("#".into())));
    }
}
