//! `finesse-conformance`: the command line with suite and book built in, for use in any folder.

use std::process::ExitCode;
use std::sync::OnceLock;

use flate2::read::ZlibDecoder;
use mimalloc::MiMalloc;

/// A login makes some 800 small allocations. This allocator takes less time for them than that of
/// the system, and asks the system for memory less often.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// The suite and the book at build time, as `build.rs` packs them: cases, fragments, baselines,
/// targets, clients, pages.
const PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/built_in.zlib"));

fn main() -> ExitCode {
    cli::run(cli::Program { built_in: Some(unpacked), version: env!("FINESSE_VERSION") })
}

/// Path and text of each file. The first call unpacks them.
fn unpacked() -> cli::Files {
    static TEXT: OnceLock<String> = OnceLock::new();
    static FILES: OnceLock<Vec<(&str, &str)>> = OnceLock::new();
    FILES.get_or_init(|| {
        let text = TEXT.get_or_init(|| {
            std::io::read_to_string(ZlibDecoder::new(PACKED)).expect("build.rs packed it")
        });
        std::iter::successors(first(text), |(_, _, rest)| first(rest))
            .map(|(path, text, _)| (path, text))
            .collect()
    })
}

/// Path and text of the first file, and the rest.
fn first(text: &str) -> Option<(&str, &str, &str)> {
    let (path, text) = text.split_once('\n')?;
    let (length, text) = text.split_once('\n')?;
    let (text, rest) = text.split_at_checked(length.parse().ok()?)?;
    Some((path, text, rest))
}
