//! Settings that make no sense end the client with a complaint.
#![cfg(unix)]

use finesse_client::{Network, USAGE, drive};

#[tokio::test]
async fn a_certificate_that_never_ends_is_not_read() {
    let settings = [("CONFORMANCE_DO", "login"), ("CONFORMANCE_CA", "/dev/zero")];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let ended = drive(&settings, None, Network::default(), &|_| {}).await;
    assert_eq!(ended.complaint.as_deref(), Some("/dev/zero: it is a device, not a file"));
    assert_eq!(ended.status, USAGE);
}
