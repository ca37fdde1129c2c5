//! The objects that an administrator configures, and the lists of them.

use super::{Server, dialog, error};

#[test]
fn phone_books_are_read_in_parts() {
    let mut server = Server::new("ccx");
    let read = |server: &mut Server, range: &str| {
        server.full("GET", "User/1001/PhoneBooks", "1001", &format!("Range: {range}"), "")
    };
    assert_eq!(read(&mut server, "objects=1-1500").status, 200);
    let answer = read(&mut server, "objects=2-2");
    assert_eq!(answer.status, 206);
    assert!(answer.headers.contains(&("Content-Range", "objects 2-2/2".to_owned())), "{answer:?}");
    assert!(answer.body.contains("Hotline") && !answer.body.contains("Parcel"));
    for range in ["objects=3-9", "objects=0-1", "objects=2-1", "bytes=0-1", "objects=a-b"] {
        assert_eq!(read(&mut server, range).status, 416, "{range}");
    }
}

#[test]
fn an_administrator_configures() {
    let mut server = Server::new("ccx");
    let reason = "<ReasonCode><category>NOT_READY</category><code>17</code><label>Coaching</label><forAll>true</forAll></ReasonCode>";
    let answer = server.ask("POST", "ReasonCodes", "administrator", reason);
    assert_eq!((answer.status, answer.body.as_str()), (200, ""));
    let location = "https://f.example.test:8445/finesse/api/ReasonCode/5";
    assert!(answer.headers.contains(&("location", location.to_owned())), "{answer:?}");
    let list = server.get("User/1001/ReasonCodes?category=NOT_READY", "1001").body;
    assert!(list.contains("<ReasonCodes category=\"NOT_READY\">") && list.contains("Coaching"));
    let all = server.get("ReasonCodes?category=ALL", "administrator").body;
    assert!(all.contains("<ReasonCodes category=\"ALL\">") && all.contains("Coaching"));
    assert!(all.contains("<category>LOGOUT</category>"), "{all}");
    assert_eq!(server.get("User/1001/ReasonCodes?category=ALL", "1001").status, 400);
    let other = reason.replace("Coaching", "Training");
    assert_eq!(server.ask("PUT", "ReasonCode/5", "administrator", &other).status, 200);
    assert!(server.get("ReasonCode/5", "administrator").body.contains("Training"));
    assert_eq!(server.ask("DELETE", "ReasonCode/5", "administrator", "").status, 200);
    assert_eq!(error(&server.get("ReasonCode/5", "administrator")).0, 404);
    let contact = "<Contact><firstName>Zoë</firstName><phoneNumber>0815</phoneNumber></Contact>";
    assert_eq!(server.ask("POST", "PhoneBook/1/Contact/", "administrator", contact).status, 200);
    assert!(server.get("PhoneBook/1/Contacts", "administrator").body.contains("0815"));
}

#[test]
fn queues_are_for_cce() {
    let mut server = Server::new("cce");
    assert!(server.get("User/1001/Queues", "1001").body.contains("/finesse/api/Queue/1"));
    assert_eq!(server.get("Queue/2", "1001").status, 200);
    assert_eq!(server.get("User/1001/Media", "1001").status, 200);
    assert_eq!(server.get("User/1001/Dialogs/Media", "1001").status, 200);
    let state = "<Media><state>LOGIN</state></Media>";
    assert_eq!(error(&server.ask("PUT", "User/1001/Media/5002", "1001", state)).1, "Not Found");
    assert_eq!(server.ask("PUT", "User/1001/Media/5002", "1003", state).status, 401);
    let numbers = server.get("ConfigInfo", "administrator").body;
    assert!(numbers.contains("<totalUsers>10</totalUsers>"), "{numbers}");
    assert!(server.get("SystemInfo", "").body.contains("UCCE"));
}

