//! Reasons and wrap-up reasons: users read those for their team, administrators change them (Cisco
//! DevNet, "ReasonCode", "WrapUpReason"). The table of routes says which caller may do which.

use contact::{AgentState, Assignable, Reason, Tree, WrapUpReason, documents};

use crate::answer::Answer;
use crate::body::Body;
use crate::call::Call;
use crate::desk::Desk;
use crate::numbered::{add, found, found_mut, last, remove, unknown};
use crate::problem::Problem;

/// The categories of reasons.
const CATEGORIES: [&str; 2] = ["NOT_READY", "LOGOUT"];

/// In a query of an administrator, reasons of both categories (the list of UCCX 12.5 in
/// gve-sw/gve_devnet_agent_state_change_finesse_toaster_notification_gadget).
const ALL: &str = "ALL";

/// The category that the query names, which it needs to.
pub(crate) fn category<'c>(call: &'c Call<'_>) -> Result<&'c str, Problem> {
    let category = call.parameter("category").ok_or_else(|| Problem::missing("category"))?;
    match CATEGORIES.contains(&category) {
        true => Ok(category),
        false => Err(Problem::unknown("category", category, CATEGORIES)),
    }
}

pub(crate) fn reasons(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    let wants_all = call.path == ["ReasonCodes"] && call.parameter("category") == Some(ALL);
    let category = if wants_all { ALL } else { category(call)? };
    let reasons = &desk.world.office.reasons;
    let team = desk.team_of(call)?;
    let own = reasons.iter().filter(|reason| {
        (wants_all || reason.category.name() == category)
            && desk.is_for(team.as_deref(), Assignable::Reason, reason.id, reason.for_all)
    });
    let own = own.map(|reason| documents::reason_code("ReasonCode", reason));
    let list = Tree::list("ReasonCodes", own).attr("category", category);
    Ok(Answer::document(list))
}

pub(crate) fn reason(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    let reason = found(&desk.world.office.reasons, call, last(call), "reasonCode")?;
    let team = desk.team_of(call)?;
    if !desk.is_for(team.as_deref(), Assignable::Reason, reason.id, reason.for_all) {
        return Err(unknown("reasonCode"));
    }
    Ok(Answer::document(documents::reason_code("ReasonCode", reason)))
}

pub(crate) fn add_reason(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    let reason = read_reason(call, None)?;
    let id = add(&mut desk.world.office.reasons, reason)?;
    Ok(desk.created(call, &format!("ReasonCode/{id}")))
}

pub(crate) fn change_reason(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    let reason = found_mut(&mut desk.world.office.reasons, call, 1, "reasonCode")?;
    *reason = read_reason(call, Some(reason))?;
    Ok(Answer::empty(200))
}

pub(crate) fn remove_reason(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    let id = remove(&mut desk.world.office.reasons, call, "reasonCode")?;
    desk.world.office.assignments.forget(Assignable::Reason, id);
    Ok(Answer::empty(200))
}

pub(crate) fn wrap_up_reasons(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    let team = desk.team_of(call)?;
    let reasons = desk.world.office.wrap_up_reasons.iter().filter(|reason| {
        desk.is_for(team.as_deref(), Assignable::WrapUpReason, reason.id, reason.for_all)
    });
    Ok(Answer::document(Tree::list("WrapUpReasons", reasons.map(wrap_up_document))))
}

pub(crate) fn wrap_up_reason(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    let reason = found(&desk.world.office.wrap_up_reasons, call, last(call), "wrapUpReason")?;
    let team = desk.team_of(call)?;
    if !desk.is_for(team.as_deref(), Assignable::WrapUpReason, reason.id, reason.for_all) {
        return Err(unknown("wrapUpReason"));
    }
    Ok(Answer::document(wrap_up_document(reason)))
}

pub(crate) fn add_wrap_up_reason(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    let reason = read_wrap_up_reason(call, None)?;
    let id = add(&mut desk.world.office.wrap_up_reasons, reason)?;
    Ok(desk.created(call, &format!("WrapUpReason/{id}")))
}

pub(crate) fn change_wrap_up_reason(
    desk: &mut Desk<'_>,
    call: &Call<'_>,
) -> Result<Answer, Problem> {
    let reason = found_mut(&mut desk.world.office.wrap_up_reasons, call, 1, "wrapUpReason")?;
    *reason = read_wrap_up_reason(call, Some(reason))?;
    Ok(Answer::empty(200))
}

pub(crate) fn remove_wrap_up_reason(
    desk: &mut Desk<'_>,
    call: &Call<'_>,
) -> Result<Answer, Problem> {
    let id = remove(&mut desk.world.office.wrap_up_reasons, call, "wrapUpReason")?;
    desk.world.office.assignments.forget(Assignable::WrapUpReason, id);
    Ok(Answer::empty(200))
}

/// The reason of a request: a new one, or a changed one, whose other fields stay as they are
/// (Developer Guide 12.5, page 241).
fn read_reason(call: &Call<'_>, before: Option<&Reason>) -> Result<Reason, Problem> {
    let known = ["category", "code", "label", "forAll", "uri", "systemCode", "id"];
    let body = Body::read(call.body, "ReasonCode", &known)?;
    if before.is_some() {
        body.any_of(&["code", "label", "forAll"])?;
    }
    let category = body.text_or("category", before.map(|it| it.category.name().to_owned()))?;
    let code = body.text_or("code", before.map(|it| it.code.to_string()))?;
    let label = body.text_or("label", before.map(|it| it.label.clone()))?;
    let for_all = body.flag_or("forAll", before.map(|it| it.for_all))?;
    let state = match category.as_str() {
        "NOT_READY" => AgentState::NotReady,
        "LOGOUT" => AgentState::Logout,
        _ => return Err(Problem::unknown("category", &category, CATEGORIES)),
    };
    let code = code.parse().map_err(|_| Problem::invalid("code", &code))?;
    let id = before.map_or(0, |it| it.id);
    Ok(Reason { id, code, label, category: state, for_all, system: false })
}

/// The same of a wrap-up reason.
fn read_wrap_up_reason(
    call: &Call<'_>,
    before: Option<&WrapUpReason>,
) -> Result<WrapUpReason, Problem> {
    let body = Body::read(call.body, "WrapUpReason", &["label", "forAll", "uri"])?;
    if before.is_some() {
        body.any_of(&["label", "forAll"])?;
    }
    let label = body.text_or("label", before.map(|it| it.label.clone()))?;
    let for_all = body.flag_or("forAll", before.map(|it| it.for_all))?;
    Ok(WrapUpReason { id: before.map_or(0, |it| it.id), label, for_all })
}

pub(crate) fn wrap_up_document(reason: &WrapUpReason) -> Tree {
    let fields = [
        Tree::leaf("uri", format!("/finesse/api/WrapUpReason/{}", reason.id)),
        Tree::leaf("label", reason.label.as_str()),
        Tree::leaf("forAll", if reason.for_all { "true" } else { "false" }),
    ];
    Tree::branch("WrapUpReason", fields)
}
