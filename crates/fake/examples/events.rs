//! A fake with one agent who is ready and not ready by turns, and whose phone rings now and then:
//! something to point a client at.
//!
//! `cargo run -p finesse-fake --example events -- [--plain] [SECONDS]`; it ends by itself after a
//! minute, or SECONDS.

#![allow(
    clippy::print_stdout,
    reason = "prints the settings of a client for the person who starts it"
)]

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use finesse_fake::FakeFinesse;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let plain = std::env::args().any(|argument| argument == "--plain");
    let seconds = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(60);
    let fake = FakeFinesse::builder().user("1001", "secret").plain(plain).start().await?;
    println!("  url       {}", fake.url());
    if let Some(pem) = fake.ca_pem() {
        let path = Path::new("target").join("events-ca.pem");
        std::fs::write(&path, pem)?;
        println!("  trust     {}", path.display());
    }
    println!("  domain    {}\n  account   1001, password secret", fake.domain());
    println!("Events for {seconds} s. Ctrl-C stops it.");
    tokio::select! {
        done = work(&fake, seconds) => done?,
        interrupted = tokio::signal::ctrl_c() => interrupted?,
    }
    fake.shutdown().await;
    Ok(())
}

/// One event a second, or a few.
async fn work(fake: &FakeFinesse, seconds: u64) -> Result<(), finesse_fake::Error> {
    let agent = fake.agent("1001");
    agent.login()?;
    let mut every_second = tokio::time::interval(Duration::from_secs(1));
    for second in 0..seconds {
        every_second.tick().await;
        match second % 5 {
            0 => {
                agent.ready()?;
            }
            1 => {
                agent.ring("5550100")?;
            }
            2 => {
                agent.answer()?;
            }
            3 => {
                agent.hang_up()?;
            }
            _ => {
                agent.not_ready(None)?;
            }
        }
    }
    Ok(())
}
