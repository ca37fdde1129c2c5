//! The README's table of faults is the fake's own.

use finesse_fake::Fault;

const README: &str = include_str!("../../../README.md");

#[test]
fn the_table_of_faults_is_that_of_the_code() {
    let (_, after) =
        README.split_once("| fault | what goes wrong |\n| --- | --- |\n").expect("a table");
    let shown: Vec<&str> = after.lines().take_while(|line| line.starts_with('|')).collect();
    let own: Vec<String> = Fault::table()
        .map(|shape| format!("| `{}` | {} |", shape.usage().replace('|', "\\|"), shape.does()))
        .collect();
    assert_eq!(shown, own, "copy these lines:\n{}", own.join("\n"));
}
