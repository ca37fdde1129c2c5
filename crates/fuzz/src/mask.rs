//! The mask: no spelling of a password in what it lets through, as another decoder sees it.

#[path = "../../mask/tests/oracle/mod.rs"]
mod oracle;

pub(crate) use oracle::{SPELLINGS, shows};

use ::mask::Secrets;

use crate::settings;

/// Passwords with characters that are escaped somewhere, beyond ASCII, and one inside another.
const PASSWORDS: [&[&str]; 4] =
    [&["it's-me 77"], &["Gr\u{fc}n<\"1>"], &["cafe"], &["cisco", "cisco123"]];

/// The first octet chooses the passwords and a spelling, in which they stand before and after the
/// rest.
pub fn run(data: &[u8]) {
    let (first, rest) = settings(data);
    let passwords = PASSWORDS[usize::from(first) % PASSWORDS.len()];
    let (_, spelt) = SPELLINGS[usize::from(first) / PASSWORDS.len() % SPELLINGS.len()];
    let mut secrets = Secrets::default();
    for password in passwords {
        secrets.password(*password, *password);
    }
    let password = passwords[passwords.len() - 1];
    let spelt = spelt(password);
    let octets = [spelt.as_bytes(), rest, spelt.as_bytes()].concat();
    let text = String::from_utf8_lossy(&octets);
    let (message, _) = secrets.message(&text);
    let masked = [
        secrets.scrub_octets(&octets),
        secrets.scrub(&text).into_bytes(),
        secrets.head(&text).into_bytes(),
        message.into_bytes(),
    ];
    for masked in masked {
        assert!(!shows(&masked, password), "{}", String::from_utf8_lossy(&masked));
    }
    let masked = secrets.scrub(&text);
    assert_eq!(secrets.scrub(&masked), masked, "a masked text is masked again");
}
