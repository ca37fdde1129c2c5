//! The accounts of a fake.

/// The accounts of a fake: name in cases, and id, with which they log in.
pub(crate) const ACCOUNTS: [(&str, &str); 4] = [
    ("agent", "1001"),
    ("other", "1002"),
    ("supervisor", "1003"),
    ("administrator", "administrator"),
];

/// The contact centre of all cases.
pub(crate) const WORLD: &str = include_str!("cases.toml");
