//! A fake with one agent, whose state changes once a second: something to point a client at.
//!
//! `cargo run -p finesse-fake --example events -- [--plain] [SECONDS]`; it ends by itself after a minute, or SECONDS.

#![allow(clippy::print_stdout, reason = "what a client must know is printed for whoever starts it")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Duration;

use finesse_fake::FakeFinesse;
use stanza::escape;

const AGENT: &str = "1001";
const PASSWORD: &str = "secret";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (plain, seconds) = arguments()?;
    let fake = FakeFinesse::builder().user(AGENT, PASSWORD).plain(plain).start().await?;
    println!("  url       {}", fake.url());
    if let Some(pem) = fake.ca_pem() {
        println!("  trust     {}", write_ca(pem)?.display());
    }
    println!("  domain    {}", fake.domain());
    println!("  account   {AGENT}, password {PASSWORD}");
    println!("  node      {}", user_node());
    println!("Events for {seconds} s. Ctrl-C stops it.");
    tokio::select! {
        published = publish(&fake, seconds) => published?,
        interrupted = tokio::signal::ctrl_c() => interrupted?,
    }
    fake.shutdown().await;
    Ok(())
}

/// Whether to speak ws://, and for how many seconds.
fn arguments() -> Result<(bool, u64), Box<dyn Error>> {
    let (mut plain, mut seconds) = (false, 60);
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--plain" => plain = true,
            number => {
                seconds = number
                    .parse()
                    .map_err(|_| format!("wanted [--plain] [SECONDS], got {number:?}"))?;
            }
        }
    }
    Ok((plain, seconds))
}

/// Makes the agent ready and not ready by turns, once a second.
async fn publish(fake: &FakeFinesse, seconds: u64) -> Result<(), finesse_fake::Error> {
    let mut every_second = tokio::time::interval(Duration::from_secs(1));
    every_second.tick().await;
    for second in 0..seconds {
        every_second.tick().await;
        let state = if second % 2 == 0 { "READY" } else { "NOT_READY" };
        fake.publish(&user_node(), &notification(state))?;
    }
    Ok(())
}

/// What Finesse publishes: the update is text within the payload, not XML (Cisco DevNet, User notification).
fn notification(state: &str) -> String {
    let node = user_node();
    let update = format!(
        "<Update>\n  <data>\n    <user>\n      <dialogs>{node}/Dialogs</dialogs>\n      <loginId>{AGENT}</loginId>\n      \
         <state>{state}</state>\n      <uri>{node}</uri>\n    </user>\n  </data>\n  <event>PUT</event>\n  \
         <requestId></requestId>\n  <source>{node}</source>\n</Update>"
    );
    let text = escape::text(&update);
    format!("<notification xmlns=\"http://jabber.org/protocol/pubsub\">{text}</notification>")
}

fn user_node() -> String {
    format!("/finesse/api/User/{AGENT}")
}

/// Writes the certificate where a client can be pointed to.
fn write_ca(pem: &str) -> std::io::Result<PathBuf> {
    let folder = Path::new("target").join("mock");
    std::fs::create_dir_all(&folder)?;
    let path = folder.join("events-ca.pem");
    std::fs::write(&path, pem)?;
    std::path::absolute(path)
}
