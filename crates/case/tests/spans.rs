//! Tokens and names are found where they stand, also inside XML with escapes.

use std::path::PathBuf;
use std::sync::Arc;

use case::{
    ChildPattern, ElementPattern, Item, Payload, Piece, Source, StepKind, Template, parse_body,
};

const TEXT: &str =
    "agent <- <iq xmlns='jabber:client' t:closed='yes' id='&lt;é{id}' type=\"{/a&amp;b/}\">
           <jid>
             &#x41;{agent.user}@{domain}
           </jid>
         </iq> [fragments 2]
";

fn root() -> (Arc<Source>, ElementPattern) {
    let source = Arc::new(Source { path: PathBuf::from("x"), text: TEXT.to_owned() });
    let items = parse_body(Arc::clone(&source)).expect("the text is right");
    let Some(Item::Step(step)) = items.into_iter().next() else { panic!("a step") };
    assert_eq!(&TEXT[step.span.clone()], TEXT.trim_end());
    let StepKind::Say { payload: Payload::Xml { root, fragments: Some(2) }, .. } = step.kind else {
        panic!("XML")
    };
    (source, root)
}

fn tokens(template: &Template) -> Vec<&str> {
    let place = |piece: &Piece| {
        if let Piece::Token(token) = piece { Some(&TEXT[token.span.clone()]) } else { None }
    };
    template.pieces.iter().filter_map(place).collect()
}

#[test]
fn names_attributes_and_tokens_stand_where_they_say() {
    let (_, root) = root();
    assert_eq!(&TEXT[root.span.clone()], "iq");
    assert_eq!(&TEXT[root.attrs[0].span.clone()], "id='&lt;é{id}'");
    assert_eq!(tokens(&root.attrs[0].value), ["{id}"]);
    assert_eq!(tokens(&root.attrs[1].value), ["{/a&amp;b/}"]);
    let [ChildPattern::Element(jid)] = root.children.as_slice() else { panic!("one element") };
    assert_eq!(&TEXT[jid.span.clone()], "jid");
    let [ChildPattern::Text(text)] = jid.children.as_slice() else { panic!("text") };
    assert_eq!(&TEXT[text.span.clone()], "&#x41;{agent.user}@{domain}");
    assert_eq!(tokens(text), ["{agent.user}", "{domain}"]);
    assert_eq!(text.pieces[0], Piece::Text("A".to_owned()));
}
