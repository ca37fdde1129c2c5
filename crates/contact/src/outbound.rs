//! Outbound calls: a dialer offers a customer to an agent, who looks at the record before the call
//! is made (Developer Guide 12.5, "Dialog: Accept, Close, or Reject …", "Reclassify", "Schedule or
//! Cancel a Callback").
//!
//! The events after ACCEPT are not documented. Here the reservation itself becomes the call to the
//! customer: ACCEPTED while the number is dialled, ACTIVE once the customer answers.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::agent_state::AgentState;
use crate::call::{Action, CallState, CallType, PartState, Party};
use crate::names::names;
use crate::refusal::{LONGEST, Refusal, check_length};
use crate::world::World;

/// The address of the dialer's port, from which a reservation comes.
const DIALER: &str = "dialer";

/// The variable that shows the agent's answer to the dialer.
const RESPONSE: &str = "BAResponse";

/// The variables of a record, as Outbound Option names them.
const CAMPAIGN: &str = "BACampaign";
const CUSTOMER: &str = "BACustomerNumber";

names! {
    /// The other end of an outbound call, as its agent found it.
    Classification, "classification" {
        Voice = "VOICE",
        Fax = "FAX",
        AnsweringMachine = "ANS_MACHINE",
        Invalid = "INVALID",
        Busy = "BUSY",
        DoNotCall = "DO_NOT_CALL",
    }
}

/// The dialer's side of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outbound {
    /// The number of the customer.
    pub number: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classification: Option<Classification>,
    /// The callback that the agent has scheduled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callback: Option<Callback>,
}

/// A call to the customer at a later time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Callback {
    /// The customer's own time, `YYYY-MM-DDThh:mm`.
    pub time: String,
    pub number: String,
}

impl World {
    /// A dialer offers a customer to an agent that is ready. Returns the id of the reservation.
    ///
    /// # Errors
    ///
    /// No agent has the id, it is not ready or has a call, or a text is too long.
    pub fn preview(&mut self, id: &str, campaign: &str, number: &str) -> Result<u64, Refusal> {
        check_length("characters of a number", number.len().max(campaign.len()), LONGEST)?;
        let agent = self.reachable(id)?;
        if agent.state != AgentState::Ready {
            return Err(Refusal::NotReady { agent: id.to_owned(), state: agent.state });
        }
        let extension = agent.extension.clone();
        self.begin(id, AgentState::Ready);
        self.enter(id, AgentState::ReservedOutboundPreview, None, "");
        let parties = vec![
            Party::new(DIALER, None, PartState::Initiated, self.now),
            Party::new(&extension, Some(id), PartState::Alerting, self.now),
        ];
        let kind = CallType::OutboundPreview;
        let call = self.store(parties, number.to_owned(), kind, CallState::Alerting, None);
        let known = self.call_mut(call)?;
        known.outbound =
            Some(Outbound { number: number.to_owned(), classification: None, callback: None });
        let record = [(CAMPAIGN, campaign), (CUSTOMER, number), (RESPONSE, "")];
        let record = record.map(|(name, value)| (name.to_owned(), value.to_owned()));
        known.variables.extend(record);
        self.post(call);
        self.settle();
        Ok(call)
    }

    /// The agent takes the customer: the number is dialled.
    pub(crate) fn accept(&mut self, call: u64, id: &str) -> Result<(), Refusal> {
        let now = self.now;
        let extension = self.agent(id)?.extension.clone();
        let known = self.call_mut(call)?;
        let number = known.outbound.as_ref().map(|it| it.number.clone()).unwrap_or_default();
        known.state = CallState::Accepted;
        known.call_type = CallType::Outbound;
        known.from.clone_from(&extension);
        known.to.clone_from(&number);
        known.parties = vec![
            Party::new(&extension, Some(id), PartState::Initiated, now),
            Party::new(&number, None, PartState::Alerting, now),
        ];
        known.respond("Accept");
        self.put(call);
        self.enter(id, AgentState::ReservedOutbound, None, "");
        Ok(())
    }

