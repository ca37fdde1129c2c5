//! Selects cases and fragments by words of the command line, and suggests similar ids for a word
//! that selects none.

use std::collections::BTreeSet;

/// Whether one of `words` selects `id`; no words select everything. A word is an id, an area, a
/// glob over ids, or the path of a file of the suite.
pub(crate) fn chooses(words: &[String], id: &str) -> bool {
    words.is_empty() || words.iter().any(|word| means(word, id))
}

/// The first of `words` that selects none of `ids`.
pub(crate) fn idle<'w>(words: &'w [String], ids: &[&str]) -> Option<&'w str> {
    words.iter().find(|word| !ids.iter().any(|id| means(word, id))).map(String::as_str)
}

/// The message for a word that selects nothing, with the most similar ids or areas.
pub(crate) fn nothing_called(word: &str, ids: &[&str]) -> String {
    let areas: BTreeSet<&str> = ids.iter().filter_map(|id| id.split('/').next()).collect();
    let known: Vec<&str> = areas.into_iter().chain(ids.iter().copied()).collect();
    let near = textual::nearest_few(&id_of(word), known, 3);
    if near.is_empty() {
        let areas: BTreeSet<&str> = ids.iter().filter_map(|id| id.split('/').next()).collect();
        let areas = textual::there_are(&id_of(word), areas);
        return format!("nothing is called `{word}`; of areas {areas}");
    }
    let near: Vec<String> = near.iter().map(|id| format!("`{id}`")).collect();
    format!("nothing is called `{word}`; did you mean {}?", near.join(" or "))
}

/// The id in a word: `bind/twice`, `cases/bind/twice.case` and `./cases/bind/twice.case` all give
/// `bind/twice`.
pub(crate) fn id_of(word: &str) -> String {
    let word = word.replace('\\', "/");
    let Some(path) = word.strip_suffix(".case") else {
        return word.strip_prefix("cases/").unwrap_or(&word).trim_end_matches('/').to_owned();
    };
    let mut parts = path.rsplit('/');
    match (parts.next(), parts.next()) {
        (Some(slug), Some(area)) => format!("{area}/{slug}"),
        _ => path.to_owned(),
    }
}

fn means(word: &str, id: &str) -> bool {
    let pattern = id_of(word);
    textual::is_like(&pattern, id) || id.split('/').next() == Some(pattern.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_an_id_an_area_a_glob_or_a_path() {
        for word in [
            "bind/twice",
            "bind",
            "bind/",
            "b*",
            "*/twice",
            "cases/bind",
            "cases/bind/twice.case",
            "./cases/bind/twice.case",
            "bind/twice.case",
        ] {
            assert!(chooses(&[word.to_owned()], "bind/twice"), "{word}");
        }
        for word in ["twice", "bin", "bind/twic", "sasl/*", "cases/sasl/twice.case"] {
            assert!(!chooses(&[word.to_owned()], "bind/twice"), "{word}");
        }
        assert!(chooses(&[], "bind/twice"));
    }

    #[test]
    fn the_nearest_ids_are_suggested() {
        let ids = ["bind/twice", "sasl/plain-ok", "sasl/abort"];
        let words = ["sasl".to_owned(), "bind/twcie".to_owned()];
        assert_eq!(idle(&words, &ids), Some("bind/twcie"));
        assert_eq!(
            nothing_called("bind/twcie", &ids),
            "nothing is called `bind/twcie`; did you mean `bind/twice`?"
        );
        assert!(nothing_called("bnd", &ids).ends_with("did you mean `bind`?"));
        assert!(nothing_called("zzz", &ids).ends_with("; of areas there are bind, sasl"));
    }
}
