//! The formatter: written cases and their canonical form.

use std::path::PathBuf;
use std::sync::Arc;

use case::{Source, parse_body, parse_case, print_body, print_case, render};

fn source(text: &str) -> Arc<Source> {
    Arc::new(Source { path: PathBuf::from("a/b.case"), text: text.to_owned() })
}

fn formatted(body: &str) -> String {
    match parse_body(source(body)) {
        Ok(items) => print_body(&items),
        Err(errors) => panic!("\n{}", render(&errors, false)),
    }
}

#[track_caller]
fn becomes(written: &str, wanted: &str) {
    assert_eq!(formatted(written), wanted, "\n{}", formatted(written));
    assert_eq!(formatted(wanted), wanted, "not stable");
}

#[test]
fn a_case_in_canonical_form_stays_as_it_is() {
    let text = r#"+++
title = "a request without Upgrade is not switched"
spec  = ["RFC 6455 §4.2.1 item 3"]
level = "must"
roles = ["server"]
transports = ["ws", "bosh"]
needs = ["account other"]
effects = "locks-account"
timeout = "2s"
time  = 1.5
why   = "proxies in front of contact centres strip \"hop-by-hop\" headers"
+++
# The only difference to upgrade/minimal is the missing line.
agent == connect

agent -> GET {ws.path} HTTP/1.1
         Host: {host}:{port}
         Connection: Upgrade
         Sec-WebSocket-Key: {key=base64(16)}

agent <- one of
  ok                                HTTP/1.1 400
  # Both are seen in the field.
  ok                                HTTP/1.1 426
                                    Sec-WebSocket-Version: {/\b13\b/}
  non-strict "another error class"  HTTP/1.1 {/^[45]\d\d$/}

agent == never upgraded
"#;
    let case = parse_case("a/b", source(text))
        .unwrap_or_else(|errors| panic!("\n{}", render(&errors, false)));
    assert_eq!(print_case(&case), text);
}

#[test]
fn line_ends_of_another_system_make_no_difference() {
    let text = "a -> GET / HTTP/1.1\n     Host: x\n     [body \"1\"\n      \"2\"]\n\n# why\na <- <x>\n       <y z='1\n       2'/>\n       t\n     </x>\n";
    assert_eq!(
        parse_body(source(&text.replace('\n', "\r\n"))).unwrap(),
        parse_body(source(text)).unwrap()
    );
}

#[test]
fn xml_is_one_element_a_line() {
    becomes(
        "a <- <iq xmlns='jabber:client'   type='error'><error><conflict xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'></conflict></error></iq>\n",
        r#"a <- <iq xmlns="jabber:client" type="error">
       <error>
         <conflict xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/>
       </error>
     </iq>
"#,
    );
}

#[test]
fn a_body_of_http_is_an_element_or_octets() {
    becomes(
        "a -> PUT {rest}/User/1 HTTP/1.1\n     Content-Type: application/xml\n     <User><state>READY</state></User>\na <- HTTP/1.1 202\n     [body \"\"]\n",
        r#"a -> PUT {rest}/User/1 HTTP/1.1
     Content-Type: application/xml
     <User>
       <state>READY</state>
     </User>
a <- HTTP/1.1 202
     [body ""]
"#,
    );
}

#[test]
fn prefixes_are_rewritten_and_stream_is_kept() {
    becomes(
        "a <- <s:features xmlns:s='http://etherx.jabber.org/streams'><b:bind xmlns:b='urn:ietf:params:xml:ns:xmpp-bind' xml:lang='en'/></s:features>\n",
        r#"a <- <stream:features xmlns:stream="http://etherx.jabber.org/streams">
       <bind xmlns="urn:ietf:params:xml:ns:xmpp-bind" xml:lang="en"/>
     </stream:features>
"#,
    );
}

