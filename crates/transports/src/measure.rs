//! The whole measurement: each number of agents, each way.

use std::time::Duration;

use crate::day::{rehearse, spend};
use crate::error::Error;
use crate::figures::{Crowd, Figures};
use crate::plan::Plan;

/// Where a measurement is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// The way, or what comes before all ways.
    pub what: String,
    pub agents: usize,
    /// The day's time, and its end.
    pub at: Duration,
    pub end: Duration,
}

/// Measures all ways, one after the other: each has the machine for itself. `told` hears where the
/// measurement is.
///
/// # Errors
///
/// The first step that fails, with its way.
pub async fn measure(plan: &Plan, told: &(dyn Fn(Stage) + Sync)) -> Result<Figures, Error> {
    let mut figures = Figures { seed: plan.seed, crowds: Vec::new() };
    for agents in plan.agents.iter().copied() {
        let stage = |what: &str, at, end| told(Stage { what: what.to_owned(), agents, at, end });
        let of = |way: &str| {
            let way = way.to_owned();
            move |error| Error::Way { way, agents, error: Box::new(error) }
        };
        let told = |at, end| stage("without listeners", at, end);
        let day = rehearse(agents, plan.seed, plan.over, plan.events, &told).await;
        let day = day.map_err(of("nobody"))?;
        let mut crowd = Crowd::of(&day);
        for way in plan.ways.iter().copied() {
            let name = way.to_string();
            let outcome = spend(&day, way, &|at, end| stage(&name, at, end)).await;
            crowd.add(way, outcome.map_err(of(&name))?);
        }
        figures.crowds.push(crowd);
    }
    Ok(figures)
}
