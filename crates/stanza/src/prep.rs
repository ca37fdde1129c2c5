//! Preparation of the resources of addresses as servers of RFC 3920 do it (profile `resourceprep`,
//! its appendix B; RFC 3454).

use stringprep::tables;

/// The longest part of an address in octets (RFC 6122 §2.4).
const MAX_PART: usize = 1023;

/// A resource in the form in which it is compared: some characters are mapped to nothing, then
/// Unicode's normalization KC is applied. None is returned for one that cannot be a resource: too
/// long, with prohibited characters or such as Unicode 3.2 did not know, or against the rules for
/// text in two directions. The result may be empty.
///
/// Openfire's library works on UTF-16 and reads both halves of a pair as characters of their own,
/// which are prohibited (RFC 3454 §C.5). So nothing beyond U+FFFF can be in a resource.
///
/// ```
/// use stanza::prep::resourceprep;
///
/// assert_eq!(resourceprep("fi\u{AD}ﬁ\u{A0}Å").as_deref(), Some("fifi Å"));
/// assert_eq!(resourceprep("😀"), None);
/// ```
pub fn resourceprep(resource: &str) -> Option<String> {
    // The check comes before the mapping, as RFC 3454 §7 wants it for stored strings.
    let is_unknown = |c: char| c > '\u{FFFF}' || tables::unassigned_code_point(c);
    if resource.contains(is_unknown) {
        return None;
    }
    let prepared = stringprep::resourceprep(resource).ok()?;
    (prepared.len() <= MAX_PART).then(|| prepared.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_are_mapped_and_normalized() {
        for (asked, granted) in [
            ("a\u{A0}b", "a b"),
            ("\u{3000}", " "),
            ("a&b<'", "a&b<'"),
            ("\u{AD}", ""),
            ("a\u{200B}b", "ab"),
            ("a\u{300}\u{323}", "\u{1EA1}\u{300}"),
            ("\u{212B}\u{2167}\u{FB01}", "\u{C5}VIIIfi"),
            ("\u{1100}\u{1161}\u{340}", "\u{AC00}\u{300}"),
            ("\u{E01}\u{E33}\u{958}", "\u{E01}\u{E4D}\u{E32}\u{915}\u{93C}"),
            // Case is kept.
            ("DESK\u{DF}\u{3C2}\u{130}", "DESK\u{DF}\u{3C2}\u{130}"),
            ("\u{627}\u{628}", "\u{627}\u{628}"),
        ] {
            assert_eq!(resourceprep(asked).as_deref(), Some(granted), "{asked:?}");
        }
    }

    #[test]
    fn some_resources_are_refused() {
        let long = "é".repeat(512);
        for asked in [
            "a\u{7}",
            "x\u{2028}y",
            "\u{202E}",
            "\u{E000}",
            "\u{FFFD}",
            // Unknown to Unicode 3.2; the second would be an ordinary letter in form KC.
            "\u{378}\u{1E9E}",
            "\u{2C7C}",
            // Both directions, or not one direction from the first character to the last.
            "a\u{627}",
            "\u{5D0}1",
            "😀",
            "\u{2F800}",
            &long,
        ] {
            assert_eq!(resourceprep(asked), None, "{asked:?}");
        }
        assert!(resourceprep(&"é".repeat(511)).is_some());
    }
}
