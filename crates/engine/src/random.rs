//! The fake's only source of chance: stream ids and the numbers of the server's own requests.

use ring::rand::{SecureRandom, SystemRandom};

/// Random values in the forms that the server shows on the wire.
pub(crate) struct Random {
    source: SystemRandom,
}

impl Random {
    pub(crate) fn new() -> Self {
        Self { source: SystemRandom::new() }
    }

    /// A stream id: 50 random bits in base 36, at most 10 characters (Openfire's form, recorded: first_*).
    /// Unpredictable and not repeated, as RFC 6120 §4.7.3 wants.
    pub(crate) fn stream_id(&self) -> String {
        const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
        let mut number = self.number() & ((1 << 50) - 1);
        let mut digits = Vec::with_capacity(10);
        loop {
            let digit = usize::try_from(number % 36).unwrap_or(0);
            digits.push(char::from(DIGITS[digit]));
            number /= 36;
            if number == 0 {
                break;
            }
        }
        digits.iter().rev().collect()
    }

    /// A number below 1000, the first half of the ids of Openfire's own requests (`512-31`).
    pub(crate) fn below_thousand(&self) -> u64 {
        self.number() % 1000
    }

    fn number(&self) -> u64 {
        let mut octets = [0; 8];
        // The system's generator fails only where there is none; a constant id is then the honest outcome.
        let _ = self.source.fill(&mut octets);
        u64::from_be_bytes(octets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stream_ids_have_the_recorded_form_and_differ() {
        let random = Random::new();
        let first = random.stream_id();
        assert!((1..=10).contains(&first.len()));
        assert!(first.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()));
        assert_ne!(first, random.stream_id());
    }
}
