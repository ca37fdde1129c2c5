//! What the engine takes from outside the conversation: random octets and the time of day.

use ring::rand::{SecureRandom, SystemRandom};

use crate::date;

/// The one seam for everything that differs between two runs.
pub(super) trait Entropy: Send {
    /// Fills `octets` with random ones.
    fn fill(&mut self, octets: &mut [u8]);
    /// The time of day as XEP-0082 writes it, for the stamps of delayed items.
    fn now(&self) -> String;
}

/// How many random octets the system is asked for at once: one event becomes thousands of messages with an id each.
const POOL: usize = 1024;

/// The operating system's randomness and clock.
pub(super) struct System {
    random: SystemRandom,
    pool: Vec<u8>,
}

impl System {
    pub(super) fn new() -> Self {
        Self { random: SystemRandom::new(), pool: Vec::new() }
    }

    fn ask(&self, octets: &mut [u8]) {
        self.random.fill(octets).expect("the operating system always gives random octets");
    }
}

impl Entropy for System {
    fn fill(&mut self, octets: &mut [u8]) {
        if octets.len() > POOL {
            return self.ask(octets);
        }
        if self.pool.len() < octets.len() {
            let mut pool = vec![0; POOL];
            self.ask(&mut pool);
            self.pool = pool;
        }
        // No octet is given twice.
        let rest = self.pool.len() - octets.len();
        octets.copy_from_slice(&self.pool[rest..]);
        self.pool.truncate(rest);
    }

    fn now(&self) -> String {
        date::iso_now()
    }
}

/// `length` random letters and digits: 8 make a message id, 40 a subscription id, 15 an instant node (recorded).
pub(super) fn alphanumeric(entropy: &mut dyn Entropy, length: usize) -> String {
    const ALPHABET: &[u8; 62] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let mut octets = vec![0; length];
    entropy.fill(&mut octets);
    octets.iter().map(|octet| char::from(ALPHABET[usize::from(*octet) % ALPHABET.len()])).collect()
}

/// A random UUID, version 4.
pub(super) fn uuid(entropy: &mut dyn Entropy) -> String {
    let mut octets = [0; 16];
    entropy.fill(&mut octets);
    octets[6] = octets[6] & 0x0f | 0x40;
    octets[8] = octets[8] & 0x3f | 0x80;
    let hex: String = octets.iter().map(|octet| format!("{octet:02x}")).collect();
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}
