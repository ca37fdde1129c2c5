//! Fragments in place: arguments filled in, captures kept apart.

use case::{Item, Library, StepKind, print_body};

const CASE: &str = "+++
title = \"a\"
spec  = [\"vendor\"]
level = \"vendor\"
roles = [\"server\"]
effects = \"session\"
+++
use login(first, agent, probe)
use login(second, agent, {domain}-{host})
";

const FRAGMENT: &str = "+++
title  = \"b\"
params = [\"conn\", \"account\", \"resource\"]
owner  = \"a/a\"
+++
conn == connect

conn -> GET / HTTP/1.1
        Sec-WebSocket-Key: {key=base64(16)}
        <User><id>{account.id}</id></User>

conn <- HTTP/1.1 101
        Sec-WebSocket-Accept: {accept(key)}

conn -> <auth xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\">{plain(account.user, account.password)}</auth>

conn <- <jid>{account.user}@{domain}/x{resource}</jid>

conn -> <iq id=\"{conn.conn.id}\" from=\"{jid(account, resource)}\"/>
";

fn expanded(case: &str) -> Vec<Item> {
    let files = vec![
        ("a/a.case".into(), case.to_owned()),
        ("_fragments/login.case".into(), FRAGMENT.to_owned()),
    ];
    let library = Library::from_files(files).expect("both files are right");
    library.expand(&library.cases[0]).expect("the fragment exists")
}

fn bodies(items: &[Item]) -> Vec<String> {
    let used = |item: &Item| match item {
        Item::Step(step) => match &step.kind {
            StepKind::Used { body, owner, .. } => {
                assert_eq!(owner, "a/a");
                Some(print_body(body))
            }
            _ => None,
        },
        _ => None,
    };
    items.iter().filter_map(used).collect()
}

#[test]
fn arguments_stand_for_parameters_and_captures_have_names_of_their_own() {
    let bodies = bodies(&expanded(CASE));
    assert_eq!(
        bodies[0],
        "first == connect

first -> GET / HTTP/1.1
         Sec-WebSocket-Key: {login-1.key=base64(16)}
         <User>
           <id>{agent.id}</id>
         </User>

first <- HTTP/1.1 101
         Sec-WebSocket-Accept: {accept(login-1.key)}

first -> <auth xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\">{plain(agent.user, agent.password)}</auth>

first <- <jid>{agent.user}@{domain}/xprobe</jid>

first -> <iq id=\"{conn.first.id}\" from=\"{jid(agent, probe)}\"/>
"
    );
    assert!(bodies[1].contains("{accept(login-2.key)}"), "{}", bodies[1]);
    assert!(
        bodies[1].contains("<jid>{agent.user}@{domain}/x{domain}-{host}</jid>"),
        "{}",
        bodies[1]
    );
    assert!(bodies[1].contains("from='{jid(agent, \"{domain}-{host}\")}'"), "{}", bodies[1]);
}

#[test]
fn steps_remember_the_file_they_come_from() {
    let items = expanded(CASE);
    let Some(Item::Step(used)) = items.first() else { panic!("a step") };
    assert_eq!(used.source.path.to_str(), Some("a/a.case"));
    let StepKind::Used { body, .. } = &used.kind else { panic!("a fragment") };
    let Some(Item::Step(first)) = body.first() else { panic!("a step") };
    assert_eq!(first.source.path.to_str(), Some("_fragments/login.case"));
    assert_eq!(&first.source.text[first.span.clone()], "conn == connect");
}
