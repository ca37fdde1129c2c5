//! Clients that make the service keep things.

use crate::Row;
use crate::attack::Attack;

const REFUSED: &str = "no memory: clients make the server keep";

pub(crate) const ROWS: &[Row] = &[
    ("items", items, REFUSED),
    ("items of many elements", many_elements, REFUSED),
    ("names of nodes", names, REFUSED),
    ("titles of nodes", titles, REFUSED),
    ("subscriptions", subscriptions, REFUSED),
    ("people of a node", people, REFUSED),
    ("the last item for many at once", last_item, "type=\"result\""),
    ("private data", private_data, REFUSED),
    ("presence", presence, REFUSED),
    ("presence for one address", directed, "<presence"),
    ("an item asked for again and again", asked_again, "type=\"result\""),
];

/// A node that keeps a thousand items.
fn persistent(name: &str) -> String {
    format!(
        "<create node='{name}'/><configure><x xmlns='jabber:x:data' type='submit'><field var='pubsub#persist_items'><value>1</value></field><field var='pubsub#max_items'><value>1000</value></field></x></configure>"
    )
}

fn publish(attack: &mut Attack, payload: &str, times: usize) {
    let id = attack.log_in();
    attack.ask(id, false, &persistent("n"));
    for number in 0..times {
        attack.ask(
            id,
            false,
            &format!(
                "<publish node='n'><item id='{number}'><x xmlns='y'>{payload}</x></item></publish>"
            ),
        );
    }
}

fn items(attack: &mut Attack) {
    publish(attack, &"x".repeat(900_000), 40);
}

fn many_elements(attack: &mut Attack) {
    publish(attack, &"<a/>".repeat(20_000), 20);
}

fn names(attack: &mut Attack) {
    let id = attack.log_in();
    let long = "n".repeat(200_000);
    for number in 0..120 {
        attack.ask(id, false, &format!("<create node='{number}{long}'/>"));
    }
    attack.say(id, "<iq xmlns='jabber:client' type='get' id='d' to='pubsub.d'><query xmlns='http://jabber.org/protocol/disco#items'/></iq>");
}

fn titles(attack: &mut Attack) {
    let id = attack.log_in();
    let title = "t".repeat(900_000);
    for number in 0..40 {
        attack.ask(id, false, &format!("<create node='{number}'/>"));
        attack.ask(id, true, &format!("<configure node='{number}'><x xmlns='jabber:x:data' type='submit'><field var='pubsub#title'><value>{title}</value></field></x></configure>"));
    }
}

/// Resources of a thousand octets, on sixty nodes.
fn subscriptions(attack: &mut Attack) {
    let id = attack.log_in();
    let long = "r".repeat(1000);
    for node in 0..60 {
        attack.ask(id, false, &format!("<create node='{node}'/>"));
        let entries: String = (0..256)
            .map(|number| {
                format!("<subscription jid='a@d/{number}{long}' subscription='subscribed'/>")
            })
            .collect();
        attack.ask(id, true, &format!("<subscriptions node='{node}'>{entries}</subscriptions>"));
    }
}

fn people(attack: &mut Attack) {
    let id = attack.log_in();
    let long = "p".repeat(900);
    for node in 0..40 {
        attack.ask(id, false, &format!("<create node='{node}'/>"));
        let entries: String = (0..1000)
            .map(|number| format!("<affiliation jid='{number}{long}@d' affiliation='outcast'/>"))
            .collect();
        attack.ask(id, true, &format!("<affiliations node='{node}'>{entries}</affiliations>"));
    }
}

/// Each new subscriber gets the last item.
fn last_item(attack: &mut Attack) {
    publish(attack, &"x".repeat(900_000), 1);
    let id = attack.log_in();
    let entries: String = (0..10_000)
        .map(|number| format!("<subscription jid='s{number}@d' subscription='subscribed'/>"))
        .collect();
    attack.ask(id, true, &format!("<subscriptions node='n'>{entries}</subscriptions>"));
    attack.ask(
        id,
        false,
        &format!(
            "<publish node='n'><item><x xmlns='y'>{}</x></item></publish>",
            "x".repeat(900_000)
        ),
    );
}

fn private_data(attack: &mut Attack) {
    let id = attack.log_in();
    let long = "x".repeat(900_000);
    for number in 0..40 {
        attack.say(id, &format!("<iq xmlns='jabber:client' type='set' id='p'><query xmlns='jabber:iq:private'><x xmlns='urn:{number}'>{long}</x></query></iq>"));
    }
    attack.say(id, &format!("<iq xmlns='jabber:client' type='get' id='p'><query xmlns='jabber:iq:private'>{}</query></iq>", "<x xmlns='urn:1'/>".repeat(10_000)));
}

fn presence(attack: &mut Attack) {
    let long = "x".repeat(900_000);
    for _ in 0..40 {
        let id = attack.log_in();
        attack.say(
            id,
            &format!("<presence xmlns='jabber:client'><status>{long}</status></presence>"),
        );
    }
}

fn directed(attack: &mut Attack) {
    let long = "r".repeat(1000);
    for _ in 0..5 {
        let id = attack.log_in();
        for number in 0..1100 {
            attack.say(id, &format!("<presence xmlns='jabber:client' to='b@d/{number}{long}'/>"));
        }
    }
}

fn asked_again(attack: &mut Attack) {
    publish(attack, &"x".repeat(900_000), 1);
    let id = attack.log_in();
    let wanted = "<item id='0'/>".repeat(50_000);
    attack.say(id, &format!("<iq xmlns='jabber:client' type='get' id='q' to='pubsub.d'><pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='n'>{wanted}</items></pubsub></iq>"));
}
