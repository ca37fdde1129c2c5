//! The help line for an unknown word.

use textual::nearest;

/// Suggests the nearest known word, else lists all.
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

/// Suggests the nearest known word, never the list: it would be too long.
pub(crate) fn help_near<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    match nearest(word, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "no known name is similar".to_owned(),
    }
}
