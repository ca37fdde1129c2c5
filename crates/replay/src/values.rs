//! The values of the present client in the words of the recorded server.

use std::collections::BTreeMap;

use stanza::escape;

/// Elements whose text is the id of a user.
const USER_ELEMENTS: [&str; 5] = ["loginId", "loginName", "agentId", "userId", "id"];

/// Recorded values and those that take their places.
#[derive(Debug, Clone, Default)]
pub(crate) struct Values {
    /// Texts that are replaced wherever they stand whole: JIDs, stream ids, ids of requests.
    texts: Vec<(String, String)>,
    /// Recorded users and the present ones.
    users: BTreeMap<String, String>,
}

impl Values {
    /// A value stands for a recorded one from now on. Values are replaced in the order of their
    /// coming, each where no word goes on.
    pub(crate) fn text(&mut self, recorded: &str, present: &str) {
        if recorded.is_empty() || recorded == present {
            return;
        }
        self.texts.retain(|(known, _)| known != recorded);
        self.texts.push((recorded.to_owned(), present.to_owned()));
    }

    /// The same, and before all others.
    pub(crate) fn first(&mut self, recorded: &str, present: &str) {
        self.texts.retain(|(known, _)| known != recorded);
        self.texts.insert(0, (recorded.to_owned(), present.to_owned()));
    }

    /// Takes over what others have learnt.
    pub(crate) fn join(&mut self, others: &Self) {
        for (recorded, present) in &others.texts {
            self.text(recorded, present);
        }
        for (recorded, present) in &others.users {
            self.users.entry(recorded.clone()).or_insert_with(|| present.clone());
        }
    }

    /// A user stands for a recorded one from now on.
    pub(crate) fn user(&mut self, recorded: &str, present: &str) {
        if !recorded.is_empty() {
            self.users.insert(recorded.to_owned(), present.to_owned());
        }
    }

    /// The user who stands for a recorded one.
    pub(crate) fn present(&self, recorded: &str) -> Option<&str> {
        self.users.get(recorded).map(String::as_str)
    }

    /// Whether a present node, path or address is a recorded one with its user put in.
    pub(crate) fn same(&self, present: &str, recorded: &str) -> bool {
        present == recorded || self.put_in(recorded) == present
    }

    /// A recorded text with the present values.
    pub(crate) fn put_in(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (recorded, present) in &self.texts {
            if text.contains(recorded.as_str()) {
                text = whole_words(&text, recorded, present, |_, _| true);
            }
        }
        for (recorded, present) in &self.users {
            if recorded != present && text.contains(recorded.as_str()) {
                text = whole_words(&text, recorded, present, is_place_of_user);
            }
        }
        text
    }
}

/// Whether a user stands between these two: in a JID, in a path, or in an element that has one.
fn is_place_of_user(before: &str, after: &str) -> bool {
    if after.starts_with('@') || before.ends_with("/User/") {
        return true;
    }
    let tag = before.strip_suffix('>').or_else(|| before.strip_suffix("&gt;"));
    tag.is_some_and(|tag| {
        USER_ELEMENTS.iter().any(|name| {
            tag.strip_suffix(name).is_some_and(|rest| rest.ends_with('<') || rest.ends_with("&lt;"))
        })
    })
}

/// Replaces a word where it stands whole between two texts that are `right`.
fn whole_words(
    text: &str,
    word: &str,
    replacement: &str,
    right: impl Fn(&str, &str) -> bool,
) -> String {
    let goes_on = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for (at, _) in text.match_indices(word) {
        if at < done {
            continue;
        }
        let (before, after) = (&text[..at], &text[at + word.len()..]);
        let is_whole = !before.chars().next_back().is_some_and(goes_on)
            && !after.chars().next().is_some_and(goes_on);
        if is_whole && right(before, after) {
            out.push_str(&text[done..at]);
            out.push_str(replacement);
            done = at + word.len();
        }
    }
    out.push_str(&text[done..]);
    out
}

/// A stanza whose id is that of the present request. The rest of the text stays as it is.
pub(crate) fn with_id(text: &str, recorded: &str, present: &str) -> String {
    let end = tag_end(text);
    for quote in ['"', '\''] {
        let old = format!(" id={quote}{}{quote}", escape::attr(recorded));
        if let Some(at) = text[..end].find(&old) {
            let present = escape::attr(present).replace('\'', "&apos;").replace('"', "&quot;");
            let (before, after) = (&text[..at], &text[at + old.len()..]);
            return format!("{before} id={quote}{present}{quote}{after}");
        }
    }
    text.to_owned()
}

/// The end of the first tag: a `>` in a value is none.
fn tag_end(text: &str) -> usize {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (None, '>') => return at,
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_change_in_their_places_alone() {
        let mut values = Values::default();
        values.user("1001", "1002");
        for (recorded, present) in [
            ("<a from='1001@x.example/1001'/>", "<a from='1002@x.example/1001'/>"),
            ("/finesse/api/User/1001/Dialogs", "/finesse/api/User/1002/Dialogs"),
            ("&lt;loginId&gt;1001&lt;/loginId&gt;", "&lt;loginId&gt;1002&lt;/loginId&gt;"),
            ("<extension>1001</extension>", "<extension>1001</extension>"),
            ("/User/10011", "/User/10011"),
        ] {
            assert_eq!(values.put_in(recorded), present);
        }
        assert!(values.same("/User/1002", "/User/1001"));
        assert!(!values.same("/User/1003", "/User/1001"));
    }

    #[test]
    fn the_id_changes_in_the_first_tag_alone() {
        let text = "<iq from='a>b' id='7' type='result'><x id='7'/></iq>";
        let wanted = "<iq from='a>b' id='q&apos;1' type='result'><x id='7'/></iq>";
        assert_eq!(with_id(text, "7", "q'1"), wanted);
        assert_eq!(with_id("<iq type='result'/>", "7", "1"), "<iq type='result'/>");
    }

    #[test]
    fn a_domain_changes_below_another_one() {
        let mut values = Values::default();
        values.text("uccx.example.com", "finesse.example.com");
        let text = "pubsub.uccx.example.com x-uccx.example.com";
        assert_eq!(values.put_in(text), "pubsub.finesse.example.com x-uccx.example.com");
    }
}
