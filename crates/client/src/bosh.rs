//! Elements over BOSH: a session of HTTP requests, each on a connection of its own (XEP-0124,
//! XEP-0206). `<open/>` and `<close/>` of RFC 7395 stand for the begin of a session, the restart of
//! its stream, and its end, so that a login is the same over both.

use std::collections::VecDeque;
use std::time::Duration;

use ring::rand::{SecureRandom as _, SystemRandom};
use stanza::{Element, ns};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::address::Address;
use crate::http::{Request, Response, exchange_within};
use crate::{Config, Error, Fault};

/// XEP-0124 §5.
const NAMESPACE: &str = "http://jabber.org/protocol/httpbind";

/// XEP-0206 §5.
const XBOSH: &str = "urn:xmpp:xbosh";

/// How long the server may hold a request, in seconds.
const WAIT: u64 = 30;

/// How long an answer may take beyond that.
const GRACE: Duration = Duration::from_secs(10);

/// How often a broken request is sent again, and after which pause.
const REPEATS: usize = 3;
const PAUSE: Duration = Duration::from_millis(200);

/// How long the server may take for its half of the closing.
const CLOSE: Duration = Duration::from_secs(2);

/// A session.
pub(crate) struct Bosh {
    config: Config,
    address: Address,
    rid: u64,
    /// None before the session has begun.
    sid: Option<String>,
    /// How many requests may be open (XEP-0124 §11).
    requests: usize,
    /// How long to wait between two empty requests where the server holds none (XEP-0124 §12).
    polling: Option<Duration>,
    polled: Option<Instant>,
    /// Elements that wait to be sent.
    outgoing: Vec<String>,
    /// The stream begins, or begins anew, with the next request.
    opens: bool,
    /// Requests without an answer, in their order.
    open: VecDeque<JoinHandle<Result<Response, Error>>>,
    /// The last of them is on its way.
    written: Option<oneshot::Receiver<()>>,
    incoming: VecDeque<Element>,
    /// The client ends the session with the next request.
    is_ending: bool,
    /// It has, and waits for the answer.
    has_ended: bool,
    /// The session has ended.
    is_over: bool,
}

impl Bosh {
    /// Nothing is asked yet.
    pub(crate) fn new(config: &Config) -> Result<Self, Error> {
        Ok(Self {
            config: config.clone(),
            address: Address::parse(&config.url)?,
            rid: first_rid(),
            sid: None,
            requests: 1,
            polling: None,
            polled: None,
            outgoing: Vec::new(),
            opens: false,
            open: VecDeque::new(),
            written: None,
            incoming: VecDeque::new(),
            is_ending: false,
            has_ended: false,
            is_over: false,
        })
    }

    /// Sends an element. Returns when its request is on its way, if it need not wait for another.
    pub(crate) async fn send(&mut self, text: String) -> Result<(), Error> {
        if self.is_over || self.is_ending || self.has_ended {
            return Ok(());
        }
        match stanza::parse(&text) {
            Ok(element) if element.is(ns::FRAMING, "open") => self.opens = true,
            Ok(element) if element.is(ns::FRAMING, "close") => {
                self.is_ending = !self.config.has(Fault::NoTerminate);
                self.has_ended = !self.is_ending;
            }
            _ => self.outgoing.push(text),
        }
        self.ask_if_possible();
        if let Some(written) = &mut self.written {
            // A request that breaks is known by its answer.
            let _ = written.await;
            self.written = None;
        }
        Ok(())
    }

    /// The next element. May be dropped at any time.
    pub(crate) async fn next(&mut self) -> Result<Element, Error> {
        loop {
            if let Some(element) = self.incoming.pop_front() {
                return Ok(element);
            }
            if self.is_over {
                return Err(Error::Closed);
            }
            self.ask_if_possible();
            let Some(oldest) = self.open.front_mut() else {
                if self.has_ended {
                    return Err(Error::Closed);
                }
                // Nothing may be asked before the pause is over.
                self.pause().await;
                self.ask("");
                continue;
            };
            let answer = oldest.await;
            self.open.pop_front();
            let answer = answer.map_err(|_| Error::Http("the request was given up"))??;
            self.take(&answer)?;
        }
    }

