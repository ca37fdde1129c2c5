//! Tests of the world alone: allowed requests and their effects.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use proptest::prelude::*;

use crate::*;

fn world(flavour: Flavour) -> World {
    let mut spec = WorldSpec::built_in();
    spec.flavour = flavour;
    World::new(&spec, Calendar::new(SystemTime::UNIX_EPOCH))
}

fn state(world: &World, id: &str) -> AgentState {
    world.agents[id].state
}

fn ready(world: &mut World, id: &str) {
    for wanted in [Wanted::Login, Wanted::Ready] {
        world.request(id, wanted, None, "").expect("an agent can sign in and be ready");
    }
}

/// Advances server time and runs all plans that fall due.
fn pass(world: &mut World, seconds: u64) {
    let until = world.now + Duration::from_secs(seconds);
    while world.fire_next(until) {}
    world.at(until);
}

#[test]
fn what_a_state_does_not_allow_is_refused_with_what_it_does() {
    let mut world = world(Flavour::Cce);
    let refused = |world: &mut World, wanted| {
        world.request("1001", wanted, None, "").expect_err("it is not allowed").to_string()
    };
    assert_eq!(
        refused(&mut world, Wanted::Ready),
        "agent 1001 is in LOGOUT, which does not allow READY; it allows LOGIN"
    );
    ready(&mut world, "1001");
    assert_eq!(
        refused(&mut world, Wanted::Logout),
        "agent 1001 is in READY, which does not allow LOGOUT; it allows READY, NOT_READY"
    );
    let unknown = world.request("77", Wanted::Login, None, "").expect_err("no such agent");
    assert!(
        unknown.to_string().starts_with("no agent has the id \"77\"; known: 1001, 1002, "),
        "{unknown}"
    );
    let reason = world.request("1001", Wanted::NotReady, Some(9), "").expect_err("no such reason");
    assert_eq!(
        reason.to_string(),
        "no reason for NOT_READY has the id 9; known: 1 (Break), 2 (Lunch), 3 (Meeting)"
    );
    let held = world.act("1001", Action::Hold).expect_err("there is no call");
    assert_eq!(held.to_string(), "agent 1001 has no call, so it cannot HOLD");
    world.ring("1001", "5550100").expect("the agent is ready");
    let held = world.act("1001", Action::Hold).expect_err("it only rings");
    assert_eq!(
        held.to_string(),
        "agent 1001 cannot HOLD: its part in call 16780001 is ALERTING, which allows ANSWER"
    );
}

#[test]
fn every_request_in_every_state_is_granted_or_refused_as_the_table_says() {
    for flavour in Flavour::ALL {
        for state in AgentState::ALL {
            for wanted in Wanted::ALL {
                let mut world = world(*flavour);
                world.agents.get_mut("1001").expect("an agent").state = *state;
                let granted = world.request("1001", *wanted, None, "").is_ok();
                let signed_in = *wanted == Wanted::Login && *state != AgentState::Logout;
                let allowed = state.allowed(*flavour).contains(wanted) || signed_in;
                assert_eq!(granted, allowed, "{flavour} {state} {wanted}");
                let agent = &world.agents["1001"];
                if granted && state.is_busy() && !signed_in {
                    assert_eq!((agent.state, agent.pending.is_some()), (*state, true));
                } else if granted && !signed_in {
                    assert_eq!(agent.state, wanted.state());
                } else {
                    assert_eq!(agent.state, *state);
                }
            }
        }
    }
}

