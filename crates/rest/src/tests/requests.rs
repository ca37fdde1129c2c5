//! Any request: methods, credentials, origins, errors, arbitrary texts.

use std::time::Duration;

use contact::SystemStatus;

use super::{Server, dialog, error};
use crate::Answer;

#[test]
fn each_error_has_its_document() {
    let mut server = Server::new("ccx");
    server.ready("1001");
    let mut shown = String::new();
    let table = [
        ("GET", "User/1001", "", ""),
        ("GET", "User/1001", "1001:wrong", ""),
        ("GET", "User/1002", "1001", ""),
        ("GET", "Users", "1001", ""),
        ("GET", "Dialog/1", "1001", ""),
        ("PUT", "User/1001", "1001", "<User></User>"),
        ("PUT", "User/1002", "1002", "<User><state>LOGIN</state></User>"),
        ("PUT", "User/1001", "1001", "<User><state>REDY</state></User>"),
        ("PUT", "User/1001", "1001", "<User><state>TALKING</state></User>"),
        (
            "PUT",
            "User/1001",
            "1001",
            "<User><state>NOT_READY</state><reasonCodeId>9</reasonCodeId></User>",
        ),
        ("PUT", "User/1001", "1001", "<User><state>READY</User>"),
        ("PUT", "User/1001", "1001", "<user><state>READY</state></user>"),
        ("PUT", "User/1006", "1003", "<User><state>READY</state></User>"),
        ("GET", "User/1001/ReasonCodes", "1001", ""),
        ("GET", "User/1001/Queues", "1001", ""),
        ("POST", "ReasonCodes", "1001", "<ReasonCode/>"),
    ];
    for (method, path, who, body) in table {
        let answer = server.ask(method, path, who, body);
        let body = answer.body.split_once("?>\n").map_or("", |(_, xml)| xml);
        let note = answer.note.unwrap_or_default();
        shown.push_str(&format!(
            "{method} {path} by {who:?}: {}\n{body}\n# {note}\n\n",
            answer.status
        ));
    }
    server.status = SystemStatus::OutOfService;
    assert_eq!(error(&server.get("User/1001", "1001")).0, 503);
    assert_eq!(server.get("SystemInfo", "").status, 200);
    insta::assert_snapshot!("errors", shown);
}

#[test]
fn the_record_names_the_near_miss() {
    let mut server = Server::new("ccx");
    server.ready("1001");
    let call = server.world.ring("1001", "5550100").unwrap();
    let put = |server: &mut Server, fields: &str| {
        server.ask("PUT", &format!("Dialog/{call}"), "1001", &dialog(fields))
    };
    let answer = put(
        &mut server,
        "<requestedAction>ANSWER</requestedAction><mediaAddress>1081001</mediaAddress>",
    );
    assert_eq!(error(&answer), (400, "Parameter Missing".into(), "targetMediaAddress".into()));
    let note = answer.note.unwrap();
    assert!(note.contains("line 1, column 51: <mediaAddress> has no meaning in <Dialog>: did you mean <targetMediaAddress>?"), "{note}");
    let answer = put(&mut server, "<requestedAction>ANSWR</requestedAction>");
    assert!(answer.note.unwrap().contains("did you mean \"ANSWER\"?"));
    let answer = server.ask(
        "POST",
        "User/1001/Dialogs",
        "1001",
        &dialog("<requestedAction>BARGE_IN</requestedAction>"),
    );
    assert!(answer.note.unwrap().contains("did you mean \"BARGE_CALL\"?"));
    let nested = "<requestedAction>UPDATE_CALL_DATA</requestedAction><callvariables><CallVariable><name>a</name></CallVariable></callvariables>";
    let answer = put(&mut server, nested);
    assert_eq!(error(&answer).2, "mediaProperties");
    let note = answer.note.unwrap();
    let place = "<callvariables> has no meaning in <Dialog>: it belongs in <mediaProperties>";
    assert!(note.contains(&format!("line 1, column 61: {place}")), "{note}");
    let quoted = "<requestedAction>UPDATE_CALL_DATA</requestedAction><mediaProperties>\
        \"<wrapUpReason>Sold</wrapUpReason>\"</mediaProperties>";
    let answer = put(&mut server, quoted);
    assert_eq!(error(&answer).1, "Bad Request");
    let place = "line 1, column 77: text beside the elements of &lt;mediaProperties&gt;";
    assert!(answer.body.contains(place), "{answer:?}");
}

#[test]
fn the_record_names_the_path_that_was_meant() {
    let mut server = Server::new("ccx");
    for (method, path, status, note) in [
        ("GET", "Usr/1001", 404, "the API has no object \"Usr/1001\": did you mean User?"),
        ("GET", "Users/1001", 404, "did you mean User/1001?"),
        ("POST", "User/1081001", 405, "POST is for User/ID/Dialogs, User/ID/ClientLog"),
        ("POST", "User/1081001/Dialogs", 401, "\"1081001\" is the extension of agent 1001"),
        ("GET", "User/1001/Queues", 501, "`flavour` of the world is \"ccx\""),
    ] {
        let answer = server.ask(method, path, "1001", "");
        let own = answer.note.unwrap_or_default();
        assert!(answer.status == status && own.contains(note), "{method} {path}: {own}");
    }
    for (target, wanted) in [
        ("/finesse/User/1001", Some("/finesse/api/User/1001")),
        ("/api/user/1001/Dialogs?x=1", Some("/finesse/api/User/1001/Dialogs")),
        ("/favicon.ico", None),
    ] {
        let octets = format!("GET {target} HTTP/1.1\r\n\r\n");
        let (head, _) = wire::RequestHead::parse(octets.as_bytes()).unwrap().unwrap();
        assert_eq!(crate::meant(&head).as_deref(), wanted, "{target}");
    }
}

