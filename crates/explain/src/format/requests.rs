//! Requests of HTTP in recordings and transcripts.

use std::collections::{HashMap, HashSet, VecDeque};

use wire::Headers;

use super::lines;
use crate::conversation::{Exchange, Side, Url, host_and_port};

/// Requests of HTTP that ask for no WebSocket, with their answers.
#[derive(Default)]
pub(super) struct Requests {
    pub(super) all: Vec<Exchange>,
    /// Those without an answer, by connection.
    open: HashMap<String, VecDeque<usize>>,
    /// Connections with TLS.
    secure: HashSet<String>,
}

impl Requests {
    /// A connection begins.
    pub(super) fn connect(&mut self, conn: &str, is_secure: bool) {
        if is_secure {
            self.secure.insert(conn.to_owned());
        } else {
            self.secure.remove(conn);
        }
    }

    /// Takes a head of HTTP; yields whether it is one of such a request, or of its answer.
    pub(super) fn take(
        &mut self,
        from: Side,
        conn: &str,
        at: Option<i64>,
        head: &str,
        body: &str,
    ) -> bool {
        let (first, headers) = lines::head(head);
        let mut words = first.splitn(3, ' ');
        let mut word = || words.next().unwrap_or_default();
        match from {
            Side::Client => {
                if headers.has_token("upgrade", "websocket")
                    || headers.first("sec-websocket-key").is_some()
                {
                    return false;
                }
                let (method, target) = (word(), word());
                let mut url = Url::parse(target);
                if let Some(host) = headers.first("host") {
                    let (host, port) = host_and_port(host);
                    (url.host, url.port) = (host.to_owned(), port);
                }
                let is_secure = self.secure.contains(conn);
                (if is_secure { "https" } else { "http" }).clone_into(&mut url.scheme);
                self.open.entry(conn.to_owned()).or_default().push_back(self.all.len());
                self.all.push(Exchange {
                    source: 0,
                    method: method.to_owned(),
                    url,
                    asked: headers,
                    body: body.to_owned(),
                    status: None,
                    answered: Headers::default(),
                    answer: String::new(),
                    began: at,
                    ended: None,
                    error: None,
                });
                true
            }
            Side::Server => {
                let Some(open) = self.open.get_mut(conn).filter(|open| !open.is_empty()) else {
                    return false;
                };
                let _ = word();
                let status = word().parse().ok();
                if status.is_some_and(|status| (100..200).contains(&status)) {
                    return true;
                }
                let Some(place) = open.pop_front() else { return false };
                let exchange = &mut self.all[place];
                (exchange.status, exchange.answered) = (status, headers);
                (exchange.answer, exchange.ended) = (body.to_owned(), at);
                true
            }
        }
    }
}
