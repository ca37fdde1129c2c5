//! Reports of clients under test, on their way to the player: as many as there is room for.

use std::sync::Arc;

use serde_json::{Map, Value};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

/// Reports that may wait.
const WAITING: usize = 1024;

/// The room that they may take, in octets.
const ROOM: u32 = 4 << 20;

/// The size of a value besides its text, in octets.
const VALUE: usize = 64;

/// A report of a client: the members of one JSON object.
pub type Report = Map<String, Value>;

/// Where a client reports to. One that tells more than there is room for is not listened to until
/// some is taken.
#[derive(Debug, Clone)]
pub struct Reports {
    sender: mpsc::Sender<(Report, OwnedSemaphorePermit)>,
    room: Arc<Semaphore>,
}

/// The other end.
#[derive(Debug)]
pub(super) struct Reported(mpsc::Receiver<(Report, OwnedSemaphorePermit)>);

/// Both ends.
pub(super) fn reports() -> (Reports, Reported) {
    let (sender, receiver) = mpsc::channel(WAITING);
    let room = Arc::new(Semaphore::new(ROOM as usize));
    (Reports { sender, room }, Reported(receiver))
}

impl Reports {
    /// Reports once there is room. False when the receiver is gone.
    pub async fn send(&self, report: Report) -> bool {
        let room = Arc::clone(&self.room).acquire_many_owned(size(&report)).await;
        match room {
            Ok(room) => self.sender.send((report, room)).await.is_ok(),
            Err(_) => false,
        }
    }

    /// Reports if there is room. False if there is none, or the receiver is gone.
    pub fn try_send(&self, report: Report) -> bool {
        let room = Arc::clone(&self.room).try_acquire_many_owned(size(&report));
        room.is_ok_and(|room| self.sender.try_send((report, room)).is_ok())
    }
}

impl Reported {
    /// The next report, when it comes. None when there can be no more.
    pub(super) async fn next(&mut self) -> Option<Report> {
        self.0.recv().await.map(|(report, _)| report)
    }
}

/// The room that a report takes; one alone has all of it.
fn size(report: &Report) -> u32 {
    let size = report.iter().map(|(key, value)| VALUE + key.len() + size_of(value)).sum::<usize>();
    u32::try_from(size).unwrap_or(ROOM).min(ROOM)
}

fn size_of(value: &Value) -> usize {
    let inside = match value {
        Value::String(text) => text.len(),
        Value::Array(values) => values.iter().map(size_of).sum(),
        Value::Object(members) => {
            members.iter().map(|(key, value)| VALUE + key.len() + size_of(value)).sum()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    };
    VALUE + inside
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(octets: usize) -> Report {
        Report::from_iter([("x".to_owned(), Value::from("x".repeat(octets)))])
    }

    #[tokio::test]
    async fn what_waits_takes_no_more_than_the_room() {
        let (reports, mut reported) = reports();
        assert!(reports.try_send(report(3 << 20)));
        assert!(!reports.try_send(report(2 << 20)));
        assert!(reports.try_send(report(1000)));
        assert!(reported.next().await.is_some());
        assert!(reports.try_send(report(2 << 20)), "what was taken makes room");
        drop(reported);
        assert!(!reports.send(report(1)).await, "nobody listens");
    }

    #[tokio::test]
    async fn a_report_beyond_all_room_has_it_alone() {
        let (reports, _reported) = reports();
        assert!(reports.send(report(9 << 20)).await);
        assert!(!reports.try_send(report(0)));
    }
}
