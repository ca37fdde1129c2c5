//! File descriptors: each connection takes one, on either side.

/// Descriptors that a process needs beside its connections.
const BESIDE: usize = 64;

/// Raises the limit of this process, which children inherit, as far as the system lets it; what the limit is then.
#[cfg(unix)]
fn raised() -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = Rlimit { current: maximum, maximum };
    // Where the system refuses, the limit stays as it is.
    let limit = setrlimit(Resource::Nofile, wanted).map_or(current, |()| maximum);
    limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX)
}

/// Sockets are no file descriptors there, and nothing limits them.
#[cfg(not(unix))]
fn raised() -> usize {
    usize::MAX
}

/// What to say where this process, its limit raised, cannot have `connections` open at once.
pub(super) fn shortage(connections: usize) -> Option<String> {
    let limit = raised();
    let possible = limit.saturating_sub(BESIDE);
    (connections > possible).then(|| {
        format!(
            "{connections} connections need {} file descriptors and there are {limit}, so no more than {possible} can \
             be open at once; raise the hard limit (ulimit -Hn) or take fewer accounts",
            connections + BESIDE
        )
    })
}
