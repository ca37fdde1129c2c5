//! The contact centre of `mock`: a world file, and traffic.

use crate::fake::Fake;
use crate::http::ask;
use crate::suite::Suite;

const WORLD: &str =
    "[[team]]\nid = \"1\"\nname = \"Orders\"\n\n[[agent]]\nid = \"4001\"\nteam = \"1\"\n";

#[test]
fn a_world_file_says_who_is_there() {
    let suite = Suite::new();
    suite.write("centre.toml", WORLD);
    let world = suite.path("centre.toml").display().to_string();
    let fake =
        Fake::start(&suite, &["--plain", "--world", &world, "--traffic", "60", "--seed", "7"]);
    assert_eq!(fake.users(), ["4001"]);
    let fake = Fake::start(&suite, &["--plain"]);
    let built_in: Vec<String> = (1001..=1010).map(|id| id.to_string()).collect();
    assert_eq!(fake.users(), built_in);
}

#[test]
fn a_mistake_in_a_world_file_is_shown_with_its_place() {
    let suite = Suite::new();
    suite.write("centre.toml", &WORLD.replace("team = \"1\"", "team = \"2\""));
    let world = suite.path("centre.toml").display().to_string();
    let ran = suite.run(&["mock", "--world", &world]);
    assert_eq!(ran.code, Some(64), "{}", ran.stderr);
    assert!(ran.stderr.contains("centre.toml:7:8: no team \"2\": there is 1"), "{}", ran.stderr);
    let ran = suite.run(&["mock", "--world", "none.toml"]);
    assert!(ran.stderr.contains("cannot read the world file none.toml"), "{}", ran.stderr);
    let ran = suite.run(&["mock", "--seed", "7"]);
    assert!(ran.stderr.contains("--traffic"), "{}", ran.stderr);
}

#[test]
fn what_happens_at_one_of_a_pair_is_known_at_the_other() {
    let suite = Suite::new();
    let fake = Fake::start(&suite, &["--plain", "--pair", "--control"]);
    assert_eq!(fake.second("domain"), "finesse2.example.com");
    assert_ne!(fake.second("url"), fake.says("url"));
    let [one, other] = [fake.says("control"), fake.second("control")]
        .map(|control| control.strip_prefix("http://").unwrap());
    assert_eq!(ask(one, "POST /agents/1001/state", "", "{\"state\":\"LOGIN\"}").0, 200);
    let (status, agent) = ask(other, "GET /agents/1001", "", "");
    assert_eq!(status, 200, "{agent}");
    assert!(agent.contains("\"NOT_READY\""), "{agent}");
    // In service is each for itself.
    assert_eq!(ask(one, "PUT /systeminfo", "", "{\"status\":\"OUT_OF_SERVICE\"}").0, 200);
    assert!(ask(other, "GET /systeminfo", "", "").1.contains("\"IN_SERVICE\""));
}
