//! The control port against its document: routes, examples, errors.

mod book;
#[path = "../client/mod.rs"]
#[allow(dead_code, reason = "another test uses the rest")]
mod client;
mod console;
mod http;
mod schema;
mod stream;

use std::collections::BTreeSet;
use std::sync::Arc;

use client::Client;
use finesse_fake::{Control, Error, Explainer, FakeFinesse, OPENAPI};
use http::Answer;
use schema::Schemas;
use serde_json::{Map, Value};

/// A fake, and a port to control it.
struct Stage {
    fake: Arc<FakeFinesse>,
    control: Control,
}

impl Stage {
    async fn bare() -> Self {
        let fake = FakeFinesse::builder().plain(true).start().await;
        let fake = Arc::new(fake.expect("the fake starts"));
        let port = "127.0.0.1:0".parse().expect("an address");
        let explainer = Explainer::new(|name, octets| {
            let conversation = explain::from_octets(name, octets)?;
            let explained = explain::json(&explain::Explanation::new(&conversation));
            serde_json::from_str(&explained).map_err(|error| error.to_string())
        });
        let control = Control::open_with(&fake, port, explainer).await.expect("the port opens");
        Self { fake, control }
    }

    /// The same with a client that is online, a fault, and agents who are signed in, of whom
    /// 1003 is a supervisor and 1004 is ready.
    async fn set() -> (Self, Client) {
        let stage = Self::bare().await;
        let mut client = Client::connect(&stage.fake.url(), None).await;
        client.log_in("1001", "desktop").await;
        client.say("<presence xmlns='jabber:client'/>").await;
        stage.fake.fault("duplicate what=message").expect("the first fault");
        for id in ["1002", "1003", "1004"] {
            stage.fake.agent(id).login().expect("an agent of the built-in world");
        }
        stage.fake.agent("1004").ready().expect("it is signed in");
        (stage, client)
    }

    async fn ask(&self, method: &str, path: &str, body: &str) -> Answer {
        http::ask(&self.control.url(), method, path, &[], body).await
    }

    /// An error with this status, and its message.
    async fn refused(&self, status: u16, method: &str, path: &str, body: &str) -> String {
        let answer = self.ask(method, path, body).await;
        assert_eq!(answer.status, status, "{method} {path} {body}: {}", answer.body);
        let error = answer.json();
        error["error"].as_str().unwrap_or_else(|| panic!("{method} {path}: {error}")).to_owned()
    }
}

fn document() -> Value {
    serde_json::from_str(OPENAPI).expect("the document is JSON")
}

/// Method, path and description of each operation, in the order of the document.
fn operations(document: &Value) -> Vec<(String, String, Map<String, Value>)> {
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            let operation = operation.as_object().expect("an operation").clone();
            operations.push((method.to_uppercase(), path.clone(), operation));
        }
    }
    operations
}

#[test]
fn the_document_has_the_routes_and_no_others() {
    let document = document();
    let documented: BTreeSet<(String, String)> =
        operations(&document).into_iter().map(|(method, path, _)| (method, path)).collect();
    let served: BTreeSet<(String, String)> =
        Control::routes().map(|(method, path)| (method.to_owned(), path.to_owned())).collect();
    assert_eq!(documented, served);
}

#[tokio::test]
async fn a_query_has_the_documented_names_and_no_others() {
    let (stage, document) = (Stage::bare().await, document());
    for (method, path, operation) in operations(&document) {
        let parameters = operation.get("parameters").and_then(Value::as_array);
        let names: Vec<&str> = parameters
            .into_iter()
            .flatten()
            .filter(|parameter| parameter["in"] == "query")
            .filter_map(|parameter| parameter["name"].as_str())
            .collect();
        let takes = if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
        let wanted = format!("there is no \"other\" in the query: {method} {path} takes {takes}");
        let query: String = names.iter().map(|name| format!("&{name}=1")).collect();
        let asked = format!("{path}?token=1{query}&other=1");
        assert_eq!(stage.refused(400, &method, &asked, "").await, wanted);
    }
}

