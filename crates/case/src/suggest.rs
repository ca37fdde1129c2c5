//! The repair line for a word that is none of those known here.

use textual::nearest;

/// The nearest word, or the whole list.
pub(crate) fn help<'a>(word: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    match nearest(word, known.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            let list: Vec<String> = known.into_iter().map(|word| format!("`{word}`")).collect();
            if list.is_empty() {
                "there is none".to_owned()
            } else {
                format!("known: {}", list.join(", "))
            }
        }
    }
}

/// The nearest word, where the whole list would be too long.
pub(crate) fn help_near<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    match nearest(word, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "nothing of a similar name is known here".to_owned(),
    }
}
