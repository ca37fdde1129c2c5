//! The name of the program as printed in messages (`cargo xtask` or `finesse-conformance`), and the
//! commands that messages tell the reader to run.

use std::fmt;
use std::path::Path;
use std::sync::OnceLock;

/// The environment variable with that name, set by a wrapper such as `cargo xtask`.
pub const CALLED: &str = "FINESSE_CONFORMANCE_CALLED";

/// The default: the name of the binary.
const NAME: &str = "finesse-conformance";

/// The home given on the command line, which hints repeat.
static HOME: OnceLock<String> = OnceLock::new();

/// The words that begin a command line of this program.
pub fn program() -> &'static str {
    static PROGRAM: OnceLock<String> = OnceLock::new();
    PROGRAM.get_or_init(|| std::env::var(CALLED).unwrap_or_else(|_| NAME.to_owned()))
}

/// Whether the program runs as a task of the suite's own repository, whose paths its reader sees.
pub fn is_in_repository() -> bool {
    program() == "cargo xtask"
}

/// From now on every hint has `--home`, so that it works in the folder in which it is printed.
pub fn at_home(home: &Path) {
    // The command line has one home.
    let _ = HOME.set(home.display().to_string());
}

/// A command of this program that a message tells the reader to run, as a shell reads it.
///
/// A test runs each hint in the situation in which it is printed. Words in capitals, and `…`, are
/// for the reader to replace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint(Vec<String>);

impl Hint {
    /// The command with these words after the name of the program.
    pub fn new<'w>(words: impl IntoIterator<Item = &'w str>) -> Self {
        Self(words.into_iter().map(str::to_owned).collect())
    }

    /// The same command with more words.
    #[must_use]
    pub fn and<'w>(mut self, words: impl IntoIterator<Item = &'w str>) -> Self {
        self.0.extend(words.into_iter().map(str::to_owned));
        self
    }
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(program())?;
        if let Some(home) = HOME.get() {
            write!(f, " --home {}", quoted(home))?;
        }
        self.0.iter().try_for_each(|word| write!(f, " {}", quoted(word)))
    }
}

/// A word as a shell reads it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./:=@%+,…".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_is_what_a_shell_reads() {
        let hint = Hint::new(["show", "bind/twice"]).and(["--target", "my lab's"]);
        assert_eq!(hint.to_string(), r"finesse-conformance show bind/twice --target 'my lab'\''s'");
        assert_eq!(quoted("bind/*"), "'bind/*'");
        assert_eq!(quoted(""), "''");
    }
}