#[test]
fn an_administrator_configures_objects_of_every_kind() {
    let chat = "<ChatConfig><primaryNode>chat.example.test</primaryNode></ChatConfig>";
    let mut server = Server::with("ccx", &format!("configuration = [{{ xml = {chat:?} }}]"));
    let admin = "administrator";
    let action = "<WorkflowAction><name>pop</name><type>BROWSER_POP</type>\
        <params><Param><name>path</name><value>http://x/?a=1&amp;b=2</value></Param></params>\
        </WorkflowAction>";
    let answer = server.ask("POST", "WorkflowActions", admin, action);
    let location = "https://f.example.test:8445/finesse/api/WorkflowAction/1";
    assert!(answer.headers.contains(&("location", location.to_owned())), "{answer:?}");
    let workflow = "<Workflow><name>ring</name><TriggerSet><name>CALL_ARRIVES</name></TriggerSet>\
        <workflowActions><WorkflowAction><name>pop</name>\
        <uri>/finesse/api/WorkflowAction/1</uri></WorkflowAction></workflowActions></Workflow>";
    assert_eq!(server.ask("POST", "Workflows", admin, workflow).status, 200);
    let again = server.ask("POST", "Workflows", admin, workflow);
    assert_eq!(error(&again).1, "Database constraint violation");
    let own = "<Workflows><Workflow><uri>/finesse/api/Workflow/1</uri></Workflow></Workflows>";
    assert_eq!(server.ask("PUT", "Team/1/Workflows", admin, own).status, 200);
    assert!(server.get("User/1001/Workflows", "1001").body.contains("<name>ring</name>"));
    assert!(server.get("TeamResource/1/Workflows", "1001").body.contains("CALL_ARRIVES"));
    assert_eq!(error(&server.ask("DELETE", "WorkflowAction/1", admin, "")).1, "In Use");
    let described = "<Workflow><description>Pops</description></Workflow>";
    assert_eq!(server.ask("PUT", "Workflow/1", admin, described).status, 200);
    let shown = server.get("Workflow/1", admin).body;
    assert!(shown.contains("<name>ring</name>") && shown.contains("Pops"), "{shown}");
    assert_eq!(server.ask("DELETE", "Workflow/1", admin, "").status, 200);
    assert_eq!(server.ask("DELETE", "WorkflowAction/1", admin, "").status, 200);
    let layout = server.get("User/1001/MediaPropertiesLayout", "1001").body;
    assert_eq!((layout.matches("<column>").count(), layout.matches("<entry>").count()), (2, 11));
    for (path, who, status) in [
        ("ChatConfig", "1001", 200),
        ("ECCVariableConfig", "1001", 200),
        ("MediaDomains", "1001", 200),
        ("Workflows", "1001", 401),
        ("Workflow/1", admin, 404),
        ("Workflow/x", admin, 404),
    ] {
        assert_eq!(server.get(path, who).status, status, "{path}");
    }
    let config = "<ECCVariableConfig><ECCVariable><name>user.order</name>\
        <length>40</length></ECCVariable></ECCVariableConfig>";
    assert_eq!(server.ask("PUT", "ECCVariableConfig", "1001", config).status, 401);
    assert_eq!(server.ask("PUT", "ECCVariableConfig", admin, config).status, 200);
    assert!(server.get("ECCVariableConfig", "1001").body.contains("user.order"));
    server.ready("1001");
    let call = server.world.ring("1001", "5550100").unwrap();
    for (name, status) in
        [("user.order", 202), ("user.order[0]", 202), ("callVariable3", 202), ("user.other", 400)]
    {
        let body = dialog(&format!(
            "<requestedAction>UPDATE_CALL_DATA</requestedAction>\
            <mediaProperties><callvariables>\
            <CallVariable><name>{name}</name><value>0042</value></CallVariable>\
            </callvariables></mediaProperties>"
        ));
        let answer = server.ask("PUT", &format!("Dialog/{call}"), "1001", &body);
        assert_eq!(answer.status, status, "{name}: {answer:?}");
    }
    for (body, data) in [
        ("<Workflow><name>a</name></Workflow>", "TriggerSet"),
        ("<Workflow><nme>a</nme></Workflow>", "nme"),
        ("<WorkflowAction/>", ""),
        ("<Workflow>", ""),
        (&format!("<Workflow>{}</Workflow>", " ".repeat(64 * 1024)), "Workflow"),
    ] {
        let answer = server.ask("POST", "Workflows", admin, body);
        assert_eq!((answer.status, error(&answer).2.as_str()), (400, data), "{body}");
    }
}

