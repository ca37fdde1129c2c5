//! The accounts of a fake, and passwords for them.

/// The accounts of a fake: name in cases, login name, which is also the agent's id.
pub(crate) const ACCOUNTS: [(&str, &str); 3] =
    [("agent", "1001"), ("other", "1002"), ("supervisor", "1003")];

/// Letters of a password: no other text of a transcript looks like twenty of these.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// A password that nobody has used before.
pub fn password() -> String {
    wire::accept::fresh_key()
        .bytes()
        .chain(wire::accept::fresh_key().bytes())
        .take(20)
        .map(letter)
        .collect()
}

fn letter(octet: u8) -> char {
    char::from(LETTERS[usize::from(octet) % LETTERS.len()])
}