#[test]
fn a_call_takes_the_agent_through_its_states() {
    for (flavour, held) in [(Flavour::Ccx, AgentState::Talking), (Flavour::Cce, AgentState::Hold)] {
        let mut world = world(flavour);
        ready(&mut world, "1001");
        let call = world.ring("1001", "5550100").expect("the agent is ready");
        assert_eq!(state(&world, "1001"), AgentState::Reserved);
        world.act_for(call, Action::Answer).expect("it rings");
        assert_eq!(state(&world, "1001"), AgentState::Talking);
        world.act("1001", Action::Hold).expect("they talk");
        assert_eq!(state(&world, "1001"), held);
        world.act("1001", Action::Retrieve).expect("it is held");
        world.request("1001", Wanted::NotReady, Some(1), "").expect("it will wait");
        assert_eq!(state(&world, "1001"), AgentState::Talking);
        world.other_side_hangs_up(call).expect("they talk");
        assert_eq!(state(&world, "1001"), AgentState::NotReady);
        assert_eq!(world.agents["1001"].reason.as_ref().map(|reason| reason.id), Some(1));
        assert!(world.calls.is_empty());
    }
}

#[test]
fn who_gives_up_ringing_leaves_the_agent_ready() {
    let mut world = world(Flavour::Ccx);
    ready(&mut world, "1001");
    let call = world.ring("1001", "5550100").expect("the agent is ready");
    world.other_side_hangs_up(call).expect("it rings");
    assert_eq!(state(&world, "1001"), AgentState::Ready);
    assert!(matches!(world.call_by_id(call), Err(Refusal::UnknownCall { .. })));
}

#[test]
fn wrap_up_lasts_until_its_timer_or_the_next_request() {
    for (flavour, during, after) in [
        (Flavour::Ccx, AgentState::Work, AgentState::Ready),
        (Flavour::Cce, AgentState::WorkReady, AgentState::Ready),
    ] {
        for by_timer in [true, false] {
            let mut world = world(flavour);
            ready(&mut world, "1001");
            let call = world.ring("1001", "5550100").expect("the agent is ready");
            world.act("1001", Action::Answer).expect("it rings");
            world.request("1001", Wanted::Work, None, "").expect("wrap-up is optional");
            world.act("1001", Action::Drop).expect("they talk");
            assert_eq!(state(&world, "1001"), during);
            let part = &world.call_by_id(call).expect("it is wrapped up").parties[1];
            assert_eq!(part.state, PartState::WrapUp);
            if by_timer {
                pass(&mut world, 7199);
                assert_eq!(state(&world, "1001"), during);
                pass(&mut world, 1);
            } else {
                world.request("1001", Wanted::Ready, None, "").expect("wrap-up can be left");
            }
            assert_eq!(state(&world, "1001"), after);
            // The numbers of the queues may still be due.
            pass(&mut world, 20);
            assert!(world.calls.is_empty() && world.plans.next_due().is_none());
        }
    }
}

#[test]
fn agents_call_each_other_and_the_outside() {
    let mut world = world(Flavour::Ccx);
    for id in ["1001", "1002"] {
        world.request(id, Wanted::Login, None, "").expect("signed out");
    }
    let call = world.make_call("1001", "1081002").expect("not ready is enough");
    assert_eq!(state(&world, "1001"), AgentState::Talking);
    assert_eq!(state(&world, "1002"), AgentState::NotReady);
    let refused = world.request("1002", Wanted::Logout, None, "");
    assert!(matches!(refused, Err(Refusal::State { .. })), "it rings there");
    world.act("1002", Action::Answer).expect("it rings");
    world.act("1002", Action::Hold).expect("they talk");
    let views = world.call_by_id(call).expect("it goes on").parties;
    assert_eq!(views.map_states(), [PartState::Active, PartState::Held]);
    world.act("1001", Action::Drop).expect("they talk");
    assert_eq!(state(&world, "1002"), AgentState::NotReady);

    let call = world.make_call("1001", "5550100").expect("it is free again");
    world.other_side_answers(call).expect("it rings outside");
    assert!(world.other_side_fails(call, Cause::Busy).is_err(), "it was answered");
    world.act("1001", Action::Drop).expect("they talk");
    let call = world.make_call("1001", "5550100").expect("it is free again");
    world.other_side_fails(call, Cause::BadDestination).expect("it rings outside");
    assert_eq!(world.call_by_id(call).expect("it stays").state, CallState::Failed);
    world.act("1001", Action::Drop).expect("it can be left");
    assert!(world.calls.is_empty());
}