#[test]
fn one_layout_is_the_default_one() {
    let mut server = Server::new("ccx");
    let admin = "administrator";
    let layout = |name: &str, kind: &str| {
        format!("<MediaPropertiesLayout><name>{name}</name>{kind}</MediaPropertiesLayout>")
    };
    let (default, custom) = ("<type>DEFAULT</type>", "<type>CUSTOM</type>");
    let posted = server.ask("POST", "MediaPropertiesLayouts", admin, &layout("b", custom));
    assert_eq!(posted.status, 200, "{posted:?}");
    for (method, path, body, status) in [
        ("POST", "MediaPropertiesLayouts", layout("c", default), 400),
        ("PUT", "MediaPropertiesLayout/2", layout("b", default), 400),
        ("PUT", "MediaPropertiesLayout/1", layout("a", custom), 400),
        ("PUT", "MediaPropertiesLayout/default", layout("b", default), 400),
        ("DELETE", "MediaPropertiesLayout/1", String::new(), 403),
        ("PUT", "MediaPropertiesLayout/default", layout("a", default), 200),
        ("DELETE", "MediaPropertiesLayout/2", String::new(), 200),
    ] {
        let answer = server.ask(method, path, admin, &body);
        assert_eq!(answer.status, status, "{method} {path} {body}: {answer:?}");
        assert_eq!(answer.note.is_some(), status != 200, "{method} {path} {body}: {answer:?}");
    }
    let layouts = server.get("MediaPropertiesLayouts", admin).body;
    assert_eq!(layouts.matches(default).count(), 1, "{layouts}");
    let shown = server.get("User/1001/MediaPropertiesLayout", "1001").body;
    assert!(shown.contains("<name>a</name>") && shown.contains("callVariable10"), "{shown}");
}

#[test]
fn an_administrator_changes_the_layout_of_the_desktop() {
    let mut server = Server::new("ccx");
    let (admin, path) = ("administrator", "LayoutConfig/default");
    assert_eq!(server.get(path, "1001").status, 401);
    assert!(server.get(path, admin).body.contains("&lt;finesseLayout"));
    let config = |text: &str| format!("<LayoutConfig>{text}</LayoutConfig>");
    for (text, wanted) in [
        ("<layoutxml/>", "<layoutxml> is missing"),
        ("<layoutxml>&lt;finesseLayout></layoutxml>", "is no document: line 1, column "),
        ("<layoutxml>&lt;layout/></layoutxml>", "its root is <layout>, not <finesseLayout>"),
        (
            "<layoutxml><finesseLayout/></layoutxml>",
            "<finesseLayout> has no meaning in <layoutxml>",
        ),
        ("<layout/>", "did you mean <layoutxml>?"),
    ] {
        let answer = server.ask("PUT", path, admin, &config(text));
        let note = answer.note.as_deref().unwrap_or_default();
        assert!(answer.status == 400 && note.contains(wanted), "{text}: {answer:?}");
    }
    let changed = config("<layoutxml><![CDATA[<finesseLayout a='&amp;'/>]]></layoutxml>");
    assert_eq!(server.ask("PUT", path, admin, &changed).status, 200);
    let shown = server.get(path, admin).body;
    assert!(shown.contains("&lt;finesseLayout a='&amp;amp;'/"), "{shown}");
    assert_eq!(server.ask("DELETE", path, admin, "").status, 405);
}

