//! The book's sessions with curl, as the pages show them.

use std::process::Command;

use crate::{Stage, client::Client};

const CONTROL_PORT: &str = include_str!("../../../../docs/control-port.md");
const REST: &str = include_str!("../../../../docs/rest.md");
const BOSH: &str = include_str!("../../../../docs/bosh.md");

/// A command of the page, and the output that it shows, in which `…` stands for anything.
struct Step<'r> {
    command: &'r str,
    output: Vec<&'r str>,
}

fn steps(page: &'static str) -> Vec<Step<'static>> {
    let (_, after) = page.split_once("```console\n").expect("the page has a session");
    let (session, _) = after.split_once("\n```").expect("it has an end");
    let mut steps: Vec<Step<'static>> = Vec::new();
    for line in session.lines() {
        match (line.strip_prefix("$ "), steps.last_mut()) {
            (Some(command), _) => steps.push(Step { command, output: Vec::new() }),
            (None, Some(step)) => step.output.push(line),
            (None, None) => panic!("output of nothing: {line}"),
        }
    }
    steps
}

#[tokio::test(flavor = "multi_thread")]
async fn the_session_with_curl_goes_as_the_book_says() {
    let (stage, client) = begin().await;
    assert!(play(&stage, CONTROL_PORT).await >= 10);
    client.await.expect("the client was thrown out");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_lives_a_day_with_curl_as_the_book_says() {
    let (stage, client) = begin().await;
    assert!(play(&stage, REST).await >= 10);
    client.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_of_bosh_goes_with_curl_as_the_book_says() {
    let stage = Stage::bare().await;
    assert!(play(&stage, BOSH).await >= 6);
}

/// A fake, and what stands for the client of the reader.
async fn begin() -> (Stage, tokio::task::JoinHandle<()>) {
    let stage = Stage::bare().await;
    let client = tokio::spawn(Client::stays_connected(stage.fake.url(), None));
    (stage, client)
}

/// Plays the session of a page and returns how many commands it has. Each command knows the page's
/// functions.
async fn play(stage: &Stage, page: &'static str) -> usize {
    let control = stage.control.url();
    let rest = stage.fake.rest_url().unwrap_or_default();
    let bosh = stage.fake.bosh_url();
    let played = tokio::task::spawn_blocking(move || {
        let steps = steps(page);
        let is_function = |step: &&Step<'_>| step.command.contains("() {");
        let functions: Vec<&str> =
            steps.iter().filter(is_function).map(|step| step.command).collect();
        // The fake is there already.
        let own = |step: &&Step<'_>| {
            !["cargo", "export"].iter().any(|word| step.command.starts_with(word))
                && !is_function(step)
        };
        let mut count = 0;
        for Step { command, output } in steps.iter().filter(own) {
            let script = format!("{}\n{command}", functions.join("\n"));
            let done = Command::new("sh")
                .args(["-c", &script])
                .env("FAKE", &control)
                .env("REST", rest.trim_end_matches('/'))
                .env("BOSH", &bosh)
                .output();
            let done = done.expect("there is a shell");
            let said = String::from_utf8(done.stdout).expect("text");
            let error = String::from_utf8_lossy(&done.stderr).into_owned();
            assert!(done.status.success(), "{command}\n{error}{said}");
            let (shown, wanted) = (said.trim_end(), output.join("\n"));
            assert!(is_like(&wanted, shown), "{command}\nthe page shows\n{wanted}\nit is\n{shown}");
            count += 1;
        }
        count
    });
    played.await.expect("it is played")
}

/// Whether a text is as the page shows it, where `…` stands for anything.
fn is_like(shown: &str, text: &str) -> bool {
    let mut pieces = shown.split('…');
    let Some(mut rest) = text.strip_prefix(pieces.next().unwrap_or_default()) else {
        return false;
    };
    let mut pieces: Vec<&str> = pieces.collect();
    let Some(last) = pieces.pop() else {
        return rest.is_empty();
    };
    for piece in pieces {
        match rest.split_once(piece) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}