    /// The agent does not take the customer; the dialer may offer it to others, or never again.
    pub(crate) fn decline(&mut self, call: u64, is_final: bool) -> Result<(), Refusal> {
        self.call_mut(call)?.respond(if is_final { "Reject-Close" } else { "Reject" });
        self.end(call);
        Ok(())
    }

    /// The agent says what it found at the other end.
    pub(crate) fn reclassify(&mut self, call: u64, text: &str) -> Result<(), Refusal> {
        let classification: Classification = text.parse()?;
        let known = self.call_mut(call)?;
        if let Some(outbound) = &mut known.outbound {
            outbound.classification = Some(classification);
        }
        known.respond(classification.name());
        self.put(call);
        Ok(())
    }

    /// An agent schedules a callback, or changes it. Without a number it is the one that was
    /// dialled.
    ///
    /// # Errors
    ///
    /// No call has the id, it is not outbound, the agent has no part in it, the time is none, or a
    /// text is too long.
    pub fn schedule_callback(
        &mut self,
        call: u64,
        id: &str,
        time: &str,
        number: Option<&str>,
    ) -> Result<(), Refusal> {
        self.check_action(call, id, Action::UpdateScheduledCallback)?;
        check_length("characters of a number", number.map_or(0, str::len), LONGEST)?;
        if !is_time(time) {
            return Err(Refusal::NoTime { text: time.to_owned() });
        }
        if let Some(outbound) = &mut self.call_mut(call)?.outbound {
            let number = number.unwrap_or(&outbound.number).to_owned();
            outbound.callback = Some(Callback { time: time.to_owned(), number });
        }
        self.put(call);
        Ok(())
    }

    pub(crate) fn cancel_callback(&mut self, call: u64) -> Result<(), Refusal> {
        if let Some(outbound) = &mut self.call_mut(call)?.outbound {
            outbound.callback = None;
        }
        self.put(call);
        Ok(())
    }

    /// The call is recorded from now on. Clients see it by the action that is gone.
    pub(crate) fn start_recording(&mut self, call: u64) -> Result<(), Refusal> {
        self.call_mut(call)?.is_recorded = true;
        self.put(call);
        Ok(())
    }
}

/// Whether this is `YYYY-MM-DDThh:mm`, as far as the clock goes.
pub fn is_time(text: &str) -> bool {
    let form = "dddd-dd-ddTdd:dd";
    let fits = |(own, wanted): (char, char)| match wanted {
        'd' => own.is_ascii_digit(),
        other => own == other,
    };
    let number = |from: usize| text.get(from..from + 2).and_then(|it| it.parse::<u8>().ok());
    let is_within = |from: usize, low: u8, high: u8| {
        number(from).is_some_and(|number| (low..=high).contains(&number))
    };
    text.len() == form.len()
        && text.chars().zip(form.chars()).all(fits)
        && is_within(5, 1, 12)
        && is_within(8, 1, 31)
        && is_within(11, 0, 23)
        && is_within(14, 0, 59)
}

impl crate::call::Call {
    /// Shows the agent's answer to the dialer.
    fn respond(&mut self, text: &str) {
        match self.variables.iter_mut().find(|(name, _)| name == RESPONSE) {
            Some((_, value)) => text.clone_into(value),
            None => self.variables.push((RESPONSE.to_owned(), text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_a_callback_has_one_form() {
        assert!(is_time("2026-03-07T14:31"));
        for wrong in ["", "2026-03-07", "2026-13-07T14:31", "2026-03-07T24:00", "2026-03-07 14:31"]
        {
            assert!(!is_time(wrong), "{wrong}");
        }
        assert!(!is_time("2026-03-0éT14:31") && !is_time("２０２６-03-07T14:31"));
    }
}
