//! Agents and their supervisors: states, devices, messages to teams.

use std::time::Duration;

use contact::Action;

use super::{Server, error, user};

#[test]
fn an_agent_signs_in_and_gets_ready_by_rest_alone() {
    let mut server = Server::new("ccx");
    let login = user("<state> LOGIN </state><extension>1081001</extension>");
    let answer = server.full("PUT", "User/1001", "1001", "requestId: r-1", &login);
    assert_eq!((answer.status, answer.body.as_str()), (202, ""));
    let events = server.events();
    assert_eq!(events[0].0, "/finesse/api/User/1001");
    assert!(events[0].1.contains("<requestId>r-1</requestId>"), "{}", events[0].1);
    assert_eq!(events[1].0, "/finesse/api/Team/1/Users");
    let answer = server.ask("PUT", "User/abyron/", "abyron", &user("<state>READY</state>"));
    assert_eq!(answer.status, 202);
    let answer = server.get("User/1001?nocache=17", "1001");
    assert_eq!(answer.status, 200);
    insta::assert_snapshot!("user", answer.body);
}

#[test]
fn a_supervisor_changes_the_state_of_the_team() {
    let mut server = Server::new("ccx");
    server.ready("1001");
    let body = user("<state>NOT_READY</state>");
    assert_eq!(server.ask("PUT", "User/1001", "1003", &body).status, 202);
    assert!(server.events()[0].1.contains("<code>33</code>"));
    let with_reason = user("<state>READY</state><reasonCodeId>1</reasonCodeId>");
    assert_eq!(server.ask("PUT", "User/1001", "1003", &with_reason).status, 400);
    assert_eq!(server.get("User/1001", "1003").status, 200);
    let team = server.get("Team/1?includeLoggedOutAgents=false", "1003").body;
    assert!(team.contains("1001") && !team.contains("1002"));
    assert_eq!(server.get("Team/1", "1001").status, 401);
}

#[test]
fn team_messages_are_shown_for_their_time() {
    let mut server = Server::new("ccx");
    let message = "<TeamMessage><duration>600</duration><content>Line 2 is down</content><teams><team>1</team></teams></TeamMessage>";
    assert_eq!(server.ask("POST", "TeamMessages", "1001", message).status, 401);
    assert_eq!(server.ask("POST", "TeamMessage", "1003", message).status, 200);
    assert!(server.get("User/1001/TeamMessages", "1001").body.contains("Line 2 is down"));
    assert_eq!(server.get("Team/1/TeamMessages", "1006").status, 401);
    server.now = Duration::from_secs(600);
    assert!(!server.get("User/1001/TeamMessages", "1001").body.contains("Line 2"));
    for _ in 0..16 {
        server.ask("POST", "TeamMessage", "1003", message);
    }
    assert_eq!(
        error(&server.ask("POST", "TeamMessage", "1003", message)).1,
        "System Resource Limit Exceeded"
    );
}

#[test]
fn a_nailed_connection_is_set_up_before_the_agent_is_signed_in() {
    let mut server = Server::new("cce");
    let body = user(
        "<state>LOGIN</state><extension>1081001</extension><mobileAgent>\
         <mode>NAILED_CONNECTION</mode><dialNumber>5550199</dialNumber></mobileAgent>",
    );
    let sign_in = |server: &mut Server| {
        let answer = server.full("PUT", "User/1001", "1001", "requestId: r-1", &body);
        assert_eq!(answer.status, 202, "{answer:?}");
        server.world.take_changes(server.side)
    };
    let state = |server: &mut Server| {
        let shown = server.get("User/1001", "1001").body;
        shown.split_once("<state>").unwrap().1.split_once('<').unwrap().0.to_owned()
    };
    assert_eq!(sign_in(&mut server), [], "its phone rings");
    assert_eq!((state(&mut server).as_str(), sign_in(&mut server).len()), ("LOGOUT", 0));
    server.world.act("1001", Action::Drop).expect("the agent hangs up");
    let told = format!("{:?}", server.world.take_changes(server.side));
    assert!(told.contains("Generic Error") && told.contains("r-1"), "{told}");
    sign_in(&mut server);
    let due = server.world.next_due().expect("the agent will answer");
    assert!(server.world.fire_next(due));
    assert_eq!(state(&mut server), "NOT_READY");
    let told = format!("{:?}", server.world.take_changes(server.side));
    assert!(told.contains("r-1") && told.contains("5550199"), "{told}");
    assert!(server.get("User/1001", "1001").body.contains("NAILED_CONNECTION"));
}

#[test]
fn an_agent_signs_in_as_a_mobile_agent_and_with_a_device() {
    let keys = "[[agent]]\nid = \"2001\"\nteam = \"1\"\nmobile = false\ndevices = [{ id = \"SEP01\", name = \"Desk\" }]\n";
    let mut server = Server::with("cce", keys);
    let login = |server: &mut Server, who: &str, fields: &str| {
        let body = user(&format!("<state>LOGIN</state><extension>108{who}</extension>{fields}"));
        server.ask("PUT", &format!("User/{who}"), who, &body)
    };
    let mobile = |fields: &str| format!("<mobileAgent>{fields}</mobileAgent>");
    let mode = "<mode>CALL_BY_CALL</mode>";
    for (fields, kind, data) in [
        ("", "Parameter Missing", "mode"),
        (mode, "Parameter Missing", "dialNumber"),
        ("<mode>CALL_BY_CAL</mode>", "Invalid Input", "mode"),
    ] {
        let answer = login(&mut server, "1001", &mobile(fields));
        assert_eq!(error(&answer), (400, kind.to_owned(), data.to_owned()), "{fields}");
    }
    let phone = mobile(&format!("{mode}<dialNumber>0055501</dialNumber>"));
    assert_eq!(login(&mut server, "1001", &phone).status, 202);
    let shown = server.get("User/1001", "1001").body;
    let flat: String = shown.split_whitespace().collect();
    assert!(flat.contains(&phone), "{shown}");
    assert_eq!(server.ask("PUT", "User/1001", "1001", &user("<state>LOGOUT</state>")).status, 202);
    assert!(!server.get("User/1001", "1001").body.contains("mobileAgent"));
    server.events();
    assert_eq!(login(&mut server, "2001", &phone).status, 202);
    assert!(server.events()[0].1.contains("<errorType>Mode Not Allowed</errorType>"));
    assert_eq!(login(&mut server, "2001", "<activeDeviceId>SEP02</activeDeviceId>").status, 202);
    assert!(server.events()[0].1.contains("<errorType>Invalid Device</errorType>"));
    assert_eq!(login(&mut server, "2001", "<activeDeviceId>SEP01</activeDeviceId>").status, 202);
    let shown = server.get("User/2001", "2001").body;
    for part in ["<activeDeviceId>SEP01<", "<deviceSelection>enabled<", "<deviceId>SEP01<"] {
        assert!(shown.contains(part), "{shown}");
    }
    assert!(server.get("Devices?extension=1082001", "2001").body.contains("<Devices>\n"));
    assert_eq!(server.get("Devices", "2001").status, 400);
    assert_eq!(server.get("Devices?extension=7", "2001").status, 404);
}
