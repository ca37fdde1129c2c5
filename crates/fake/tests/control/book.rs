//! The book's session with curl, as the page shows it.

use std::process::Command;

use crate::{Stage, client::Client};

const PAGE: &str = include_str!("../../../../docs/control-port.md");

/// A command of the page, and the output that it shows, in which `…` stands for anything.
struct Step<'r> {
    command: &'r str,
    output: Vec<&'r str>,
}

fn steps() -> Vec<Step<'static>> {
    let (_, after) = PAGE.split_once("```console\n").expect("the page has a session");
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
    let stage = Stage::bare().await;
    let control = stage.control.url();
    let url = stage.fake.url();
    // Stands for the client of the reader.
    let client = tokio::spawn(Client::stays_connected(url, None));
    let played = tokio::task::spawn_blocking(move || {
        let mut count = 0;
        for Step { command, output } in
            steps().iter().filter(|step| step.command.starts_with("curl"))
        {
            let done = Command::new("sh").args(["-c", command]).env("FAKE", &control).output();
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
    assert!(played.await.expect("it is played") >= 10);
    client.await.expect("the client was thrown out");
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
