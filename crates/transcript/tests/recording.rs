//! Files of recordings: what each mistake in them is called.

use std::path::Path;

use transcript::{Recording, RecordingError};

fn error(text: &str) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.jsonl");
    std::fs::write(&path, text).expect("a file");
    let error = Recording::read(&path).expect_err("a mistake").to_string();
    error.replace(&folder.path().display().to_string(), "")
}

#[test]
fn an_empty_file_is_no_transcript() {
    assert_eq!(error(""), "/x.jsonl: an empty transcript");
}

#[test]
fn a_broken_line_is_named_by_its_number() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.jsonl");
    Recording::default().write(folder.path(), &path).unwrap();
    let good = std::fs::read_to_string(&path).unwrap();
    assert!(error("{}").starts_with("/x.jsonl:1: not a line of a transcript: "));
    let broken = format!("{good}{{}}\n");
    assert!(error(&broken).starts_with("/x.jsonl:2: not a line of a transcript: missing field"));
    let odd = r#"{"conn":"a","who":"server","step":1,"micros":1,"octets":1,"claimed":true,"timer":false,"said":{"kind":"ping","payload":"0g"}}"#;
    assert!(error(&format!("{good}{odd}\n")).contains("not hexadecimal octets"));
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let Err(RecordingError::Io { path, .. }) = Recording::read(Path::new("/none/x.jsonl")) else {
        panic!("read what is not there");
    };
    assert_eq!(path, "/none/x.jsonl");
}
