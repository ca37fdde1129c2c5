//! Target files, and files of clients.

use runner::Target;

/// Reads `data`, if it is text, as a target and as a client.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    match Target::parse("fuzz", "targets/fuzz.toml", text) {
        Ok(target) => {
            assert!(target.patience.is_finite() && target.patience > 0.0);
            let _ = target.lacks(["account agent", "node.open"]);
            for deviation in target.deviations_of("sasl/plain-ok") {
                let _ = deviation.about.has_expired("2026-01-01");
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    let fake = Target::parse(
        "mock",
        "targets/mock.toml",
        include_str!("../../../xtask/targets/mock.toml"),
    )
    .expect("a target that is known");
    match fake.client_of("fuzz", "clients/fuzz.toml", text) {
        Ok(client) => {
            assert!(client.patience.is_finite() && client.patience > 0.0);
            let _ = client.is_pending("sasl/plain-ok");
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