    /// Ends the session in order, and waits for the answer.
    pub(crate) async fn close(&mut self) {
        if !self.is_over && self.sid.is_some() {
            self.is_ending = !self.has_ended && !self.config.has(Fault::NoTerminate);
            self.has_ended |= !self.is_ending;
            let rest = async { while self.next().await.is_ok() {} };
            let _ = tokio::time::timeout(CLOSE, rest).await;
        }
        self.is_over = true;
    }

    /// Sends what waits, if one more request may be open, and lets the server always have one to
    /// answer.
    fn ask_if_possible(&mut self) {
        let most = if self.config.has(Fault::TooManyRequests) { usize::MAX } else { self.requests };
        // XEP-0124 §11: one more to end the session.
        let most = most.saturating_add(usize::from(self.is_ending));
        let has_words = self.opens || self.is_ending || !self.outgoing.is_empty();
        let may_ask = !self.is_over && !self.has_ended && self.open.len() < most;
        if has_words && may_ask {
            if self.opens && self.sid.is_some() && !self.open.is_empty() {
                // The server answers requests before a restart with nothing more.
                return;
            }
            if self.opens {
                self.opens = false;
                let attributes = self.opening();
                return self.ask(&attributes);
            }
            self.has_ended = std::mem::take(&mut self.is_ending);
            self.ask(if self.has_ended { " type=\"terminate\"" } else { "" });
        } else if self.open.is_empty() && self.may_ask() && !self.config.has(Fault::NoNextRequest) {
            let is_early = self.polling.zip(self.polled).is_some_and(|(every, last)| {
                last.elapsed() < every && !self.config.has(Fault::HastyPolls)
            });
            if !is_early {
                self.ask("");
            }
        }
    }

    /// The attributes of a stream that begins, or begins anew (XEP-0124 §7.1, XEP-0206 §5).
    fn opening(&self) -> String {
        let domain = textual(&self.config.domain);
        let stream = format!(" to=\"{domain}\" xml:lang=\"en\" xmlns:xmpp=\"{XBOSH}\"");
        match self.sid {
            None => format!(
                "{stream} ver=\"1.6\" wait=\"{WAIT}\" hold=\"1\" xmpp:version=\"1.0\" content=\"text/xml; charset=utf-8\""
            ),
            Some(_) if self.config.has(Fault::NoRestart) => stream,
            Some(_) => format!("{stream} xmpp:restart=\"true\""),
        }
    }

    /// Whether empty requests may be made.
    fn may_ask(&self) -> bool {
        self.sid.is_some() && !self.is_over && !self.has_ended
    }

    /// Waits as long as the server wants it between two empty requests.
    async fn pause(&self) {
        let until = self.polling.zip(self.polled).map(|(every, last)| last + every);
        match until {
            Some(until) if self.may_ask() => {
                tokio::time::sleep_until(until).await;
            }
            // Nothing comes before somebody asks.
            _ => std::future::pending().await,
        }
    }

    /// Makes a request with all that waits.
    fn ask(&mut self, attributes: &str) {
        let sid = self.sid.as_deref().map(textual);
        let sid = sid.map(|sid| format!(" sid=\"{sid}\"")).unwrap_or_default();
        let rid = self.rid;
        let content = if attributes.contains("restart") || self.sid.is_none() {
            String::new()
        } else {
            std::mem::take(&mut self.outgoing).concat()
        };
        self.polled = content.is_empty().then(Instant::now);
        let body =
            format!("<body xmlns=\"{NAMESPACE}\" rid=\"{rid}\"{sid}{attributes}>{content}</body>");
        self.rid += if self.config.has(Fault::SkipRid) { 4 } else { 1 };
        let (address, config) = (self.address.clone(), self.config.clone());
        let (writes, written) = oneshot::channel();
        let before = self.written.replace(written);
        let asking = tokio::spawn(async move {
            // Not every server goes by the numbers: requests go out in their order.
            if let Some(before) = before {
                let _ = before.await;
            }
            ask(&address, (rid, body), &config, writes).await
        });
        self.open.push_back(asking);
    }

