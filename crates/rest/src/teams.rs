//! Teams and team messages (Cisco DevNet, "Team", "TeamMessage").

use std::time::Duration;

use contact::{AgentState, AgentView, CallType, Flavour, TeamView, Tree, documents};

use crate::answer::Answer;
use crate::body::Body;
use crate::call::Call;
use crate::caller::Caller;
use crate::desk::Desk;
use crate::messages::Message;
use crate::problem::Problem;

/// The longest content of a message, in characters (Cisco DevNet, "TeamMessage").
const LONGEST: usize = 255;

/// The most messages that are shown at a time. The number is chosen here; the error is documented.
const MOST_ACTIVE: usize = 16;

/// All teams, for administrators.
pub(crate) fn all(desk: &mut Desk<'_>, _: &Call<'_>) -> Result<Answer, Problem> {
    desk.administrator()?;
    let teams = desk.world.team_views();
    Ok(Answer::document(Tree::list("Teams", teams.iter().map(documents::team))))
}

/// One team with its members, for its supervisors.
pub(crate) fn get(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    let team = desk.supervised_team(call)?;
    // Without the parameter all members are listed.
    let with_signed_out = match call.parameter("includeLoggedOutAgents") {
        None | Some("true") => true,
        Some("false") => false,
        Some(other) => {
            return Err(Problem::unknown("includeLoggedOutAgents", other, ["true", "false"]));
        }
    };
    let members = desk.world.members(&team.id);
    let shown = |agent: &&AgentView| with_signed_out || agent.state != AgentState::Logout;
    let users = members.iter().filter(shown).map(|agent| {
        let user = documents::team_member("User", agent);
        match desk.world.flavour() {
            Flavour::Ccx => user.with(Tree::leaf("mediaState", desk.media_state(agent))),
            Flavour::Cce => user,
        }
    });
    let fields = [
        Tree::leaf("uri", format!("/finesse/api/Team/{}", team.id)),
        Tree::leaf("id", team.id.as_str()),
        Tree::leaf("name", team.name.as_str()),
        Tree::list("users", users),
    ];
    Ok(Answer::document(Tree::branch("Team", fields)))
}

/// The messages for a team, for its members and supervisors.
pub(crate) fn messages(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    let team = desk.team(call)?;
    let caller = desk.caller()?;
    let is_member = matches!(caller, Caller::Agent(own) if own.team.id == team.id);
    if !is_member && !caller.supervises(&team.id) {
        return Err(Problem::not_permitted());
    }
    Ok(desk.shown(|message| message.teams.contains(&team.id)))
}

/// The messages for a user's team, and those that the user has sent.
pub(crate) fn messages_for_user(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    let agent = desk.own(call)?;
    Ok(desk.shown(|message| message.teams.contains(&agent.team.id) || message.by.id == agent.id))
}

/// A supervisor sends a message to teams.
pub(crate) fn send_message(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    let Caller::Agent(own) = desk.caller()? else { return Err(Problem::not_permitted()) };
    if own.supervises.is_empty() {
        return Err(Problem::not_permitted());
    }
    let own = own.as_ref().clone();
    let body = Body::read(call.body, "TeamMessage", &["duration", "content", "teams", "team"])?;
    let content = body.needed(&["content"])?;
    if content.chars().count() > LONGEST {
        let note = format!("`content` has at most {LONGEST} characters");
        return Err(Problem::invalid("content", &content).note(note));
    }
    let duration = body.needed(&["duration"])?;
    let Ok(seconds) = duration.parse::<u32>() else {
        return Err(Problem::invalid("duration", &duration));
    };
    let teams: Vec<String> = body.all(&["teams", "team"]).iter().map(|it| it.text()).collect();
    if teams.is_empty() {
        return Err(Problem::missing("teams").and(body.note));
    }
    if let Some(team) = teams.iter().find(|id| !own.supervises.iter().any(|own| own.id == **id)) {
        let known: Vec<&str> = own.supervises.iter().map(|team| team.id.as_str()).collect();
        let note = format!("{} supervises {}, not {team:?}", own.id, known.join(", "));
        return Err(Problem::no_supervisor(&own.id).note(note));
    }
    let now = desk.site.now;
    desk.messages.expire(now);
    if desk.messages.list.len() >= MOST_ACTIVE {
        let (data, message) =
            ("teammessage.max.limit.exceeded", "MAX_ACTIVE_MESSAGE_LIMIT_EXCEEDED");
        return Err(Problem::limit(data, message));
    }
    desk.messages.sent += 1;
    let id = desk.messages.sent;
    desk.messages.list.push(Message {
        id,
        by: own,
        at: now,
        seconds: desk.site.seconds,
        duration: Duration::from_secs(seconds.into()),
        content,
        teams,
    });
    let location = desk.location(call, &format!("TeamMessage/{id}"));
    Ok(Answer::empty(200).header("location", location).noted(body.note))
}

/// A supervisor takes a message back.
pub(crate) fn delete_message(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    let text = call.path.get(1).map(String::as_str).unwrap_or_default();
    let by = desk.caller()?.name().to_owned();
    desk.messages.expire(desk.site.now);
    let id = text.parse::<u64>().ok();
    let Some(index) = desk.messages.list.iter().position(|message| Some(message.id) == id) else {
        return Err(Problem::not_found("id", "TeamMessage"));
    };
    if desk.messages.list[index].by.id != by {
        return Err(Problem::not_permitted());
    }
    desk.messages.list.remove(index);
    Ok(Answer::empty(200))
}

impl Desk<'_> {
    /// `BUSY` for an agent in a call that it has made, else nothing (Cisco DevNet,
    /// "User.MediaStates").
    fn media_state(&self, agent: &AgentView) -> &'static str {
        let mut calls = agent.calls.iter().filter_map(|id| self.world.call_by_id(*id).ok());
        match calls.any(|call| call.call_type == CallType::Out) {
            true => "BUSY",
            false => "",
        }
    }

    /// The team that the path names.
    pub(crate) fn team(&self, call: &Call<'_>) -> Result<TeamView, Problem> {
        let id = call.path.get(1).map(String::as_str).unwrap_or_default();
        let teams = self.world.team_views();
        teams.into_iter().find(|team| team.id == id).ok_or_else(|| {
            Problem::not_found("teamId", "team").note(format!("no team is named {id:?}"))
        })
    }

    /// The team's resources are for its members and supervisors.
    pub(crate) fn member_of(&self, call: &Call<'_>) -> Result<(), Problem> {
        let team = self.team(call)?;
        match self.caller()? {
            Caller::Administrator(_) => Ok(()),
            Caller::Agent(own) if own.team.id == team.id => Ok(()),
            caller if caller.supervises(&team.id) => Ok(()),
            Caller::Agent(_) => Err(Problem::not_permitted()),
        }
    }

    /// The team that the path names, for its supervisors and administrators.
    fn supervised_team(&self, call: &Call<'_>) -> Result<TeamView, Problem> {
        let team = self.team(call)?;
        match self.caller()? {
            Caller::Administrator(_) => Ok(team),
            caller if caller.supervises(&team.id) => Ok(team),
            _ => Err(Problem::not_permitted()),
        }
    }

    fn shown(&mut self, is_for: impl Fn(&Message) -> bool) -> Answer {
        self.messages.expire(self.site.now);
        let list = self.messages.list.iter().filter(|message| is_for(message));
        let list: Vec<Tree> = list.map(Message::document).collect();
        Answer::document(Tree::list("TeamMessages", list))
    }
}