trait States {
    fn map_states(&self) -> Vec<PartState>;
}

impl States for Vec<PartyView> {
    fn map_states(&self) -> Vec<PartState> {
        self.iter().map(|party| party.state).collect()
    }
}

#[test]
fn a_busy_colleague_is_engaged() {
    let mut world = world(Flavour::Ccx);
    for id in ["1001", "1002"] {
        ready(&mut world, id);
    }
    world.ring("1002", "5550100").expect("ready");
    let call = world.make_call("1001", "1081002").expect("ready");
    let view = world.call_by_id(call).expect("it stays with its caller");
    assert_eq!((view.state, view.parties[0].cause), (CallState::Failed, Some(Cause::Busy)));
}

#[test]
fn callers_wait_for_the_agent_who_has_been_ready_for_longest() {
    let mut world = world(Flavour::Cce);
    let side = world.join();
    assert_eq!(world.call_queue("1", "5550100"), Ok(None), "nobody is ready");
    let waiting = world.queue_by_id("1").expect("there is such a queue").statistics;
    assert_eq!((waiting.calls_in_queue, waiting.logged_on), (1, 0));
    ready(&mut world, "1002");
    assert_eq!(state(&world, "1002"), AgentState::Reserved);
    ready(&mut world, "1004");
    pass(&mut world, 1);
    ready(&mut world, "1001");
    world.call_queue("1", "5550101").expect("there is such a queue");
    assert_eq!(state(&world, "1004"), AgentState::Reserved);
    assert_eq!(state(&world, "1001"), AgentState::Ready);
    let queue = |changes: &[Arc<Change>]| {
        changes.iter().filter(|change| matches!(***change, Change::Queue { .. })).count()
    };
    // Once for each queue at once, then at most every ten seconds.
    assert_eq!(queue(&world.take_changes(side)), 2);
    pass(&mut world, 9);
    assert_eq!(queue(&world.take_changes(side)), 1);
    pass(&mut world, 60);
    assert_eq!(queue(&world.take_changes(side)), 0);
}

#[test]
fn an_agent_whose_client_is_lost_is_signed_out_after_the_wait() {
    let mut world = world(Flavour::Ccx);
    let side = world.join();
    ready(&mut world, "1001");
    world.attend(side, "1001", true, true);
    world.attend(side, "1001", false, true);
    pass(&mut world, 59);
    world.attend(side, "1001", true, true);
    pass(&mut world, 300);
    assert_eq!(state(&world, "1001"), AgentState::Ready, "it was back in time");
    // Without a goodbye it takes two minutes to notice.
    world.attend(side, "1001", false, false);
    pass(&mut world, 179);
    assert_eq!(state(&world, "1001"), AgentState::Ready);
    pass(&mut world, 1);
    assert_eq!(state(&world, "1001"), AgentState::Logout);
    assert_eq!(world.agents["1001"].reason.as_ref().map(|reason| reason.code), Some(255));
}

#[test]
fn who_is_lost_during_a_call_is_signed_out_after_it() {
    let mut world = world(Flavour::Ccx);
    let side = world.join();
    ready(&mut world, "1001");
    world.attend(side, "1001", true, true);
    let call = world.ring("1001", "5550100").expect("ready");
    world.act("1001", Action::Answer).expect("it rings");
    world.attend(side, "1001", false, true);
    pass(&mut world, 60);
    assert_eq!(state(&world, "1001"), AgentState::Talking);
    world.other_side_hangs_up(call).expect("they talk");
    assert_eq!(state(&world, "1001"), AgentState::Logout);
}

