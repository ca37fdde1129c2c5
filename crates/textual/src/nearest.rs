//! “Did you mean”: the known names nearest to an unknown one.

/// The nearest of `known`, if it is near enough for a suggestion; the first of several that
/// are equally near.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    nearest_few(word, known, 1).pop()
}

/// The names of `known` that are near enough for a suggestion, the nearest first, at most
/// `most`.
///
/// The distance counts characters inserted, removed, replaced, or swapped with their neighbour,
/// whatever their case. One in three may be wrong, though at least one and at most four.
pub fn nearest_few<'a>(
    word: &str,
    known: impl IntoIterator<Item = &'a str>,
    most: usize,
) -> Vec<&'a str> {
    let limit = (word.chars().count() / 3).clamp(1, 4);
    let word = word.to_lowercase();
    let mut near: Vec<(usize, &str)> = known
        .into_iter()
        .map(|name| (strsim::osa_distance(&word, &name.to_lowercase()), name))
        .filter(|(distance, _)| *distance <= limit)
        .collect();
    near.sort_by_key(|(distance, _)| *distance);
    near.into_iter().take(most).map(|(_, name)| name).collect()
}

/// The end of a message about an unknown `word`: what there is, and which of it is nearest.
///
/// `there are must, should; did you mean must?`
pub fn there_are<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    let near = nearest(word, known.iter().copied());
    let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    match known.as_slice() {
        [] => "there is none".to_owned(),
        [only] => format!("there is {only}{near}"),
        _ => format!("there are {}{near}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_found_and_far_ones_are_not() {
        assert_eq!(nearest("clsoed", ["closed", "connect"]), Some("closed"));
        assert_eq!(nearest("titel", ["title", "spec"]), Some("title"));
        assert_eq!(nearest("JSON", ["junit", "json"]), Some("json"));
        assert_eq!(there_are("b", []), "there is none");
        assert_eq!(there_are("mst", ["must", "may"]), "there are must, may; did you mean `must`?");
        assert_eq!(nearest("banana", ["closed", "connect"]), None);
        assert_eq!(
            nearest_few("bind/one", ["bind/two", "bind/once", "bind/on", "a"], 2),
            ["bind/once", "bind/on"]
        );
    }
}
