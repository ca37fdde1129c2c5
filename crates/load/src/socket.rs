//! A WebSocket of a well-behaved client: upgrade, text messages, pongs, close.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{Instant, timeout_at};
use wire::close::code;
use wire::handshake::{check_response, client_request};
use wire::net::{Stream, dial};
use wire::{Assembler, CloseFrame, Decoder, Frame, Message, ResponseHead, Side, accept, opcode};

use crate::error::{Fault, Step};
use crate::server::Server;

/// For every wait: on a server under load an answer takes its time, and without one a run must end.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// For the end of a connection, which a server may leave out.
const FAREWELL: Duration = Duration::from_secs(2);

/// The largest message that is taken, in octets.
const LARGEST_MESSAGE: usize = 1 << 20;

/// The largest head of an answer to the upgrade, in octets.
const LARGEST_HEAD: usize = 16 << 10;

/// How much is read at once.
const CHUNK: usize = 4 << 10;

/// An open WebSocket that speaks `xmpp`.
pub(crate) struct Socket {
    stream: Stream,
    decoder: Decoder,
    assembler: Assembler,
    chunk: Box<[u8]>,
}

impl Socket {
    /// Connects and upgrades.
    pub(crate) async fn connect(server: &Server) -> Result<Self, Fault> {
        let tls = server.trust.as_ref().map(|trust| (trust, server.host.as_str()));
        let mut stream = dial(&server.host, server.port, tls, DEADLINE).await?;
        let request = client_request(&server.host, server.port, &server.path, &accept::fresh_key());
        write(&mut stream, &request.to_bytes(), Step::Upgrade).await?;
        let mut chunk = vec![0; CHUNK].into_boxed_slice();
        let mut answer = Vec::new();
        let until = Instant::now() + DEADLINE;
        let (head, used) = loop {
            let octets = read(&mut stream, &mut chunk, until, Step::Upgrade).await?;
            answer.extend_from_slice(octets);
            let unreadable = |got: String| Fault::Unexpected { step: Step::Upgrade, got };
            match ResponseHead::parse(&answer) {
                Ok(Some(parsed)) => break parsed,
                Ok(None) if answer.len() < LARGEST_HEAD => {}
                Ok(None) => return Err(unreadable("a head without end".to_owned())),
                Err(error) => return Err(unreadable(error.to_string())),
            }
        };
        check_response(&request, &head)?;
        let mut decoder = Decoder::new(LARGEST_MESSAGE as u64);
        decoder.push(answer.get(used..).unwrap_or_default());
        let assembler = Assembler::new(Side::Client, LARGEST_MESSAGE);
        Ok(Self { stream, decoder, assembler, chunk })
    }

    /// Sends a text message.
    pub(crate) async fn say(&mut self, text: String, step: Step) -> Result<(), Fault> {
        self.frame(opcode::TEXT, text.into_bytes(), step).await
    }

    /// The next text message; pings are answered on the way (RFC 6455 §5.5.2).
    pub(crate) async fn hear(&mut self, step: Step) -> Result<String, Fault> {
        let until = Instant::now() + DEADLINE;
        let broken = |got: String| Fault::Unexpected { step, got };
        loop {
            let Some(decoded) = self.decoder.next().map_err(|error| broken(error.to_string()))?
            else {
                let octets = read(&mut self.stream, &mut self.chunk, until, step).await?;
                self.decoder.push(octets);
                continue;
            };
            match self.assembler.feed(decoded.frame).map_err(|fault| broken(fault.to_string()))? {
                Some((Message::Text(text), _)) => return Ok(text),
                Some((Message::Ping(payload), _)) => {
                    self.frame(opcode::PONG, payload, step).await?;
                }
                Some((Message::Close(_), _)) => return Err(Fault::Ended { step }),
                Some((Message::Binary(_), _)) => {
                    // RFC 7395 §3.2: messages are of the text type.
                    return Err(broken("a binary message".to_owned()));
                }
                Some((Message::Pong(_), _)) | None => {}
            }
        }
    }

    /// Closes the WebSocket and TCP, as far as the server goes along (RFC 6455 §7.1).
    pub(crate) async fn close(mut self) {
        let farewell = async {
            let payload = CloseFrame::new(code::NORMAL, "").payload();
            self.frame(opcode::CLOSE, payload, Step::Open).await?;
            while self.hear(Step::Open).await.is_ok() {}
            // The server has closed, or will not.
            let _ = self.stream.shutdown().await;
            Ok::<(), Fault>(())
        };
        let _ = timeout_at(Instant::now() + FAREWELL, farewell).await;
    }

    async fn frame(&mut self, opcode: u8, payload: Vec<u8>, step: Step) -> Result<(), Fault> {
        let frame = Frame::new(opcode, payload).masked(accept::fresh_mask());
        write(&mut self.stream, &frame.encode(), step).await
    }
}

async fn read<'a>(
    stream: &mut Stream,
    chunk: &'a mut [u8],
    until: Instant,
    step: Step,
) -> Result<&'a [u8], Fault> {
    match timeout_at(until, stream.read(chunk)).await {
        Err(_) => Err(Fault::Timeout { step, after: DEADLINE }),
        Ok(Ok(0)) => Err(Fault::Ended { step }),
        Ok(Ok(count)) => Ok(chunk.get(..count).unwrap_or_default()),
        Ok(Err(cause)) => Err(Fault::Io { step, cause }),
    }
}

async fn write(stream: &mut Stream, octets: &[u8], step: Step) -> Result<(), Fault> {
    let written = async {
        stream.write_all(octets).await?;
        stream.flush().await
    };
    match timeout_at(Instant::now() + DEADLINE, written).await {
        Err(_) => Err(Fault::Timeout { step, after: DEADLINE }),
        Ok(written) => written.map_err(|cause| Fault::Io { step, cause }),
    }
}
