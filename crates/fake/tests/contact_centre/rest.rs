//! The REST API on the port of the WebSocket: answer first, then the event.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use finesse_fake::{Error, FakeFinesse, Profile, SystemStatus};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::fake;
use crate::client::Client;

const DEADLINE: Duration = Duration::from_secs(5);

/// A connection that is kept.
pub(crate) struct Rest {
    stream: TcpStream,
    /// Octets behind the last answer.
    rest: Vec<u8>,
}

/// An answer: status, head, body.
pub(crate) struct Answer(pub(crate) u16, pub(crate) String, pub(crate) String);

impl Rest {
    pub(crate) async fn connect(fake: &FakeFinesse) -> Self {
        let stream = TcpStream::connect(fake.addr()).await.expect("the fake listens");
        Self { stream, rest: Vec::new() }
    }

    /// A request of an agent whose password is `secret`.
    pub(crate) async fn ask(
        &mut self,
        method: &str,
        path: &str,
        agent: &str,
        body: &str,
    ) -> Answer {
        let token = STANDARD.encode(format!("{agent}:secret"));
        self.send(&format!(
            "{method} /finesse/api/{path} HTTP/1.1\r\nHost: finesse.example.com:8445\r\nAuthorization: Basic {token}\r\n\
             requestId: r-1\r\nContent-Type: application/xml\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ))
        .await
    }

    pub(crate) async fn send(&mut self, request: &str) -> Answer {
        self.stream.write_all(request.as_bytes()).await.expect("the connection is open");
        self.answer().await
    }

    async fn answer(&mut self) -> Answer {
        loop {
            let text = String::from_utf8_lossy(&self.rest).into_owned();
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
                let length = length.map_or(0, |length| length.parse().expect("a length"));
                if body.len() >= length {
                    self.rest.drain(..head.len() + 4 + length);
                    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
                    return Answer(
                        status.expect("a status"),
                        head.to_owned(),
                        body[..length].to_owned(),
                    );
                }
            }
            let read = timeout(DEADLINE, self.stream.read_buf(&mut self.rest)).await;
            assert_ne!(read.expect("an answer in time").expect("no error"), 0, "{text}");
        }
    }
}

fn user(state: &str) -> String {
    format!("<User><state>{state}</state><extension>1081001</extension></User>")
}

#[tokio::test]
async fn an_agent_lives_a_day_by_rest_and_hears_of_it() -> Result<(), Error> {
    let fake = fake().start().await?;
    let mut client = Client::come(&fake, "1001").await;
    let mut rest = Rest::connect(&fake).await;
    for (state, heard) in [("LOGIN", "NOT_READY"), ("READY", "READY")] {
        let Answer(status, _, body) = rest.ask("PUT", "User/1001", "1001", &user(state)).await;
        assert_eq!((status, body.as_str()), (202, ""));
        let heard = format!("/finesse/api/User/1001 PUT r-1 {heard}");
        assert_eq!(client.hears_of(&["event", "requestId", "state"]).await, heard);
    }
    let call = fake.agent("1001").ring("5550100")?;
    client.hears_of(&["event"]).await;
    client.hears_of(&["event"]).await;
    let path = format!("Dialog/{}", call.id());
    let body = |action: &str| {
        format!(
            "<Dialog><targetMediaAddress>1081001</targetMediaAddress><requestedAction>{action}</requestedAction></Dialog>"
        )
    };
    for (action, state) in [("ANSWER", "ACTIVE"), ("DROP", "DROPPED")] {
        assert_eq!(rest.ask("PUT", &path, "1001", &body(action)).await.0, 202);
        let heard = client.hears_of(&["requestId", "state"]).await;
        assert_eq!(heard, format!("/finesse/api/User/1001/Dialogs r-1 {state}"));
        client.hears_of(&["event"]).await;
    }
    assert_eq!(rest.ask("PUT", "User/1001", "1001", &user("LOGOUT")).await.0, 202);
    Ok(())
}

#[tokio::test]
async fn the_answer_comes_before_the_event() -> Result<(), Error> {
    let fake = fake().start().await?;
    let mut client = Client::come(&fake, "1001").await;
    let mut rest = Rest::connect(&fake).await;
    fake.clear_transcript();
    rest.ask("PUT", "User/1001", "1001", &user("LOGIN")).await;
    client.hears_of(&["event"]).await;
    let transcript = fake.transcript().to_string();
    let answer = transcript.find("HTTP/1.1 202 Accepted").expect("the answer");
    let event = transcript.find("pubsub#event").expect("the event");
    assert!(answer < event, "{transcript}");
    assert!(
        transcript.contains("Authorization: ***") && transcript.contains("<state>LOGIN</state>")
    );
    Ok(())
}

#[tokio::test]
async fn a_fault_lets_the_event_come_before_its_answer() -> Result<(), Error> {
    let builder = fake().time_by_hand(true).fault("refuse-rest status=500 times=1");
    let fake = builder.start().await?;
    let mut client = Client::come(&fake, "1001").await;
    let mut rest = Rest::connect(&fake).await;
    let Answer(status, _, body) = rest.ask("PUT", "User/1001", "1001", &user("LOGIN")).await;
    assert_eq!(status, 500);
    assert!(body.contains("<ErrorType>Internal Server Error</ErrorType>"), "{body}");
    let late = fake.fault("delay what=answer by=2s method=PUT path=/finesse/api/User/*")?;
    let login = user("LOGIN");
    let (status, heard) = tokio::join!(rest.ask("PUT", "User/1001", "1001", &login), async {
        let heard = client.hears_of(&["requestId", "state"]).await;
        fake.advance(Duration::from_secs(2));
        heard
    });
    let heard_of = "/finesse/api/User/1001 r-1 NOT_READY";
    assert_eq!((status.0, heard.as_str()), (202, heard_of));
    let transcript = fake.transcript().to_string();
    let event = transcript.find("pubsub#event").expect("the event");
    let answer = transcript.find("HTTP/1.1 202 Accepted").expect("the answer");
    assert!(event < answer, "{transcript}");
    assert!(fake.remove_fault(late));
    fake.fault("withhold what=event node=/finesse/api/User/1001 nth=1")?;
    for state in ["READY", "NOT_READY"] {
        assert_eq!(rest.ask("PUT", "User/1001", "1001", &user(state)).await.0, 202);
    }
    assert_eq!(client.hears_of(&["requestId", "state"]).await, heard_of);
    Ok(())
}

#[tokio::test]
async fn requests_and_answers_are_expected_and_waited_for() -> Result<(), Error> {
    let fake = fake().start().await?;
    let mut rest = Rest::connect(&fake).await;
    let ready = "PUT /finesse/api/User/* <User><state>READY</state></User>";
    fake.expect(ready).times(1);
    fake.expect("PUT /finesse/api/User/1001 -> 202").times(1);
    fake.expect("* * -> 5*").never();
    rest.ask("PUT", "User/1001", "1001", &user("LOGIN")).await;
    rest.ask("PUT", "User/1001", "1001", &user("REDY")).await;
    let asked = fake.wait_for("PUT /finesse/api/User/1001", DEADLINE).await?;
    let exchange = asked.exchange.expect("a request");
    assert_eq!((exchange.body.as_str(), &exchange.answer), (user("LOGIN").as_str(), &None));
    let refused = fake.wait_for("PUT */User/1001 -> 400 <ApiErrors/>", DEADLINE).await?;
    let refused = refused.exchange.expect("an answer");
    assert!(refused.body.contains("REDY"), "{refused:?}");
    let report = fake.verify().expect_err("one expectation is not met").to_string();
    let (table, _) = report.split_once("\n  what was said\n").expect("the transcript is there");
    assert!(table.starts_with(&format!("expected {ready}\n  wanted once, did not come\n")));
    for part in ["PUT /finesse/api/User/1001 HTTP/1.1", "body User/state  READY   LOGIN"] {
        assert!(table.contains(part), "{table}");
    }
    let nothing = fake.wait_for("GET /finesse/api/Users", Duration::from_millis(20)).await;
    let nothing = nothing.expect_err("nobody asked").to_string();
    for part in
        ["method  GET                 PUT", "path    /finesse/api/Users  /finesse/api/User/1001"]
    {
        assert!(nothing.contains(part), "{nothing}");
    }
    for report in [report, nothing] {
        let secret = STANDARD.encode("1001:secret");
        assert!(!report.contains(&secret) && report.contains("Authorization: ***"), "{report}");
        assert!(!report.contains("JSESSIONID") && report.contains("Set-Cookie: ***"), "{report}");
    }
    assert!(matches!(fake.wait_for("put /x", DEADLINE).await, Err(Error::RequestPattern { .. })));
    Ok(())
}

#[tokio::test]
async fn the_record_explains_a_refusal() -> Result<(), Error> {
    let fake = fake().start().await?;
    let mut rest = Rest::connect(&fake).await;
    let body = "<User>\n  <state>REDY</state>\n</User>";
    assert_eq!(rest.ask("PUT", "User/1001", "1001", body).await.0, 400);
    let transcript = fake.transcript().to_string();
    let wanted = "PUT /finesse/api/User/1001 answered with 400: `state` cannot be \"REDY\": did you mean \"READY\"?";
    assert!(transcript.contains(wanted), "{transcript}");
    Ok(())
}

#[tokio::test]
async fn bodies_come_in_pieces_in_chunks_and_after_a_question() -> Result<(), Error> {
    let fake = fake().start().await?;
    let mut rest = Rest::connect(&fake).await;
    let token = STANDARD.encode("1001:secret");
    let head = |lines: &str| {
        format!(
            "PUT /finesse/api/User/1001 HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {token}\r\n{lines}\r\n\r\n"
        )
    };
    let body = user("LOGIN");
    let (one, other) = body.split_at(10);
    let chunks = format!(
        "{}{:x}\r\n{one}\r\n{:x}\r\n{other}\r\n0\r\n\r\n",
        head("Transfer-Encoding: chunked"),
        one.len(),
        other.len()
    );
    assert_eq!(rest.send(&chunks).await.0, 202);
    let expects = head(&format!("Expect: 100-continue\r\nContent-Length: {}", body.len()));
    assert_eq!(rest.send(&expects).await.0, 100);
    assert_eq!(rest.send(&body).await.0, 202);
    // Two requests at once are answered in their order.
    let get = |path: &str| format!("GET /finesse/api/{path} HTTP/1.1\r\nHost: x\r\n\r\n");
    let first = rest.send(&(get("SystemInfo") + &get("User/1001"))).await;
    assert_eq!((first.0, rest.answer().await.0), (200, 401));
    let Answer(status, head, _) = rest.send(&head("Content-Length: 99999999")).await;
    assert_eq!(status, 413);
    assert!(head.contains("Connection: close"), "{head}");
    Ok(())
}

#[tokio::test]
async fn a_server_out_of_service_answers_503_but_for_its_status() -> Result<(), Error> {
    let (one, other) = fake().start_pair().await?;
    one.system_info(SystemStatus::OutOfService);
    let mut rest = Rest::connect(&one).await;
    assert_eq!(rest.ask("GET", "User/1001", "1001", "").await.0, 503);
    let info = rest.ask("GET", "SystemInfo", "", "").await.2;
    for part in [
        "<status>OUT_OF_SERVICE</status>",
        "<host>finesse.example.com</host>",
        "<host>finesse2.example.com</host>",
    ] {
        assert!(info.contains(part), "{info}");
    }
    assert_eq!(Rest::connect(&other).await.ask("GET", "User/1001", "1001", "").await.0, 200);
    Ok(())
}

#[tokio::test]
async fn profiles_without_finesse_have_no_rest_api() -> Result<(), Error> {
    for (profile, status) in [
        (Profile::openfire_4_4(), 404),
        (Profile::strict(), 404),
        (Profile::openfire_4_4().rest(true), 200),
        (Profile::strict().rest(true), 200),
        (Profile::finesse().rest(false), 404),
    ] {
        let fake = fake().profile(profile).start().await?;
        let mut rest = Rest::connect(&fake).await;
        assert_eq!(rest.ask("GET", "SystemInfo", "", "").await.0, status);
    }
    Ok(())
}
