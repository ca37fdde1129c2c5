//! Readings of a text: its octets, and those that decoders make of them, each with its place in the
//! text as it is.

use std::borrow::Cow;
use std::ops::Range;
use std::rc::Rc;

use crate::escape::{Escape, escape, quoted};

/// Octets, each with the place in the raw text that it comes from.
pub(crate) struct Reading<'a> {
    octets: Cow<'a, [u8]>,
    places: Places<'a>,
    /// Whether it reaches to the end of the raw text.
    pub(crate) is_last: bool,
}

/// Where the octets of a reading come from.
enum Places<'a> {
    /// They are those of the raw text itself.
    Same,
    Listed(Vec<Range<usize>>),
    /// A run of digits in another reading, from the digit `from` on. Texts of megabytes are often
    /// one such run, and hardly any place in it is ever asked for.
    Digits {
        of: &'a Reading<'a>,
        coding: Coding,
        run: Rc<[usize]>,
        from: usize,
    },
}

/// A coding of octets in digits.
#[derive(Clone, Copy)]
enum Coding {
    /// RFC 4648 §8.
    Hex,
    /// RFC 4648 §4 and §5.
    Base64,
}

/// The digits of the greatest character, 1114111.
const LONGEST_NUMBER: usize = 7;

impl<'a> Reading<'a> {
    /// The raw text.
    pub(crate) fn of(octets: &'a [u8]) -> Self {
        Self { octets: Cow::Borrowed(octets), places: Places::Same, is_last: true }
    }

    pub(crate) fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// The place in the raw text of the octet at `at`.
    pub(crate) fn place(&self, at: usize) -> Range<usize> {
        match &self.places {
            Places::Same => at..at + 1,
            Places::Listed(places) => places[at].clone(),
            Places::Digits { of, coding, run, from } => {
                let digit = |bit: usize| run[from + bit / coding.bits()];
                of.place(digit(8 * at)).start..of.place(digit(8 * at + 7)).end
            }
        }
    }

    /// The readings of codings of whole texts: the decoded runs of digits, one after the other,
    /// and quoted-printable. A run of digits that holds fewer than `shortest` octets is worth none.
    pub(crate) fn decoded(&self, shortest: usize) -> impl Iterator<Item = Reading<'_>> {
        let coded = move |coding| self.coded(coding, shortest);
        let digits = coded(Coding::Hex).chain(coded(Coding::Base64));
        digits.chain(self.lists(shortest)).chain(self.replaced(quoted))
    }

    /// With all escapes replaced that are certain; none if there are none.
    pub(crate) fn unescaped(&self) -> Option<Reading<'_>> {
        self.replaced(|text| escape(text).filter(|escape| escape.is_certain))
    }

    /// With all escapes replaced that `find` finds at the beginning of a text; none if it finds
    /// none.
    fn replaced(&self, find: impl Fn(&[u8]) -> Option<Escape>) -> Option<Reading<'_>> {
        let mut at = (0..self.octets.len()).find(|at| find(&self.octets[*at..]).is_some())?;
        let mut octets = self.octets[..at].to_vec();
        let mut places: Vec<_> = (0..at).map(|at| self.place(at)).collect();
        while at < self.octets.len() {
            let escape = find(&self.octets[at..]);
            let len = escape.map_or(1, |escape| escape.len);
            let place = self.place(at).start..self.place(at + len - 1).end;
            match escape {
                Some(escape) => {
                    octets.extend_from_slice(escape.octets());
                    places.extend(escape.octets().iter().map(|_| place.clone()));
                }
                None => {
                    octets.push(self.octets[at]);
                    places.push(place);
                }
            }
            at += len;
        }
        let places = Places::Listed(places);
        Some(Reading { octets: octets.into(), places, is_last: self.is_last })
    }

    /// Each list of decimal numbers, as languages print octets or characters: `[103, 252]`.
    fn lists(&self, shortest: usize) -> impl Iterator<Item = Reading<'_>> {
        let mut at = 0;
        std::iter::from_fn(move || {
            while at < self.octets.len() {
                let list = self.list(&mut at);
                if list.octets.len() >= shortest {
                    return Some(list);
                }
            }
            None
        })
    }

    /// The next list of numbers; moves `at` behind it.
    fn list(&self, at: &mut usize) -> Reading<'_> {
        let (mut octets, mut places) = (Vec::new(), Vec::new());
        while let Some(octet) = self.octets.get(*at) {
            let digits = self.octets[*at..].iter().take_while(|it| it.is_ascii_digit()).count();
            if digits == 0 {
                *at += 1;
                let is_between = matches!(octet, b' ' | b'\t' | b'\r' | b'\n' | b',' | b';' | b'+');
                if is_between || octets.is_empty() {
                    continue;
                }
                break;
            }
            let place = self.place(*at).start..self.place(*at + digits - 1).end;
            let number = std::str::from_utf8(&self.octets[*at..*at + digits]);
            let number = number.ok().filter(|_| digits <= LONGEST_NUMBER);
            *at += digits;
            let before = octets.len();
            match number.and_then(|number| number.parse::<u32>().ok()) {
                Some(number) if number <= 0xFF => octets.extend(u8::try_from(number)),
                Some(number) => match char::from_u32(number) {
                    Some(c) => octets.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
                    None => break,
                },
                None => break,
            }
            places.extend((before..octets.len()).map(|_| place.clone()));
        }
        let is_last = self.is_last && *at == self.octets.len();
        Reading { octets: octets.into(), places: Places::Listed(places), is_last }
    }

    /// Each run of digits decoded, from each digit that an octet may begin with.
    fn coded(&self, coding: Coding, shortest: usize) -> impl Iterator<Item = Reading<'_>> {
        let mut at = 0;
        let runs = std::iter::from_fn(move || {
            while at < self.octets.len() {
                let run = coding.run(&self.octets, &mut at);
                if run.len() * coding.bits() >= shortest * 8 {
                    return Some((run, at));
                }
            }
            None
        });
        runs.flat_map(move |(run, end)| {
            let (run, is_last) = (Rc::from(run), self.is_last && end == self.octets.len());
            (0..coding.digits()).map(move |from| self.digits(coding, &run, from, is_last))
        })
    }

    /// The octets of a run of digits, which stand at these places, from one of them on.
    fn digits(&self, coding: Coding, run: &Rc<[usize]>, from: usize, is_last: bool) -> Reading<'_> {
        let mut octets = Vec::with_capacity((run.len() - from) * coding.bits() / 8);
        let (mut bits, mut held) = (0_u32, 0);
        for &at in &run[from..] {
            let digit = coding.digit(self.octets[at]).unwrap_or_default();
            bits = (bits << coding.bits()) | u32::from(digit);
            held += coding.bits();
            if held >= 8 {
                held -= 8;
                octets.push(((bits >> held) & 0xFF) as u8);
            }
        }
        let places = Places::Digits { of: self, coding, run: Rc::clone(run), from };
        Reading { octets: octets.into(), places, is_last }
    }
}

