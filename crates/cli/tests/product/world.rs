//! The contact centre of `mock`: a world file, and traffic.

use crate::fake::Fake;
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