#[test]
fn the_servers_behind_are_configured_with_cce() {
    let (mut cce, mut ccx) = (Server::new("cce"), Server::new("ccx"));
    let admin = "administrator";
    let cti = |inner: &str| format!("<SystemConfig><cti>{inner}</cti></SystemConfig>");
    let a = "<host>a.example.test</host><port>42027</port><peripheralId>5000</peripheralId>";
    let node =
        "<ClusterConfig><secondaryNode><host>10.1.1.2</host></secondaryNode></ClusterConfig>";
    let database = "<EnterpriseDatabaseConfig><host>aw</host><port>1433</port>\
        <databaseName>ucce_awdb</databaseName><username>u</username><password>p</password>\
        </EnterpriseDatabaseConfig>";
    for (path, body, shown) in [
        ("SystemConfig", cti(a).as_str(), "<port>42027</port>"),
        ("ClusterConfig", node, "<host>10.1.1.2</host>"),
        ("EnterpriseDatabaseConfig", database, "<databaseName>ucce_awdb</databaseName>"),
    ] {
        let before = cce.get(path, admin);
        let uri = format!("<uri>/finesse/api/{path}</uri>");
        assert!(before.status == 200 && before.body.contains(&uri), "{before:?}");
        assert_eq!(cce.ask("PUT", path, admin, body).status, 200, "{path}");
        assert!(cce.get(path, admin).body.contains(shown), "{path}");
        assert_eq!(error(&cce.get(path, "1001")).1, "Authorization Failure", "{path}");
        assert_eq!(cce.ask("DELETE", path, admin, "").status, 405, "{path}");
        assert_eq!((ccx.get(path, admin).status, ccx.get(path, "1001").status), (501, 401));
        assert_eq!(ccx.ask("PUT", path, admin, body).status, 501, "{path}");
    }
    assert!(cce.get("EnterpriseDatabaseConfig", admin).body.contains("<password></password>"));
    // A set is of the whole object.
    assert!(!cce.get("SystemConfig", admin).body.contains("backupHost"));
    for (inner, kind, note) in [
        (String::new(), "Parameter Missing", "<host> is missing in <cti>"),
        (a.replace("a.example.test", "a/b"), "Invalid Input", "\"a/b\": a host has"),
        (a.replace("42027", "65536"), "Invalid Input", "wanted a number from 1 to 65535"),
        (a.replace("42027", "+80"), "Invalid Input", "wanted a number from 1 to 65535"),
        (
            format!("{a}<backupHost>a.example.test</backupHost>"),
            "Invalid Input",
            "<backupHost> of <cti> cannot be the same as <host>",
        ),
    ] {
        let answer = cce.ask("PUT", "SystemConfig", admin, &cti(&inner));
        assert_eq!(error(&answer).1, kind, "{inner}");
        assert!(answer.note.as_deref().unwrap_or_default().contains(note), "{answer:?}");
    }
}

#[test]
fn lists_have_the_length_that_the_world_says() {
    for (key, wanted) in [("0", 0), ("1", 1), ("2", 2), ("\"many\"", 200)] {
        let mut server = Server::with("cce", &format!("collections = {key}"));
        server.ready("1001");
        server.world.ring("1001", "5550100").unwrap();
        let count = |server: &mut Server, path: &str, name: &str| {
            server.get(path, "1001").body.matches(name).count()
        };
        let reasons = "User/1001/ReasonCodes?category=NOT_READY";
        assert_eq!(count(&mut server, reasons, "<ReasonCode>"), wanted);
        assert_eq!(count(&mut server, "User/1001/WrapUpReasons", "<WrapUpReason>"), wanted);
        assert_eq!(count(&mut server, "User/1001/PhoneBooks", "<PhoneBook>"), wanted);
        for (path, name, there) in [
            ("User/1001/Dialogs", "<Dialog>", 1),
            ("User/1001/Queues", "<Queue>", 1),
            ("User/1001", "<role>", 1),
        ] {
            assert_eq!(count(&mut server, path, name), wanted.min(there), "{path} {key}");
        }
        let call = server.world.view().calls[0].id;
        let path = format!("Dialog/{call}");
        assert_eq!(count(&mut server, &path, "<Participant>"), wanted.min(2));
        assert_eq!(count(&mut server, &path, "<CallVariable>"), wanted.min(10));
    }
}
