//! Actions of `do` steps, carried out in the world of a fake.

use std::str::FromStr;
use std::time::Duration;

use engine::{Engine, Fault, Refusal, UnknownName, Wanted, World};
use runner::Action;

use crate::accounts::ACCOUNTS;

/// Carries out a `do` step.
///
/// # Errors
///
/// It cannot be done; one line.
pub(crate) fn perform(engine: &mut Engine, now: Duration, action: &Action) -> Result<(), String> {
    let (name, args) = match action {
        Action::Publish { node, payload } => {
            return engine.publish(now, node, payload).map_err(|error| error.to_string());
        }
        Action::Other { name, args } => (name.as_str(), args),
    };
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match (name, words.as_slice()) {
        ("fault", [fault]) => {
            let fault: Fault = fault.parse().map_err(|error: engine::Error| error.to_string())?;
            engine.add_fault(now, fault).map(drop).map_err(|error| error.to_string())
        }
        ("systeminfo", [status]) => {
            engine.set_system_status(now, parsed(status)?);
            Ok(())
        }
        ("application", ["AWAY"]) => {
            engine.connect_application(now, false);
            Ok(())
        }
        ("application", ["BACK"]) => {
            engine.connect_application(now, true);
            Ok(())
        }
        ("application", [other]) => {
            Err(format!("no {other:?}: the web application can be AWAY or BACK"))
        }
        ("caller-hangs-up", [account]) => {
            let id = user(account)?;
            let said = |refusal: Refusal| refusal.to_string();
            let agent = engine.perform(now, |world| world.agent_by_id(id)).map_err(said)?;
            let call = agent.call.ok_or_else(|| format!("{account} has no call"))?;
            engine.perform(now, |world| world.other_side_hangs_up(call)).map_err(said)
        }
        (_, [account, rest @ ..]) => {
            let act = of_agent(name, user(account)?, rest)?;
            engine.perform(now, act).map_err(|refusal| refusal.to_string())
        }
        (_, []) => Err(format!("the fake has no `{name}`")),
    }
}

/// A change of the world.
type Act<'a> = Box<dyn FnOnce(&mut World) -> Result<(), Refusal> + 'a>;

/// A change to an agent.
fn of_agent<'a>(name: &str, id: &'a str, rest: &[&'a str]) -> Result<Act<'a>, String> {
    use engine::Action::{Answer, Drop, Hold, Retrieve};
    Ok(match (name, rest) {
        ("state", [state, reason @ ..]) => {
            let (wanted, reason) = (parsed::<Wanted>(state)?, reason.first().copied());
            let reason: Option<u32> = match reason {
                None => None,
                Some(id) => Some(id.parse().map_err(|_| format!("{id:?} is no id of a reason"))?),
            };
            if reason.is_some() && !matches!(wanted, Wanted::NotReady | Wanted::Logout) {
                return Err(format!("{wanted} has no reason: NOT_READY and LOGOUT have"));
            }
            Box::new(move |world| world.request(id, wanted, reason, ""))
        }
        ("request", [state, request @ ..]) => {
            let (wanted, request) = (parsed(state)?, request.first().copied().unwrap_or_default());
            Box::new(move |world| world.ask(id, wanted, None, request))
        }
        ("ring", [number]) => {
            let number = *number;
            Box::new(move |world| world.ring(id, number).map(drop))
        }
        ("answer", []) => Box::new(move |world| world.act(id, Answer)),
        ("hold", []) => Box::new(move |world| world.act(id, Hold)),
        ("retrieve", []) => Box::new(move |world| world.act(id, Retrieve)),
        ("hang-up", []) => Box::new(move |world| world.act(id, Drop)),
        _ => return Err(format!("the fake has no `{name}`")),
    })
}

/// The login name of an account of cases.
fn user(account: &str) -> Result<&'static str, String> {
    let known = ACCOUNTS.iter().find(|(name, _)| *name == account);
    known.map(|(_, user)| *user).ok_or_else(|| {
        let names: Vec<&str> = ACCOUNTS.iter().map(|(name, _)| *name).collect();
        format!("no account {account:?}: there is {}", names.join(", "))
    })
}

fn parsed<T: FromStr<Err = UnknownName>>(name: &str) -> Result<T, String> {
    name.parse().map_err(|error: UnknownName| error.to_string())
}
