//! The accounts of a fake.

/// The accounts of a fake: name in cases, login name, which is also the agent's id.
pub(crate) const ACCOUNTS: [(&str, &str); 3] =
    [("agent", "1001"), ("other", "1002"), ("supervisor", "1003")];
