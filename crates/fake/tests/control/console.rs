//! The console as a page, and the routes that are there for it: the page itself, the live
//! transcript, files to explain, the forms of faults.

use serde_json::{Value, json};

use crate::Stage;
use crate::client::Client;
use crate::http::{Stream, ask};

async fn live(stage: &Stage, query: &str) -> Stream {
    let url = stage.control.url();
    let stream = Stream::open(&url, &format!("/transcript/live{query}"), &[]).await;
    assert_eq!((stream.status, &*stream.kind), (200, "text/event-stream"));
    stream
}

async fn texts_until(stream: &mut Stream, wanted: &str) -> Vec<String> {
    let mut texts = Vec::new();
    loop {
        let (_, kind, data) = stream.event().await;
        assert_eq!(kind, "said", "{data}");
        let text = data["text"].as_str().expect("a text").to_owned();
        let is_last = text.contains(wanted);
        texts.push(text);
        if is_last {
            return texts;
        }
    }
}

#[tokio::test]
async fn the_page_is_in_one_piece_and_may_run_nothing_else() {
    let stage = Stage::bare().await;
    let answer = stage.ask("GET", "/console", "").await;
    assert_eq!(answer.status, 200);
    let head = answer.head.to_lowercase();
    for field in [
        "content-security-policy: default-src 'none'; style-src 'sha256-",
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'",
        "referrer-policy: no-referrer",
        "cache-control: no-store",
        "x-content-type-options: nosniff",
        "cross-origin-resource-policy: same-origin",
    ] {
        assert!(head.contains(field), "{field}\n{head}");
    }
    assert!(!head.contains("unsafe") && !head.contains("access-control"), "{head}");
    let page = &answer.body;
    assert_eq!((page.matches("<script").count(), page.matches("<style").count()), (1, 1));
    assert!(!page.contains("/* console.js */") && !page.contains("/* console.css */"));
    for door in ["src=", "@import", "url(", "innerHTML", "insertAdjacentHTML", "document.write"] {
        assert!(!page.contains(door), "{door}");
    }
    assert!(!page.contains("style=\"") && !page.contains("onclick="), "the policy forbids them");
    assert!(!page.contains(stage.control.token()), "the page has it from its URL");
}

#[tokio::test]
async fn a_page_of_another_origin_gets_nothing() {
    let stage = Stage::bare().await;
    let token = stage.control.token().to_owned();
    for path in ["/console", "/transcript/live", "/explain", "/world"] {
        let method = if path == "/explain" { "POST" } else { "GET" };
        for mark in [("Origin", "http://127.0.0.1:3000"), ("Sec-Fetch-Site", "cross-site")] {
            let answer = ask(&stage.control.url(), method, path, &[mark], "").await;
            assert_eq!(answer.status, 403, "{path}");
            assert!(!answer.body.contains(&token) && !answer.body.contains("<script"));
        }
    }
    assert_eq!(
        stage.control.console_url(),
        format!("{}/console?token={token}", stage.control.url())
    );
}

#[tokio::test]
async fn the_live_transcript_has_what_is_said_without_passwords() {
    let stage = Stage::bare().await;
    let mut all = live(&stage, "").await;
    let mut client = Client::connect(&stage.fake.url(), None).await;
    client.log_in("1001", "desktop").await;
    client.say("<presence xmlns='jabber:client'/>").await;
    let texts = texts_until(&mut all, "<presence xmlns='jabber:client'/>").await;
    assert!(texts.iter().any(|text| text.contains("<auth ")), "{texts:?}");
    // AUTHCID and password of SASL PLAIN, in base64.
    assert!(!texts.iter().any(|text| text.contains("c2VjcmV0") || text.contains("secret")));
    let other = Client::connect(&stage.fake.url(), None).await;
    let mut second = live(&stage, "?connection=2&after=0").await;
    let (_, _, first) = second.event().await;
    assert_eq!((&first["connection"], &first["kind"]), (&json!(2), &json!("fact")), "{first}");
    drop(other);
}

