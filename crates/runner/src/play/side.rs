//! The differences between cases that test a server and cases that test a client.

use case::{Item, Step};
use tokio::time::Instant;
use transcript::Side;

use super::connection::Connection;
use super::incoming::Received;
use super::player::{Awaited, Player, Stop, Wait};
use super::reports::WantedReport;
use crate::scene::{Action, Promise};
use verdict::CloseAxis;

/// The side that is tested, with what the player needs for it alone.
pub(super) trait UnderTest: Sized + Send {
    /// The side that is tested.
    const TESTED: Side;

    /// A message that fails the case if no step asks for it.
    fn is_error(received: &Received) -> bool;

    /// Whether it may come where the case wants silence.
    fn is_no_talk(received: &Received) -> bool;

    /// Carries out a step that the other side's cases do not have, or do otherwise. None for all
    /// others.
    fn step<'s>(
        player: &'s mut Player<'_, Self>,
        step: &'s Step,
    ) -> Promise<'s, Option<Result<(), Stop>>>;

    /// Carries out a `do` step. The error says why it cannot be done.
    fn perform<'s>(
        player: &'s mut Player<'_, Self>,
        action: Action,
    ) -> Promise<'s, Result<(), String>>;

    /// Waits for something new on any connection.
    fn wait<'s>(
        player: &'s mut Player<'_, Self>,
        deadline: Instant,
        awaited: Awaited,
    ) -> Promise<'s, Result<Wait, Stop>>;

    /// Lets what is on its way arrive, so that what follows does not depend on who was faster.
    fn settle<'s>(player: &'s mut Player<'_, Self>) -> Promise<'s, ()>;

    /// Waits for reports, in any order.
    fn take_reports<'s>(
        player: &'s mut Player<'_, Self>,
        all: Vec<WantedReport<'s>>,
    ) -> Promise<'s, Result<(), Stop>>;

    /// Ends the case: `last` are its steps of `finally`. Gives how its connections ended, and what
    /// a client complained of in the end.
    fn finish<'s>(
        player: &'s mut Player<'_, Self>,
        last: &'s [&'s Item],
    ) -> Promise<'s, (CloseAxis, Vec<String>)>;

    /// A step has asked for something on a connection that is in the transcript already.
    fn claimed(&mut self, index: usize, noted: usize) {
        let _ = (index, noted);
    }

    /// Whether a connection waits for a step.
    fn has_arrival(&self) -> bool {
        false
    }

    /// Whether the side under test has used a connection that no step has asked for yet.
    fn has_unasked_connection(&self) -> bool {
        false
    }

    /// Whether the case has begun, and the side under test has not shown itself.
    fn is_absent(&self) -> bool {
        false
    }

    /// Whether the side under test has shown itself in no way: neither by a connection nor by
    /// saying that it will make none.
    fn is_idle(&self) -> bool {
        false
    }

    /// Whether an upgrade that was never to come can come no more, for it has come.
    fn is_upgraded_for_good(connection: &Connection) -> bool {
        let _ = connection;
        false
    }
}
