//! Case files, fragments and bodies of snapshots.

use std::path::PathBuf;
use std::sync::Arc;

use case::{
    Diagnostic, Library, Source, lint, parse_body, parse_case, parse_fragment, print_body,
    print_case, print_fragment, render,
};

/// Reads `data`, if it is text, as each of the three, writes it and reads it again.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    match parse_case("a/b", source(text)) {
        Ok(case) => {
            let printed = print_case(&case);
            let again = parse_case("a/b", source(&printed));
            let again = again.unwrap_or_else(|errors| refused(&printed, &errors));
            assert_eq!((&again.head, &again.body), (&case.head, &case.body), "{printed}");
            assert_eq!(print_case(&again), printed);
            check(text, "cases/a/b.case");
        }
        Err(errors) => assert!(!render(&errors, false).is_empty()),
    }
    match parse_fragment("a", source(text)) {
        Ok(fragment) => {
            let printed = print_fragment(&fragment);
            let again = parse_fragment("a", source(&printed));
            let again = again.unwrap_or_else(|errors| refused(&printed, &errors));
            assert_eq!(print_fragment(&again), printed);
            assert_eq!(again.body, fragment.body);
            check(text, "cases/_fragments/open.case");
        }
        Err(errors) => assert!(!render(&errors, true).is_empty()),
    }
    if let Ok(body) = parse_body(source(text)) {
        let printed = print_body(&body);
        let again = parse_body(source(&printed));
        let again = again.unwrap_or_else(|errors| refused(&printed, &errors));
        assert_eq!(again, body, "{printed}");
    }
}

/// Checks a file beside a fragment that cases like to use.
fn check(text: &str, path: &str) {
    const FRAGMENT: &str = "+++\ntitle = \"f\"\nparams = [\"conn\"]\n+++\n{conn} -> <open {key=base64(16)} id='{key}'/>\n{conn} <- {*}\n";
    let files = [("cases/_fragments/f.case", FRAGMENT), (path, text)];
    let files = files.map(|(path, text)| (PathBuf::from(path), text.to_owned()));
    if let Ok(library) = Library::from_files(files.into()) {
        render(&lint(&library), false);
    }
}

fn source(text: &str) -> Arc<Source> {
    Arc::new(Source { path: PathBuf::from("generated.case"), text: text.to_owned() })
}

fn refused(text: &str, errors: &[Diagnostic]) -> ! {
    panic!("{text}\n{}", render(errors, false))
}
