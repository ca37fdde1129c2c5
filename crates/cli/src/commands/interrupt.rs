//! Ctrl-C and SIGTERM: the first asks a command to end, the second ends the process.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::sync::watch;
use verdict::Exit;

use super::tell;

/// A signal that comes so soon after the first is the same one: a parent passes it on that the
/// terminal has sent to all, as `timeout` does.
const ECHO: Duration = Duration::from_millis(200);

/// A future that resolves at Ctrl-C or SIGTERM. Signals are handled from the call on, as by
/// [`interrupts`].
pub(super) fn stopped() -> anyhow::Result<impl Future<Output = ()>> {
    let mut interrupts = interrupts()?;
    Ok(async move {
        if interrupts.wait_for(|stopped| *stopped).await.is_err() {
            // No signal can come any more.
            std::future::pending().await
        }
    })
}

/// While this value lives, Ctrl-C or SIGTERM ends the process with exit code 130: for work that
/// does not look up and leaves nothing behind.
pub(super) struct EndsProcess(Arc<AtomicBool>);

impl EndsProcess {
    /// `undo` comes before the end.
    pub(super) fn after(undo: fn()) -> anyhow::Result<Self> {
        let mut stopped = interrupts()?;
        let failed = "cannot wait for signals";
        let runtime = tokio::runtime::Builder::new_current_thread().build().context(failed)?;
        let is_armed = Arc::new(AtomicBool::new(true));
        let still = Arc::clone(&is_armed);
        let wait = move || {
            let is_stopped = runtime.block_on(stopped.wait_for(|stopped| *stopped)).is_ok();
            if is_stopped && still.load(Ordering::SeqCst) {
                undo();
                tell("interrupted");
                std::process::exit(i32::from(Exit::Interrupted.code()));
            }
        };
        std::thread::Builder::new().spawn(wait).context(failed)?;
        Ok(Self(is_armed))
    }
}

impl Drop for EndsProcess {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

/// Becomes true at Ctrl-C or SIGTERM. At the second one the process ends at once, whatever the
/// command still does.
pub(super) fn interrupts() -> anyhow::Result<watch::Receiver<bool>> {
    let failed = "cannot wait for signals";
    // A thread of its own: the command may keep all others busy.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
    let runtime = runtime.context(failed)?;
    let mut signals = {
        let _inside = runtime.enter();
        Signals::new().context(failed)?
    };
    let (stop, stopped) = watch::channel(false);
    let wait = move || {
        runtime.block_on(async {
            signals.next().await;
            stop.send_replace(true);
            let first = Instant::now();
            while first.elapsed() < ECHO {
                signals.next().await;
            }
            end();
        });
    };
    std::thread::Builder::new().name("signals".to_owned()).spawn(wait).context(failed)?;
    Ok(stopped)
}

/// Ends this process and the clients that it has started.
fn end() -> ! {
    runner::client::end_strays();
    tell("interrupted again: ended at once, and nothing more was undone");
    std::process::exit(i32::from(Exit::Interrupted.code()))
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let (interrupt, terminate) = (SignalKind::interrupt(), SignalKind::terminate());
        Ok(Self { interrupt: signal(interrupt)?, terminate: signal(terminate)? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => (),
            _ = self.terminate.recv() => (),
        }
    }
}

#[cfg(windows)]
struct Signals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        tokio::signal::windows::ctrl_c().map(Self)
    }

    async fn next(&mut self) {
        self.0.recv().await;
    }
}
