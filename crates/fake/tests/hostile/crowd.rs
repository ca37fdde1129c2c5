//! One long stanza that many sessions get.

use finesse_fake::Profile;

use crate::Row;
use crate::attack::Attack;

/// So many sessions that as many copies are more than [`crate::CROWD`].
const SESSIONS: usize = 160;

pub(crate) const ROWS: &[Row] = &[
    ("a message for many sessions", message, "<message"),
    ("a presence that many see", presence, "<presence"),
    ("a presence for the address of many", directed, "<presence"),
];

fn long() -> String {
    "x".repeat(900_000)
}

/// Says it as the last of many sessions of one account, to a server that sends it to all of them.
fn say(attack: &mut Attack, stanza: &str) {
    *attack = Attack::on(Profile::openfire_4_4().route_all_resources(true));
    let mut last = attack.log_in();
    for _ in 1..SESSIONS {
        last = attack.log_in();
    }
    attack.say(last, stanza);
}

fn message(attack: &mut Attack) {
    say(
        attack,
        &format!("<message xmlns='jabber:client' to='a@d'><body>{}</body></message>", long()),
    );
}

fn presence(attack: &mut Attack) {
    say(attack, &format!("<presence xmlns='jabber:client'><status>{}</status></presence>", long()));
}

fn directed(attack: &mut Attack) {
    let status = format!("<status>{}</status>", long());
    say(attack, &format!("<presence xmlns='jabber:client' to='a@d'>{status}</presence>"));
}