#[tokio::test]
async fn every_example_is_answered_as_documented() {
    let ((stage, _client), document) = (Stage::set().await, document());
    let schemas = Schemas::of(&document);
    for (method, template, operation) in operations(&document) {
        let path = filled(&template, &operation, None);
        let content = operation.get("requestBody").map(|body| &body["content"]);
        let body = content.map(|content| {
            if let Some(text) = content["application/octet-stream"]["example"].as_str() {
                return text.to_owned();
            }
            let content = &content["application/json"];
            schemas.check(&content["schema"], &content["example"]).unwrap_or_else(|error| {
                panic!("the example of {method} {template} is not as its schema says: {error}")
            });
            content["example"].to_string()
        });
        let responses = operation["responses"].as_object().expect("responses");
        let (status, response) = responses.iter().next().expect("a good response");
        // Streams have tests of their own.
        if response["content"]["text/event-stream"].is_object() {
            let stream = http::Stream::open(&stage.control.url(), &path, &[]).await;
            assert_eq!(
                (stream.status.to_string(), &*stream.kind),
                (status.clone(), "text/event-stream")
            );
            continue;
        }
        let answer = stage.ask(&method, &path, &body.unwrap_or_default()).await;
        assert_eq!(answer.status.to_string(), *status, "{method} {path}: {}", answer.body);
        if response["content"]["text/html"].is_object() {
            assert_eq!(answer.kind, "text/html; charset=utf-8");
            continue;
        }
        assert_eq!(answer.kind, "application/json", "{method} {path}");
        let schema = &response["content"]["application/json"]["schema"];
        if let Err(error) = schemas.check(schema, &answer.json()) {
            panic!("{method} {path}: {error}\n{}", answer.body);
        }
    }
}

#[tokio::test]
async fn requests_of_the_rest_api_are_waited_for_and_in_the_transcript() {
    let (stage, _client) = Stage::set().await;
    let api = stage.fake.rest_url().expect("the profile has the API");
    let api = api.trim_end_matches("/finesse/api/").to_owned();
    let credentials = [("Authorization", "Basic MTAwMjpzZWNyZXQ=")];
    let path = "/finesse/api/User/1002";
    http::ask(&api, "PUT", path, &credentials, "<User><state>GONE</state></User>").await;
    let wait = |pattern: &str| format!("{{\"pattern\": {}}}", Value::from(pattern));
    let asked = stage.ask("POST", "/wait", &wait("PUT */User/1002 <User/>")).await.json();
    assert_eq!(asked["request"]["body"], "<User><state>GONE</state></User>");
    assert!(asked["answer"].is_null() && asked["speaker"] == "client", "{asked}");
    let answer = stage.ask("POST", "/wait", &wait("* * -> 400")).await.json();
    assert_eq!(answer["answer"]["status"], 400);
    assert_eq!(answer["request"]["target"], path);
    let transcript = stage.ask("GET", "/transcript", "").await;
    assert!(transcript.body.contains("Authorization: ***"), "{}", transcript.body);
    assert!(!transcript.body.contains("MTAwMjpzZWNyZXQ="));
    let said = transcript.json()["said"].as_array().expect("entries").clone();
    assert!(said.contains(&asked) && said.contains(&answer), "{said:?}");
    let none = wait("DELETE * -> 200").replace('}', ", \"within\": \"10ms\"}");
    let report = stage.refused(409, "POST", "/wait", &none).await;
    assert!(report.contains("method  DELETE  PUT") && report.contains("status  200"), "{report}");
    let wrong = stage.refused(400, "POST", "/wait", &wait("put /x")).await;
    assert!(wrong.contains("wanted an XML element, or METHOD PATH"), "{wrong}");
}

