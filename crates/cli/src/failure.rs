//! The message and exit code of a command that failed.

use std::error::Error;
use std::io;

use explain::Unreadable;
use files::Unwritten;
use verdict::Exit;

use crate::output::complain;

/// Prints the message of an error, and returns its exit code.
pub(crate) fn end(error: &(dyn Error + 'static)) -> Exit {
    let exit = exit(error);
    if exit != Exit::Pipe {
        complain(&message(error));
    }
    exit
}

/// The exit code of an error: that of its cause.
fn exit(error: &(dyn Error + 'static)) -> Exit {
    for cause in causes(error) {
        if let Some(unwritten) = cause.downcast_ref::<Unwritten>() {
            return if unwritten.is_closed_pipe() { Exit::Pipe } else { Exit::Unwritten };
        }
        if let Some(finesse_fake::Error::Listen { .. }) = cause.downcast_ref() {
            return Exit::Port;
        }
        if cause.downcast_ref::<::record::ListenError>().is_some() {
            return Exit::Port;
        }
        if let Some(Unreadable::Format { .. }) = cause.downcast_ref() {
            return Exit::Parse;
        }
        if cause.downcast_ref::<::replay::NothingToReplay>().is_some() {
            return Exit::Parse;
        }
        if let Some(gate::ServeError::Listen { .. }) = cause.downcast_ref() {
            return Exit::Port;
        }
    }
    Exit::Usage
}

/// The messages of an error and its causes, without those that a message has told already.
fn message(error: &(dyn Error + 'static)) -> String {
    let mut told = String::new();
    for cause in causes(error).map(ToString::to_string) {
        if told.is_empty() {
            told = cause;
        } else if !told.ends_with(&cause) {
            told.push_str(": ");
            told.push_str(&cause);
        }
    }
    told
}

/// An error and its causes. An IO error made of another error stands for that one.
fn causes<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| {
        let error: &'e (dyn Error + 'static) = *error;
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        inner.map(|inner| inner as &(dyn Error + 'static)).or_else(|| error.source())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> io::Error {
        io::ErrorKind::StorageFull.into()
    }

    #[test]
    fn a_cause_is_told_once() {
        let unwritten = Unwritten { path: "a.txt".to_owned(), source: full() };
        let error = anyhow::Error::new(unwritten).context("--json");
        assert_eq!(message(error.as_ref()), "--json: cannot write a.txt: no storage space");
        let plain = anyhow::Error::new(full()).context("a.txt");
        assert_eq!(message(plain.as_ref()), "a.txt: no storage space");
    }

    #[test]
    fn the_exit_code_is_that_of_the_cause() {
        let unwritten = |source| Unwritten { path: "a.txt".to_owned(), source };
        let unreadable =
            || Unreadable::Format { path: "a.har".to_owned(), why: "empty".to_owned() };
        let table = [
            (anyhow::Error::new(unwritten(full())).context("x"), Exit::Unwritten),
            (io::Error::other(unwritten(full())).into(), Exit::Unwritten),
            (unwritten(io::ErrorKind::BrokenPipe.into()).into(), Exit::Pipe),
            (anyhow::Error::new(unreadable()).context("--replay"), Exit::Parse),
            (anyhow::anyhow!("a mistake"), Exit::Usage),
            (anyhow::Error::new(full()), Exit::Usage),
        ];
        for (error, wanted) in table {
            assert_eq!(exit(error.as_ref()), wanted, "{error:#}");
        }
    }
}
