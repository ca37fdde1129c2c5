//! The end of the program that started `mock`, as standard input tells it.

use std::io::Read as _;

use anyhow::Context as _;
use tokio::sync::oneshot;

/// A future that resolves when standard input ends; never, unless it is asked for.
///
/// The kernel closes a pipe with the process that holds its other end, however that process ends,
/// so no signal and no handler is needed.
pub(super) fn ended(is_asked: bool) -> anyhow::Result<impl Future<Output = ()>> {
    let (end, ended) = oneshot::channel();
    if is_asked {
        // A thread of its own: the runtime would wait for its readers of standard input at the end.
        std::thread::Builder::new()
            .name("standard input".to_owned())
            .spawn(move || {
                wait();
                // The command may have ended meanwhile.
                let _ = end.send(());
            })
            .context("cannot wait for the end of standard input")?;
    } else {
        drop(end);
    }
    Ok(async move {
        if ended.await.is_err() {
            std::future::pending().await
        }
    })
}

/// Reads standard input to its end. Its octets mean nothing, and an error is an end.
fn wait() {
    let mut input = std::io::stdin().lock();
    let mut octets = [0; 512];
    loop {
        match input.read(&mut octets) {
            Ok(0) => return,
            Err(error) if error.kind() != std::io::ErrorKind::Interrupted => return,
            _ => {}
        }
    }
}
