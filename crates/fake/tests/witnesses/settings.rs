//! The settings with which each group of recordings was made.

use finesse_fake::{AccessModel, FakeFinesse, NodeConfig, Profile};

pub(crate) const DOMAIN: &str = "uccx.example.com";
/// The throw-away password of all accounts of the recordings.
pub(crate) const PASSWORD: &str = "Secr3t!";

/// The fake that is to be what was recorded.
pub(crate) async fn start(name: &str, server: &str) -> Result<FakeFinesse, finesse_fake::Error> {
    let mut builder = FakeFinesse::builder()
        .domain(DOMAIN)
        .profile(profile(server))
        .plain(!name.starts_with("tls_") && name != "bosh_tls")
        .time_by_hand(true)
        .user("finesse", PASSWORD);
    if name == "ps_sub_admin_for_other" {
        builder = builder.user("administrator", PASSWORD);
    }
    for number in 1001..=1010 {
        builder = builder.user(&format!("agent{number}"), PASSWORD);
    }
    for path in ["Team/2/Users", "Team/load/Users", "Queue/10"] {
        builder = builder.node(NodeConfig::new(format!("/finesse/api/{path}")));
    }
    for node in crate::before::of(name).filter_map(|(what, rest)| (what == "node").then_some(rest))
    {
        builder = builder.node(config(node));
    }
    builder.start().await
}

/// The profile with the settings that the first line of a recording names.
fn profile(server: &str) -> Profile {
    let uccx = Profile::openfire_4_4().federates(false);
    match server.split_once("UCCX profile but ").map(|(_, settings)| settings) {
        Some(settings) if settings.starts_with("roster service off") => {
            uccx.reflect_presence(false).validate_host(true).bounce(true).conflict_limit(None)
        }
        Some(_) => uccx
            .conflict_limit(Some(2))
            .stream_management(true)
            .login_attempts(1)
            .route_all_resources(true)
            .anyone_creates_nodes(false),
        None => uccx,
    }
}

/// `PATH [KIND]`.
fn config(node: &str) -> NodeConfig {
    let (path, kind) = node.split_once(' ').unwrap_or((node, ""));
    let mut config = NodeConfig::new(path);
    match kind {
        "" => {}
        "unsubscribable" => config.subscribe = false,
        "bare" => config.deliver_payloads = false,
        "persistent" => (config.persist_items, config.max_items) = (true, 10),
        model => config.access = model.parse::<AccessModel>().expect("a kind of node"),
    }
    config
}
