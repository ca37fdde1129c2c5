//! The code under test: a board that shows the states of an agent.

use finesse_client::{Config, Error, Event, Session};

/// Logs in and follows an agent until one of the updates says `state`.
pub async fn until(config: &Config, state: &str) -> Result<String, Error> {
    let mut session = Session::login(config).await?;
    loop {
        match session.next().await? {
            Some(Event::Notification { node, text, .. }) if text.contains(state) => return Ok(node),
            Some(_) => {}
            None => return Ok(String::new()),
        }
    }
}
