//! Clips values for the columns of a table so that their difference stays visible.

use std::borrow::Cow;

/// Length of the common part kept in front of a difference, in characters.
const LEAD: usize = 8;

/// Clips both values to `width` characters. `…` marks each cut.
pub(crate) fn pair<'a>(
    left: &'a str,
    right: &'a str,
    width: usize,
) -> (Cow<'a, str>, Cow<'a, str>) {
    let longest = left.chars().count().max(right.chars().count());
    if longest <= width {
        return (Cow::Borrowed(left), Cow::Borrowed(right));
    }
    let common = left.chars().zip(right.chars()).take_while(|(l, r)| l == r).count();
    let skip = if common + LEAD < width { 0 } else { common.saturating_sub(LEAD) };
    (window(left, skip, width), window(right, skip, width))
}

/// Clips `text` to `width` characters.
pub(crate) fn one(text: &str, width: usize) -> Cow<'_, str> {
    window(text, 0, width)
}

/// `width` characters of `text` after the first `skip`.
pub(crate) fn window(text: &str, skip: usize, width: usize) -> Cow<'_, str> {
    let count = text.chars().count();
    if skip == 0 && count <= width {
        return Cow::Borrowed(text);
    }
    let front = if skip > 0 { "…" } else { "" };
    let room = width.saturating_sub(front.chars().count());
    let left_over = count.saturating_sub(skip);
    if left_over <= room {
        return Cow::Owned(front.chars().chain(text.chars().skip(skip)).collect());
    }
    Cow::Owned(
        front
            .chars()
            .chain(text.chars().skip(skip).take(room.saturating_sub(1)))
            .chain(['…'])
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_values_are_left_alone() {
        assert_eq!(pair("error", "result", 10), ("error".into(), "result".into()));
    }

    #[test]
    fn a_late_difference_stays_in_sight() {
        let (left, right) = (format!("{}1002", "x".repeat(90)), format!("{}1003", "x".repeat(90)));
        let (left, right) = pair(&left, &right, 20);
        assert_eq!((&*left, &*right), ("…xxxxx1002", "…xxxxx1003"));
    }

    #[test]
    fn an_early_difference_is_cut_behind() {
        let (left, right) = (format!("a{}", "x".repeat(90)), "b");
        let (left, right) = pair(&left, right, 8);
        assert_eq!((&*left, &*right), ("axxxxxx…", "b"));
    }

    #[test]
    fn one_value_is_cut_to_its_width() {
        assert_eq!(one("0123456789", 10), "0123456789");
        assert_eq!(one("0123456789", 5), "0123…");
    }
}
