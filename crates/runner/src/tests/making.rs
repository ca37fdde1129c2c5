//! Tokens on lines that our side speaks.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{bindings, payload, template};
use crate::speak::{Utterance, utter};
use crate::template::{make, make_text};

fn made(inside: &str) -> String {
    make_text(&template(inside), &mut bindings()).unwrap()
}

fn refused(inside: &str) -> String {
    make(&template(inside), &mut bindings()).unwrap_err().message
}

#[test]
fn each_function_makes_its_value() {
    let plain = |text: &str| STANDARD.encode(text);
    let table = [
        ("a {domain} {{b}}", "a x.test {b}".to_owned()),
        ("{odd}", "a.b{c}".to_owned()),
        (r#"{base64("a", agent.user)}"#, plain("a1001")),
        ("{plain(agent.user, agent.password)}", plain("\u{0}1001\u{0}geheim")),
        (r#"{plain("z", agent.user, "")}"#, plain("z\u{0}1001\u{0}")),
        // RFC 7617 §2
        ("{basic(agent.user, agent.password)}", plain("1001:geheim")),
        // RFC 6455 §1.3 has this pair.
        (r#"{accept("dGhlIHNhbXBsZSBub25jZQ==")}"#, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=".to_owned()),
        ("{jid(agent)}", "1001@x.test".to_owned()),
        (r#"{jid(agent, "a b")}"#, "1001@x.test/a b".to_owned()),
        ("{jid(agent, desktop)}", "1001@x.test/desktop".to_owned()),
        ("{jid(agent, domain)}", "1001@x.test/x.test".to_owned()),
        (r#"{repeat("ab", 3)}"#, "ababab".to_owned()),
        (r#"{repeat("ab", 0)}"#, String::new()),
    ];
    for (inside, value) in table {
        assert_eq!(made(inside), value, "{inside}");
    }
}

#[test]
fn what_cannot_be_made_says_why() {
    let table = [
        ("{nobody}", "no variable `nobody`"),
        ("{jid(nobody)}", "no variable `nobody.user`"),
        ("{plain(agent.user, nobody)}", "no variable `nobody`"),
        ("{*}", "this token only checks what the other side says"),
        ("{/a/}", "this token only checks what the other side says"),
        ("{id#1}", "this token only checks what the other side says"),
        (
            r#"{repeat("ab", 9000000)}"#,
            "18000000 octets are more than the 16777216 that a token may make",
        ),
        (
            r#"{repeat("", 18446744073709551615)}"#,
            "18446744073709551615 octets are more than the 16777216 that a token may make",
        ),
    ];
    for (inside, message) in table {
        assert_eq!(refused(inside), message, "{inside}");
    }
}

#[test]
fn random_values_differ_and_are_remembered() {
    let mut bindings = bindings();
    let mut make = |inside| make_text(&template(inside), &mut bindings).unwrap();
    let key = make("{key=base64(16)}");
    assert_eq!(STANDARD.decode(&key).unwrap().len(), 16);
    assert_eq!(make("{key}"), key);
    assert_eq!(make("{accept(key)}"), wire::accept_value(&key));
    assert_ne!(make("{base64(16)}"), key);
    let word = make("{x=random(8)}");
    assert!(
        word.len() == 8 && word.bytes().all(|octet| matches!(octet, b'a'..=b'z' | b'2'..=b'7'))
    );
    let names: Vec<&str> = bindings.generated().iter().map(|made| made.name.as_str()).collect();
    assert_eq!(names, ["key", "base64", "x"], "what our side made up is known to the snapshot");
}

#[test]
fn octets_are_made_as_they_are() {
    assert_eq!(make(&template(r"\xffa\x00"), &mut bindings()).unwrap(), b"\xffa\x00");
    assert!(make_text(&template(r"\xff"), &mut bindings()).is_err());
}

fn padded(notation: &str) -> Result<usize, String> {
    match utter(&payload(notation), transcript::Side::Client, &mut bindings()) {
        Ok(Utterance::Message(frame) | Utterance::Frame(frame)) => Ok(frame.payload.len()),
        Ok(Utterance::Bytes(octets)) => Ok(octets.len()),
        Ok(Utterance::Request { head, body }) => Ok(head.to_bytes().len() + body.len()),
        Ok(_) => panic!("{notation} has no length"),
        Err(error) => Err(error.message),
    }
}

#[test]
fn an_element_as_a_body_has_its_length() {
    let said = |notation: &str| {
        let made = utter(&payload(notation), transcript::Side::Client, &mut bindings());
        String::from_utf8(made.unwrap_or_else(|error| panic!("{}", error.message)).octets())
            .unwrap()
    };
    assert_eq!(
        said("PUT /x HTTP/1.1\n         <User>\n           <state>é</state>\n         </User>"),
        "PUT /x HTTP/1.1\r\nContent-Length: 30\r\n\r\n<User><state>é</state></User>"
    );
    for head in ["content-length: 4", "Transfer-Encoding: chunked"] {
        assert_eq!(
            said(&format!("PUT /x HTTP/1.1\n         {head}\n         <a/>")),
            format!("PUT /x HTTP/1.1\r\n{head}\r\n\r\n<a/>")
        );
    }
}

#[test]
fn padding_makes_the_whole_payload_exactly_so_long() {
    for len in [20, 125, 126, 65_535, 65_536] {
        for notation in [
            format!("<a b=\"{{base64(3)}}\">{{pad({len})}}</a>"),
            format!("[text \"{{pad({len})}}\"]"),
            format!("[binary \"\\xff{{pad({len})}}\"]"),
            format!("[frame opcode=1 payload=\"ab{{pad({len})}}\"]"),
            format!("[bytes \"ab{{pad({len})}}\"]"),
        ] {
            assert_eq!(padded(&notation), Ok(len), "{notation}");
        }
    }
    assert_eq!(padded("GET / HTTP/1.1\n         X: {pad(1000)}"), Ok(1000));
}

#[test]
fn padding_to_less_than_there_is_is_refused() {
    assert_eq!(
        padded("<abc>{pad(3)}</abc>"),
        Err("the payload has 11 octets without padding, 3 were asked for".to_owned())
    );
}
