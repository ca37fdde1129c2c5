//! A client in memory: an engine is fed what it says, and it hears what the engine puts out.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use engine::{ConnectionId, Engine, Output, Peer};
use wire::{CloseFrame, Decoder, Frame, opcode};

/// A connection to an engine.
pub(crate) struct Client {
    pub(crate) id: ConnectionId,
    decoder: Decoder,
    head: Vec<u8>,
    upgraded: bool,
}

impl Client {
    pub(crate) fn connect(engine: &mut Engine, now: Duration) -> Self {
        let id = engine.accept(now, Peer::default());
        Self { id, decoder: Decoder::new(1 << 20), head: Vec::new(), upgraded: false }
    }

    /// Asks for a WebSocket. Returns the answer.
    pub(crate) fn upgrade(&mut self, engine: &mut Engine, now: Duration) -> Vec<String> {
        self.ask(engine, now, "/ws/");
        self.hear(engine)
    }

    /// Asks for a WebSocket at a path.
    pub(crate) fn ask(&self, engine: &mut Engine, now: Duration, path: &str) {
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: finesse.example.com\r\nUpgrade: websocket\r\n\
             Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: xmpp\r\n\r\n"
        );
        engine.receive(now, self.id, request.as_bytes());
    }

    /// Says a message. Returns the answers.
    pub(crate) fn say(&mut self, engine: &mut Engine, now: Duration, text: &str) -> Vec<String> {
        self.send(engine, now, text);
        self.hear(engine)
    }

    /// Says a message.
    pub(crate) fn send(&self, engine: &mut Engine, now: Duration, text: &str) {
        self.frame(engine, now, Frame::new(opcode::TEXT, text));
    }

    /// Closes the WebSocket.
    pub(crate) fn close(&self, engine: &mut Engine, now: Duration) {
        self.frame(engine, now, Frame::new(opcode::CLOSE, ""));
    }

    fn frame(&self, engine: &mut Engine, now: Duration, mut frame: Frame) {
        frame.mask = Some([1, 2, 3, 4]);
        engine.receive(now, self.id, &frame.encode());
    }

    /// The engine's outputs for this client, one word for each end.
    pub(crate) fn hear(&mut self, engine: &mut Engine) -> Vec<String> {
        let mut heard = Vec::new();
        while let Some((id, output)) = engine.poll_output() {
            if id != self.id {
                continue;
            }
            self.take(output, &mut heard);
        }
        heard
    }

    /// Something that the engine has put out for this client.
    pub(crate) fn take(&mut self, output: Output, heard: &mut Vec<String>) {
        match output {
            Output::Octets(octets) => self.octets(&octets, heard),
            Output::Close => heard.push("[end]".to_owned()),
            Output::Cut => heard.push("[cut]".to_owned()),
            Output::Reset => heard.push("[reset]".to_owned()),
            Output::Finish | Output::Page(_) => {}
        }
    }

    fn octets(&mut self, octets: &[u8], heard: &mut Vec<String>) {
        if !self.upgraded {
            self.head.extend_from_slice(octets);
            let head = String::from_utf8_lossy(&self.head).into_owned();
            self.upgraded = head.starts_with("HTTP/1.1 101");
            self.head.clear();
            heard.push(head);
            return;
        }
        self.decoder.push(octets);
        while let Ok(Some(decoded)) = self.decoder.next() {
            let payload = &decoded.frame.payload;
            heard.push(match decoded.frame.opcode {
                opcode::TEXT => String::from_utf8_lossy(payload).into_owned(),
                opcode::PING => "[ping]".to_owned(),
                opcode::CLOSE => {
                    let code = CloseFrame::parse(payload).ok().flatten().map(|close| close.code);
                    format!("[close {code:?}]")
                }
                other => format!("[frame {other}]"),
            });
        }
    }
}

/// A login as a message.
pub(crate) fn auth(user: &str, password: &str) -> String {
    let login = STANDARD.encode(format!("\0{user}\0{password}"));
    format!("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{login}</auth>")
}
