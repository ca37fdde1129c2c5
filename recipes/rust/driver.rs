//! A client behind the driver of `contract.rs`: `finesse-conformance gate -- target/debug/driver`.

// Its own `main` and its blank client are for those who copy the file.
#[allow(dead_code)]
#[path = "contract.rs"]
mod contract;

use std::process::ExitCode;
use std::time::Duration;

use contract::{Client, Done, env, published, refused};
use finesse_client::{Config, Error, Event, Session};
use tokio::runtime::Runtime;
use tokio::time::Instant;

/// The client is asynchronous, and the gate asks for one thing after the other.
struct Board {
    runtime: Runtime,
    session: Option<Session>,
}

fn hand_on(event: Event) {
    if let Event::Notification { node, update, text } = event {
        published(&node, update.as_deref().unwrap_or_default(), &text);
    }
}

impl Board {
    fn ask(&mut self, node: &str, wanted: bool) -> Done {
        let Some(session) = &mut self.session else { return Err("not logged in".into()) };
        let asked = self.runtime.block_on(async {
            if wanted { session.subscribe(node).await } else { session.unsubscribe(node).await }
        });
        match asked {
            Err(error @ Error::Request { .. }) => refused(&error.condition(), node),
            other => other?,
        }
        Ok(())
    }
}

impl Client for Board {
    fn login(&mut self) -> Done {
        let ca = env("CA");
        let config = Config {
            url: env("URL"),
            ca_pem: (!ca.is_empty()).then(|| std::fs::read_to_string(&ca)).transpose()?,
            domain: env("DOMAIN"),
            pubsub: env("PUBSUB"),
            user: env("USER"),
            password: env("PASSWORD"),
            resource: env("RESOURCE"),
            ..Config::default()
        };
        self.session = Some(self.runtime.block_on(Session::login(&config))?);
        Ok(())
    }

    fn subscribe(&mut self, node: &str) -> Done {
        self.ask(node, true)
    }

    fn unsubscribe(&mut self, node: &str) -> Done {
        self.ask(node, false)
    }

    fn wait(&mut self, time: Option<Duration>) -> Done {
        let Some(session) = &mut self.session else { return Err("not logged in".into()) };
        let until = Instant::now() + time.unwrap_or(Duration::from_secs(3600));
        while Instant::now() < until {
            self.runtime.block_on(session.next_until(until))?.into_iter().for_each(hand_on);
        }
        Ok(())
    }

    fn sign_out(&mut self) -> Done {
        if let Some(session) = self.session.take() {
            self.runtime.block_on(session.sign_out()).into_iter().for_each(hand_on);
        }
        Ok(())
    }
}

fn main() -> ExitCode {
    let runtime = Runtime::new().expect("a runtime can be started");
    contract::run(&mut Board { runtime, session: None })
}
