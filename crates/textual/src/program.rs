//! What people call this program: whatever tells them to run it again says it so.

use std::sync::OnceLock;

/// The variable by which a program that starts this one tells what people call it, as `cargo xtask` does.
pub const CALLED: &str = "FINESSE_CONFORMANCE_CALLED";

/// What it is called when nobody says otherwise: the name of the binary.
const NAME: &str = "finesse-conformance";

/// The words that begin a command line of this program.
pub fn program() -> &'static str {
    static PROGRAM: OnceLock<String> = OnceLock::new();
    PROGRAM.get_or_init(|| std::env::var(CALLED).unwrap_or_else(|_| NAME.to_owned()))
}