impl Coding {
    /// How many bits a digit has.
    fn bits(self) -> usize {
        match self {
            Self::Hex => 4,
            Self::Base64 => 6,
        }
    }

    /// After how many digits an octet begins with a digit again.
    fn digits(self) -> usize {
        match self {
            Self::Hex => 2,
            Self::Base64 => 4,
        }
    }

    fn digit(self, octet: u8) -> Option<u8> {
        match (self, octet) {
            (Self::Hex, _) => char::from(octet).to_digit(16).and_then(|it| u8::try_from(it).ok()),
            (Self::Base64, b'A'..=b'Z') => Some(octet - b'A'),
            (Self::Base64, b'a'..=b'z') => Some(octet - b'a' + 26),
            (Self::Base64, b'0'..=b'9') => Some(octet - b'0' + 52),
            (Self::Base64, b'+' | b'-') => Some(62),
            (Self::Base64, b'/' | b'_') => Some(63),
            (Self::Base64, _) => None,
        }
    }

    /// Whether digits may be set apart by this: blanks and line ends, in hexadecimal also the
    /// signs between octets.
    fn is_between(self, octet: u8) -> bool {
        matches!(octet, b' ' | b'\t' | b'\r' | b'\n')
            || matches!((self, octet), (Self::Hex, b':' | b',' | b'-' | b'+'))
    }

    /// The places of the next run of digits; moves `at` behind what ends it.
    fn run(self, octets: &[u8], at: &mut usize) -> Vec<usize> {
        let mut run = Vec::new();
        while let Some(&octet) = octets.get(*at) {
            // `0x67, 0x65`
            if matches!((self, &octets[*at..]), (Self::Hex, [b'0', b'x' | b'X', ..])) {
                *at += 2;
                continue;
            }
            match self.digit(octet) {
                Some(_) => run.push(*at),
                None if self.is_between(octet) => {}
                None => {
                    if !run.is_empty() {
                        break;
                    }
                }
            }
            *at += 1;
        }
        run
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, Vec<Range<usize>>)> {
        let raw = Reading::of(text.as_bytes());
        raw.unescaped()
            .into_iter()
            .chain(raw.decoded(crate::SHORTEST))
            .map(|reading| {
                let places = (0..reading.octets.len()).map(|at| reading.place(at)).collect();
                (String::from_utf8_lossy(&reading.octets).into_owned(), places)
            })
            .collect()
    }

    #[test]
    fn each_octet_knows_its_place() {
        assert_eq!(read("a&lt;%41"), [("a<A".to_owned(), vec![0..1, 1..5, 5..8])]);
        // Hexadecimal from either digit; from the second on there is half an octet too few.
        let (text, places) = &read("61:62\n63 64")[0];
        assert_eq!((text.as_str(), places.as_slice()), ("abcd", &[0..2, 3..5, 6..8, 9..11][..]));
        // Base64 of `abcdef`, from each of four digits.
        let all = read("YWJjZGVm");
        assert_eq!(all.len(), 4);
        let places = vec![0..2, 1..3, 2..4, 4..6, 5..7, 6..8];
        assert_eq!(all[0], ("abcdef".to_owned(), places));
        let list = vec![2..4, 5..9, 5..9, 5..9, 11..13];
        assert!(read("<<97,8364, 99>>").contains(&("a€c".to_owned(), list)));
        assert_eq!(read("0x61, 0x62, 0x63, 0x64")[0].0, "abcd");
        assert!(read("plain").is_empty() && read("+").is_empty() && read("1, 2").is_empty());
    }
}
