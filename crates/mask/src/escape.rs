//! Escapes: what stands for one character in URLs, XML, HTML, mail, JSON, programming languages and
//! the notation.

/// An escape at a place of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Escape {
    /// How many octets it takes.
    pub(crate) len: usize,
    /// Whether it means this in every text that has escapes of its kind.
    pub(crate) is_certain: bool,
    octets: [u8; 4],
    count: usize,
}

/// The longest reference of HTML by name, in octets: `&CounterClockwiseContourIntegral;`.
const LONGEST_NAME: usize = 33;

impl Escape {
    /// Its meaning: one character in UTF-8, one octet, or nothing.
    pub(crate) fn octets(&self) -> &[u8] {
        &self.octets[..self.count]
    }

    fn nothing(len: usize) -> Self {
        Self { len, is_certain: true, octets: [0; 4], count: 0 }
    }

    fn octet(len: usize, octet: u8) -> Self {
        Self { len, is_certain: true, octets: [octet, 0, 0, 0], count: 1 }
    }

    fn character(len: usize, character: u32) -> Option<Self> {
        let mut octets = [0; 4];
        let count = char::from_u32(character)?.encode_utf8(&mut octets).len();
        Some(Self { len, is_certain: true, octets, count })
    }
}

/// Whether an escape may begin with this octet.
pub(crate) fn is_mark(octet: u8) -> bool {
    let is_ascii = matches!(octet, b'&' | b'%' | b'=' | b'\\' | b'+' | b'<' | b']' | 0);
    is_ascii || matches!(octet, 0xC2 | 0xE2 | 0xEF)
}

/// Whether `text`, which begins with a mark and has no escape, may have one with more behind its
/// end.
pub(crate) fn may_be_cut(text: &[u8]) -> bool {
    let longest = match text.first() {
        Some(b'&') => LONGEST_NAME,
        // A pair of surrogates.
        Some(b'\\') => 12,
        Some(b'<') => 9,
        Some(b'%') => 6,
        Some(b'=' | b']' | 0xE2 | 0xEF) => 3,
        Some(0xC2) => 2,
        _ => 0,
    };
    text.len() < longest
}

/// The escapes that may stand at the beginning of `text`: texts of different kinds mean different
/// things by the same digits.
pub(crate) fn escapes(text: &[u8]) -> impl Iterator<Item = Escape> {
    let others = [escape(text), digits(text, 10)];
    others.into_iter().flatten()
}

/// The likeliest escape at the beginning of `text`, if there is one.
pub(crate) fn escape(text: &[u8]) -> Option<Escape> {
    match text.first()? {
        b'&' => reference(text),
        b'%' => percent(text),
        b'=' => quoted(text).map(|escape| Escape { is_certain: false, ..escape }),
        b'\\' => backslash(text),
        // A blank in a form (URL Standard §5.1), and a digit of base64.
        b'+' => Some(Escape { is_certain: false, ..Escape::octet(1, b' ') }),
        // The edges of a CDATA section (XML 1.0 §2.7), which go with the markup.
        b'<' => text.starts_with(b"<![CDATA[").then_some(Escape::nothing(9)),
        b']' => text.starts_with(b"]]>").then_some(Escape::nothing(3)),
        // The other half of a character in UTF-16.
        0 => Some(Escape::nothing(1)),
        0xC2 | 0xE2 | 0xEF => no_width(text),
        _ => None,
    }
}

/// A character in UTF-8 that takes no room on a line: a soft hyphen, zero-width spaces and joiners,
/// marks of direction, a byte order mark (Unicode, Default_Ignorable_Code_Point).
fn no_width(text: &[u8]) -> Option<Escape> {
    match text {
        [0xC2, 0xAD, ..] => Some(Escape::nothing(2)),
        [0xE2, 0x80, 0x8B..=0x8F | 0xAA..=0xAE, ..]
        | [0xE2, 0x81, 0xA0..=0xAF, ..]
        | [0xEF, 0xBB, 0xBF, ..] => Some(Escape::nothing(3)),
        _ => None,
    }
}

/// A reference of XML (XML 1.0 §4.1, §4.6), or one of HTML by name. As in HTML, case does not
/// matter for those of XML, and their semicolon may be missing.
fn reference(text: &[u8]) -> Option<Escape> {
    let with_end = |len: usize| len + usize::from(text.get(len) == Some(&b';'));
    if text.get(1) == Some(&b'#') {
        let is_hex = matches!(text.get(2), Some(b'x' | b'X'));
        let from = if is_hex { 3 } else { 2 };
        let (character, digits) = number(&text[from..], if is_hex { 16 } else { 10 })?;
        return Escape::character(with_end(from + digits), character);
    }
    let named = [("amp", b'&'), ("lt", b'<'), ("gt", b'>'), ("quot", b'"'), ("apos", b'\'')];
    let xml = named.into_iter().find_map(|(name, octet)| {
        let found = text.get(1..=name.len())?;
        let is_it = found.eq_ignore_ascii_case(name.as_bytes());
        is_it.then(|| Escape::octet(with_end(1 + name.len()), octet))
    });
    xml.or_else(|| by_name(text))
}

/// A reference by a name of HTML. One that stands for two characters is none: no text has a
/// password so.
fn by_name(text: &[u8]) -> Option<Escape> {
    let end = text.iter().take(LONGEST_NAME).position(|octet| *octet == b';')?;
    let reference = std::str::from_utf8(&text[..=end]).ok()?;
    let decoded = html_escape::decode_html_entities(reference);
    let mut characters = decoded.chars();
    let character = characters.next().filter(|_| *decoded != *reference)?;
    characters.next().is_none().then(|| Escape::character(end + 1, u32::from(character)))?
}

