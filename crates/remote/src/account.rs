//! An account of a server.

use std::fmt;

/// Login name and password. `Debug` does not show the password.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// Login name, without the domain.
    pub name: String,
    /// The password; `Debug` and logs must not show it.
    pub password: String,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Account").field(&self.name).finish()
    }
}
