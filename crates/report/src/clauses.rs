//! Links to the text of clauses.

/// The URL of a cited clause: `RFC 6455 §4.2.2 item 5`, `XEP-0060 §6.1.3.1`; none for `vendor` and
/// the like. The anchors of an XEP's page are not its section numbers, so its link has no anchor.
pub(crate) fn page(clause: &str) -> Option<String> {
    let (document, section) = clause.split_once(" §")?;
    let section = section.split(' ').next().unwrap_or_default();
    let is_plain = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-')
    };
    if let Some(number) = document.strip_prefix("RFC ") {
        if !is_plain(number) || !is_plain(section) {
            return None;
        }
        let kind =
            if section.starts_with(|c: char| c.is_ascii_digit()) { "section" } else { "appendix" };
        return Some(format!("https://www.rfc-editor.org/rfc/rfc{number}#{kind}-{section}"));
    }
    let number = document.strip_prefix("XEP-").filter(|number| is_plain(number))?;
    Some(format!("https://xmpp.org/extensions/xep-{number}.html"))
}

#[cfg(test)]
mod tests {
    use super::page;

    #[test]
    fn clauses_lead_to_their_pages() {
        let page = |clause| page(clause).unwrap_or_default();
        assert_eq!(
            page("RFC 6455 §4.2.2 item 5"),
            "https://www.rfc-editor.org/rfc/rfc6455#section-4.2.2"
        );
        assert_eq!(page("RFC 6120 §A.1"), "https://www.rfc-editor.org/rfc/rfc6120#appendix-A.1");
        assert_eq!(page("XEP-0060 §6.1.3.1"), "https://xmpp.org/extensions/xep-0060.html");
        assert_eq!((page("vendor"), page("RFC 1\" x §1")), (String::new(), String::new()));
    }
}
