//! Somebody stands between sessions of BOSH and their streams.

use std::time::Duration;

use super::{engine, outputs};
use crate::accounts::Directory;
use crate::engine::{Engine, Passing, Peer};
use crate::numbers::ConnectionId;
use crate::outlet::Output;
use crate::profile::Profile;

const NOW: Duration = Duration::ZERO;

/// A request on a connection of its own.
fn post(engine: &mut Engine, attributes: &str, elements: &str) -> ConnectionId {
    let body =
        format!("<body xmlns='http://jabber.org/protocol/httpbind' {attributes}>{elements}</body>");
    let length = body.len();
    let request =
        format!("POST /http-bind/ HTTP/1.1\r\nHost: d\r\nContent-Length: {length}\r\n\r\n{body}");
    let by = engine.accept(NOW, Peer::default());
    engine.receive(NOW, by, request.as_bytes());
    by
}

/// Everything that passes until nothing more does. Each word is let pass.
fn passing(engine: &mut Engine) -> Vec<(ConnectionId, Passing)> {
    let mut all = Vec::new();
    while let Some((session, passing)) = engine.next_passing() {
        match &passing {
            Passing::Said(text) => engine.tell(NOW, session, text),
            Passing::Opened(_) | Passing::Ended => {}
            _ => engine.let_pass(NOW, session),
        }
        all.push((session, passing));
    }
    all
}

#[test]
fn requests_that_overtake_each_other_are_heard_in_their_order() {
    let mut engine = engine("d", Profile::finesse(), Directory::default());
    engine.stand_between();
    post(&mut engine, "rid='7' to='d' ver='1.6' wait='60' hold='1'", "");
    let begun = passing(&mut engine);
    let sid = begun.iter().find_map(|(_, passing)| match passing {
        Passing::Opened(sid) => Some(sid.clone()),
        _ => None,
    });
    let sid = sid.expect("the stream has begun");
    let ping = |id: &str| {
        format!("<iq xmlns='jabber:client' type='get' id='{id}'><ping xmlns='urn:xmpp:ping'/></iq>")
    };
    post(&mut engine, &format!("rid='9' sid='{sid}'"), &ping("second"));
    assert!(passing(&mut engine).is_empty(), "the request before it has not come");
    post(&mut engine, &format!("rid='8' sid='{sid}'"), &ping("first"));
    let heard: Vec<String> = passing(&mut engine)
        .into_iter()
        .filter_map(|(_, passing)| match passing {
            Passing::Element(element) => element.attr("id").map(str::to_owned),
            _ => None,
        })
        .collect();
    assert_eq!(heard, ["first", "second"]);

    // One that waits for ever is answered when the session ends.
    let early = post(&mut engine, &format!("rid='11' sid='{sid}'"), "");
    outputs(&mut engine);
    let (session, _) = begun[0];
    engine.end_session(NOW, session, false);
    let said = outputs(&mut engine);
    let [(by, Output::Octets(octets))] = said.as_slice() else { panic!("{said:?}") };
    assert!(octets.starts_with(b"HTTP/1.1 404"), "the session is over");
    assert_eq!(*by, early);
}
