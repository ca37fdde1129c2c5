//! The name of the program as printed in hints (`cargo xtask` or `finesse-conformance`).

use std::sync::OnceLock;

/// The environment variable with that name, set by a wrapper such as `cargo xtask`.
pub const CALLED: &str = "FINESSE_CONFORMANCE_CALLED";

/// The default: the name of the binary.
const NAME: &str = "finesse-conformance";

/// The words that begin a command line of this program.
pub fn program() -> &'static str {
    static PROGRAM: OnceLock<String> = OnceLock::new();
    PROGRAM.get_or_init(|| std::env::var(CALLED).unwrap_or_else(|_| NAME.to_owned()))
}
