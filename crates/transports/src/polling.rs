//! Short polling: a client asks for its user and its dialogs, again and again.

use std::collections::HashMap;

use remote::Account;

use crate::changes::{Object, shown};
use crate::error::Error;
use crate::http::{self, Request};
use crate::net::{Net, NetworkAct, Pipe};

/// A client that looks.
pub(crate) struct Poller {
    net: Net,
    agent: usize,
    account: Account,
    /// Whether it keeps its connection.
    keeps: bool,
    pipe: Option<Pipe>,
    /// The last answers.
    pub(crate) known: HashMap<Object, String>,
}

impl Poller {
    pub(crate) fn new(net: &Net, agent: usize, account: Account, keeps: bool) -> Self {
        let (pipe, known) = (None, HashMap::new());
        Self { net: net.clone(), agent, account, keeps, pipe, known }
    }

    /// The answers of now.
    pub(crate) async fn look(&mut self) -> Result<HashMap<Object, String>, Error> {
        let user = format!("/finesse/api/User/{}", self.account.name);
        let dialogs = format!("{user}/Dialogs");
        shown(&self.get(&user).await?, &self.get(&dialogs).await?)
    }

    /// Forgets the connection if the server has ended it.
    pub(crate) async fn check(&mut self) {
        if let Some(pipe) = &mut self.pipe
            && pipe.has_ended().await
            && let Some(pipe) = self.pipe.take()
        {
            // It has ended already.
            let _ = pipe.end().await;
        }
    }

    async fn get(&mut self, path: &str) -> Result<String, Error> {
        let mut pipe = match self.pipe.take() {
            Some(pipe) => pipe,
            None => Pipe::open(&self.net, self.agent).await?,
        };
        let version = if self.keeps { "HTTP/1.1" } else { "HTTP/1.0" };
        let (account, body) = (Some(&self.account), "");
        let request = Request { method: "GET", target: path, version, account, body };
        pipe.note(NetworkAct::Asks);
        pipe.say(&request.octets(self.net.address.port)).await?;
        let (head, body) = http::answer(&mut pipe, "GET").await?;
        pipe.note(NetworkAct::IsAnswered);
        pipe.is_dealt_with();
        // RFC 9112 §9.3.
        if self.keeps && !head.headers.has_token("Connection", "close") {
            self.pipe = Some(pipe);
        } else {
            pipe.end().await?;
        }
        Ok(body)
    }
}