#[tokio::test]
async fn every_documented_refusal_happens_and_says_the_way_out() {
    let ((stage, _client), document) = (Stage::set().await, document());
    for (method, template, operation) in operations(&document) {
        let responses = operation["responses"].as_object().expect("responses");
        // A file to explain is no JSON, and has a test of its own.
        if operation.contains_key("requestBody") && template != "/explain" {
            for body in ["{\"nonsense\": 1}", "[]", "{", "\u{7}", "null"] {
                let path = filled(&template, &operation, None);
                let message = stage.refused(400, &method, &path, body).await;
                assert!(
                    message.contains(&format!("; {method} {template} takes, for example, {{")),
                    "{message}"
                );
            }
            assert!(responses.contains_key("400"), "{method} {template}");
        }
        if template.contains("{id}") {
            let path = filled(&template, &operation, Some("999999"));
            let example = operation
                .get("requestBody")
                .map(|body| &body["content"]["application/json"]["example"]);
            let body = example.map(Value::to_string).unwrap_or_default();
            let message = stage.refused(404, &method, &path, &body).await;
            assert!(message.starts_with("no "), "{message}");
            assert!(responses.contains_key("404"), "{method} {template}");
        }
    }
    for (method, path, body, wanted) in [
        (
            "POST",
            "/inject",
            r#"{"to": "1009", "text": ""}"#,
            (
                404,
                "no client is connected as \"1009\"; connected: #1 1001@finesse.example.com/desktop",
            ),
        ),
        (
            "POST",
            "/inject",
            r##"{"to": "#7", "text": ""}"##,
            (
                404,
                "no client is connected as \"#7\"; connected: #1 1001@finesse.example.com/desktop",
            ),
        ),
        (
            "POST",
            "/inject",
            r#"{"to": "1001"}"#,
            (400, "give either \"text\" or \"octets\", and not both"),
        ),
        (
            "POST",
            "/inject",
            r#"{"to": "1001", "octets": "?"}"#,
            (400, "\"octets\" must be base64: Invalid symbol 63, offset 0."),
        ),
        (
            "POST",
            "/publish",
            r#"{"node": "/x", "payload": "<x/>"}"#,
            (404, "there is no leaf node \"/x\""),
        ),
        (
            "POST",
            "/faults",
            r#"{"fault": "wrong-accept now"}"#,
            (400, "fault \"wrong-accept now\": wanted PARAMETER=VALUE, got \"now\""),
        ),
        (
            "DELETE",
            "/faults/7",
            "",
            (404, "no fault has the id 7; the faults are 1 (duplicate what=message)"),
        ),
        (
            "DELETE",
            "/faults/seven",
            "",
            (400, "id in the path must be a whole number, and is \"seven\""),
        ),
        (
            "GET",
            "/transcript?after=x",
            "",
            (400, "after in the query must be a whole number, and is \"x\""),
        ),
        ("GET", "/transcript?format=xml", "", (400, "format in the query must be json or text")),
        ("GET", "/transcript?format", "", (400, "format in the query must be json or text")),
        (
            "GET",
            "/transcript?after=1&conection=1",
            "",
            (
                400,
                "there is no \"conection\" in the query: GET /transcript takes connection, \
                 after, format",
            ),
        ),
        (
            "POST",
            "/reset?faults",
            "",
            (400, "there is no \"faults\" in the query: POST /reset takes nothing"),
        ),
        (
            "POST",
            "/wait",
            r#"{"pattern": "<a/>", "within": "11m"}"#,
            (400, "\"within\" must be a duration up to 10m, such as 5s or 500ms"),
        ),
        (
            "POST",
            "/expectations",
            r#"{"pattern": "<a/>", "times": 1, "at_most": 2}"#,
            (400, "give either \"times\", or \"at_least\" and \"at_most\""),
        ),
        (
            "GET",
            "/nowhere",
            "",
            (
                404,
                "there is no such route; GET / lists the routes, GET /openapi.json describes them",
            ),
        ),
        (
            "PATCH",
            "/sessions",
            "",
            (405, "this route does not take that method; GET /openapi.json describes the methods"),
        ),
        (
            "GET",
            "/faults/%ff",
            "",
            (405, "this route does not take that method; GET /openapi.json describes the methods"),
        ),
    ] {
        assert_eq!(stage.refused(wanted.0, method, path, body).await, wanted.1, "{method} {path}");
    }
    let message = stage.refused(400, "DELETE", "/faults/%ff", "").await;
    assert!(message.contains("UTF-8"), "{message}");
    let message =
        stage.refused(409, "POST", "/wait", r#"{"pattern": "<a/>", "within": "5ms"}"#).await;
    assert!(message.starts_with("waited 5ms for <a/>\n"), "{message}");
    let big = format!("{{\"fault\": \"{}\"}}", "x".repeat(5 << 20));
    assert!(
        stage.refused(413, "POST", "/faults", &big).await.contains("4194304 octets are the most")
    );
}

#[tokio::test]
async fn a_client_is_followed_spoken_to_and_thrown_out_over_http() {
    let (stage, mut client) = Stage::set().await;
    let first = stage.ask("POST", "/wait", r#"{"pattern": "<presence/>"}"#).await.json();
    assert_eq!(first["who"], "1001@finesse.example.com/desktop");
    let sessions = stage.ask("GET", "/sessions", "").await.json();
    assert_eq!(sessions["sessions"][0]["phase"], "available");
    let octets = r#"{"to": "1001@finesse.example.com", "octets": "gQF4"}"#;
    assert_eq!(stage.ask("POST", "/inject", octets).await.json()["sent"], 1);
    // Two presences of the web application came first.
    while client.hear().await != "x" {}
    stage.ask("POST", "/expectations", r#"{"pattern": "<message/>", "times": 1}"#).await;
    let unmet = stage.refused(409, "POST", "/verify", "").await;
    assert!(unmet.starts_with("expected <message/>\n  wanted once, did not come\n"), "{unmet}");
    assert!(unmet.contains("{plain(1001, ***)}") && !unmet.contains("secret"), "{unmet}");
    let text = stage.ask("GET", "/transcript?connection=1&after=3&format=text", "").await;
    assert!(
        text.kind.starts_with("text/plain") && text.body.contains("#1 1001 <- <success "),
        "{}",
        text.body
    );
    assert!(!text.body.contains("GET /ws/"), "{}", text.body);
    assert_eq!(stage.ask("POST", "/kick", r##"{"who": "#1"}"##).await.json()["kicked"], 1);
    while !client.hear().await.starts_with("<close") {}
}

#[tokio::test]
async fn an_agent_has_a_day_over_http() {
    let (stage, _client) = Stage::set().await;
    let state = |answer: Answer| answer.json()["state"].as_str().map(str::to_owned);
    let change = async |body: &str| state(stage.ask("POST", "/agents/1001/state", body).await);
    assert_eq!(change(r#"{"state": "LOGIN"}"#).await.as_deref(), Some("NOT_READY"));
    assert_eq!(change(r#"{"state": "READY"}"#).await.as_deref(), Some("READY"));
    let queued = async |queue: &str| {
        let path = format!("/queues/{queue}/call");
        stage.ask("POST", &path, r#"{"from": "5550199"}"#).await.json()["call"].clone()
    };
    assert_eq!(queued("2").await, Value::Null, "nobody of this queue is ready");
    let call = queued("1").await;
    assert_eq!((&call["from"], &call["queue"]["id"]), (&"5550199".into(), &"1".into()));
    let gone = format!("/calls/{}/other-side-hangs-up", call["id"]);
    assert_eq!(stage.ask("POST", &gone, "").await.status, 200);
    change(r#"{"state": "READY"}"#).await;
    let call = stage.ask("POST", "/agents/1001/ring", r#"{"from": "5550100"}"#).await.json();
    let act = async |action: &str| {
        stage.ask("POST", &format!("/calls/{}/{action}", call["id"]), "").await.json()
    };
    assert_eq!(act("answer").await["agents"]["1001"], "TALKING");
    assert_eq!(act("hold").await["call"]["id"], call["id"]);
    assert!(act("answer").await["error"].as_str().is_some_and(|error| error.contains("RETRIEVE")));
    act("retrieve").await;
    act("other-side-hangs-up").await;
    assert_eq!(change(r#"{"state": "NOT_READY", "reason": 999}"#).await, None);
    assert_eq!(change(r#"{"state": "LOGIN", "by": "1003", "reason": 1}"#).await, None);
    assert_eq!(change(r#"{"state": "LOGOUT"}"#).await.as_deref(), Some("LOGOUT"));
    stage.ask("PUT", "/systeminfo", r#"{"status": "OUT_OF_SERVICE"}"#).await;
    let text = stage.ask("GET", "/transcript?format=text", "").await.body;
    for heard in [
        "&lt;state&gt;TALKING&lt;/state&gt;",
        "&lt;event&gt;DELETE&lt;/event&gt;",
        "OUT_OF_SERVICE",
    ] {
        assert!(text.contains(heard), "no {heard}\n{text}");
    }
    assert_eq!(stage.ask("POST", "/reset", "").await.status, 200);
    let world = stage.ask("GET", "/world", "").await.json();
    assert!(world["calls"].as_array().is_some_and(Vec::is_empty));
    assert!(
        world["agents"].as_array().into_iter().flatten().all(|agent| agent["state"] == "LOGOUT")
    );
    assert_eq!(stage.ask("GET", "/systeminfo", "").await.json()["status"], "IN_SERVICE");
    assert_eq!(stage.ask("GET", "/transcript", "").await.json()["said"], serde_json::json!([]));
    assert!(stage.fake.clients().is_empty() && stage.fake.faults().is_empty());
    assert!(stage.fake.publish("/finesse/api/User/1001", "<x/>").is_ok());
}

#[tokio::test]
async fn calls_are_consulted_about_transferred_and_listened_to_over_http() {
    let (stage, _client) = Stage::set().await;
    let ask = async |path: &str, body: &str| stage.ask("POST", path, body).await.json();
    ask("/agents/1001/state", r#"{"state": "LOGIN"}"#).await;
    let first = ask("/agents/1001/ring", r#"{"from": "5550100"}"#).await["id"].clone();
    ask("/agents/1001/answer", "").await;
    let consultation = ask("/agents/1001/consult", r#"{"number": "1081002"}"#).await;
    assert_eq!(
        (&consultation["call_type"], &consultation["associated"]),
        (&"CONSULT".into(), &first)
    );
    assert_eq!(ask("/agents/1002/answer", "{}").await["state"], "TALKING");
    assert_eq!(ask("/agents/1001/transfer", "").await["calls"], serde_json::json!([]));
    let agent = ask("/agents/1002/send-dtmf", r#"{"digits": "12#"}"#).await;
    assert_eq!(agent["calls"], serde_json::json!([first]));
    let own = ask("/agents/1003/listen-to", r#"{"agent": "1002"}"#).await;
    assert_eq!(own["call_type"], "SUPERVISOR_MONITOR");
    assert_eq!(ask("/agents/1003/barge-in", "").await["calls"], serde_json::json!([first]));
    let text = stage.ask("GET", "/transcript?format=text", "").await.body;
    assert!(text.contains("&lt;callType&gt;CONSULT&lt;/callType&gt;"), "{text}");
    for (path, body, status, wanted) in [
        ("/agents/1002/consutl", "", 400, "no action is called \"consutl\"; the actions without"),
        ("/agents/1002/transfer", r#"{"number": "1"}"#, 400, "\"transfer\" takes no body; GET /"),
        ("/agents/1002/send-dtmf", r#"{"digits": "x"}"#, 409, "\"x\" cannot be sent as DTMF"),
        ("/agents/1002/consult", r#"{"number": ""}"#, 409, "CONSULT_CALL needs a number"),
        ("/agents/1002/drop-participant", r#"{"address": "7"}"#, 409, "call "),
        ("/agents/1002/listen-to", r#"{"agent": "1003"}"#, 409, "agent 1002 does not supervise"),
        ("/calls/1/fails", r#"{"cause": "ASLEEP"}"#, 400, "\"cause\" must be one of BUSY, BAD_"),
    ] {
        let message = stage.refused(status, "POST", path, body).await;
        assert!(message.contains(wanted), "{path}: {message}");
    }
}

#[tokio::test]
async fn only_this_machine_comes_in_and_a_browser_with_the_token() {
    let (stage, _client) = Stage::set().await;
    let url = stage.control.url();
    let ask = async |method: &str, path: &str, header: (&str, &str)| {
        http::ask(&url, method, path, &[header], "").await
    };
    let denied = |answer: Answer| {
        assert_eq!(answer.status, 403, "{}", answer.body);
        assert!(!answer.head.to_lowercase().contains("access-control"), "{}", answer.head);
        answer.json()["error"].as_str().expect("a message").to_owned()
    };
    let rebound = denied(ask("GET", "/sessions", ("Host", "rebound.example.com")).await);
    assert!(rebound.contains("\"rebound.example.com\", which is not this machine"), "{rebound}");
    let token = stage.control.token();
    let with_token = format!("/sessions?token={token}");
    denied(ask("GET", &with_token, ("Host", "rebound.example.com")).await);
    for mark in [
        ("Origin", "https://example.com"),
        ("Origin", "null"),
        ("Origin", "http://localhost:3000"),
        ("Sec-Fetch-Site", "none"),
    ] {
        for (method, path) in [("GET", "/sessions"), ("POST", "/reset"), ("OPTIONS", "/reset")] {
            let message = denied(ask(method, path, mark).await);
            assert!(message.contains("open the URL with `?token=…`"), "{message}");
            assert!(!message.contains(token));
        }
        let wrong = format!("/sessions?token={}", "0".repeat(token.len()));
        denied(ask("GET", &wrong, mark).await);
        let let_in = ask("GET", &with_token, mark).await;
        assert_eq!(let_in.status, 200);
        assert!(!let_in.head.to_lowercase().contains("access-control"), "{}", let_in.head);
        let bearer = format!("Bearer {token}");
        let headers = [mark, ("Authorization", bearer.as_str())];
        assert_eq!(http::ask(&url, "POST", "/verify", &headers, "").await.status, 200);
    }
    assert!(!stage.fake.clients().is_empty(), "nothing was reset");
    assert_eq!(stage.control.browser_url(), format!("{url}/?token={token}"));
    assert!(!format!("{:?}", stage.control).contains(token));
    let elsewhere = "192.0.2.1:0".parse().expect("an address");
    assert!(matches!(Control::open(&stage.fake, elsewhere).await, Err(Error::NotLoopback { .. })));
    let taken = Control::open(&stage.fake, url[7..].parse().expect("an address")).await;
    let taken = taken.expect_err("the port is taken").to_string();
    assert!(taken.contains("another program listens there"), "{taken}");
}

#[tokio::test]
async fn what_is_no_http_hurts_nobody() {
    let (stage, _client) = Stage::set().await;
    for octets in [
        &b"\0\xff\r\n\r\n"[..],
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /faults HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999\r\n\r\n{",
    ] {
        http::send_and_leave(&stage.control.url(), octets).await;
    }
    assert_eq!(stage.ask("GET", "/", "").await.status, 200);
}

#[tokio::test]
async fn a_fake_that_has_ended_is_not_kept_alive() {
    let fake = Arc::new(FakeFinesse::builder().plain(true).start().await.expect("the fake starts"));
    let control =
        Control::open(&fake, "127.0.0.1:0".parse().expect("an address")).await.expect("opens");
    let url = control.url();
    drop(fake);
    assert_eq!(http::ask(&url, "GET", "/", &[], "").await.status, 503);
    drop(control);
}

/// The path with the examples of its parameters, or with another id.
fn filled(template: &str, operation: &Map<String, Value>, id: Option<&str>) -> String {
    let mut path = template.to_owned();
    for parameter in operation.get("parameters").and_then(Value::as_array).into_iter().flatten() {
        let name = parameter["name"].as_str().expect("a name");
        let example = match (&parameter["example"], id) {
            (_, Some(id)) if name == "id" => id.to_owned(),
            (Value::String(text), _) => text.clone(),
            (other, _) => other.to_string(),
        };
        path = path.replace(&format!("{{{name}}}"), &example);
    }
    path
}
