//! Handles for the world behind a fake: agents, calls, queues, the system.

mod agent;
mod call;
mod queue;

pub use agent::Agent;
pub use call::Call;
pub use queue::Queue;

use engine::{Refusal, SystemStatus, World, WorldView};

use crate::error::Error;
use crate::server::FakeFinesse;

impl FakeFinesse {
    /// An agent of the world. An unknown id only shows as an error of the first request.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use finesse_fake::{AgentState, FakeFinesse};
    /// let fake = FakeFinesse::builder().user("1001", "secret").start().await?;
    /// let ada = fake.agent("1001");
    /// ada.login()?.ready()?;
    /// ada.ring("5550100")?.answer()?.hold()?.retrieve()?.hang_up()?;
    /// assert_eq!(ada.state()?, AgentState::Ready);
    /// # Ok::<(), finesse_fake::Error>(()) }).unwrap();
    /// ```
    pub fn agent(&self, id: &str) -> Agent<'_> {
        Agent::new(self, id)
    }

    /// A call of the world.
    pub fn call(&self, id: u64) -> Call<'_> {
        Call::new(self, id)
    }

    /// A queue of the world.
    pub fn queue(&self, id: &str) -> Queue<'_> {
        Queue::new(self, id)
    }

    /// The world as it is now.
    pub fn world(&self) -> WorldView {
        self.engine(|engine, now| engine.perform(now, |world| world.view()))
    }

    /// Sets this server in or out of service and publishes that on its SystemInfo node. Out of
    /// service, its REST API answers 503. Calls and states go on, and the other server of a pair is
    /// not affected.
    pub fn system_info(&self, status: SystemStatus) {
        self.engine(|engine, now| engine.set_system_status(now, status));
    }

    /// The status that this server published last.
    pub fn system_status(&self) -> SystemStatus {
        self.engine(|engine, _| engine.system_status().0)
    }

    /// The web application of this server loses its connection to the notification service: its
    /// presences `finesse@DOMAIN` become unavailable, and it publishes nothing until it is back.
    pub fn web_application_goes_away(&self) {
        self.engine(|engine, now| engine.connect_application(now, false));
    }

    /// The web application is back: its presences are available again, for new sessions too.
    pub fn web_application_comes_back(&self) {
        self.engine(|engine, now| engine.connect_application(now, true));
    }

    /// Changes the world, and publishes the changes before anything else happens.
    fn act<T>(&self, act: impl FnOnce(&mut World) -> Result<T, Refusal>) -> Result<T, Error> {
        let done = self.engine(|engine, now| engine.perform(now, act));
        Ok(done.map_err(engine::Error::World)?)
    }
}
