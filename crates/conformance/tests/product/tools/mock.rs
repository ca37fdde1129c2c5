//! The fake on its own: faults and the control port from the command line.

use finesse_fake::Fault;

use crate::fake::Fake;
use crate::http::ask;
use crate::suite::Suite;

#[test]
fn faults_and_a_control_port_are_asked_for_by_options() {
    let suite = Suite::new();
    let fake = Fake::start(
        &suite,
        &["--plain", "--fault", "refuse-upgrade status=503", "--fault", "reorder", "--control"],
    );
    let control = fake.says("control").strip_prefix("http://").expect("a URL").to_owned();
    let (_, faults) = ask(&control, "GET /faults", "", "");
    assert!(faults.contains(r#""fault":"refuse-upgrade status=503""#), "{faults}");
    assert!(faults.contains(r#""fault":"reorder what=event""#), "{faults}");
    assert_eq!(ask(&control, "GET /nowhere", "", "").0, 404);
}

#[test]
fn a_wrong_fault_or_address_is_answered_with_what_would_be_right() {
    let suite = Suite::new();
    let wrong = suite.run(&["mock", "--fault", "withold"]);
    assert_eq!(wrong.code, Some(64));
    assert!(
        wrong.stderr.contains("there is no \"withold\"; there is refuse-upgrade, "),
        "{}",
        wrong.stderr
    );
    let open = suite.run(&["mock", "--control", "0.0.0.0:9000"]);
    assert_eq!(open.code, Some(64));
    assert!(
        open.stderr.contains("wanted a loopback address, e.g. 127.0.0.1:9000"),
        "{}",
        open.stderr
    );
}

#[test]
fn help_has_the_table_of_faults() {
    let help = Suite::new().run(&["mock", "--help"]);
    assert_eq!(help.code, Some(0));
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words(&help.stdout).contains(&words(&Fault::help())), "{}", help.stdout);
}
