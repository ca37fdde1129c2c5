//! Dialogs: calls, consultations, recordings, customers that a dialer offers.

use contact::Wanted;

use super::{Server, dialog, error, user};

#[test]
fn a_call_is_answered_held_and_dropped() {
    let mut server = Server::new("ccx");
    server.ready("1001");
    let call = server.world.ring("1001", "5550100").unwrap();
    server.events();
    for action in ["ANSWER", "HOLD", "RETRIEVE"] {
        let fields = format!(
            "<targetMediaAddress>1081001</targetMediaAddress><requestedAction>{action}</requestedAction>"
        );
        let answer =
            server.full("PUT", &format!("Dialog/{call}"), "1001", "RequestId: r", &dialog(&fields));
        assert_eq!(answer.status, 202, "{action}");
        let events = server.events();
        let own = events.iter().find(|(node, _)| node == "/finesse/api/User/1001/Dialogs").unwrap();
        assert!(own.1.contains("<requestId>r</requestId>"), "{}", own.1);
    }
    let data = "<requestedAction>UPDATE_CALL_DATA</requestedAction><mediaProperties><wrapUpReason>Complaint</wrapUpReason>\
                <callvariables><CallVariable><name>callVariable1</name><value>a|b &amp; ]]&gt;</value></CallVariable></callvariables></mediaProperties>";
    assert_eq!(server.ask("PUT", &format!("Dialog/{call}"), "1001", &dialog(data)).status, 202);
    insta::assert_snapshot!("dialogs", server.get("User/1001/Dialogs", "1001").body);
    let drop = dialog(
        "<targetMediaAddress>1081001</targetMediaAddress><requestedAction>DROP</requestedAction>",
    );
    assert_eq!(server.ask("PUT", &format!("Dialog/{call}"), "1001", &drop).status, 202);
    assert_eq!(server.ask("PUT", &format!("Dialog/{call}"), "1001", &drop).status, 404);
}

#[test]
fn a_refusal_after_the_202_is_an_event() {
    let mut server = Server::new("ccx");
    server.ready("1001");
    let taken = user("<state>LOGIN</state><extension>1081001</extension>");
    let answer = server.full("PUT", "User/1002", "1002", "requestId: r-2", &taken);
    assert_eq!(answer.status, 202);
    assert!(answer.note.unwrap().contains("extension 1081001 is taken"));
    let events = server.events();
    assert_eq!(events[0].0, "/finesse/api/User/1002");
    for part in ["Invalid Device", "<requestId>r-2</requestId>"] {
        assert!(events[0].1.contains(part), "{}", events[0].1);
    }
    let call = server.world.make_call("1001", "5550100").unwrap();
    server.events();
    let answer = dialog(
        "<targetMediaAddress>1081001</targetMediaAddress><requestedAction>RETRIEVE</requestedAction>",
    );
    assert_eq!(server.ask("PUT", &format!("Dialog/{call}"), "1001", &answer).status, 202);
    let events = server.events();
    assert_eq!(events[0].0, "/finesse/api/User/1001/Dialogs");
    assert!(events[0].1.contains(&format!("<source>/finesse/api/Dialog/{call}</source>")));
}

#[test]
fn a_call_is_consulted_about_and_transferred() {
    let mut server = Server::new("ccx");
    for id in ["1001", "1002"] {
        server.ready(id);
    }
    let first = server.world.ring("1001", "").unwrap();
    let put = |server: &mut Server, call: u64, who: &str, fields: &str| {
        let own = format!("<targetMediaAddress>108{who}</targetMediaAddress>{fields}");
        server.ask("PUT", &format!("Dialog/{call}"), who, &dialog(&own)).status
    };
    let action = |name: &str| format!("<requestedAction>{name}</requestedAction>");
    assert_eq!(put(&mut server, first, "1001", &action("ANSWER")), 202);
    assert_eq!(put(&mut server, first, "1001", &action("CONSULT_CALL")), 400, "no number");
    let consult = action("CONSULT_CALL") + "<toAddress>1081002</toAddress>";
    assert_eq!(put(&mut server, first, "1001", &consult), 202);
    assert_eq!(server.get("User/1001/Dialogs", "1001").body.matches("<Dialog>").count(), 2);
    assert_eq!(put(&mut server, first + 1, "1002", &action("ANSWER")), 202);
    assert_eq!(put(&mut server, first, "1001", &action("TRANSFER")), 202);
    assert!(server.get("User/1001/Dialogs", "1001").body.contains("<Dialogs></Dialogs>"));
    let other = server.get("User/1002/Dialogs", "1002").body;
    assert!(other.contains("<callType>TRANSFER</callType>"), "{other}");
    assert!(other.contains("<fromAddress></fromAddress>"), "{other}");
    let digits = |name: &str| {
        action("SEND_DTMF")
            + &format!(
                "<actionParams><ActionParam><name>{name}</name><value>12#</value></ActionParam></actionParams>"
            )
    };
    assert_eq!(put(&mut server, first, "1002", &digits("dtmfString")), 202);
    assert_eq!(put(&mut server, first, "1002", &digits("dtmfDigits")), 400);
}

