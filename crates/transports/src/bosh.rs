//! XMPP over BOSH (XEP-0124, XEP-0206): a request waits at the server until there is something to
//! say, and the next one follows it at once.
//!
//! One connection is enough. This client says something only when it has just been answered, so its
//! one request carries that; another client needs a second connection to speak meanwhile.

use stanza::{Element, ns};

use crate::changes::parsed;
use crate::error::Error;
use crate::http::{self, Request};
use crate::net::{Net, NetworkAct, Pipe};
use crate::session::Carrier;

/// The longest that the server may let a request wait, in seconds, as strophe.js asks for it.
const WAIT: u32 = 60;

/// The first `rid`. A random one (XEP-0124 §15.7) would have another length now and then.
const FIRST: u64 = 1_000_000;

/// A session of BOSH.
pub(crate) struct Bosh {
    pipe: Option<Pipe>,
    net: Net,
    agent: usize,
    rid: u64,
    sid: Option<String>,
    /// The domain of the stream.
    domain: String,
}

impl Bosh {
    pub(crate) fn new(net: &Net, agent: usize) -> Self {
        let (pipe, sid, domain) = (None, None, String::new());
        Self { pipe, net: net.clone(), agent, rid: FIRST, sid, domain }
    }

    async fn ask(&mut self, attributes: &str, content: &str) -> Result<(), Error> {
        if self.pipe.is_none() {
            self.pipe = Some(Pipe::open(&self.net, self.agent).await?);
        }
        let Some(pipe) = &mut self.pipe else { return Ok(()) };
        let sid = self.sid.as_ref().map(|sid| format!(" sid='{sid}'")).unwrap_or_default();
        let rid = self.rid;
        self.rid += 1;
        let body = format!(
            "<body xmlns='{}' rid='{rid}'{sid}{attributes}>{content}</body>",
            ns::HTTP_BIND
        );
        let (method, target, version) = ("POST", "/http-bind/", "HTTP/1.1");
        let request = Request { method, target, version, account: None, body: &body };
        pipe.note(NetworkAct::Asks);
        pipe.say(&request.octets(self.net.address.port)).await?;
        pipe.is_dealt_with();
        Ok(())
    }
}

impl Carrier for Bosh {
    async fn open(&mut self, domain: &str) -> Result<(), Error> {
        domain.clone_into(&mut self.domain);
        let xmpp = format!(" to='{domain}' xmlns:xmpp='{}'", ns::XBOSH);
        let attributes = match &self.sid {
            // XEP-0124 §7.1.
            None => format!("{xmpp} xmpp:version='1.0' ver='1.6' wait='{WAIT}' hold='1'"),
            // XEP-0206 §5.
            Some(_) => format!("{xmpp} xmpp:restart='true'"),
        };
        self.ask(&attributes, "").await
    }

    async fn hear(&mut self) -> Result<Vec<Element>, Error> {
        let Some(pipe) = &mut self.pipe else {
            return Err(Error::unexpected("an answer", "no connection"));
        };
        let (head, body) = http::answer(pipe, "POST").await?;
        pipe.note(NetworkAct::IsAnswered);
        if head.headers.has_token("Connection", "close")
            && let Some(pipe) = self.pipe.take()
        {
            pipe.end().await?;
        }
        let body = parsed(&body)?;
        if !body.is(ns::HTTP_BIND, "body") || body.attr("type").is_some() {
            return Err(Error::unexpected("<body/>", stanza::print(&body)));
        }
        if let Some(sid) = body.attr("sid") {
            self.sid = Some(sid.to_owned());
        }
        Ok(body.children().cloned().collect())
    }

    async fn say(&mut self, elements: &[String]) -> Result<(), Error> {
        // The domain is known by now; stanzas name their namespaces themselves.
        debug_assert!(elements.iter().all(|it| !it.contains(ns::FRAMING)));
        self.ask("", &elements.concat()).await
    }
}