#[test]
fn a_supervisor_changes_the_states_of_a_team() {
    for (flavour, code) in [(Flavour::Ccx, 33), (Flavour::Cce, 999)] {
        let mut world = world(flavour);
        ready(&mut world, "1001");
        world.change_for("1003", "1001", Wanted::NotReady, "").expect("1003 supervises team 1");
        let reason = world.agents["1001"].reason.as_ref().map(|reason| reason.code);
        assert_eq!((state(&world, "1001"), reason), (AgentState::NotReady, Some(code)));
        let foreign = world.change_for("1003", "1006", Wanted::NotReady, "").expect_err("team 2");
        assert_eq!(foreign.to_string(), "agent 1003 does not supervise team 2 of agent 1006");
        assert!(world.change_for("1003", "1002", Wanted::Login, "").is_err());
    }
}

#[test]
fn an_extension_belongs_to_one_agent_at_a_time() {
    let mut world = world(Flavour::Ccx);
    world.request("1001", Wanted::Login, None, "").expect("signed out");
    let taken = world.login_at("1002", "1081001", "").expect_err("the extension is taken");
    assert_eq!(taken.to_string(), "extension 1081001 is taken: agent 1001 is signed in there");
    world.login_at("1002", "4711", "").expect("it is free");
    assert_eq!(world.agents["1002"].extension, "4711");
}

#[test]
fn a_seed_repeats_a_day_and_another_does_not() {
    let day = |seed| {
        let mut world = world(Flavour::Cce);
        let side = world.join();
        world.start_traffic(12, seed);
        pass(&mut world, 600);
        world.take_changes(side)
    };
    let (one, again, other) = (day(7), day(7), day(8));
    assert_eq!(one, again);
    assert_ne!(one, other);
    let of = |state: PartState| {
        one.iter()
            .filter(|change| match &***change {
                Change::Dialog { call, .. } => {
                    call.parties.iter().any(|party| party.state == state)
                }
                _ => false,
            })
            .count()
    };
    for state in [PartState::Alerting, PartState::Active, PartState::Held, PartState::WrapUp] {
        assert!(of(state) > 5, "{state}: {}", of(state));
    }
}

#[test]
fn a_busy_day_leaves_nothing_behind() {
    let mut world = world(Flavour::Ccx);
    world.start_traffic(6000, 1);
    pass(&mut world, 1200);
    assert!(world.calls.len() <= world.agents.len());
    let waiting: usize =
        world.view().queues.iter().map(|queue| queue.statistics.calls_in_queue).sum();
    assert!(waiting <= 2000, "{waiting}");
    assert!(world.plans.len() < 10_000, "{}", world.plans.len());
}

/// A random request; most are refused.
#[derive(Debug, Clone)]
enum Deed {
    Request(usize, Wanted),
    Ring(usize),
    Call(usize, usize),
    Act(usize, Action),
    ActWith(usize, Action, usize),
    Listen(usize),
    BargeIn,
    OtherSideAnswers(usize),
    OtherSideHangsUp(usize),
    Fails(usize),
    Queue(usize),
    Supervise(usize, Wanted),
    Come(usize),
    Go(usize, bool),
    Pass(u64),
}

fn deed() -> impl Strategy<Value = Deed> {
    let agent = || 0..4usize;
    let wanted = || prop::sample::select(Wanted::ALL);
    prop_oneof![
        4 => (agent(), wanted()).prop_map(|(agent, wanted)| Deed::Request(agent, wanted)),
        2 => agent().prop_map(Deed::Ring),
        2 => (agent(), agent()).prop_map(|(agent, other)| Deed::Call(agent, other)),
        4 => (agent(), prop::sample::select(Action::ALL)).prop_map(|(a, action)| Deed::Act(a, action)),
        4 => (agent(), prop::sample::select(Action::ALL), 0..5usize)
            .prop_map(|(a, action, other)| Deed::ActWith(a, action, other)),
        1 => agent().prop_map(Deed::Listen),
        1 => Just(Deed::BargeIn),
        1 => agent().prop_map(Deed::OtherSideAnswers),
        1 => agent().prop_map(Deed::OtherSideHangsUp),
        1 => agent().prop_map(Deed::Fails),
        1 => (0..2usize).prop_map(Deed::Queue),
        1 => (agent(), wanted()).prop_map(|(agent, wanted)| Deed::Supervise(agent, wanted)),
        1 => agent().prop_map(Deed::Come),
        1 => (agent(), any::<bool>()).prop_map(|(agent, goodbye)| Deed::Go(agent, goodbye)),
        1 => (1..200u64).prop_map(Deed::Pass),
    ]
}

