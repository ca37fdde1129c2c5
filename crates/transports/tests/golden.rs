//! Table, JSON and page of figures that are made up.

use std::time::Duration;

use transports::{ChangeHeard, Crowd, Figures, Latency, Mark, Measured, NetworkAct, Way, page};

fn mark(at: u64, what: NetworkAct) -> Mark {
    Mark { at: Duration::from_secs(at), what }
}

fn fate(at: u64, heard: Option<u64>) -> ChangeHeard {
    let millis = Duration::from_millis;
    ChangeHeard { at: millis(at), heard: heard.map(millis) }
}

fn figures() -> Figures {
    let polling = Measured {
        way: Way::Http10(50),
        requests: 1_234_567,
        connections: 24,
        up: 999,
        down: 45_678,
        latency: Some(Latency {
            median: Duration::from_millis(24_640),
            almost_all: Duration::from_millis(149_900),
        }),
        missed: 17,
        processor: Some(Duration::from_micros(4_210)),
        journal: vec![
            mark(0, NetworkAct::Connects),
            mark(0, NetworkAct::Asks),
            mark(0, NetworkAct::IsAnswered),
            mark(0, NetworkAct::Ends),
        ],
        fates: vec![fate(7_500, None), fate(40_000, Some(50_001))],
    };
    let bosh = Measured {
        way: Way::LongPolling,
        requests: 3,
        connections: 1,
        up: 10,
        down: 20,
        latency: None,
        missed: 0,
        processor: None,
        journal: vec![
            mark(0, NetworkAct::Connects),
            mark(0, NetworkAct::Asks),
            mark(7, NetworkAct::IsAnswered),
            mark(7, NetworkAct::Asks),
        ],
        fates: vec![fate(7_500, Some(7_501))],
    };
    let crowd = Crowd {
        agents: 1,
        over: Duration::from_secs(600),
        changes: 42,
        alone: Some(Duration::from_millis(12)),
        ways: vec![polling, bosh],
    };
    let (over, changes) = (crowd.over, crowd.changes);
    let none = Crowd { agents: 100, over, changes, alone: None, ways: Vec::new() };
    Figures { seed: 1, crowds: vec![crowd, none] }
}

#[test]
fn the_table_stands_in_columns() {
    insta::assert_snapshot!(figures().table());
}

#[test]
fn scripts_get_all_figures() {
    insta::assert_snapshot!(format!("{:#}", figures().json()));
}

#[test]
fn the_page_draws_each_way() {
    let page = page(&figures());
    let (_, body) = page.split_once("<body>").expect("it has a body");
    insta::assert_snapshot!(body);
}
