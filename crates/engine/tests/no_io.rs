//! The engine can reach no socket, clock or source of chance: nothing that it is built from has
//! any.

use std::fs;
use std::path::Path;
use std::process::Command;

/// Crates of tasks, sockets, TLS and chance.
const EDGES: [&str; 12] = [
    "axum",
    "getrandom",
    "hyper",
    "mio",
    "native-tls",
    "openssl",
    "rand",
    "ring",
    "rustls",
    "socket2",
    "tokio",
    "uuid",
];

#[test]
fn nothing_that_the_engine_is_built_from_does_io() {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--package", env!("CARGO_PKG_NAME"), "--edges", "normal"])
        .args(["--prefix", "none", "--format", "{lib}", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let crates = String::from_utf8(tree.stdout).expect("names are text");
    assert!(crates.lines().any(|name| name == "stanza"), "{crates}");
    let found: Vec<&str> = crates.lines().filter(|name| EDGES.contains(name)).collect();
    assert!(found.is_empty(), "the engine depends on {found:?}");
}

#[test]
fn the_crates_inside_the_engine_are_guarded_as_it_is() {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let guard = |of: &Path| fs::read_to_string(of.join("clippy.toml"));
    let wanted = guard(own).expect("the engine has its guard");
    for inside in ["contact", "mask", "rest"] {
        let guard = guard(&own.with_file_name(inside));
        assert_eq!(guard.ok().as_ref(), Some(&wanted), "crates/{inside}/clippy.toml");
    }
}
