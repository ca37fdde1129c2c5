//! Objects for some teams alone, and changes of a few fields.

use super::{Server, error};

const ADMIN: &str = "administrator";

/// Puts what is for a team of the built-in world.
fn put(server: &mut Server, path: &str, body: &str) -> u16 {
    let answer = server.ask("PUT", path, ADMIN, body);
    assert!(answer.status == 200 || !answer.body.is_empty(), "{answer:?}");
    answer.status
}

#[test]
fn a_reason_of_a_team_is_for_its_agents_alone() {
    let mut server = Server::new("ccx");
    let reason = "<ReasonCode><category>NOT_READY</category><code>17</code><label>Coaching</label>\
                  <forAll>false</forAll></ReasonCode>";
    assert_eq!(server.ask("POST", "ReasonCodes", ADMIN, reason).status, 200);
    let sees = |server: &mut Server, id: &str| {
        let list = server.get(&format!("User/{id}/ReasonCodes?category=NOT_READY"), id).body;
        let one = server.get(&format!("User/{id}/ReasonCode/5"), id).status;
        assert_eq!(list.contains("Coaching"), one == 200);
        assert!(list.contains("Lunch"), "reasons for all stay: {list}");
        one == 200
    };
    // 1001 is of team 1, 1006 of team 2.
    assert_eq!([sees(&mut server, "1001"), sees(&mut server, "1006")], [false, false]);
    let wanted =
        "<ReasonCodes><ReasonCode><uri>/finesse/api/ReasonCode/5</uri></ReasonCode></ReasonCodes>";
    assert_eq!(put(&mut server, "Team/1/ReasonCodes?category=NOT_READY", wanted), 200);
    assert_eq!([sees(&mut server, "1001"), sees(&mut server, "1006")], [true, false]);
    assert!(
        server.get("TeamResource/1/ReasonCodes?category=NOT_READY", "1001").body.contains("17")
    );
    let assigned = server.get("Team/1/ReasonCodes?category=NOT_READY", ADMIN).body;
    assert!(assigned.contains("Coaching") && !assigned.contains("Lunch"), "{assigned}");
    // The other category is not touched.
    assert_eq!(put(&mut server, "Team/1/ReasonCodes?category=LOGOUT", "<ReasonCodes/>"), 200);
    assert!(sees(&mut server, "1001"));
    assert_eq!(put(&mut server, "Team/1/ReasonCodes?category=NOT_READY", "<ReasonCodes/>"), 200);
    assert!(!sees(&mut server, "1001"));
}

#[test]
fn wrap_up_reasons_phone_books_and_workflows_are_assigned_alike() {
    let mut server = Server::new("ccx");
    let objects = [
        ("WrapUpReason", "<label>mine</label><forAll>false</forAll>"),
        ("PhoneBook", "<name>mine</name><type>TEAM</type>"),
        ("Workflow", "<name>mine</name><TriggerSet><name>CALL_ARRIVES</name></TriggerSet>"),
    ];
    for (one, fields) in objects {
        let list = format!("{one}s");
        let answer = server.ask("POST", &list, ADMIN, &format!("<{one}>{fields}</{one}>"));
        assert_eq!(answer.status, 200, "{answer:?}");
        let (_, location) = answer.headers.iter().find(|(name, _)| *name == "location").unwrap();
        let uri = location.strip_prefix("https://f.example.test:8445").unwrap().to_owned();
        let path = |id: &str| format!("User/{id}/{list}");
        assert!(!server.get(&path("1001"), "1001").body.contains("mine"), "{one}");
        let wanted = format!("<{list}><{one}><uri>{uri}</uri></{one}></{list}>");
        assert_eq!(put(&mut server, &format!("Team/1/{list}"), &wanted), 200, "{one}");
        assert!(server.get(&path("1001"), "1001").body.contains("mine"), "{one}");
        assert!(!server.get(&path("1006"), "1006").body.contains("mine"), "{one}");
        assert!(server.get(&format!("TeamResource/1/{list}"), "1001").body.contains("mine"));
        // An object that is removed, and another with its number, begin without teams.
        let own = uri.strip_prefix("/finesse/api/").unwrap().to_owned();
        assert_eq!(server.ask("DELETE", &own, ADMIN, "").status, 200);
        server.ask("POST", &list, ADMIN, &format!("<{one}>{fields}</{one}>"));
        assert!(!server.get(&path("1001"), "1001").body.contains("mine"), "{one}");
    }
}

