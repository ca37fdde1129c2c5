//! Cargo's messages, shown only if something is built or waited for.

use std::io::{self, Read, Write};

/// Shown before the first message of a build.
const BUILDING: &str = "building cargo xtask (the first time: 2 to 3 minutes on two cores, and \
                        1.2 GB in target/)";

/// The first words of cargo's status lines; all other lines are diagnostics.
const STATUS: [&str; 10] = [
    "Compiling",
    "Building",
    "Checking",
    "Updating",
    "Locking",
    "Adding",
    "Downloading",
    "Downloaded",
    "Finished",
    "Running",
];

/// Copies the messages of cargo from `cargo` to `out` as they come. Nothing is written if nothing
/// is built. On a terminal all messages are shown, with the progress bar; elsewhere one line says
/// that a build began, then come only diagnostics and "Blocking", the wait for another cargo.
///
/// # Errors
///
/// Those of `cargo` and `out`.
pub(crate) fn pass(mut cargo: impl Read, mut out: impl Write, is_terminal: bool) -> io::Result<()> {
    let (mut held, mut octets) = (Vec::new(), [0; 4096]);
    let mut is_said = false;
    loop {
        let count = cargo.read(&mut octets)?;
        held.extend_from_slice(&octets[..count]);
        // A progress bar ends with a carriage return, and is drawn over.
        while let Some(end) = held.iter().position(|octet| matches!(octet, b'\n' | b'\r')) {
            let line: Vec<u8> = held.drain(..=end).collect();
            show(&line, &mut out, is_terminal, &mut is_said)?;
        }
        if count == 0 {
            show(&held, &mut out, is_terminal, &mut is_said)?;
            return out.flush();
        }
        out.flush()?;
    }
}

fn show(
    line: &[u8],
    out: &mut impl Write,
    is_terminal: bool,
    is_said: &mut bool,
) -> io::Result<()> {
    let text = plain(&String::from_utf8_lossy(line));
    let word = text.split_whitespace().next().unwrap_or_default();
    if word == "Finished" {
        return Ok(());
    }
    let is_status = STATUS.contains(&word);
    if is_status && !std::mem::replace(is_said, true) {
        writeln!(out, "{BUILDING}")?;
    }
    if is_terminal || !is_status { out.write_all(line) } else { Ok(()) }
}

/// The text without colours and other escapes (ECMA-48 control sequences).
fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c == '\x1b' {
            rest.by_ref().skip(1).find(|c| ('@'..='~').contains(c));
        } else {
            plain.push(c);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed(cargo: &str, is_terminal: bool) -> String {
        let mut out = Vec::new();
        pass(cargo.as_bytes(), &mut out, is_terminal).expect("memory");
        String::from_utf8(out).expect("text")
    }

    const FRESH: &str = "    Finished `dev` profile [unoptimized + debuginfo] target(s) in 0.20s\n";
    const BUILT: &str =
        "\x1b[1m\x1b[92m   Compiling\x1b[0m cli v0.1.0\n    Building [=> ] 1/2: cli\r";

    #[test]
    fn nothing_is_said_of_a_build_that_builds_nothing() {
        for is_terminal in [false, true] {
            assert_eq!(passed(FRESH, is_terminal), "");
        }
    }

    #[test]
    fn a_terminal_shows_the_progress_and_a_log_one_line() {
        let build = format!("{BUILT}{FRESH}");
        assert_eq!(passed(&build, false), format!("{BUILDING}\n"));
        assert_eq!(passed(&build, true), format!("{BUILDING}\n{BUILT}"));
    }

    #[test]
    fn waits_and_diagnostics_are_always_shown() {
        let wait = "    Blocking waiting for file lock on build directory\n";
        let error = "error: expected `;`\n   --> crates/a.rs:1:1\n";
        for is_terminal in [false, true] {
            assert_eq!(passed(&format!("{wait}{FRESH}"), is_terminal), wait);
            assert_eq!(passed(error, is_terminal), error);
        }
    }
}
