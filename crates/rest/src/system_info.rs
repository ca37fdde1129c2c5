//! The server and its nodes (Cisco DevNet, "SystemInfo", "ConfigInfo", "ClusterConfig").

use contact::{Flavour, Kind, SignOnMode, SystemStatus, Tree};

use crate::answer::Answer;
use crate::broken::Rule;
use crate::call::Call;
use crate::desk::Desk;
use crate::objects;
use crate::problem::Problem;
use crate::sign_on::SignOn;

/// The port of the API where a client names none.
const HTTPS_PORT: &str = "8445";

/// The version of the CTI protocol. Chosen here: from this one on, servers have a maintenance mode.
const CTI_VERSION: u32 = 24;

/// Seconds between heartbeats of the CTI server.
const HEARTBEAT: u64 = 5;

/// The CTI servers of CCE, as a fresh `SystemConfig` has them. CCX is its own.
const CTI_SERVERS: [&str; 2] = ["cti1.example.test", "cti2.example.test"];

/// The order of elements is Cisco's.
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
    let (primary, secondary) = site.nodes();
    let mode = site.accounts.sign_on().map(SignOn::mode);
    let deployment = match flavour {
        Flavour::Ccx => "UCCX",
        Flavour::Cce => "UCCE",
    };
    let mut fields = vec![
        Tree::leaf("currentTimestamp", site.stamp.as_str()),
        Tree::leaf("deploymentType", deployment),
        Tree::leaf("lastCTIHeartbeatStatus", if is_up { "success" } else { "failure" }),
        // Cisco documents whole numbers, and no unit.
        Tree::number("lastSuccessCTIHeartbeatTime", site.seconds / HEARTBEAT * HEARTBEAT * 1000),
        Tree::number("ctiVersion", CTI_VERSION),
        Tree::number("ctiHeartbeatInterval", HEARTBEAT),
        // Neither is in maintenance: the time is negative then.
        Tree::leaf("ctiMMode", ""),
        Tree::leaf("ctiTimeInMMode", "-1"),
        Tree::leaf("finesseMMode", ""),
        Tree::leaf("finesseTimeInMMode", "-1"),
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
        Tree::list("ctiServers", cti_servers(flavour, desk)),
    ]);
    Ok(Answer::document(Tree::branch("SystemInfo", fields)))
}

/// The CTI servers; the first one is used.
fn cti_servers(flavour: Flavour, desk: &Desk<'_>) -> Vec<Tree> {
    let own = [desk.site.domain];
    let hosts = match flavour {
        Flavour::Ccx => own.as_slice(),
        Flavour::Cce => CTI_SERVERS.as_slice(),
    };
    let server = |(place, host): (usize, &&str)| {
        let connected =
            if place == 0 { desk.site.now.as_secs() / HEARTBEAT * HEARTBEAT } else { 0 };
        let fields = [
            Tree::leaf("host", *host),
            Tree::number("connectedDuration", connected),
            Tree::leaf("active", if place == 0 { "true" } else { "false" }),
        ];
        Tree::branch("ctiServer", fields)
    };
    hosts.iter().enumerate().map(server).collect()
}

/// The numbers of what is configured (Cisco DevNet, "ConfigInfo").
pub(crate) fn numbers(desk: &mut Desk<'_>, _: &Call<'_>) -> Result<Answer, Problem> {
    let view = desk.world.view();
    let supervisors = view.agents.iter().filter(|agent| !agent.supervises.is_empty()).count();
    let fields = [
        Tree::number("totalSkillGroups", view.queues.len()),
        Tree::number("totalSupervisors", supervisors),
        Tree::number("totalTeams", view.teams.len()),
        Tree::number("totalUsers", view.agents.len()),
        Tree::leaf("uri", "/finesse/api/ConfigInfo"),
        Tree::leaf("versionInfo", "12.6(1)"),
    ];
    Ok(Answer::document(Tree::branch("ConfigInfo", fields)))
}

/// The secondary server of the pair: the one that an administrator has set, which counts after a
/// restart; before, the one that is there.
pub(crate) fn cluster(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    desk.need_cce("ClusterConfig")?;
    let kind = Kind::named("ClusterConfig");
    if kind.is_some_and(|kind| !desk.world.office.objects.of(kind).is_empty()) {
        return objects::one(desk, call);
    }
    let host = Tree::leaf("host", desk.site.nodes().1.unwrap_or_default());
    let fields =
        [Tree::leaf("uri", "/finesse/api/ClusterConfig"), Tree::branch("secondaryNode", [host])];
    Ok(Answer::document(Tree::branch("ClusterConfig", fields)))
}