#[test]
fn an_assignment_that_cannot_be_is_refused_whole() {
    let mut server = Server::new("ccx");
    let list = |uris: &[&str]| {
        let one = |uri: &&str| format!("<WrapUpReason><uri>{uri}</uri></WrapUpReason>");
        format!("<WrapUpReasons>{}</WrapUpReasons>", uris.iter().map(one).collect::<String>())
    };
    let own = "<WrapUpReason><label>mine</label><forAll>false</forAll></WrapUpReason>";
    server.ask("POST", "WrapUpReasons", ADMIN, own);
    let good = "/finesse/api/WrapUpReason/3";
    for bad in ["/finesse/api/WrapUpReason/1", "/finesse/api/WrapUpReason/99", "3", ""] {
        let answer = server.ask("PUT", "Team/1/WrapUpReasons", ADMIN, &list(&[good, bad]));
        assert_eq!(error(&answer), (400, "Finesse API Error".to_owned(), bad.to_owned()));
        assert!(answer.note.is_some_and(|note| note.contains("WrapUpReason") || bad.len() < 2));
    }
    assert!(!server.get("Team/1/WrapUpReasons", ADMIN).body.contains("mine"));
    let nowhere = server.ask("PUT", "Team/9/WrapUpReasons", ADMIN, &list(&[good]));
    let kind = "finesse.api.team.team_assignment_invalid_team".to_owned();
    assert_eq!(error(&nowhere), (404, kind, "9".to_owned()));
    for (method, path) in [("GET", "Team/1/PhoneBooks"), ("PUT", "Team/1/LayoutConfig")] {
        assert_eq!(server.ask(method, path, "1003", "").status, 401, "supervisors do not assign");
    }
}

#[test]
fn a_team_has_a_desktop_of_its_own_or_the_default_one() {
    let mut server = Server::new("ccx");
    let layout = |server: &mut Server, id: &str, team: &str| {
        server.get(&format!("TeamResource/{team}/Layout"), id).body
    };
    let usual = layout(&mut server, "1001", "1");
    assert!(usual.contains("<useDefault>true</useDefault>") && usual.contains("&lt;finesseLayout"));
    let config = |fields: &str| format!("<TeamLayoutConfig>{fields}</TeamLayoutConfig>");
    let own = "<useDefault>false</useDefault><layoutxml>&lt;finesseLayout own='1'/></layoutxml>";
    assert_eq!(put(&mut server, "Team/1/LayoutConfig", &config(own)), 200);
    assert!(layout(&mut server, "1001", "1").contains("own='1'"));
    assert_eq!(layout(&mut server, "1006", "2"), usual);
    let (missing, bad) = ("<useDefault>false</useDefault>", own.replace("finesseLayout", "other"));
    assert_eq!(put(&mut server, "Team/1/LayoutConfig", &config(missing)), 400);
    assert_eq!(put(&mut server, "Team/1/LayoutConfig", &config(&bad)), 400);
    assert!(layout(&mut server, "1001", "1").contains("own='1'"));
    let default = bad.replace("false", "true");
    assert_eq!(put(&mut server, "Team/1/LayoutConfig", &config(&default)), 200);
    assert_eq!(layout(&mut server, "1001", "1"), usual);
}

#[test]
fn a_change_leaves_the_other_fields_as_they_are() {
    let mut server = Server::new("ccx");
    let changes = [
        ("ReasonCode/1", "<label>Tea</label>", "<code>1</code>"),
        ("WrapUpReason/1", "<forAll>false</forAll>", "<label>Order placed</label>"),
        ("PhoneBook/1", "<type>TEAM</type>", "<name>Partners</name>"),
        ("PhoneBook/1/Contact/1", "<lastName>Office</lastName>", "<firstName>Parcel</firstName>"),
    ];
    for (path, change, kept) in changes {
        let parts: Vec<&str> = path.split('/').collect();
        let one = parts[parts.len() - 2];
        assert_eq!(put(&mut server, path, &format!("<{one}>{change}</{one}>")), 200, "{path}");
        let shown = server.get(path, ADMIN).body;
        assert!(shown.contains(change) && shown.contains(kept), "{path}: {shown}");
        let nothing = error(&server.ask("PUT", path, ADMIN, &format!("<{one}/>")));
        assert_eq!((nothing.0, nothing.1.as_str()), (400, "Invalid Input"), "{path}");
    }
    let contacts = server.get("PhoneBook/1", ADMIN).body;
    assert!(contacts.contains("<contacts>/finesse/api/PhoneBook/1/Contacts</contacts>"));
}

#[test]
fn the_secondary_server_of_a_pair_changes_no_configuration() {
    for (flavour, read) in [("ccx", 200), ("cce", 403)] {
        let mut server = Server::new(flavour);
        server.peer = Some("first.example.test");
        let reason = "<WrapUpReason><label>mine</label><forAll>true</forAll></WrapUpReason>";
        assert_eq!(server.ask("POST", "WrapUpReasons", ADMIN, reason).status, 403);
        assert_eq!(server.ask("DELETE", "WrapUpReason/1", ADMIN, "").status, 403);
        assert_eq!(server.get("WrapUpReasons", ADMIN).status, read, "{flavour}");
        assert_eq!(server.get("User/1001/WrapUpReasons", "1001").status, 200);
        let info = server.get("SystemInfo", "").body;
        let host = |node: &str| {
            let (_, rest) = info.split_once(&format!("<{node}>")).expect("the node");
            rest.split_once("<host>").and_then(|(_, rest)| rest.split_once('<')).map(|(h, _)| h)
        };
        assert_eq!(host("primaryNode"), Some("first.example.test"));
        assert_eq!(host("secondaryNode"), Some("f.example.test"));
    }
}