#[tokio::test]
async fn a_reader_of_the_transcript_resumes_and_hears_of_gaps() {
    let stage = Stage::bare().await;
    let mut client = Client::connect(&stage.fake.url(), None).await;
    client.log_in("1001", "desktop").await;
    let mut stream = live(&stage, "?after=0").await;
    let (id, _, first) = stream.event().await;
    assert_eq!(first["number"], 1);
    drop(stream);
    let (_, _, second) = live(&stage, &format!("?after={id}")).await.event().await;
    assert_eq!(second["number"], 2);
    let missed = |data: &Value| data["missed"].as_u64().expect("a number");
    stage.ask("DELETE", "/transcript", "").await;
    client.say("<presence xmlns='jabber:client'/>").await;
    let mut stream = live(&stage, &format!("?after={id}")).await;
    let (_, kind, gap) = stream.event().await;
    let (_, _, next) = stream.event().await;
    assert_eq!(kind, "missed");
    assert_eq!(next["number"], 2 + missed(&gap));
    let mut foreign = live(&stage, "?after=abc-7").await;
    let (id, kind, gap) = foreign.event().await;
    assert_eq!((&*id, &*kind, gap), ("", "missed", json!({ "missed": null })));
    let wrong = stage.refused(400, "GET", "/transcript/live?after=7", "").await;
    assert!(wrong.contains("the id of an event is RUN-NUMBER"), "{wrong}");
    let wrong = stage.refused(400, "GET", "/transcript/live?connection=x", "").await;
    assert!(wrong.contains("connection in the query must be a whole number"), "{wrong}");
}

#[tokio::test]
async fn a_file_is_explained_or_the_message_says_why_not() {
    let stage = Stage::bare().await;
    let good = include_str!("../../../explain/tests/captures/bad-no-presence-fake.console.log");
    let explained = stage.ask("POST", "/explain?name=desktop.log", good).await.json();
    assert_eq!((&explained["good"], &explained["fault"]), (&json!(false), &json!("client")));
    assert_eq!(explained["first_broken_step"], "presence");
    assert_eq!(explained["files"][0]["name"], "desktop.log");
    let empty = stage.refused(422, "POST", "/explain", "").await;
    assert_eq!(empty, "the file is empty");
    // Longer than any other body may be.
    let long = "x".repeat(5 << 20);
    stage.refused(422, "POST", "/explain", &long).await;
    stage.refused(413, "POST", "/publish", &long).await;
}

#[tokio::test]
async fn every_fault_of_the_table_can_be_made_by_its_form() {
    let stage = Stage::bare().await;
    let table = stage.ask("GET", "/faults/table", "").await.json();
    for row in table["table"].as_array().expect("rows") {
        let name = row["name"].as_str().expect("a name");
        let parameters = row["parameters"].as_array().expect("parameters");
        let word = |parameter: &Value| parameter["name"].as_str().expect("a name").to_owned();
        let mut line = name.to_owned();
        for parameter in parameters {
            if let Some(usual) = parameter["usual"].as_str() {
                line.push_str(&format!(" {}={usual}", word(parameter)));
            }
        }
        if let Some(before) = parameters.iter().find(|one| word(one) == "before") {
            let points = before["values"].as_array().expect("points");
            let point = points.iter().find(|point| point["value"] == "bind").expect("a point");
            line.push_str(&format!(" before={}", point["value"].as_str().expect("a word")));
        }
        // The altered place has no usual value.
        if parameters.iter().any(|one| word(one) == "at") {
            line.push_str(" at=@id");
        }
        let answer = stage.ask("POST", "/faults", &json!({ "fault": line }).to_string()).await;
        assert_eq!(answer.status, 201, "{line}: {}", answer.body);
        stage.ask("DELETE", "/faults", "").await;
    }
}
