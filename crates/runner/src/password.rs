//! Passwords that are made up for accounts of fakes and labs.

/// Letters of a password: no other text of a transcript looks like twenty of these.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// A new password: twenty letters and digits.
pub fn fresh_password() -> String {
    let octets = wire::accept::fresh_key().into_bytes().into_iter();
    let more = wire::accept::fresh_key().into_bytes();
    octets.chain(more).take(20).map(letter).collect()
}

fn letter(octet: u8) -> char {
    char::from(LETTERS[usize::from(octet) % LETTERS.len()])
}
