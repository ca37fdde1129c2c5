//! What a case calls by names: accounts, their passwords, and which of the values a snapshot shows by name.

use std::collections::BTreeMap;

use transcript::{Known, Place};

/// The accounts of a fake: name in cases, login name, which is also the agent's id.
pub(crate) const ACCOUNTS: [(&str, &str); 3] =
    [("agent", "1001"), ("other", "1002"), ("supervisor", "1003")];

/// Letters of a password: no other text of a transcript looks like twenty of these.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// What a snapshot shows by name, and where.
pub fn known(variables: &BTreeMap<String, String>) -> Vec<Known> {
    let value = |name: &str| variables.get(name).cloned().unwrap_or_default();
    let (host, port) = (value("host"), value("port"));
    let known = |name: &str, value: &str, place| Known {
        name: name.to_owned(),
        value: value.to_owned(),
        place,
    };
    variables
        .iter()
        .map(|(name, value)| {
            let place = match name.rsplit('.').next().unwrap_or_default() {
                "user" => Place::Before("@".to_owned()),
                "id" if name == "team.id" => Place::After("/finesse/api/Team/".to_owned()),
                "id" => Place::After("/finesse/api/User/".to_owned()),
                "host" => Place::Before(format!(":{port}")),
                "port" => Place::After(format!("{host}:")),
                _ => Place::Anywhere,
            };
            known(name, value, place)
        })
        // Paths are part of the request line only; as a word `/ws/` says more than its name.
        .filter(|known| known.name != "ws.path")
        .collect()
}

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
