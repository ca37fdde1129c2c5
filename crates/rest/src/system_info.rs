//! `SystemInfo`: the deployment, its nodes and its XMPP domain (Cisco DevNet, "SystemInfo").

use contact::{Flavour, SignOnMode, SystemStatus, Tree};

use crate::answer::Answer;
use crate::api::Desk;
use crate::broken::Rule;
use crate::call::Call;
use crate::problem::Problem;
use crate::sign_on::SignOn;

/// The port of the API where a client names none.
const HTTPS_PORT: &str = "8445";

/// The order of elements is that of the names, as in the answers of other objects.
pub(crate) fn get(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    let site = desk.site;
    let domain = if site.breaks(Rule::Domain) { "elsewhere.example.com" } else { site.domain };
    let port = call.host().and_then(|host| host.rsplit_once(':')).map_or(HTTPS_PORT, |(_, p)| p);
    let flavour = desk.world.flavour();
    let is_up = site.status == SystemStatus::InService;
    let node = |name, host: &str| {
        let fields = [
            Tree::leaf("host", host),
            Tree::leaf("httpsPort", port),
            Tree::leaf("xmppPort", "5222"),
            Tree::leaf("xmppSecurePort", "5223"),
        ];
        Tree::branch(name, fields)
    };
    let (primary, secondary) = match site.peer {
        Some(peer) if site.is_secondary => (peer, Some(site.domain)),
        peer => (site.domain, peer),
    };
    let mode = site.accounts.sign_on().map(SignOn::mode);
    let deployment = match flavour {
        Flavour::Ccx => "UCCX",
        Flavour::Cce => "UCCE",
    };
    let mut fields = vec![
        Tree::leaf("currentTimestamp", site.stamp.as_str()),
        Tree::leaf("deploymentType", deployment),
        Tree::leaf("lastCTIHeartbeatStatus", if is_up { "success" } else { "failure" }),
        Tree::leaf("license", "PREMIUM"),
        Tree::leaf("peripheralId", "5000"),
        node("primaryNode", primary),
    ];
    fields.extend(secondary.map(|secondary| node("secondaryNode", secondary)));
    fields.extend([
        Tree::leaf("status", site.status.name()),
        Tree::leaf("statusReason", ""),
        Tree::leaf("systemAuthMode", mode.map_or("NON_SSO", SignOnMode::name)),
        Tree::leaf("timezoneOffset", "0"),
        Tree::leaf("uri", "/finesse/api/SystemInfo"),
        Tree::leaf("xmppDomain", domain),
        Tree::leaf("xmppPubSubDomain", format!("pubsub.{domain}")),
    ]);
    Ok(Answer::document(Tree::branch("SystemInfo", fields)))
}
