//! Hostile peers: the program ends in time, says what went wrong, and takes no more memory than it
//! is given.

mod clients;
mod liars;
#[path = "../../../../mask/tests/processor/mod.rs"]
mod processor;
mod scripts;
mod servers;

use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use processor::processor_time;

use crate::fake::interrupt;
use crate::suite::Ran;

/// No peer may hold the program longer than this; the machine may have much else to do.
const IN_TIME: Duration = Duration::from_secs(60);

/// How long the program may take to end once it is interrupted, by a [`BusyClock`].
const STOPS: Duration = Duration::from_secs(1);

/// The most memory that it may take, in KiB.
const MEMORY: u64 = 400 << 10;

/// A run of the program, what it took, and how much.
struct Watched {
    ran: Ran,
    took: Duration,
    /// KiB of memory at most.
    peak: u64,
}

/// Runs a command to its end, and looks at its memory meanwhile.
fn watch(mut command: Command) -> Watched {
    let began = Instant::now();
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    finish(child, began)
}

/// Waits for the end of a process; `began` is when the time began that it may take.
fn finish(child: Child, began: Instant) -> Watched {
    let id = child.id();
    let memory = std::thread::spawn(move || {
        let mut peak = 0;
        while let Some(now) = memory_of(id) {
            peak = peak.max(now);
            assert!(began.elapsed() < 2 * IN_TIME, "it does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
        peak
    });
    let ran = Ran::of(child.wait_with_output().unwrap());
    let took = began.elapsed();
    Watched { ran, took, peak: memory.join().unwrap() }
}

/// A clock that goes as fast as this machine lets something go: the processor time of a thread that
/// always wants to run. On an idle machine it is a clock like any other.
struct BusyClock {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Duration>,
}

impl BusyClock {
    fn start() -> Self {
        let stop = Arc::<AtomicBool>::default();
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let began = processor_time();
            while !stopped.load(Ordering::Relaxed) {
                std::hint::spin_loop();
            }
            processor_time() - began
        });
        Self { stop, thread }
    }

    fn stop(self) -> Duration {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}

/// Interrupts the program, which ends within a second whatever its peer does.
#[track_caller]
fn stops(child: Child) -> Ran {
    let clock = BusyClock::start();
    interrupt(&child);
    let ran = finish(child, Instant::now()).ran;
    let took = clock.stop();
    assert!(took < STOPS, "{took:?}");
    ran
}

/// The most memory that a process has had so far, in KiB (proc_pid_status(5)); none when it is
/// gone.
fn memory_of(id: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

impl Watched {
    /// It has ended in time and within its memory, with this exit code, and says this.
    #[track_caller]
    fn holds(&self, name: &str, code: i32, said: &str) {
        let all = format!("{}{}", self.ran.stdout, self.ran.stderr);
        assert_eq!(self.ran.code, Some(code), "{name}: {all}");
        let flat = all.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(said), "{name}: no {said:?} in {all}");
        assert!(self.took < IN_TIME, "{name}: {:?}", self.took);
        assert!(self.peak < MEMORY, "{name}: {} KiB", self.peak);
        let is_told = |c: char| c.is_control() && c != '\n';
        assert!(!all.contains(is_told), "{name}: a terminal is told what to do: {all:?}");
    }
}
