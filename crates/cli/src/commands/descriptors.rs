//! Limits on file descriptors: each connection takes one on either side.

/// Descriptors that a process needs besides its connections.
const BESIDE: usize = 64;

/// Raises the limit of this process as far as the system allows, and returns it. Child processes
/// inherit the limit.
#[cfg(unix)]
fn raised() -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = Rlimit { current: maximum, maximum };
    // If the system refuses, the limit stays as it is.
    let limit = setrlimit(Resource::Nofile, wanted).map_or(current, |()| maximum);
    limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX)
}

/// Sockets are not file descriptors there, and are not limited.
#[cfg(not(unix))]
fn raised() -> usize {
    usize::MAX
}

/// A warning if this process, after raising its limit, cannot have `connections` open at once.
pub(super) fn shortage(connections: usize) -> Option<String> {
    let limit = raised();
    let possible = limit.saturating_sub(BESIDE);
    (connections > possible).then(|| {
        format!(
            "{connections} connections need {} file descriptors, but the limit is {limit}: at most {possible} can \
             be open at once; raise the hard limit (ulimit -Hn) or use fewer accounts",
            connections + BESIDE
        )
    })
}