#[test]
fn a_supervisor_listens_and_barges_in() {
    let mut server = Server::new("ccx");
    server.ready("1001");
    server.world.request("1003", Wanted::Login, None, "").unwrap();
    let call = server.world.ring("1001", "5550100").unwrap();
    server.world.act("1001", contact::Action::Answer).unwrap();
    let listen = dialog(
        "<requestedAction>SILENT_MONITOR</requestedAction><fromAddress>1081003</fromAddress><toAddress>1081001</toAddress>",
    );
    assert_eq!(
        error(&server.ask("POST", "User/1002/Dialogs", "1002", &listen)).1,
        "Invalid Supervisor"
    );
    assert_eq!(server.ask("POST", "User/1003/Dialogs", "1003", &listen).status, 202);
    let own = server.get("User/1003/Dialogs", "1003").body;
    assert!(own.contains("<callType>SUPERVISOR_MONITOR</callType>"), "{own}");
    let barge = format!(
        "<requestedAction>BARGE_CALL</requestedAction><fromAddress>1081003</fromAddress><toAddress>1081001</toAddress>                         <associatedDialogUri>/finesse/api/Dialog/{}</associatedDialogUri>",
        call + 1
    );
    assert_eq!(server.ask("POST", "User/1003/Dialogs", "1003", &dialog(&barge)).status, 202);
    assert_eq!(
        server.get(&format!("Dialog/{call}"), "1003").body.matches("<Participant>").count(),
        3
    );
}

#[test]
fn an_agent_takes_a_customer_that_a_dialer_offers() {
    let mut server = Server::new("ccx");
    server.ready("1001");
    let call = server.world.preview("1001", "Spring", "5550126").unwrap();
    server.events();
    let put = |server: &mut Server, action: &str, name: &str, value: &str| {
        let own = "<targetMediaAddress>1081001</targetMediaAddress>";
        let action = format!("<requestedAction>{action}</requestedAction>");
        let parameter = match name {
            "" => String::new(),
            _ => format!(
                "<actionParams><ActionParam><name>{name}</name><value>{value}</value></ActionParam></actionParams>"
            ),
        };
        server.ask(
            "PUT",
            &format!("Dialog/{call}"),
            "1001",
            &dialog(&(own.to_owned() + &action + &parameter)),
        )
    };
    let shown = server.get("User/1001/Dialogs", "1001").body;
    for part in ["<callType>OUTBOUND_PREVIEW<", "<action>ACCEPT<", "<value>5550126<"] {
        assert!(shown.contains(part), "{shown}");
    }
    assert_eq!(put(&mut server, "HOLD", "", "").status, 202);
    let error_event = server.events();
    assert!(error_event[0].1.contains("<errorType>Generic Error</errorType>"), "{error_event:?}");
    assert_eq!(put(&mut server, "ACCEPT", "", "").status, 202);
    let told = server.events();
    assert!(told[0].1.contains("<state>ACCEPTED</state>"), "{told:?}");
    assert!(told[1].1.contains("<state>RESERVED_OUTBOUND</state>"), "{told:?}");
    server.world.other_side_answers(call).unwrap();
    assert!(server.get("User/1001", "1001").body.contains("<state>TALKING</state>"));
    for (action, name, value, status) in [
        ("RECLASSIFY", "", "", 400),
        ("RECLASSIFY", "outboundClassification", "ROBOT", 400),
        ("RECLASSIFY", "outboundClassification", "ANS_MACHINE", 202),
        ("UPDATE_SCHEDULED_CALLBACK", "callbackTime", "tomorrow", 400),
        ("UPDATE_SCHEDULED_CALLBACK", "callbackTime", "2026-03-07T14:30", 202),
    ] {
        assert_eq!(put(&mut server, action, name, value).status, status, "{action} {value}");
    }
    let shown = server.get(&format!("Dialog/{call}"), "1001").body;
    for part in [
        "<outboundClassification>ANS_MACHINE<",
        "<callbackTime>2026-03-07T14:30<",
        "<callbackNumber>5550126<",
        "<action>CANCEL_SCHEDULED_CALLBACK<",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert_eq!(put(&mut server, "CANCEL_SCHEDULED_CALLBACK", "", "").status, 202);
    assert!(!server.get(&format!("Dialog/{call}"), "1001").body.contains("callbackTime"));
    assert_eq!(put(&mut server, "DROP", "", "").status, 202);
    server.events();
    let call = server.world.preview("1001", "Spring", "5550127").unwrap();
    server.world.act("1001", contact::Action::Close).unwrap();
    let told = server.events();
    assert!(told.iter().any(|(_, text)| text.contains("<value>Reject-Close</value>")), "{told:?}");
    assert!(server.get("User/1001", "1001").body.contains("<state>READY</state>"));
    assert_eq!(server.get(&format!("Dialog/{call}"), "1001").status, 404);
}

#[test]
fn a_call_is_recorded_where_the_world_has_recording() {
    for (keys, kind) in [("", Some("Generic Error")), ("recording = true", None)] {
        let mut server = Server::with("ccx", keys);
        server.ready("1001");
        let call = server.world.ring("1001", "5550100").unwrap();
        server.world.act("1001", contact::Action::Answer).unwrap();
        server.events();
        let offered = "<action>START_RECORDING</action>";
        let path = format!("Dialog/{call}");
        assert_eq!(server.get(&path, "1001").body.contains(offered), kind.is_none());
        let body = dialog(
            "<targetMediaAddress>1081001</targetMediaAddress><requestedAction>START_RECORDING</requestedAction>",
        );
        assert_eq!(server.ask("PUT", &path, "1001", &body).status, 202);
        let told = server.events();
        assert_eq!(told[0].1.contains("Generic Error"), kind.is_some(), "{told:?}");
        assert!(!server.get(&path, "1001").body.contains(offered));
    }
}
