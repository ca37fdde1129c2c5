//! XMPP over WebSocket (RFC 7395), with permessage-deflate (RFC 7692) or without.

use stanza::{Element, ns};
use wire::deflate::CLIENT_NO_CONTEXT_TAKEOVER;
use wire::extension::EXTENSIONS;
use wire::handshake::{check_response, client_request};
use wire::{
    Assembler, Decoder, Deflater, Extension, Frame, Inflater, Message, Side, accept, opcode,
};

use crate::changes::parsed;
use crate::error::Error;
use crate::http;
use crate::net::{Net, NetworkAct, Pipe};
use crate::session::Carrier;

/// The largest message, in octets.
const LARGEST: usize = 1 << 20;

/// As Chromium offers it.
const OFFER: &str = "permessage-deflate; client_max_window_bits";

/// A WebSocket.
pub(crate) struct WebSocket {
    pipe: Pipe,
    decoder: Decoder,
    assembler: Assembler,
    deflater: Option<Deflater>,
}

impl WebSocket {
    /// Connects and upgrades. A server that does not compress when it is asked to is an error: it
    /// would be measured under a wrong name.
    pub(crate) async fn open(net: &Net, agent: usize, compressed: bool) -> Result<Self, Error> {
        let mut pipe = Pipe::open(net, agent).await?;
        let mut request =
            client_request("127.0.0.1", net.address.port, "/ws/", &accept::fresh_key());
        if compressed {
            request.headers.0.push((EXTENSIONS.to_owned(), OFFER.to_owned()));
        }
        pipe.note(NetworkAct::Asks);
        pipe.say(&request.to_bytes()).await?;
        let head = http::head(&mut pipe).await?;
        check_response(&request, &head)
            .map_err(|fault| Error::unexpected("a WebSocket", fault.to_string()))?;
        pipe.note(NetworkAct::IsAnswered);
        pipe.is_dealt_with();
        let inflater = Inflater::agreed(&head.headers);
        if inflater.is_some() != compressed {
            return Err(Error::unexpected("permessage-deflate", "an answer without it"));
        }
        let forgets =
            Extension::list(&head.headers).iter().any(|it| it.has(CLIENT_NO_CONTEXT_TAKEOVER));
        let assembler = Assembler::new(Side::Client, LARGEST);
        Ok(Self {
            pipe,
            decoder: Decoder::new(LARGEST as u64),
            assembler: match inflater {
                Some(inflater) => assembler.with_inflater(inflater),
                None => assembler,
            },
            deflater: compressed.then(|| Deflater::new(!forgets)),
        })
    }

    async fn frame(&mut self, frame: Frame) -> Result<(), Error> {
        self.pipe.say(&frame.masked(accept::fresh_mask()).encode()).await
    }

    async fn text(&mut self, text: &str) -> Result<(), Error> {
        let frame = match &mut self.deflater {
            Some(deflater) => {
                Frame::new(opcode::TEXT, deflater.compress(text.as_bytes())).compressed()
            }
            None => Frame::new(opcode::TEXT, text.as_bytes()),
        };
        self.frame(frame).await
    }

    /// The next text; answers pings meanwhile (RFC 6455 §5.5.2).
    async fn message(&mut self) -> Result<String, Error> {
        loop {
            self.decoder.push(&std::mem::take(&mut self.pipe.received));
            let decoded = self.decoder.next();
            let Some(decoded) =
                decoded.map_err(|error| Error::unexpected("a frame", error.to_string()))?
            else {
                // Pings alone are dealt with already.
                self.pipe.is_dealt_with();
                if !self.pipe.hear().await? {
                    return Err(Error::unexpected("a message", "the end of the connection"));
                }
                continue;
            };
            let fed = self.assembler.feed(decoded.frame);
            match fed.map_err(|fault| Error::unexpected("a message", fault.to_string()))? {
                Some((Message::Text(text), _)) => return Ok(text),
                Some((Message::Ping(payload), _)) => {
                    self.frame(Frame::new(opcode::PONG, payload)).await?;
                }
                Some((Message::Pong(_), _)) | None => {}
                Some((other, _)) => {
                    return Err(Error::unexpected("a text message", format!("{other:?}")));
                }
            }
        }
    }
}

impl Carrier for WebSocket {
    async fn open(&mut self, domain: &str) -> Result<(), Error> {
        let open = Element::new(ns::FRAMING, "open").with_attr("to", domain);
        self.text(&stanza::print(&open.with_attr("version", "1.0"))).await
    }

    async fn hear(&mut self) -> Result<Vec<Element>, Error> {
        let text = self.message().await?;
        self.pipe.note(NetworkAct::IsTold);
        Ok(vec![parsed(&text)?])
    }

    async fn say(&mut self, elements: &[String]) -> Result<(), Error> {
        for element in elements {
            self.text(element).await?;
        }
        Ok(())
    }
}