#[test]
fn five_wrong_passwords_lock_for_five_minutes() {
    let mut server = Server::new("ccx");
    for _ in 0..5 {
        assert_eq!(server.get("User/1001", "1001:wrong").status, 401);
    }
    assert_eq!(server.get("User/1001", "1001").status, 401);
    assert_eq!(server.get("User/1001", "abyron").status, 401, "the other name is the same account");
    assert_eq!(server.get("User/1002", "1002").status, 200);
    server.now = Duration::from_secs(300);
    assert_eq!(server.get("User/1001", "1001").status, 200);
    for _ in 0..4 {
        assert_eq!(server.get("User/1001", "1001:wrong").status, 401);
    }
    assert_eq!(server.get("User/1001", "1001").status, 200, "four do not lock");
}

#[test]
fn methods_and_types_are_answered_as_a_container_answers_them() {
    let mut server = Server::new("ccx");
    let answer = server.ask("DELETE", "User/1001", "1001", "");
    assert_eq!(answer.status, 405);
    assert!(answer.headers.contains(&("Allow", "GET, PUT, OPTIONS".to_owned())), "{answer:?}");
    assert_eq!(server.ask("PUT", "Dialog/", "1001", "<Dialog/>").status, 405);
    let answer = server.full("PUT", "User/1001", "1001", "Content-Type: application/json", "{}");
    assert_eq!(answer.status, 415);
    let cookie = |answer: &Answer| answer.headers.iter().any(|(name, _)| *name == "Set-Cookie");
    assert!(cookie(&server.get("User/1001", "1001")));
    let again = server.full("GET", "User/1001", "1001", "Cookie: JSESSIONID=1", "");
    assert!(!cookie(&again) && again.status == 200);
    assert!(!cookie(&server.get("SystemInfo", "")));
}

#[test]
fn browsers_of_other_origins_are_served_when_that_is_on() {
    let mut server = Server::new("ccx");
    let preflight = |server: &mut Server| {
        server.full("OPTIONS", "User/1001", "", "Origin: https://crm.example", "")
    };
    let has = |answer: &Answer, name: &str| answer.headers.iter().any(|(own, _)| *own == name);
    assert!(!has(&preflight(&mut server), "Access-Control-Allow-Origin"));
    server.allows_cross_origin = true;
    let answer = preflight(&mut server);
    assert_eq!(answer.status, 200);
    assert!(
        has(&answer, "Access-Control-Allow-Origin") && has(&answer, "Access-Control-Allow-Methods")
    );
}

#[test]
fn hostile_values_come_through_as_they_are() {
    let mut server = Server::with("ccx", "values = \"hostile\"");
    server.ready("1001");
    let call = server.world.ring("1001", "").unwrap();
    let answer = server.get(&format!("Dialog/{call}"), "1001");
    let root = stanza::parse(answer.body.split_once("?>\n").unwrap().1).expect("XML");
    assert_eq!(root.child("", "fromAddress").unwrap().text(), "");
    assert_eq!(root.child("", "participants").unwrap().children().count(), 1);
    let variables = root.child("", "mediaProperties").unwrap().child("", "callvariables").unwrap();
    let values: Vec<String> =
        variables.children().map(|it| it.child("", "value").unwrap().text()).collect();
    for wanted in ["a|b", "]]>", "<b>&amp;</b>", "line\rbreak", "🎧 é", "0042"] {
        assert!(values.iter().any(|value| value == wanted), "{wanted}: {values:?}");
    }
    let user = server.get("User/1001", "1001").body;
    assert!(user.contains("<firstName>Ada a|b</firstName>"), "{user}");
    assert!(server.get("User/1001/PhoneBooks", "1001").body.contains("<phoneNumber>005550142<"));
}

proptest::proptest! {
    #[test]
    fn any_request_gets_an_answer(path in "[A-Za-z0-9/%?=&*]{0,40}", who in "(1001|1003|administrator|x)", body in ".{0,80}",
                                  method in "(GET|PUT|POST|DELETE|OPTIONS|HEAD|PATCH)") {
        let mut server = Server::new("ccx");
        let answer = server.ask(&method, &path, &who, &body);
        proptest::prop_assert!((200..=503).contains(&answer.status));
    }

    #[test]
    fn any_body_gets_an_answer(inner in "(<[a-z]{1,9}>|</[a-z]{1,9}>|state|LOGIN|&amp;|&|<!--|]]>|\u{0}|é){0,12}") {
        let mut server = Server::new("ccx");
        for (path, root) in [("User/1001", "User"), ("Dialog/1", "Dialog")] {
            let answer = server.ask("PUT", path, "1001", &format!("<{root}>{inner}</{root}>"));
            proptest::prop_assert!((400..=404).contains(&answer.status), "{:?}", answer);
        }
    }
}
