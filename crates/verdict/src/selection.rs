//! The part of the suite that a run was to play, and its shards.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The part of the suite that a run was to play.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Selection {
    /// The words of the command line that chose cases; none chose all.
    pub words: Vec<String>,
    /// The part of the chosen cases that was to be played here; none for all of them.
    pub shard: Option<Shard>,
    /// Ids of the cases for the side under test that no word chose.
    pub left_out: Vec<String>,
}

/// One of several equal parts of a run, so that machines can share it. Written `2/3`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Shard {
    part: usize,
    of: usize,
}

impl Shard {
    /// Number of the part, from 1.
    pub fn part(self) -> usize {
        self.part
    }

    /// Number of parts.
    pub fn of(self) -> usize {
        self.of
    }

    /// All parts of the same whole.
    pub fn siblings(self) -> impl Iterator<Item = Self> {
        (1..=self.of).map(move |part| Self { part, of: self.of })
    }

    /// The items of this part. `key` says which item one is. The items are put into the order of a
    /// hash of their keys and cut into equal ranges, so that an item more or less moves at most one
    /// other across each border.
    pub fn of_all<T>(self, mut items: Vec<T>, key: impl Fn(&T) -> &str) -> Vec<T> {
        let count = items.len();
        items.sort_by_cached_key(|item| (hash(key(item)), key(item).to_owned()));
        let border = |part: usize| count * part / self.of;
        items.drain(border(self.part - 1)..border(self.part)).collect()
    }
}

/// FNV-1a with the finish of SplitMix64: the same on every machine and in every release.
fn hash(text: &str) -> u64 {
    let fold = |hash: u64, octet: u8| (hash ^ u64::from(octet)).wrapping_mul(0x0100_0000_01b3);
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325, fold);
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text
            .split_once('/')
            .and_then(|(part, of)| Some((part.parse().ok()?, of.parse().ok()?)));
        match parts {
            Some((part, of)) if (1..=of).contains(&part) => Ok(Self { part, of }),
            _ => {
                Err(format!("`{text}` is no part of a whole: wanted K/N with 1 ≤ K ≤ N, e.g. 2/3"))
            }
        }
    }
}

impl TryFrom<String> for Shard {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Shard> for String {
    fn from(shard: Shard) -> Self {
        format!("{}/{}", shard.part, shard.of)
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "shard {} of {}", self.part, self.of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(ids: &[String], of: usize) -> Vec<Vec<String>> {
        let shards = (1..=of).map(|part| Shard { part, of });
        shards.map(|shard| shard.of_all(ids.to_vec(), |id| id)).collect()
    }

    #[test]
    fn parts_are_equal_and_make_a_whole() {
        let ids: Vec<String> = (0..190).map(|n| format!("area-{}/case-{n:03}", n % 7)).collect();
        for of in [1, 2, 3, 7, 190, 200] {
            let parts = parts(&ids, of);
            let sizes = parts.iter().map(Vec::len);
            let (least, most) = (sizes.clone().min().unwrap(), sizes.max().unwrap());
            assert!(most - least <= 1, "of {of}: {least} to {most}");
            let mut all = parts.concat();
            all.sort();
            let mut wanted = ids.clone();
            wanted.sort();
            assert_eq!(all, wanted, "of {of}");
        }
    }

    #[test]
    fn a_case_more_moves_one_case_across_each_border_at_most() {
        let ids: Vec<String> = (0..190).map(|n| format!("a/{n}")).collect();
        let before = parts(&ids, 3);
        for more in 0..40 {
            let mut ids = ids.clone();
            ids.push(format!("b/{more}"));
            let after = parts(&ids, 3);
            let stays =
                |id: &&String| (0..3).all(|at| before[at].contains(id) == after[at].contains(id));
            let moved = before.concat().iter().filter(|id| !stays(id)).count();
            assert!(moved <= 2, "{moved} moved");
        }
    }

    #[test]
    fn a_shard_is_written_as_it_is_read() {
        let shard: Shard = "2/3".parse().unwrap();
        assert_eq!((shard.part(), shard.of(), shard.to_string().as_str()), (2, 3, "shard 2 of 3"));
        assert_eq!((String::from(shard), shard.siblings().count()), ("2/3".to_owned(), 3));
        for bad in ["0/3", "4/3", "1/0", "1", "1/2/3", "a/b", "", "-1/2", " 1/2"] {
            assert_eq!(
                bad.parse::<Shard>(),
                Err(format!("`{bad}` is no part of a whole: wanted K/N with 1 ≤ K ≤ N, e.g. 2/3"))
            );
        }
    }
}
