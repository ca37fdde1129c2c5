//! Streams of the control port: what comes, where a client resumes, what a reader costs that does
//! not read.

use serde_json::{Value, json};

use crate::Stage;
use crate::http::{Stream, ask};

async fn events(stage: &Stage, query: &str, headers: &[(&str, &str)]) -> Stream {
    let stream = Stream::open(&stage.control.url(), &format!("/events{query}"), headers).await;
    assert_eq!(stream.status, 200);
    stream
}

async fn begun(stage: &Stage, query: &str) -> Stream {
    let mut stream = events(stage, query, &[]).await;
    let first = stream.next().await.expect("the stream begins");
    assert!(first.starts_with(": ") && first.ends_with("retry: 1000"), "{first}");
    stream
}

fn payload(data: &Value) -> &str {
    data["payload"].as_str().expect("a payload")
}

#[tokio::test]
async fn an_agent_hears_what_a_client_of_it_would_hear() {
    let (stage, mut client) = Stage::set().await;
    let mut stream = begun(&stage, "?user=1001").await;
    stage.fake.agent("1002").ready().expect("it is signed in");
    stage.fake.agent("1001").login().expect("an agent");
    stage.fake.agent("1001").ring("5550100").expect("a call");
    for node in ["/finesse/api/User/1001", "/finesse/api/User/1001/Dialogs"] {
        let (id, kind, data) = stream.event().await;
        assert_eq!((&*kind, &data["node"]), ("publication", &json!(node)));
        assert!(id.contains('-') && data["at"].is_number(), "{id} {data}");
        // The fault of this stage doubles what the client hears.
        loop {
            let message = client.hear().await;
            if message.contains(&format!("node=\"{node}\"")) {
                assert!(message.contains(payload(&data)), "{message}\n{data}");
                break;
            }
        }
    }
    stage.ask("PUT", "/systeminfo", r#"{"status": "OUT_OF_SERVICE"}"#).await;
    while stream.event().await.2["node"] != "/finesse/api/SystemInfo" {}
}

#[tokio::test]
async fn a_client_resumes_behind_its_last_event() {
    let stage = Stage::bare().await;
    let publish = |payload: &str| {
        stage.fake.publish("/finesse/api/User/1001", payload).expect("there is the node");
    };
    let mut stream = begun(&stage, "").await;
    publish("<one/>");
    let (first, _, data) = stream.event().await;
    assert_eq!(payload(&data), "<one/>");
    drop(stream);
    publish("<two/>");
    for (query, headers) in [
        (String::new(), vec![("Last-Event-ID", &*first)]),
        (format!("?user=1001&after={first}"), Vec::new()),
    ] {
        let (_, _, data) = events(&stage, &query, &headers).await.event().await;
        assert_eq!(payload(&data), "<two/>");
    }
    for gone in ["abc-1", &first.replace("-1", "-9")] {
        let mut stream = events(&stage, &format!("?after={gone}"), &[]).await;
        let (id, kind, data) = stream.event().await;
        assert_eq!((&*id, &*kind, data), ("", "missed", json!({ "missed": null })));
        assert_eq!(payload(&stream.event().await.2), "<one/>");
    }
    stage.fake.reset();
    publish("<three/>");
    let mut stream = events(&stage, "", &[("Last-Event-ID", &first)]).await;
    let (_, kind, data) = stream.event().await;
    assert_eq!((&*kind, data), ("missed", json!({ "missed": 1 })));
    assert_eq!(payload(&stream.event().await.2), "<three/>");
    let wrong = stage.refused(400, "GET", "/events?after=7", "").await;
    assert!(wrong.contains("the id of an event is RUN-NUMBER, such as "), "{wrong}");
    let nobody = stage.refused(400, "GET", "/events?user=10010", "").await;
    assert!(nobody.starts_with("no account is called \"10010\""), "{nobody}");
}

#[tokio::test]
async fn a_reader_that_does_not_read_misses_events_and_holds_up_nobody() {
    let stage = Stage::bare().await;
    let mut idle = begun(&stage, "").await;
    // More than the sockets and the log hold together.
    let (long, count) = (format!("<x>{}</x>", "x".repeat(60 << 10)), 600);
    for _ in 0..count {
        stage.fake.publish("/finesse/api/User/1001", &long).expect("there is the node");
        tokio::task::yield_now().await;
    }
    let (mut heard, mut missed) = (0, 0);
    while heard + missed < count {
        match idle.event().await {
            (_, kind, data) if kind == "missed" => missed += data["missed"].as_u64().expect("some"),
            _ => heard += 1,
        }
    }
    assert_eq!(heard + missed, count);
    assert!(missed > 0, "{heard} heard");
}

#[tokio::test]
async fn a_stream_ends_with_the_port_and_with_the_fake() {
    let stage = Stage::bare().await;
    let (mut of_port, mut of_fake) = (begun(&stage, "").await, {
        let other = finesse_fake::Control::open(&stage.fake, "127.0.0.1:0".parse().expect("one"));
        let other = other.await.expect("a second port");
        let stream = Stream::open(&other.url(), "/events", &[]).await;
        (other, stream)
    });
    drop(stage.control);
    assert_eq!(of_port.next().await, None);
    drop(stage.fake);
    while of_fake.1.next().await.is_some() {}
}

#[tokio::test]
async fn a_browser_needs_the_token_for_a_stream_too() {
    let stage = Stage::bare().await;
    let mark = [("Origin", "https://example.com")];
    let answer = ask(&stage.control.url(), "GET", "/events", &mark, "").await;
    assert_eq!(answer.status, 403);
    let path = format!("/events?token={}", stage.control.token());
    assert_eq!(Stream::open(&stage.control.url(), &path, &mark).await.status, 200);
}
