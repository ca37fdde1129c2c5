mod assignments;

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use contact::{Calendar, SystemStatus, UpdateFormat, Wanted, World, WorldSpec};
use wire::RequestHead;

use crate::{Accounts, Answer, Api, Rule, SignOn, Site};

/// All passwords are `secret`.
#[derive(Debug)]
struct Secret(Option<SignOn>);

impl Accounts for Secret {
    fn accepts_agent(&self, _: &str, password: &str) -> bool {
        password == "secret"
    }

    fn has_administrator(&self, name: &str) -> bool {
        name == "administrator"
    }

    fn accepts_administrator(&self, name: &str, password: &str) -> bool {
        name == "administrator" && password == "secret"
    }

    fn sign_on(&self) -> Option<&SignOn> {
        self.0.as_ref()
    }
}

/// A server in the built-in world.
struct Server {
    api: Api,
    world: World,
    side: usize,
    status: SystemStatus,
    /// The primary server, if this is the secondary one.
    peer: Option<&'static str>,
    now: Duration,
    allows_cross_origin: bool,
    accounts: Secret,
    broken: Vec<Rule>,
}

impl Server {
    fn new(flavour: &str) -> Self {
        Self::with(flavour, "")
    }

    /// The same, with further keys at the head of the world file.
    fn with(flavour: &str, keys: &str) -> Self {
        let text = include_str!("../../contact/src/built_in.toml");
        let text = text.replace("\"ccx\"", &format!("{flavour:?}\n{keys}"));
        let spec = WorldSpec::parse(&text, "built_in.toml").expect("the built-in world");
        let mut world = World::new(&spec, Calendar::new(SystemTime::UNIX_EPOCH));
        let side = world.join();
        Self {
            api: Api::default(),
            world,
            side,
            status: SystemStatus::InService,
            peer: None,
            now: Duration::ZERO,
            allows_cross_origin: false,
            accounts: Secret(spec.sign_on.map(|spec| SignOn::new(spec, 1))),
            broken: Vec::new(),
        }
    }

    /// A request: method, path (below the API, or from the root), credentials (`NAME` or
    /// `NAME:PASSWORD`; empty for none), further header lines, body.
    fn full(&mut self, method: &str, path: &str, who: &str, lines: &str, body: &str) -> Answer {
        let base = if path.starts_with('/') { "" } else { "/finesse/api/" };
        let mut head = format!("{method} {base}{path} HTTP/1.1\r\nHost: f.example.test:8445\r\n");
        if !who.is_empty() {
            let pair = if who.contains(':') { who.to_owned() } else { format!("{who}:secret") };
            head.push_str(&format!("Authorization: Basic {}\r\n", STANDARD.encode(pair)));
        }
        for line in lines.lines() {
            head.push_str(&format!("{line}\r\n"));
        }
        head.push_str("\r\n");
        let (head, _) = RequestHead::parse(head.as_bytes()).unwrap().unwrap();
        let site = Site {
            domain: "f.example.test",
            peer: self.peer,
            is_secondary: self.peer.is_some(),
            status: self.status,
            allows_cross_origin: self.allows_cross_origin,
            now: self.now,
            seconds: 0,
            stamp: "1970-01-01T00:00:00.000Z".to_owned(),
            accounts: &self.accounts,
            broken: self.broken.clone(),
        };
        self.world.at(self.now);
        self.api.answer(&site, &mut self.world, &head, body.as_bytes())
    }

    fn ask(&mut self, method: &str, path: &str, who: &str, body: &str) -> Answer {
        self.full(method, path, who, "", body)
    }

    fn get(&mut self, path: &str, who: &str) -> Answer {
        self.ask("GET", path, who, "")
    }

    /// The nodes of all events since the last call, each with the text of its `<Update>`.
    fn events(&mut self) -> Vec<(String, String)> {
        let changes = self.world.take_changes(self.side);
        let format = UpdateFormat::default();
        let all = changes.iter().flat_map(|change| format.publications(change));
        all.map(|it| (it.node, it.payload.text())).collect()
    }

    /// An agent signs in, and is ready.
    fn ready(&mut self, id: &str) {
        for wanted in [Wanted::Login, Wanted::Ready] {
            self.world.request(id, wanted, None, "").unwrap();
        }
        self.events();
    }
}

fn user(fields: &str) -> String {
    format!("<User>{fields}</User>")
}

fn dialog(fields: &str) -> String {
    format!("<Dialog>{fields}</Dialog>")
}

/// The type and data of an error.
fn error(answer: &Answer) -> (u16, String, String) {
    let xml = answer.body.split_once("?>\n").map_or("", |(_, xml)| xml);
    let root = stanza::parse(xml).unwrap_or_else(|error| panic!("{error}: {answer:?}"));
    let error = root.child("", "ApiError").expect("an error");
    let text = |name: &str| error.child("", name).map(|it| it.text()).unwrap_or_default();
    (answer.status, text("ErrorType"), text("ErrorData"))
}

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
    let answer = server.get("Usr/1001", "1001");
    assert_eq!(
        (answer.status, answer.note.unwrap().as_str()),
        (404, "the API has no object \"Usr/1001\": did you mean User?")
    );
}

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
fn queues_are_for_cce() {
    let mut server = Server::new("cce");
    assert!(server.get("User/1001/Queues", "1001").body.contains("/finesse/api/Queue/1"));
    assert_eq!(server.get("Queue/2", "1001").status, 200);
    assert_eq!(server.get("User/1001/Media", "1001").status, 200);
    assert!(server.get("SystemInfo", "").body.contains("UCCE"));
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
        ("ECCVariableConfig", "1001", 404),
        ("MediaDomains", "1001", 200),
        ("Workflows", "1001", 403),
        ("Workflow/1", admin, 404),
        ("Workflow/x", admin, 404),
    ] {
        assert_eq!(server.get(path, who).status, status, "{path}");
    }
    let config = "<ECCVariableConfig><eccVariables>\
        <ECCVariable><name>user.order</name></ECCVariable></eccVariables></ECCVariableConfig>";
    assert_eq!(server.ask("PUT", "ECCVariableConfig", "1001", config).status, 403);
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
    assert_eq!(server.get(path, "1001").status, 403);
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