fn carry_out(world: &mut World, side: usize, deed: &Deed) {
    // The first two are in queue 1, the others in no queue that is called, or supervise.
    const AGENTS: [&str; 4] = ["1001", "1002", "1003", "1006"];
    let call = |world: &World, agent: usize| {
        world.agents[AGENTS[agent]].calls.last().copied().unwrap_or_default()
    };
    // Refusals are part of the test.
    let _ = match deed {
        Deed::Request(agent, wanted) => world.request(AGENTS[*agent], *wanted, None, ""),
        Deed::Ring(agent) => world.ring(AGENTS[*agent], "5550100").map(drop),
        Deed::Call(agent, other) => {
            let number = world.agents[AGENTS[*other]].extension.clone();
            world.make_call(AGENTS[*agent], &number).map(drop)
        }
        Deed::Act(agent, action) => world.act(AGENTS[*agent], *action),
        Deed::ActWith(agent, action, other) => {
            let other = AGENTS.get(*other).map(|other| world.agents[*other].extension.clone());
            let calls = world.agents[AGENTS[*agent]].calls.clone();
            let number = other.as_deref().unwrap_or("5550100");
            calls.iter().try_for_each(|call| world.act_in(*call, AGENTS[*agent], *action, number))
        }
        Deed::Listen(agent) => world.listen("1003", AGENTS[*agent]).map(drop),
        Deed::BargeIn => world.barge_in("1003", call(world, 2)),
        Deed::OtherSideAnswers(agent) => world.other_side_answers(call(world, *agent)),
        Deed::OtherSideHangsUp(agent) => world.other_side_hangs_up(call(world, *agent)),
        Deed::Fails(agent) => world.other_side_fails(call(world, *agent), Cause::Other),
        Deed::Queue(queue) => world.call_queue(["1", "2"][*queue], "5550101").map(|_| ()),
        Deed::Supervise(agent, wanted) => world.change_for("1003", AGENTS[*agent], *wanted, ""),
        Deed::Come(agent) => {
            world.attend(side, AGENTS[*agent], true, true);
            Ok(())
        }
        Deed::Go(agent, goodbye) => {
            world.attend(side, AGENTS[*agent], false, *goodbye);
            Ok(())
        }
        Deed::Pass(seconds) => {
            pass(world, *seconds);
            Ok(())
        }
    };
}

/// The invariants, which hold after any sequence of requests.
fn check(world: &World) {
    for agent in world.agents.values() {
        let parts: Vec<PartState> = agent
            .calls
            .iter()
            .map(|call| world.calls[call].party(&agent.id).expect("it is in its call").state)
            .collect();
        let is_working = matches!(agent.state, AgentState::Work | AgentState::WorkReady);
        assert_eq!(parts == [PartState::WrapUp], is_working, "{agent:?} {parts:?}");
        assert!(is_working || parts.iter().all(|part| part.is_live()), "{agent:?} {parts:?}");
        assert_eq!(agent.wrap_up_ends.is_some(), is_working, "{agent:?}");
        assert!(!agent.state.is_busy() || !parts.is_empty(), "{agent:?}");
        assert!(agent.state != AgentState::Logout || parts.is_empty(), "{agent:?}");
        assert!(parts.len() <= 2, "{agent:?} {parts:?}");
        let active = parts.iter().filter(|part| **part == PartState::Active).count();
        assert!(active <= 1, "{agent:?} {parts:?}");
        assert!(agent.pending.is_none() || agent.state.is_busy() || is_working, "{agent:?}");
        assert!(agent.absence.is_none() || agent.present.is_empty(), "{agent:?}");
    }
    for call in world.calls.values() {
        let agents = call.parties.iter().filter(|party| party.state != PartState::Dropped);
        let mut agents = agents.filter_map(|party| party.agent.as_ref()).peekable();
        assert!(agents.peek().is_some(), "{call:?}");
        assert!(agents.all(|id| world.agents[id].calls.contains(&call.id)), "{call:?}");
    }
}

