//! A short day by all ways: the measurement shows the claims about them, and shows them again.

use std::time::Duration;

use transports::{Figures, Measured, Plan, Way, measure, page};

fn measured(plan: &Plan) -> Figures {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    runtime.block_on(measure(plan, &|_| {})).unwrap_or_else(|error| panic!("{error}"))
}

/// Two minutes of three agents.
fn plan() -> Plan {
    let (over, agents, ways) = (Duration::from_secs(120), vec![3], Way::ALL.to_vec());
    Plan { over, events: None, agents, seed: 7, ways }
}

fn of(figures: &Figures, way: Way) -> &Measured {
    figures.crowds[0].ways.iter().find(|it| it.way == way).expect("it was measured")
}

#[test]
fn the_claims_come_out_of_the_measurement() {
    let figures = measured(&plan());
    let crowd = &figures.crowds[0];
    assert!(crowd.changes > 30, "{} changes", crowd.changes);
    let octets = |way: &Measured| way.up + way.down;
    // A compressed WebSocket sends the least. The first client of polling at 50 s sends little
    // because it does not know.
    let best = of(&figures, Way::Deflated);
    let knowing = crowd.ways.iter().filter(|it| it.missed == 0 && it.way != best.way);
    for other in knowing {
        assert!(octets(best) * 3 < octets(other), "{}\n{}", other.way, figures.table());
    }
    let websocket = of(&figures, Way::WebSocket);
    assert!(octets(websocket) < octets(of(&figures, Way::LongPolling)));
    assert!(octets(websocket) * 5 < octets(of(&figures, Way::Http11(1))));
    // Short polling at 50 s misses most, and what is pushed is never missed.
    for way in [Way::Http10(50), Way::Http11(50)] {
        assert!(of(&figures, way).missed * 2 > crowd.changes, "{}", figures.table());
    }
    for way in &crowd.ways {
        let half = way.way.period().map(|period| period / 4);
        let latency = way.latency.expect("something was heard");
        match half {
            Some(half) if way.way.period() == Some(Duration::from_secs(1)) => {
                assert!(latency.median > half && way.missed * 5 < crowd.changes);
            }
            Some(_) => assert!(latency.almost_all > Duration::from_secs(10)),
            None => assert!(way.missed == 0 && latency.median < Duration::from_millis(250)),
        }
    }
    // A connection for each request over HTTP/1.0; the server ends one that is idle for 30 s.
    for way in [Way::Http10(1), Way::Http10(50)] {
        assert_eq!(of(&figures, way).connections, of(&figures, way).requests);
    }
    assert_eq!(of(&figures, Way::Http11(1)).connections, 3);
    assert!(of(&figures, Way::Http11(50)).connections > 3);
    for way in [Way::ServerSent, Way::WebSocket, Way::Deflated] {
        assert_eq!((of(&figures, way).connections, of(&figures, way).requests), (3, 3));
    }
}

#[test]
fn counts_repeat_with_the_seed() {
    let counts = |figures: &Figures| -> Vec<(Way, u64, u64, usize)> {
        let ways = figures.crowds.iter().flat_map(|crowd| &crowd.ways);
        ways.map(|it| (it.way, it.requests, it.connections, it.missed)).collect()
    };
    let plan = Plan { over: Duration::from_secs(60), ..plan() };
    let (one, other) = (measured(&plan), measured(&plan));
    assert_eq!(counts(&one), counts(&other));
    assert_eq!(one.crowds[0].changes, other.crowds[0].changes);
    let elsewhere = measured(&Plan { seed: 8, ..plan });
    assert_ne!(one.crowds[0].changes, elsewhere.crowds[0].changes);
}

#[test]
fn a_day_may_end_with_a_change() {
    let ways = vec![Way::WebSocket];
    let figures = measured(&Plan { events: Some(9), ways, ..plan() });
    let crowd = &figures.crowds[0];
    assert!(crowd.over < Duration::from_secs(120));
    // Changes of the same moment belong together.
    assert!((9..12).contains(&crowd.changes), "{}", crowd.changes);
}

#[test]
fn the_page_is_whole_and_needs_nothing_else() {
    let ways = vec![Way::Http11(50), Way::LongPolling, Way::Deflated];
    let figures = measured(&Plan { ways, ..plan() });
    let page = page(&figures);
    assert_eq!(page.matches("<svg").count(), 3);
    assert!(!page.contains("<script") && !page.contains("http://") && !page.contains("https://"));
    for class in ["connection", "request", "waiting", "heard", "missed"] {
        assert!(page.contains(&format!("<line class=\"{class}\"")), "no {class}");
    }
    assert!(page.contains("<th scope=\"row\">WebSocket, compressed</th>"));
}
