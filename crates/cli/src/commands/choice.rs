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
    let known = areas(ids).into_iter().chain(ids.iter().copied());
    unknown(word, known, ids)
}

/// The message for a word that is no id where one case is wanted: how many it selects, or the most
/// similar ids.
pub(crate) fn no_case_called(word: &str, ids: &[&str]) -> String {
    let meant: Vec<&str> = ids.iter().copied().filter(|id| means(word, id)).collect();
    match meant.as_slice() {
        [] => unknown(word, ids.iter().copied(), ids),
        [only] => format!("`{word}` is no id of a case; did you mean `{only}`?"),
        _ => format!(
            "`{word}` selects {} cases, and one is wanted: {}",
            meant.len(),
            meant.join(", ")
        ),
    }
}

/// The message for an unknown word: the most similar of `known`, or else the cases of its area, or
/// else the areas.
fn unknown<'a>(word: &str, known: impl Iterator<Item = &'a str>, ids: &[&'a str]) -> String {
    let id = id_of(word);
    let near = textual::nearest_few(&id, known, 3);
    if !near.is_empty() {
        let near: Vec<String> = near.iter().map(|id| format!("`{id}`")).collect();
        return format!("nothing is called `{word}`; did you mean {}?", near.join(" or "));
    }
    let area = id.split('/').next().unwrap_or_default();
    let of_area: Vec<&str> = ids.iter().copied().filter(|id| means(area, id)).collect();
    if of_area.is_empty() {
        let areas = textual::there_are("", areas(ids));
        format!("nothing is called `{word}`; of areas {areas}")
    } else {
        let cases = textual::there_are(&id, of_area);
        format!("nothing is called `{word}`; in {area} {cases}")
    }
}

fn areas<'a>(ids: &[&'a str]) -> BTreeSet<&'a str> {
    ids.iter().filter_map(|id| id.split('/').next()).collect()
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
        assert_eq!(
            nothing_called("sasl/no-such-slug", &ids),
            "nothing is called `sasl/no-such-slug`; in sasl there are sasl/plain-ok, sasl/abort"
        );
    }

    #[test]
    fn no_area_is_suggested_where_one_case_is_wanted() {
        let ids = ["bind/twice", "sasl/plain-ok", "sasl/abort"];
        let two = "selects 2 cases, and one is wanted: sasl/plain-ok, sasl/abort";
        assert_eq!(no_case_called("sasl", &ids), format!("`sasl` {two}"));
        assert_eq!(no_case_called("sasl/*", &ids), format!("`sasl/*` {two}"));
        assert_eq!(
            no_case_called("bind", &ids),
            "`bind` is no id of a case; did you mean `bind/twice`?"
        );
        assert!(no_case_called("bnd", &ids).ends_with("; of areas there are bind, sasl"));
        assert!(no_case_called("bind/twcie", &ids).ends_with("did you mean `bind/twice`?"));
    }
}