#[test]
fn a_call_is_transferred_after_a_consultation() {
    let mut world = world(Flavour::Cce);
    for id in ["1001", "1002"] {
        ready(&mut world, id);
    }
    let call = world.ring("1001", "5550100").unwrap();
    world.act("1001", Action::Answer).unwrap();
    let side = world.join();
    world.act_in(call, "1001", Action::ConsultCall, "1081002").unwrap();
    assert_eq!(state(&world, "1001"), AgentState::Talking);
    let early = world.act("1001", Action::Transfer).expect_err("it rings");
    assert!(early.to_string().contains("cannot TRANSFER"), "{early}");
    world.act("1002", Action::Answer).unwrap();
    assert_eq!(state(&world, "1002"), AgentState::Talking);
    world.act("1001", Action::Transfer).unwrap();
    assert_eq!(state(&world, "1001"), AgentState::Ready);
    assert_eq!(world.agents["1002"].calls, [call]);
    let known = world.call_by_id(call).unwrap();
    let live = known.parties.iter().filter(|it| it.state == PartState::Active);
    assert_eq!(live.map(|it| it.address.as_str()).collect::<Vec<_>>(), ["5550100", "1081002"]);
    assert_eq!(known.call_type, CallType::Transfer);
    let events: Vec<String> = world
        .take_changes(side)
        .iter()
        .filter_map(|change| match &**change {
            Change::Dialog { agent, event, call, .. } => {
                Some(format!("{agent} {event:?} {} {}", call.id - 16_780_000, call.state))
            }
            _ => None,
        })
        .collect();
    assert_eq!(
        events,
        [
            "1001 Put 1 ACTIVE",
            "1001 Post 2 ALERTING",
            "1002 Post 2 ALERTING",
            "1001 Put 2 ACTIVE",
            "1002 Put 2 ACTIVE",
            "1001 Delete 2 DROPPED",
            "1001 Delete 1 DROPPED",
            "1002 Post 1 ACTIVE",
            "1002 Delete 2 DROPPED",
        ]
    );
    world.other_side_hangs_up(call).unwrap();
    assert!(world.calls.is_empty());
}

#[test]
fn a_conference_goes_on_until_two_are_left() {
    let mut world = world(Flavour::Ccx);
    for id in ["1001", "1002"] {
        ready(&mut world, id);
    }
    let call = world.ring("1001", "5550100").unwrap();
    world.act("1001", Action::Answer).unwrap();
    world.act_in(call, "1001", Action::ConsultCall, "1081002").unwrap();
    world.act("1002", Action::Answer).unwrap();
    world.act("1001", Action::Conference).unwrap();
    assert_eq!(
        (state(&world, "1001"), state(&world, "1002")),
        (AgentState::Talking, AgentState::Talking)
    );
    let unknown =
        world.act_in(call, "1001", Action::ParticipantDrop, "1081009").expect_err("nobody");
    assert_eq!(unknown.to_string(), format!("call {call} has no other party \"1081009\""));
    world.act_in(call, "1001", Action::ParticipantDrop, "1081002").unwrap();
    assert_eq!(state(&world, "1002"), AgentState::Ready);
    assert_eq!(state(&world, "1001"), AgentState::Talking);
    world.act("1001", Action::Drop).unwrap();
    assert!(world.calls.is_empty());
}

