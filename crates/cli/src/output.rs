//! Standard output and standard error: what is written there, and whether it may have colours.

use std::io::{self, IsTerminal, Write};
use textual::invisible;

use anstream::stream::RawStream;
use anstream::{AutoStream, ColorChoice};
use files::Unwritten;

use crate::commands::known;

/// Return to the first column and erase the line (ECMA-48 EL): a line of progress may be there.
const CLEAR: &str = "\r\x1b[2K";

/// Lets TERM=dumb say no to colours in a CI service as well, whose variables otherwise say yes.
pub(crate) fn decide_colours() {
    if is_dumb() && std::env::var_os("CLICOLOR_FORCE").is_none() {
        ColorChoice::Never.write_global();
    }
}

/// Whether text for `stream` may have colours: it is a terminal, or CLICOLOR_FORCE is set;
/// NO_COLOR, CLICOLOR=0 and TERM=dumb say no.
pub(crate) fn has_colours(stream: &impl RawStream) -> bool {
    AutoStream::choice(stream) != ColorChoice::Never
}

/// Whether a line on standard error can be erased and written again.
pub(crate) fn has_cursor() -> bool {
    io::stderr().is_terminal() && !is_dumb()
}

fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|terminal| terminal == "dumb")
}

/// Prints an error to standard error. It may hold what a peer said: a terminal is told nothing by
/// it.
pub(crate) fn complain(message: &str) {
    let style = anstyle::AnsiColor::Red.on_default().bold();
    tell(&format!("{style}error{style:#}: {}", invisible::lines(&mask::urls(message))));
}

/// Prints a warning to standard error.
pub(crate) fn warn(message: &str) {
    let style = anstyle::AnsiColor::Yellow.on_default().bold();
    tell(&format!("{style}warning{style:#}: {}", invisible::lines(&mask::urls(message))));
}

/// Prints progress to standard error; standard output is for reports.
pub(crate) fn tell(text: &str) {
    if has_cursor() {
        let _ = write!(io::stderr(), "{CLEAR}");
    }
    // Standard error is closed: a second message has no reader.
    let _ = writeln!(anstream::stderr(), "{}", known::without(text));
}

/// Prints a result to standard output.
pub(crate) fn say(text: &str) -> Result<(), Unwritten> {
    let mut out = anstream::stdout();
    writeln!(out, "{text}").and_then(|()| out.flush()).map_err(Unwritten::stdout)
}

/// Prints errors of case files to standard error.
pub(crate) fn diagnose(diagnostics: &[case::Diagnostic]) {
    if !diagnostics.is_empty() {
        tell(&case::render(diagnostics, true));
    }
}

/// A file or standard output whose errors name it. They keep their kind and hold an [`Unwritten`].
pub(crate) struct NamedWriter<W> {
    name: String,
    inner: W,
}

impl<W: Write> NamedWriter<W> {
    pub(crate) fn new(name: impl Into<String>, inner: W) -> Self {
        Self { name: name.into(), inner }
    }

    fn named<T>(&self, done: io::Result<T>) -> io::Result<T> {
        let unwritten = |source| Unwritten { path: self.name.clone(), source };
        done.map_err(|error| io::Error::new(error.kind(), unwritten(error)))
    }
}

impl<W: Write> Write for NamedWriter<W> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let done = self.inner.write(octets);
        self.named(done)
    }

    fn flush(&mut self) -> io::Result<()> {
        let done = self.inner.flush();
        self.named(done)
    }
}