/// A member of the answer of `/desktop/sso/token`.
fn member(answer: &Answer, name: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(&answer.body).expect("JSON");
    value[name].as_str().unwrap_or_else(|| panic!("no {name}: {value}")).to_owned()
}

#[test]
fn under_single_sign_on_a_token_is_the_credential() {
    let mut server = Server::with("ccx", "sso = { token = \"60s\" }");
    let bearer = |server: &mut Server, path: &str, token: &str| {
        server.full("GET", path, "", &format!("Authorization: Bearer {token}"), "")
    };
    assert!(server.get("SystemInfo", "").body.contains("<systemAuthMode>SSO</systemAuthMode>"));
    let refused = server.get("User/1001", "1001");
    assert_eq!((refused.status, error(&refused).1.as_str()), (401, "Authorization Failure"));
    assert!(refused.headers.iter().any(|(_, value)| value.starts_with("Bearer")), "{refused:?}");
    assert!(refused.note.unwrap().contains("/desktop/sso/token?cc_username=1001"));
    let url = "/desktop/sso/token?cc_username=abyron&return_refresh_token=true";
    assert_eq!(server.get(url, "").status, 401);
    assert_eq!(server.get(url, "1001:wrong").status, 401);
    assert_eq!(server.get(url, "1002").status, 401, "another one's name");
    let answer = server.get(url, "1001");
    assert_eq!((answer.status, member(&answer, "user_id").as_str()), (200, "abyron"));
    assert!(answer.body.contains("\"expires_in\":60"), "{}", answer.body);
    let (token, refresh) = (member(&answer, "token"), member(&answer, "refresh_token"));
    assert_eq!(bearer(&mut server, "User/1001", &token).status, 200);
    assert_eq!(bearer(&mut server, "User/1002", &token).status, 401);
    assert_eq!(bearer(&mut server, "User/1001", &refresh).status, 401);
    server.now = Duration::from_secs(60);
    assert_eq!(bearer(&mut server, "User/1001", &token).status, 401, "it has expired");
    let again = format!("/desktop/sso/token?cc_username=1001&refresh-token={refresh}");
    let answer = server.get(&again, "");
    assert!(answer.status == 200 && !answer.body.contains("refresh_token"), "{answer:?}");
    assert_eq!(bearer(&mut server, "User/1001", &member(&answer, "access_token")).status, 200);
    let form = "Content-Type: application/x-www-form-urlencoded\r\nCookie: cc_username=1001";
    let body = format!("token=x&refresh-token={refresh}");
    assert_eq!(server.full("POST", "/desktop/sso/token", "", form, &body).status, 200);
    for (method, path, status) in [
        ("GET", "/desktop/sso/token?refresh-token=x&cc_username=1001", 401),
        ("GET", &*format!("/desktop/sso/token?refresh-token={refresh}"), 400),
        ("GET", "/desktop/sso/token?return_refresh_token=yes", 400),
        ("DELETE", url, 405),
    ] {
        assert_eq!(server.ask(method, path, "", "").status, status, "{method} {path}");
    }
    assert_eq!(server.get("Users", "administrator").status, 200, "configures with a password");
    assert_eq!(
        server.get("/desktop/sso/token?cc_username=administrator", "administrator").status,
        401
    );
    server.now = Duration::from_secs(7200);
    assert_eq!(server.get(&again, "").status, 401, "the refresh token has expired");
}

#[test]
fn in_hybrid_mode_some_agents_have_tokens() {
    let keys = "sso = { mode = \"HYBRID\" }\n[[agent]]\nid = \"2001\"\nteam = \"1\"\nsso = true\n";
    let mut server = Server::with("ccx", keys);
    assert!(server.get("SystemInfo", "").body.contains("<systemAuthMode>HYBRID</systemAuthMode>"));
    assert_eq!(server.get("User/1001", "1001").status, 200);
    assert_eq!(server.get("User/2001", "2001").status, 401);
    assert_eq!(server.get("/desktop/sso/token?cc_username=1001", "1001").status, 401);
    let token = member(&server.get("/desktop/sso/token?cc_username=2001", "2001"), "token");
    let line = format!("Authorization: Bearer {token}");
    assert_eq!(server.full("GET", "User/2001", "", &line, "").status, 200);
    let mut without = Server::new("ccx");
    assert_eq!(without.get("/desktop/sso/token?cc_username=1001", "1001").status, 404);
    let answer = without.full("GET", "User/1001", "", &line, "");
    assert!(answer.status == 401 && answer.note.unwrap().contains("without single sign-on"));
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

#[test]
fn each_broken_rule_is_seen_in_an_answer() {
    // The rule, a request that shows it, and its statuses without and with the rule broken.
    let get = |path| ("GET", path, "1001", "", "");
    let table = [
        (Rule::Passwords, ("GET", "User/1001", "1001:wrong", "", ""), (401, 200)),
        (Rule::Owners, get("Users"), (401, 200)),
        (Rule::Writes, ("POST", "ReasonCodes", "1001", "", "<ReasonCode/>"), (403, 202)),
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
