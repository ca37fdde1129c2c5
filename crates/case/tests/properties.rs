//! Properties of every body and text: the formatter loses nothing, and the parser never panics.

mod generate;

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use case::{
    Library, Source, parse_body, parse_case, parse_fragment, print_body, print_case, render,
};
use proptest::prelude::*;

fn source(text: &str) -> Arc<Source> {
    Arc::new(Source { path: PathBuf::from("generated.case"), text: text.to_owned() })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_printed_body_is_read_back_the_same(body in generate::body()) {
        let text = print_body(&body);
        match parse_body(source(&text)) {
            Ok(again) => {
                prop_assert_eq!(&again, &body, "\n{}", text);
                prop_assert_eq!(print_body(&again), text);
            }
            Err(errors) => prop_assert!(false, "\n{}\n{}", text, render(&errors, false)),
        }
    }

    #[test]
    fn no_line_ends_with_a_blank(body in generate::body()) {
        prop_assert!(print_body(&body).lines().all(|line| !line.ends_with(' ')));
    }

    #[test]
    fn any_text_is_read_without_panic(text in any::<String>()) {
        read_and_render(&text);
    }

    #[test]
    fn text_of_the_notation_s_own_words_is_read_without_panic(words in prop::collection::vec(prop::sample::select(WORDS), 0..40)) {
        read_and_render(&words.concat());
    }

    #[test]
    fn a_mutated_case_is_read_without_panic(pick in any::<prop::sample::Index>(), cuts in prop::collection::vec((any::<prop::sample::Index>(), 0..12_usize, prop::sample::select(WORDS)), 1..6)) {
        let texts = texts();
        let mut text = texts[pick.index(texts.len())].clone();
        for (at, len, word) in cuts {
            let at = text.floor_char_boundary(at.index(text.len().max(1)));
            let end = text.ceil_char_boundary((at + len).min(text.len()));
            text.replace_range(at..end, word);
        }
        read_and_render(&text);
    }
}

/// Pieces of bodies, and mistakes in them.
const WORDS: &[&str] = &[
    "+++\n",
    "\n",
    "\n\n",
    " ",
    "  ",
    "\t",
    "\r\n",
    "title = \"x\"\n",
    "spec = [\"vendor\"]\n",
    "agent",
    " -> ",
    " <- ",
    " == ",
    "one of\n",
    "any order\n",
    "finally\n",
    "  ok ",
    "use open(agent)",
    "do publish(",
    "within 2s ",
    "<iq",
    " id='1'",
    ">",
    "/>",
    "</iq>",
    "t:absent=\"yes\"",
    "&#x41;",
    "&lt;",
    "<![CDATA[",
    "]]>",
    "<!--",
    "{",
    "}",
    "{{",
    "{*}",
    "{x=*}",
    "{/a",
    "/}",
    "{a#1}",
    "{plain(",
    "\"",
    "\\",
    "\\x0",
    "\\u{",
    ")",
    ",",
    "[text \"",
    "[frame ",
    "fin=",
    "[close ",
    "]",
    "[fragments 2]",
    "GET / HTTP/1.1",
    "HTTP/1.1 101",
    "Host: ",
    "# ",
    "connect",
    "closed",
    "silent ",
    "é",
    "\u{0}",
    "\u{feff}",
    "18446744073709551616",
];

fn read_and_render(text: &str) {
    let results = [
        parse_case("a/b", source(text)).err(),
        parse_fragment("a", source(text)).err(),
        parse_body(source(text)).err(),
    ];
    for errors in results.into_iter().flatten() {
        render(&errors, false);
    }
    // A body that parses can be printed, and parses to the same tree.
    if let Ok(case) = parse_case("a/b", source(text)) {
        let printed = print_case(&case);
        let again = parse_case("a/b", source(&printed))
            .unwrap_or_else(|errors| panic!("{printed}\n{}", render(&errors, false)));
        assert_eq!((&again.head, &again.body), (&case.head, &case.body), "{printed}");
    }
    if let Ok(body) = parse_body(source(text)) {
        let printed = print_body(&body);
        let again = parse_body(source(&printed))
            .unwrap_or_else(|errors| panic!("{printed}\n{}", render(&errors, false)));
        assert_eq!(again, body, "{printed}");
    }
}

/// The suite's own cases and fragments.
fn texts() -> &'static [String] {
    static TEXTS: OnceLock<Vec<String>> = OnceLock::new();
    TEXTS.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let library = Library::load(&root.join("cases"), Path::new("cases")).unwrap_or_default();
        let cases = library.cases.iter().map(|case| case.source.text.clone());
        let fragments = library.fragments.values().map(|fragment| fragment.source.text.clone());
        cases.chain(fragments).chain([String::from("+++\n+++\n")]).collect()
    })
}