    /// Takes an answer.
    fn take(&mut self, answer: &Response) -> Result<(), Error> {
        if answer.status != 200 {
            self.is_over = true;
            // XEP-0124 §17.1: the conditions of old.
            return Err(Error::Bosh(match answer.status {
                400 => "bad-request".to_owned(),
                403 => "policy-violation".to_owned(),
                404 => "item-not-found".to_owned(),
                status => status.to_string(),
            }));
        }
        let body = stanza::parse(&answer.body).map_err(|error| Error::Message(error.to_string()));
        let body = body.inspect_err(|_| self.is_over = true)?;
        if !body.is(NAMESPACE, "body") {
            self.is_over = true;
            return Err(Error::Message(format!("wanted <body>, got <{}>", body.name.local)));
        }
        let number = |name: &str| body.attr(name).and_then(|value| value.parse::<u64>().ok());
        if self.sid.is_none() {
            self.sid = body.attr("sid").map(str::to_owned);
            let hold = number("hold").unwrap_or(1);
            self.requests = number("requests").map_or(2, |most| most.clamp(1, 16) as usize);
            if hold == 0 || number("wait") == Some(0) {
                self.polling = number("polling").map(Duration::from_secs);
            }
        }
        let features = body.children().any(|child| child.is(ns::STREAMS, "features"));
        if features {
            // Only a stream of version 1.0 has features (RFC 6120 §4.7.5). An answer need not say
            // it: that to a restart does not (XEP-0206 §5).
            let version = body.attr_ns(XBOSH, "version").unwrap_or("1.0");
            let from = body.attr("from").unwrap_or(&self.config.domain);
            let open = Element::new(ns::FRAMING, "open");
            self.incoming.push_back(open.with_attr("version", version).with_attr("from", from));
        }
        let elements = body.children().cloned();
        match self.config.has(Fault::FirstStanzaOnly) {
            true => self.incoming.extend(elements.take(1)),
            false => self.incoming.extend(elements),
        }
        let goes_on = match self.config.fault {
            Some(Fault::IgnoreTerminate) => true,
            Some(Fault::KeepSession) => body.attr("condition") == Some("item-not-found"),
            _ => false,
        };
        let is_end = body.attr("type") == Some("terminate") && !goes_on;
        if is_end {
            self.is_over = true;
            match body.attr("condition").filter(|_| !self.has_ended) {
                Some(condition) if self.incoming.is_empty() => {
                    return Err(Error::Bosh(condition.to_owned()));
                }
                _ => self.incoming.push_back(Element::new(ns::FRAMING, "close")),
            }
        }
        Ok(())
    }
}

impl Drop for Bosh {
    fn drop(&mut self) {
        self.open.iter().for_each(JoinHandle::abort);
    }
}

/// Makes a request, and makes it again if it breaks: the server has its answer still (XEP-0124
/// §14.3).
async fn ask(
    address: &Address,
    (rid, mut body): (u64, String),
    config: &Config,
    writes: oneshot::Sender<()>,
) -> Result<Response, Error> {
    let mut writes = Some(writes);
    let mut repeats = 0;
    loop {
        let headers = Vec::new();
        let request = Request { method: "POST", address, headers, body: body.clone() };
        let answer =
            exchange_within(&request, config, Duration::from_secs(WAIT) + GRACE, &mut writes).await;
        let is_broken = match &answer {
            Ok(response) => response.status >= 500,
            Err(error) => matches!(error, Error::Io(_) | Error::Http(_) | Error::Timeout(_)),
        };
        if !is_broken || repeats == REPEATS || config.has(Fault::NoRepeat) {
            return answer;
        }
        repeats += 1;
        if config.has(Fault::FreshRid) {
            let (old, new) = (format!("rid=\"{rid}\""), format!("rid=\"{}\"", rid + 1));
            body = body.replacen(&old, &new, 1);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// The number of the first request: large and by chance, and small enough for all that follow
/// (XEP-0124 §14.1).
fn first_rid() -> u64 {
    let mut octets = [0; 4];
    // Without randomness a number is still a number.
    let _ = SystemRandom::new().fill(&mut octets);
    u64::from(u32::from_le_bytes(octets)) + 1
}

/// Text as the value of an attribute.
fn textual(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}
