//! A client that takes its time at the gate. By then the fake has asked for its version, which the
//! client declines: that is no answer to what the case waits for.

mod reference;

use std::sync::Arc;

use reference::Reference;
use rig::ClientRig;

/// Time passes ten times as fast, so that the question comes half a second after the presence.
const LATE: &str = r#"+++
title = "a client subscribes after a second"
spec  = ["robustness"]
level = "must"
roles = ["client"]
do    = ["login", "stay 1s", "subscribe /late", "sign-out"]
time  = 10
+++
agent == connect

agent -> <presence xmlns="jabber:client"/>

agent <- <iq xmlns="jabber:client" type="get"><query xmlns="jabber:iq:version"/></iq>

agent -> <iq xmlns="jabber:client" type="set" id="{sub=*}" to="{pubsub}">
           <pubsub xmlns="http://jabber.org/protocol/pubsub"><subscribe node="/late"/></pubsub>
         </iq>
"#;

#[test]
fn what_it_answers_to_a_timer_fails_no_step() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("cases/pubsub/late.case", LATE);
    write("cases/_sabotage-client.toml", "row = []\n");
    write("xtask/targets/mock.toml", "profile = \"finesse\"\n");
    write("xtask/clients/client.toml", "[volatile]\n\"pubsub/late\" = \"not compared\"\n");
    write("xtask/clients/client-bosh.toml", "transport = \"bosh\"\n");
    let rig = ClientRig::new(folder.path()).unwrap_or_else(|error| panic!("{error}"));
    rig.play(Arc::new(Reference(None))).unwrap_or_else(|report| panic!("{report}"));
}
