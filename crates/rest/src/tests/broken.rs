//! Rules that are broken on purpose show in an answer.

use contact::SystemStatus;

use super::Server;
use crate::{Answer, Rule};

#[test]
fn each_broken_rule_is_seen_in_an_answer() {
    // The rule, a request that shows it, and its statuses without and with the rule broken.
    let get = |path| ("GET", path, "1001", "", "");
    let table = [
        (Rule::Passwords, ("GET", "User/1001", "1001:wrong", "", ""), (401, 200)),
        (Rule::Owners, get("Users"), (401, 200)),
        (Rule::Writes, ("POST", "ReasonCodes", "1001", "", "<ReasonCode/>"), (401, 202)),
        (Rule::Actions, ("PUT", "Dialog/1", "1001", "", "<Dialog/>"), (404, 202)),
        (
            Rule::Answers,
            (
                "PUT",
                "Dialog/1",
                "1001",
                "",
                "<Dialog><requestedAction>ANSWER</requestedAction></Dialog>",
            ),
            (404, 202),
        ),
        (
            Rule::Accepted,
            ("PUT", "User/1001", "1001", "", "<User><state>LOGOUT</state></User>"),
            (202, 200),
        ),
        (Rule::Refusals, get("Dialog/1"), (404, 202)),
        (Rule::Parameters, get("User/1001/ReasonCodes?category=LOGOUT"), (200, 400)),
        (Rule::UnknownParameters, get("User/1001?nocache=1"), (200, 400)),
        (
            Rule::Ranges,
            ("GET", "User/1001/PhoneBooks", "1001", "Range: objects=3-1", ""),
            (416, 200),
        ),
        (
            Rule::LastElement,
            ("PUT", "User/1001", "1001", "", "<User><state>X</state><state>LOGOUT</state></User>"),
            (202, 400),
        ),
        (
            Rule::Blanks,
            ("PUT", "User/1001", "1001", "", "<User><state> LOGOUT </state></User>"),
            (202, 400),
        ),
        (Rule::BodiesOfReads, ("GET", "User/1001", "1001", "", "<User/>"), (200, 400)),
        (Rule::LoginNames, get("User/abyron"), (200, 404)),
        (Rule::Slashes, get("User/1001/"), (200, 404)),
    ];
    for (rule, (method, path, who, lines, body), (sound, broken)) in table {
        let mut server = Server::new("ccx");
        assert_eq!(server.full(method, path, who, lines, body).status, sound, "{rule:?}");
        server.broken = vec![rule];
        assert_eq!(server.full(method, path, who, lines, body).status, broken, "{rule:?}");
    }
    let mut down = Server::new("ccx");
    down.status = SystemStatus::OutOfService;
    down.broken = vec![Rule::Service];
    assert_eq!(down.get("User/1001", "1001").status, 200);
}

#[test]
fn broken_rules_about_the_answer_change_its_headers_and_its_document() {
    let answered = |rule, path: &str, lines: &str| {
        let mut server = Server::new("ccx");
        server.broken = vec![rule];
        server.full("GET", path, "1001", lines, "")
    };
    let has = |answer: &Answer, name: &str| answer.headers.iter().any(|(own, _)| *own == name);
    assert_eq!(answered(Rule::Errors, "User/1002", "").body, "");
    assert!(!has(&answered(Rule::Headers, "User/1001", ""), "Set-Cookie"));
    assert!(!has(&answered(Rule::Types, "User/1001", ""), "Content-Type"));
    assert!(has(&answered(Rule::IdsOfReads, "User/1001", "requestId: r"), "requestId"));
    assert!(!has(&answered(Rule::RequestIds, "Dialog/1", "requestId: r"), "requestId"));
    assert_eq!(answered(Rule::Documents, "User/1001", "").body, "<User/>");
    assert!(answered(Rule::Capitals, "User/1001", "").body.starts_with("<user>"));
    assert!(!answered(Rule::EmptyElements, "User/1001", "").body.contains("stateChangeTime"));
    assert!(answered(Rule::Domain, "SystemInfo", "").body.contains("pubsub.elsewhere"));
}