#[test]
fn long_tags_are_wrapped_and_long_texts_stand_alone() {
    becomes(
        "agent <- <open xmlns='urn:ietf:params:xml:ns:xmpp-framing' from='{domain}' id='{stream-id#1}' version='1.0' xml:lang='en'/>\nagent -> <auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{plain(agent.user, agent.password)}</auth>\n",
        r#"agent <- <open xmlns="urn:ietf:params:xml:ns:xmpp-framing"
               from="{domain}"
               id="{stream-id#1}"
               version="1.0"
               xml:lang="en"/>
agent -> <auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="PLAIN">
           {plain(agent.user, agent.password)}
         </auth>
"#,
    );
}

#[test]
fn text_keeps_what_cannot_be_seen_as_references() {
    becomes(
        "a <- <x>&#10;b&#xA0;c &lt;{{}}&amp;</x>\na <- <x> </x>\na <- <x>&#32;<y/></x>\n",
        "a <- <x>&#xA;b&#xA0;c &lt;{{}}&amp;</x>\na <- <x> </x>\na <- <x>\n       &#x20;\n       <y/>\n     </x>\n",
    );
}

#[test]
fn tokens_with_quotes_choose_the_other_quotes() {
    becomes(
        "a -> <x y=\"{repeat(&quot;a&quot;, 9)}\" z='it&apos;s \"so\"'/>\n",
        "a -> <x y='{repeat(\"a\", 9)}' z=\"it's &quot;so&quot;\"/>\n",
    );
}

#[test]
fn strings_are_joined_and_cut_where_the_line_ends() {
    becomes("a -> [text \"<x>\"\n     \"</x>\"]\n", "a -> [text \"<x></x>\"]\n");
    let long = "<item>some text</item>".repeat(8);
    let cut = formatted(&format!("a -> [text \"{long}\"]\n"));
    assert!(
        cut.lines().count() > 1 && cut.lines().all(|line| line.chars().count() <= 100),
        "{cut}"
    );
    assert_eq!(formatted(&cut), cut);
}

#[test]
fn what_cannot_be_seen_is_written_as_a_number() {
    becomes("a -> [text \"\u{61c}\u{3164}\"]\n", "a -> [text \"\\u{61c}\\u{3164}\"]\n");
    becomes("a -> <b c='\u{3164}'>\u{61c}</b>\n", "a -> <b c=\"&#x3164;\">&#x61C;</b>\n");
}

#[test]
fn frames_have_their_fields_in_one_order() {
    becomes(
        "a -> [frame payload=\"x\" mask=no   opcode=3 fin=0]\n",
        "a -> [frame fin=0 opcode=3 mask=no payload=\"x\"]\n",
    );
}

#[test]
fn calls_stand_on_one_line_or_one_argument_below_the_other() {
    becomes(
        "do publish( \"{node.open}\",<x xmlns='urn:example:probe'>1</x> )\ndo publish(/finesse/api/User/{agent.id}, <x><y/></x>)\n",
        r#"do publish({node.open}, <x xmlns="urn:example:probe">1</x>)
do publish(/finesse/api/User/{agent.id},
           <x>
             <y/>
           </x>)
"#,
    );
}

#[test]
fn blocks_are_indented_by_two_and_empty_lines_kept_once() {
    becomes(
        "\n\nany order\n      a == closed\n\n\n      # then\n      b == within 120s closed\n\n\nfinally\n a -> [ping]\n\n",
        "any order\n  a == closed\n\n  # then\n  b == within 2m closed\n\nfinally\n  a -> [ping]\n",
    );
}

#[test]
fn comments_between_branches_belong_to_the_next() {
    becomes(
        "one of\n   # first\n   ok\n       # inside\n       a <- <x/>\n       # below\n\n   # second\n   info \"other\"\n       a == closed\n   # last\n",
        "one of\n  # first\n  # inside\n  ok\n    a <- <x/>\n    # below\n\n  # second\n  info \"other\"\n    a == closed\n    # last\n",
    );
}

#[test]
fn long_labels_stand_above_their_payload() {
    becomes(
        "a <- within 2s one of\n  ok \"the server says that it does not know this host\" <x/>\n  info <y/>\n",
        "a <- within 2s one of\n  ok \"the server says that it does not know this host\"\n      <x/>\n  info\n      <y/>\n",
    );
}
