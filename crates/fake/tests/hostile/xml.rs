//! Messages that are hard to read.

use crate::Row;
use crate::attack::{Attack, OPEN};

pub(crate) const ROWS: &[Row] = &[
    ("declarations", declarations, "connected"),
    ("elements", elements, "connected"),
    ("depth", depth, "connected"),
    ("attributes", attributes, "connected"),
    ("namespaces that each element repeats", repeated_namespaces, "connected"),
];

/// Says it as each kind of stanza after the login, and once before it.
fn say(attack: &mut Attack, attributes: &str, content: &str) {
    let id = attack.upgrade(false);
    attack.say(id, OPEN);
    let heads = [
        ("message", " to='a@d'"),
        ("iq", " to='d' type='get' id='1'"),
        ("iq", " to='pubsub.d' type='set' id='2'"),
        ("presence", ""),
    ];
    let member = attack.log_in();
    for (name, head) in heads {
        let text = format!("<{name} xmlns='jabber:client'{head}{attributes}>{content}</{name}>");
        assert!(text.len() <= 1 << 20, "it is read");
        if name == "message" {
            attack.say(id, &text);
        }
        attack.say(member, &text);
    }
}

fn declarations(attack: &mut Attack) {
    let many: String = (0..45_000).map(|number| format!(" xmlns:p{number}='u'")).collect();
    say(attack, &many, "");
    say(attack, "", &format!("<x{many}/>"));
}

fn elements(attack: &mut Attack) {
    say(attack, "", &"<a/>".repeat(250_000));
}

fn depth(attack: &mut Attack) {
    say(attack, "", &"<a>".repeat(300_000));
    say(attack, "", &format!("{}{}", "<a>".repeat(1000), "</a>".repeat(1000)));
}

fn attributes(attack: &mut Attack) {
    let many: String = (0..80_000).map(|number| format!(" a{number}='v'")).collect();
    say(attack, &many, "");
}

fn repeated_namespaces(attack: &mut Attack) {
    let namespace = format!(" xmlns:p='{}'", "n".repeat(250));
    say(attack, &namespace, &"<p:a/>".repeat(60_000));
}
