//! Processes that a client under test leaves behind in a session of their own. Each client bears a
//! mark in its environment, which all that it starts inherit; by that they are found when its case
//! is over, whoever their parent is by then.

/// The variable that bears the mark.
pub(super) const MARK: &str = "CONFORMANCE_CLIENT";

#[cfg(target_os = "linux")]
pub use linux::end_all;
#[cfg(target_os = "linux")]
pub(super) use linux::{adopt, end};
#[cfg(not(target_os = "linux"))]
pub use other::end_all;
#[cfg(not(target_os = "linux"))]
pub(super) use other::{adopt, end};

/// A mark that no other client bears.
pub(super) fn mark() -> String {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(1);
    format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// The processes that this system does not let us end, in one line; none where it lets us end all.
pub fn left_alone() -> Option<&'static str> {
    (!cfg!(target_os = "linux")).then_some(
        "a process that a client starts in a session of its own is not ended with its case: this system cannot tell which case started it",
    )
}

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::HashSet;
    use std::sync::Once;
    use std::time::Duration;

    use rustix::process::{
        Pid, Signal, WaitOptions, getpid, kill_process, set_child_subreaper, waitpgid, waitpid,
    };

    use super::MARK;

    /// How often strays are looked for: one that is ended may just have started another.
    const ROUNDS: usize = 50;

    /// How long to wait between.
    const PAUSE: Duration = Duration::from_millis(10);

    /// Makes this process the parent of what clients leave behind, so that it can be reaped here
    /// too.
    pub(in super::super) fn adopt() {
        static ONCE: Once = Once::new();
        // Where that is refused, strays are ended all the same, and reaped by another.
        ONCE.call_once(|| {
            let _ = set_child_subreaper(Some(getpid()));
        });
    }

    /// Ends all processes that bear this mark, and reaps them and the client's group.
    pub(in super::super) fn end(mark: &str, group: Option<u32>) {
        let wanted = format!("{MARK}={mark}");
        end_while(|| all().filter(|pid| bears(*pid, wanted.as_bytes())).collect());
        let group = group.and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        if let Some(group) = group {
            while let Ok(Some(_)) = waitpgid(group, WaitOptions::NOHANG) {}
        }
        // Those that have ended by themselves bear no mark any more. A process that this one starts
        // itself is in its own session.
        let (own, session) = (Some(getpid()), stat(getpid()).and_then(|it| it.session));
        let is_stray = |it: &Stat| it.parent == own && it.is_zombie && it.session != session;
        for pid in all().filter(|pid| stat(*pid).is_some_and(|it| is_stray(&it))) {
            let _ = waitpid(Some(pid), WaitOptions::NOHANG);
        }
    }

    /// Ends all processes whose parent this process is: those that clients left behind without
    /// their mark, if nothing else was started here.
    pub fn end_all() {
        let own = Some(getpid());
        let is_child = |pid: &Pid| stat(*pid).is_some_and(|it| it.parent == own && !it.is_zombie);
        end_while(|| all().filter(is_child).collect());
    }

    fn end_while(found: impl Fn() -> HashSet<Pid>) {
        let mut ended = HashSet::new();
        for _ in 0..ROUNDS {
            let found = found();
            for pid in &found {
                // One that is gone is ended as well.
                let _ = kill_process(*pid, Signal::KILL);
            }
            ended.extend(found);
            ended.retain(|pid| !is_gone(*pid));
            if ended.is_empty() {
                return;
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Whether a process that was ended runs no more; reaps it if that is for this one to do.
    fn is_gone(pid: Pid) -> bool {
        let is_reaped = matches!(waitpid(Some(pid), WaitOptions::NOHANG), Ok(Some(_)));
        is_reaped || stat(pid).is_none_or(|it| it.is_zombie && it.parent != Some(getpid()))
    }

    /// The processes of this system.
    fn all() -> impl Iterator<Item = Pid> {
        let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let number = |entry: std::fs::DirEntry| entry.file_name().to_str()?.parse().ok();
        entries.filter_map(number).filter_map(Pid::from_raw)
    }

    /// Whether a process has this variable. One of another user does not tell, nor does one that
    /// has ended.
    fn bears(pid: Pid, variable: &[u8]) -> bool {
        let environment = std::fs::read(format!("/proc/{}/environ", pid.as_raw_nonzero()));
        environment.is_ok_and(|it| it.split(|octet| *octet == 0).any(|pair| pair == variable))
    }

    /// Fields of proc_pid_stat(5). In a container, a parent or a session leader may be outside: the
    /// kernel calls it 0 then, and getsid(2) does so too, which `rustix` takes for a number of its
    /// own.
    #[derive(Debug, PartialEq)]
    struct Stat {
        is_zombie: bool,
        parent: Option<Pid>,
        session: Option<Pid>,
    }

    /// None for a process that is not there.
    fn stat(pid: Pid) -> Option<Stat> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).ok()?;
        parse_stat(&stat)
    }

    /// The words follow the process's name, which may itself have blanks and parentheses in it:
    /// state, parent, group, session.
    fn parse_stat(stat: &str) -> Option<Stat> {
        let mut words = stat.rsplit_once(')')?.1.split_ascii_whitespace();
        let is_zombie = matches!(words.next()?, "Z" | "X");
        // A process that is just being taken away has the session -1.
        let mut pid = |skipped| {
            let number: i32 = words.nth(skipped)?.parse().ok()?;
            Pid::from_raw(number.max(0))
        };
        Some(Stat { is_zombie, parent: pid(0), session: pid(1) })
    }

    #[cfg(test)]
    mod tests {
        use super::{Pid, Stat, parse_stat};

        #[test]
        fn a_parent_and_a_session_outside_of_the_container_are_none() {
            let outside = "7 (a b) c) Z 0 7 0 0 -1 4194304";
            let stat = Stat { is_zombie: true, parent: None, session: None };
            assert_eq!(parse_stat(outside), Some(stat));
            let leaving = "7 (sh) X 0 -1 -1 0 -1 4194304";
            let stat = Stat { is_zombie: true, parent: None, session: None };
            assert_eq!(parse_stat(leaving), Some(stat));
            let inside = "7 (sh) S 3 7 5 0 -1 4194304";
            let stat =
                Stat { is_zombie: false, parent: Pid::from_raw(3), session: Pid::from_raw(5) };
            assert_eq!(parse_stat(inside), Some(stat));
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod other {
    /// See [`super::left_alone`].
    pub(in super::super) fn adopt() {}

    /// See [`super::left_alone`].
    pub(in super::super) fn end(_: &str, _: Option<u32>) {}

    /// See [`super::left_alone`].
    pub fn end_all() {}
}
