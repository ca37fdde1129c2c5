//! The area `rest` against a stand-in of a real server. Its cases hold for a server with another
//! contact centre too, and leave the contact centre as it was.

use serde_json::Value;

use super::read;
use crate::fake::Fake;
use crate::http::ask;
use crate::suite::{Ran, Suite};

/// As `xtask/targets/lab-uccx.toml`, with all effects allowed.
const LAB: &str = r#"
i_may_test     = "{env:LAB_I_MAY_TEST}"
vendor         = true
pace           = "1ms"
effects        = ["none", "session", "state", "calls", "locks-account"]
login_failures = 9

[account.agent]
user     = "1001"
password = "{env:LAB_PASSWORD}"

[account.other]
user     = "1002"
password = "{env:LAB_PASSWORD}"

[account.supervisor]
user     = "1003"
password = "{env:LAB_PASSWORD}"

[account.administrator]
user     = "administrator"
password = "{env:LAB_PASSWORD}"

[provides]
"rest"                 = "/finesse/api"
"agent.extension"      = "1081001"
"other.extension"      = "1081002"
"supervisor.extension" = "1081003"
"node.team"            = "/finesse/api/Team/1/Users"
"team.id"              = "1"
"#;

/// `administrator` and `1003` with the password of the built-in world (RFC 7617 §2).
const ADMINISTRATOR: &str = "Authorization: Basic YWRtaW5pc3RyYXRvcjpzZWNyZXQ=\r\n";
const SUPERVISOR: &str = "Authorization: Basic MTAwMzpzZWNyZXQ=\r\n";

/// The contact centre behind a fake without the times of changes, and all that its administrator
/// and a supervisor can make.
fn centre(fake: &Fake) -> (Value, Vec<String>) {
    let control = fake.says("control").strip_prefix("http://").unwrap();
    let (status, world) = ask(control, "GET /world", "", "");
    assert_eq!(status, 200, "{world}");
    let mut world: Value = serde_json::from_str(&world).unwrap();
    for agent in world["agents"].as_array_mut().unwrap() {
        for changed in ["since", "reason"] {
            agent.as_object_mut().unwrap().remove(changed);
        }
    }
    let server = format!("localhost:{}", fake.port());
    let objects = [
        (ADMINISTRATOR, "ReasonCodes?category=NOT_READY"),
        (ADMINISTRATOR, "WrapUpReasons"),
        (ADMINISTRATOR, "PhoneBooks"),
        (SUPERVISOR, "Team/1/TeamMessages"),
    ];
    let objects = objects.map(|(who, path)| {
        let (status, object) = ask(&server, &format!("GET /finesse/api/{path}"), who, "");
        assert_eq!(status, 200, "{path}: {object}");
        object
    });
    (world, objects.into())
}

#[test]
fn cases_of_rest_hold_on_another_server_and_leave_its_contact_centre_as_it_was() {
    let suite = Suite::of_the_project();
    let fake = Fake::start(&suite, &["--plain", "--control"]);
    let url = format!("url = \"ws://localhost:{}/ws/\"\n", fake.port());
    suite.write("xtask/targets/lab.toml", &format!("{url}{LAB}"));
    let before = centre(&fake);
    let report = format!("json={}", suite.path("run.json").display());
    let mut command =
        suite.command(&["conformance", "--target", "lab", "rest", "--report", &report]);
    command.env("LAB_I_MAY_TEST", "localhost").env("LAB_PASSWORD", "secret");
    let ran = Ran::of(command.output().unwrap());
    let said = ran.says(2);
    let events = read(&suite.read("run.json"));
    let of = |verdict: &str| -> Vec<&str> {
        let cases = events.iter().filter(|event| event["verdict"] == verdict);
        cases.map(|case| case["id"].as_str().unwrap()).collect()
    };
    // No transcript is accepted here, and only the fake goes out of service by order.
    assert_eq!(of("unsupported"), ["rest/out-of-service"], "{said}");
    let held = of("drift").len() + 1;
    let played = events.iter().filter(|event| event["event"] == "case").count();
    assert_eq!(held, played, "{said}");
    assert!(played > 60, "{said}");
    assert_eq!(centre(&fake), before, "{said}");
}
