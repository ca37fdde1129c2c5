use std::time::SystemTime;

use super::*;
use crate::{Action, Calendar, SharedWorld, Wanted, World, WorldSpec};

/// All publications of `day` in the built-in world, each with its node.
fn published(manner: &UpdateFormat, day: impl FnOnce(&mut World)) -> String {
    let shared =
        SharedWorld::new(World::new(&WorldSpec::built_in(), Calendar::new(SystemTime::UNIX_EPOCH)));
    let mut world = shared.lock();
    let side = world.join();
    day(&mut world);
    let changes = world.take_changes(side);
    let publications = changes.iter().flat_map(|change| manner.publications(change));
    publications
        .map(|Publication { node, payload }| {
            assert_eq!(payload.name.local, "notification");
            format!("# {node}\n{}\n", payload.text())
        })
        .collect()
}

#[test]
fn signing_in_is_told_to_the_agent_and_to_the_team() {
    let text = published(&UpdateFormat::default(), |world| {
        world.request("1003", Wanted::Login, None, "r-1").expect("1003 is signed out");
    });
    insta::assert_snapshot!("sign_in", text);
}

#[test]
fn a_call_is_told_from_ring_to_end() {
    let text = published(&UpdateFormat::default(), |world| {
        for wanted in [Wanted::Login, Wanted::Ready] {
            world.request("1001", wanted, None, "").expect("the agent may");
        }
        let call = world.ring("1001", "5550100").expect("the agent is ready");
        world.set_variable(call, "callVariable1", "Gold & more").expect("there is room");
        world.act("1001", Action::Answer).expect("it rings");
        world.act("1001", Action::Drop).expect("they talk");
    });
    let (_, call) = text.split_once("<state>RESERVED</state>").expect("a reserved agent");
    let (_, call) = call.split_once("# /finesse/api/User/1001/Dialogs\n").expect("a dialog");
    insta::assert_snapshot!("call", call);
}

#[test]
fn an_error_has_an_order_of_its_own() {
    let text = published(&UpdateFormat::default(), |world| {
        world.ask("1001", Wanted::NotReady, None, "r-2").expect("there is such an agent");
    });
    insta::assert_snapshot!("error", text);
}

#[test]
fn releases_differ_by_switches() {
    let manner = UpdateFormat {
        lower_case: true,
        fills_request_id: false,
        namespace: "urn:xmpp:push:0".to_owned(),
    };
    let text = published(&manner, |world| {
        world.request("1001", Wanted::Login, None, "r-1").expect("1001 is signed out");
    });
    assert!(text.contains("<event>put</event>\n  <requestId></requestId>"), "{text}");
    let Publication { node, payload } = manner.system_info(SystemStatus::OutOfService);
    assert_eq!(node, "/finesse/api/SystemInfo");
    assert_eq!(
        stanza::print(&payload),
        "<notification xmlns=\"urn:xmpp:push:0\">&lt;Update&gt;\n  &lt;data&gt;\n    &lt;systemInfo&gt;\n      \
         &lt;status&gt;OUT_OF_SERVICE&lt;/status&gt;\n    &lt;/systemInfo&gt;\n  &lt;/data&gt;\n  &lt;event&gt;put&lt;/event&gt;\n  \
         &lt;requestId&gt;&lt;/requestId&gt;\n  &lt;source&gt;/finesse/api/SystemInfo&lt;/source&gt;\n&lt;/Update&gt;</notification>"
    );
}