#[test]
fn a_call_is_sent_on_without_a_consultation() {
    let mut world = world(Flavour::Ccx);
    for id in ["1001", "1002"] {
        ready(&mut world, id);
    }
    let call = world.ring("1001", "5550100").unwrap();
    world.act("1001", Action::Answer).unwrap();
    world.act_in(call, "1001", Action::TransferSst, "1081002").unwrap();
    assert_eq!(
        (state(&world, "1001"), state(&world, "1002")),
        (AgentState::Ready, AgentState::Ready)
    );
    world.act("1002", Action::Answer).unwrap();
    assert_eq!(state(&world, "1002"), AgentState::Talking);
    world.act_in(call, "1002", Action::TransferSst, "5550199").unwrap();
    assert!(world.calls.is_empty());
}

#[test]
fn a_supervisor_listens_and_comes_into_the_call() {
    let mut world = world(Flavour::Ccx);
    ready(&mut world, "1001");
    world.request("1003", Wanted::Login, None, "").unwrap();
    let nothing = world.listen("1003", "1001").expect_err("no call");
    assert_eq!(nothing.to_string(), "agent 1001 is in no call that can be listened to");
    let call = world.ring("1001", "").unwrap();
    world.act("1001", Action::Answer).unwrap();
    let side = world.join();
    let listening = world.listen("1003", "1001").unwrap();
    assert!(
        !world
            .take_changes(side)
            .iter()
            .any(|change| matches!(&**change, Change::Dialog { agent, .. } if agent == "1001"))
    );
    world.barge_in("1003", listening).unwrap();
    assert_eq!(world.agents["1003"].calls, [call]);
    assert_eq!(world.call_by_id(call).unwrap().parties.len(), 3);
    world.other_side_hangs_up(call).unwrap();
    world.act("1003", Action::Drop).unwrap();
    assert!(world.calls.is_empty());
    assert_eq!(state(&world, "1003"), AgentState::NotReady);
}

#[test]
fn letters_are_no_digits_for_ccx() {
    for (flavour, takes) in [(Flavour::Ccx, false), (Flavour::Cce, true)] {
        let mut world = world(flavour);
        ready(&mut world, "1001");
        let call = world.ring("1001", "5550100").unwrap();
        world.act("1001", Action::Answer).unwrap();
        world.act_in(call, "1001", Action::SendDtmf, "1*#").unwrap();
        assert_eq!(world.act_in(call, "1001", Action::SendDtmf, "A").is_ok(), takes);
        let without = world.act_in(call, "1001", Action::SendDtmf, "").expect_err("no digits");
        assert_eq!(without.to_string(), "SEND_DTMF needs digits");
    }
}

proptest! {
    #[test]
    fn whatever_is_done_agents_and_calls_fit_together(
        flavour in prop::sample::select(Flavour::ALL),
        deeds in prop::collection::vec(deed(), 1..60),
    ) {
        let mut world = world(flavour);
        let side = world.join();
        for deed in &deeds {
            carry_out(&mut world, side, deed);
            check(&world);
            world.take_changes(side);
        }
    }
}

proptest! {
    /// After sign-ins and sign-outs in any order, the index finds the agent that a look at all
    /// agents finds.
    #[test]
    fn the_agent_at_an_extension_is_the_one_who_is_signed_in_there(
        steps in prop::collection::vec((1001..1007_u32, 1..5_u32, any::<bool>()), 1..40),
    ) {
        let mut world = world(Flavour::Ccx);
        for (agent, extension, comes) in steps {
            let (agent, extension) = (agent.to_string(), extension.to_string());
            let _may_be_refused = if comes {
                world.login_at(&agent, &extension, "")
            } else {
                world.request(&agent, Wanted::Logout, None, "")
            };
            for extension in (1..5).map(|number: u32| number.to_string()) {
                let is_there = |agent: &&agent::Agent| {
                    agent.extension == extension && agent.state != AgentState::Logout
                };
                let found = world.agents.values().find(is_there).map(|agent| agent.id.clone());
                prop_assert_eq!(world.agent_at(&extension), found);
            }
        }
    }
}