/// `%27` (RFC 3986 §2.1), and `%u0027` as old scripts write it.
fn percent(text: &[u8]) -> Option<Escape> {
    if matches!(text.get(1), Some(b'u' | b'U')) {
        return Escape::character(6, fixed(text.get(2..6)?)?);
    }
    let octet = fixed(text.get(1..3)?)?;
    Some(Escape::octet(3, u8::try_from(octet).ok()?))
}

/// `=27` of quoted-printable (RFC 2045 §6.7). The same signs may be an attribute.
pub(crate) fn quoted(text: &[u8]) -> Option<Escape> {
    percent(text).filter(|escape| text[0] == b'=' && escape.len == 3)
}

/// A backslash of JSON (RFC 8259 §7), of the notation and Rust (`\u{27}`, `\x27`), of Perl
/// (`\x{27}`), Python (`\U00000027`) or C (`\047`).
fn backslash(text: &[u8]) -> Option<Escape> {
    let next = *text.get(1)?;
    let special = match next {
        b'u' | b'x' if text.get(2) == Some(&b'{') => number(&text[3..], 16)
            .filter(|(_, digits)| text.get(3 + digits) == Some(&b'}'))
            .and_then(|(character, digits)| Escape::character(4 + digits, character)),
        b'u' => text.get(2..6).and_then(fixed).and_then(|first| {
            let is_high = (0xD800..0xDC00).contains(&first);
            let second = text.get(6..12).filter(|text| is_high && text.starts_with(b"\\u"));
            let second = second.and_then(|text| fixed(&text[2..]));
            match second.filter(|second| (0xDC00..0xE000).contains(second)) {
                Some(second) => {
                    let character = 0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00);
                    Escape::character(12, character)
                }
                None => Escape::character(6, first),
            }
        }),
        b'U' => text.get(2..10).and_then(fixed).and_then(|it| Escape::character(10, it)),
        b'0'..=b'9' => digits(text, 8).or_else(|| digits(text, 10)),
        b'x' => text
            .get(2..4)
            .and_then(fixed)
            .and_then(|octet| u8::try_from(octet).ok())
            .map(|octet| Escape::octet(4, octet)),
        _ => None,
    };
    special.or_else(|| {
        let octet = match next {
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'b' => 8,
            b'f' => 12,
            other => other,
        };
        // Only a whole character may stand behind the backslash. A shell escapes any of them.
        let is_certain = next != octet || matches!(next, b'"' | b'\\' | b'/' | b'\'');
        next.is_ascii().then(|| Escape { is_certain, ..Escape::octet(2, octet) })
    })
}

/// `\303` of C, or with another radix the `\195` of Lua: one octet in three digits.
fn digits(text: &[u8], radix: u32) -> Option<Escape> {
    let digits = text.get(1..4).filter(|_| text[0] == b'\\')?;
    let (octet, _) = number(digits, radix).filter(|(_, count)| *count == digits.len())?;
    Some(Escape::octet(4, u8::try_from(octet).ok()?))
}

/// The number that the digits at the beginning of `text` make, with as many zeros before them as
/// one likes, and how many digits there are.
fn number(text: &[u8], radix: u32) -> Option<(u32, usize)> {
    let mut value: u32 = 0;
    let mut count = 0;
    while let Some(digit) = text.get(count).and_then(|octet| char::from(*octet).to_digit(radix)) {
        value = value.checked_mul(radix)?.checked_add(digit)?;
        count += 1;
    }
    (count > 0).then_some((value, count))
}

/// The number of hexadecimal digits, all of which must be some.
fn fixed(digits: &[u8]) -> Option<u32> {
    number(digits, 16).filter(|(_, count)| *count == digits.len()).map(|(value, _)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_may_be_octal_or_decimal() {
        let read = |text: &str| escapes(text.as_bytes()).map(|it| it.octets().to_vec()).collect();
        let all: [Vec<Vec<u8>>; 3] = ["\\164", "\\195", "\\303"].map(read);
        assert_eq!(all, [vec![vec![b't'], vec![164]], vec![vec![195], vec![195]], vec![vec![195]]]);
    }

    #[test]
    fn an_escape_is_one_character_or_nothing() {
        for (text, len, stands_for) in [
            ("&apos;x", 6, "'"),
            ("&AMPx", 4, "&"),
            ("&#39;", 5, "'"),
            ("&#000000000000000039x", 20, "'"),
            ("&#X1f600;", 9, "\u{1f600}"),
            ("%27", 3, "'"),
            ("%u00e9", 6, "é"),
            ("+a", 1, " "),
            ("\\/", 2, "/"),
            ("\\\\", 2, "\\"),
            ("\\u0027", 6, "'"),
            ("\\ud83d\\ude00", 12, "\u{1f600}"),
            ("\\u{1f600}", 9, "\u{1f600}"),
            ("\\x{e9}", 6, "é"),
            ("\\U0001f600", 10, "\u{1f600}"),
            ("\\147", 4, "g"),
            ("&uuml;", 6, "ü"),
            ("&excl;", 6, "!"),
            ("=67", 3, "g"),
            ("\0a", 1, ""),
            ("\\x27", 4, "'"),
            ("\\ud83d", 2, "u"),
            ("<![CDATA[a", 9, ""),
            ("]]>", 3, ""),
        ] {
            let escape = escape(text.as_bytes()).unwrap();
            assert_eq!((escape.len, escape.octets()), (len, stands_for.as_bytes()), "{text}");
        }
        for text in [
            "a",
            "&",
            "&#;",
            "&#x;",
            "&#99999999999;",
            "&nothing;",
            "&eacute",
            "%2",
            "=u0041",
            "%zz",
            "\\",
            "<",
            "\\é",
        ] {
            assert_eq!(escape(text.as_bytes()), None, "{text}");
        }
    }
}
