//! The ranges of octets that a request asks for, as Jetty 9.4.18 reads them (`InclusiveByteRange`).

use std::ops::RangeInclusive;

/// The ranges in the values of `Range` that content of this size can satisfy. Those that overlap
/// are one.
pub(super) fn satisfiable<'v>(
    values: impl Iterator<Item = &'v str>,
    size: usize,
) -> Vec<RangeInclusive<usize>> {
    let mut ranges = Vec::new();
    for value in values {
        let words = value.split(['=', ',']).filter(|word| !word.is_empty()).map(str::trim);
        for word in words.filter(|word| *word != "bytes") {
            // The rest of a value is not read behind a word that is no range.
            let Some(range) = range(word, size) else { break };
            if let Some(range) = range {
                insert(&mut ranges, range);
            }
        }
    }
    ranges
}

/// The range that a word names: nothing inside where content of this size cannot satisfy it, or a
/// place is no number. Nothing at all where the word is no range.
fn range(word: &str, size: usize) -> Option<Option<RangeInclusive<usize>>> {
    let (first, last) = word.split_once('-').filter(|(_, last)| !last.contains('-'))?;
    let end = size.checked_sub(1)?;
    let place = |text: &str| text.trim().parse::<usize>().ok();
    let range = match (first, last) {
        ("", "") => return None,
        ("", count) => place(count).filter(|count| *count > 0).map(|count| {
            let first = size.saturating_sub(count);
            first..=end
        }),
        (first, "") => place(first).map(|first| first..=end),
        (first, last) => place(first).zip(place(last)).map(|(first, last)| first..=last.min(end)),
    };
    match range.filter(|range| *range.start() < size) {
        Some(range) if range.is_empty() => None,
        range => Some(range),
    }
}

/// Adds a range to others, none of which overlap.
fn insert(ranges: &mut Vec<RangeInclusive<usize>>, range: RangeInclusive<usize>) {
    let overlap = |one: &RangeInclusive<usize>, other: &RangeInclusive<usize>| {
        one.start() <= other.end() && other.start() <= one.end()
    };
    let Some(place) = ranges.iter().position(|known| overlap(known, &range)) else {
        ranges.push(range);
        return;
    };
    let mut whole = range;
    let mut rest = ranges.split_off(place);
    rest.retain(|known| {
        let is_part = overlap(known, &whole);
        if is_part {
            whole = *known.start().min(whole.start())..=*known.end().max(whole.end());
        }
        !is_part
    });
    ranges.push(whole);
    ranges.append(&mut rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    // The answers of a real server to these requests.
    #[test]
    fn ranges_of_a_value_are_read_until_one_is_none() {
        let table: [(&str, &[RangeInclusive<usize>]); 20] = [
            ("bytes=0-3", &[0..=3]),
            ("bytes=220-", &[220..=222]),
            ("bytes=-3", &[220..=222]),
            ("bytes=-+3", &[220..=222]),
            ("bytes=-300", &[0..=222]),
            ("bytes=5-300", &[5..=222]),
            ("bytes=0-3,10-12", &[0..=3, 10..=12]),
            ("bytes=10-12,0-3,2-5", &[10..=12, 0..=5]),
            ("bytes=0-1,4-5,1-4", &[0..=5]),
            ("bytes=300-,0-1", &[0..=1]),
            ("bytes=x-1,0-1", &[0..=1]),
            ("=3-220", &[3..=220]),
            ("0 - 3", &[0..=3]),
            ("items=0-3", &[]),
            ("Bytes=0-3", &[]),
            ("bytes=3-0,0-1", &[]),
            ("bytes=7--,0-1", &[]),
            ("bytes=-", &[]),
            ("bytes=-0", &[]),
            ("bytes=x", &[]),
        ];
        for (value, wanted) in table {
            assert_eq!(satisfiable([value].into_iter(), 223), wanted, "{value}");
        }
        assert_eq!(satisfiable(["items=7-", "=3-5"].into_iter(), 223), [3..=5]);
    }
}
