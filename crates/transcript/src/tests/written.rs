//! Round trips: bodies by the parser of the notation, recordings by this crate.

use std::path::PathBuf;
use std::sync::Arc;

use proptest::prelude::*;

use super::generate;
use crate::normalise::items;
use crate::{Recording, body};

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_body_is_read_back_as_what_was_normalised(recording in generate::recording()) {
        let text = body(&recording);
        let source = Arc::new(case::Source { path: PathBuf::new(), text: text.clone() });
        match case::parse_body(source) {
            Ok(read) => prop_assert_eq!(read, items(&recording), "\n{}", text),
            Err(errors) => prop_assert!(false, "\n{}\n{}", text, case::render(&errors, false)),
        }
    }

    #[test]
    fn normalising_does_not_depend_on_when_things_were_said(mut recording in generate::recording()) {
        let before = body(&recording);
        for event in &mut recording.events {
            (event.micros, event.octets) = (0, 0);
        }
        prop_assert_eq!(before, body(&recording));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_recording_is_read_back_the_same(recording in generate::recording()) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("target/conformance/mock/a/b.jsonl");
        recording.write(folder.path(), &path).unwrap();
        prop_assert_eq!(Recording::read(&path).unwrap(), recording);
    }
}
