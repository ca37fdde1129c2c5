//! Servers that mean harm, each a script for one connection.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use wire::{Deflater, Frame, RequestHead, accept_value, opcode};

/// The deeds of a server on each connection; they end when the connection does.
pub(super) type Script = fn(TcpStream) -> std::io::Result<()>;

/// A server that runs. It ends with the test process.
pub(super) struct Server {
    pub(super) port: u16,
    came: Arc<AtomicUsize>,
}

impl Server {
    /// Waits until so many connections were made to it.
    pub(super) fn wait_for(&self, connections: usize) {
        let began = Instant::now();
        while self.came.load(Ordering::SeqCst) < connections {
            assert!(began.elapsed() < super::IN_TIME, "nobody came");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Starts a server that follows a script.
pub(super) fn serve(script: Script) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let came = Arc::new(AtomicUsize::new(0));
    let server = Server { port, came: Arc::clone(&came) };
    std::thread::spawn(move || {
        while let Ok((stream, _)) = listener.accept() {
            // The first comes to look at the server, before anything is played.
            let is_first = came.fetch_add(1, Ordering::SeqCst) == 0;
            std::thread::spawn(move || {
                // Nothing here outlives the test by much, whoever forgets to close.
                stream.set_read_timeout(Some(Duration::from_secs(60)))?;
                stream.set_write_timeout(Some(Duration::from_secs(60)))?;
                if is_first { harmless(stream) } else { script(stream) }
            });
        }
    });
    server
}

/// Starts a server that follows a script from its first connection on.
pub(super) fn serve_all(
    script: impl Fn(TcpStream) -> std::io::Result<()> + Copy + Send + 'static,
) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        while let Ok((stream, _)) = listener.accept() {
            std::thread::spawn(move || {
                stream.set_read_timeout(Some(Duration::from_secs(60)))?;
                stream.set_write_timeout(Some(Duration::from_secs(60)))?;
                script(stream)
            });
        }
    });
    port
}

/// A body without end.
pub(super) fn endless_body(mut stream: TcpStream) -> std::io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n<SystemInfo>")?;
    for_ever(&mut stream, &b"<a>x</a>".repeat(1000))
}

/// A body in chunks without end, each of one octet.
pub(super) fn endless_chunks(mut stream: TcpStream) -> std::io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
    let chunk = format!("400\r\n{}\r\n", "x".repeat(0x400));
    for_ever(&mut stream, chunk.repeat(16).as_bytes())
}

/// A chunk whose size never ends.
pub(super) fn endless_size(mut stream: TcpStream) -> std::io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
    for_ever(&mut stream, &[b'0'; 4096])
}

/// Interim responses without end.
pub(super) fn interim(mut stream: TcpStream) -> std::io::Result<()> {
    for_ever(&mut stream, &b"HTTP/1.1 100 Continue\r\n\r\n".repeat(1000))
}

/// An octet of the answer now and then.
pub(super) fn drip(mut stream: TcpStream) -> std::io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")?;
    loop {
        stream.write_all(b" ")?;
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Elements in elements as SystemInfo.
pub(super) fn deep_body(stream: TcpStream) -> std::io::Result<()> {
    document(stream, &"<SystemInfo>".repeat(80_000))
}

/// A document that grows when it is read (CWE-776).
pub(super) fn entities(stream: TcpStream) -> std::io::Result<()> {
    let mut all = "<!DOCTYPE SystemInfo [<!ENTITY a0 \"xxxxxxxxxx\">".to_owned();
    for number in 1..20 {
        let before = format!("&a{};", number - 1).repeat(10);
        all.push_str(&format!("<!ENTITY a{number} \"{before}\">"));
    }
    document(stream, &(all + "]><SystemInfo><status>&a19;</status></SystemInfo>"))
}

/// SystemInfo with texts that a terminal would take for its own, and the password in them.
pub(super) fn evil_texts(stream: TcpStream) -> std::io::Result<()> {
    let evil = format!("\u{9b}31m{}\u{202e}", super::servers::PASSWORD);
    let names = ["deploymentType", "status", "systemAuthMode", "xmppDomain"];
    let all: String = names.map(|name| format!("<{name}>{evil}</{name}>")).concat();
    document(stream, &format!("<SystemInfo>{all}</SystemInfo>"))
}

/// Answers each request on a connection with this document.
fn document(mut stream: TcpStream, body: &str) -> std::io::Result<()> {
    let mut chunk = [0; 4096];
    while stream.read(&mut chunk)? > 0 {
        let length = body.len();
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{body}");
        stream.write_all(answer.as_bytes())?;
    }
    Ok(())
}

/// Opens a stream as a good server does, and says nothing more.
fn harmless(stream: TcpStream) -> std::io::Result<()> {
    let mut stream = upgraded(stream, "")?;
    let open = text("<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' from='x.test' id='1'/>");
    let features = text("<stream:features xmlns:stream='http://etherx.jabber.org/streams'/>");
    stream.write_all(&[open, features].concat())?;
    silent(stream)
}

/// Reads to the end, and says nothing.
pub(super) fn silent(mut stream: TcpStream) -> std::io::Result<()> {
    std::io::copy(&mut stream, &mut std::io::sink()).map(drop)
}

/// A head without end.
pub(super) fn endless_head(mut stream: TcpStream) -> std::io::Result<()> {
    stream.write_all(b"HTTP/1.1 101 Switching Protocols\r\nX-Long: ")?;
    for_ever(&mut stream, &[b'x'; 64 << 10])
}

/// Headers without end.
pub(super) fn endless_headers(mut stream: TcpStream) -> std::io::Result<()> {
    stream.write_all(b"HTTP/1.1 101 Switching Protocols\r\n")?;
    for_ever(&mut stream, "X: y\r\n".repeat(1000).as_bytes())
}

/// Octets that are no frames, after an upgrade.
pub(super) fn garbage(stream: TcpStream) -> std::io::Result<()> {
    for_ever(&mut upgraded(stream, "")?, &b"\xff\x7f\xfe\x00garbage".repeat(4096))
}

/// Small messages without end.
pub(super) fn chatty(stream: TcpStream) -> std::io::Result<()> {
    let message = text("<message xmlns='jabber:client' id='m1'><body>x</body></message>");
    for_ever(&mut upgraded(stream, "")?, &message.repeat(100))
}

/// Large messages without end, faster than anybody reads.
pub(super) fn loud(stream: TcpStream) -> std::io::Result<()> {
    let body = "x".repeat(900_000);
    for_ever(&mut upgraded(stream, "")?, &text(&format!("<message><body>{body}</body></message>")))
}

/// One message that never ends, in large fragments.
pub(super) fn fragments(stream: TcpStream) -> std::io::Result<()> {
    let mut stream = upgraded(stream, "")?;
    stream.write_all(&fragment(opcode::TEXT, b"<a>"))?;
    for_ever(&mut stream, &fragment(opcode::CONTINUATION, &[b'x'; 1 << 20]))
}

/// One message that never ends, in empty fragments.
pub(super) fn empty_fragments(stream: TcpStream) -> std::io::Result<()> {
    let mut stream = upgraded(stream, "")?;
    stream.write_all(&fragment(opcode::TEXT, b""))?;
    for_ever(&mut stream, &fragment(opcode::CONTINUATION, b"").repeat(4096))
}

/// Elements in elements, again and again.
pub(super) fn deep(stream: TcpStream) -> std::io::Result<()> {
    for_ever(&mut upgraded(stream, "")?, &text(&"<a>".repeat(300_000)))
}

/// Elements beside elements, again and again.
pub(super) fn wide(stream: TcpStream) -> std::io::Result<()> {
    for_ever(&mut upgraded(stream, "")?, &text(&format!("<a>{}</a>", "<b/>".repeat(99_000))))
}

/// Declarations of namespaces, each used, again and again.
pub(super) fn namespaces(stream: TcpStream) -> std::io::Result<()> {
    let declare = |number| format!(" xmlns:n{number}='urn:{number}' n{number}:a='b'");
    let attrs: String = (0..45_000).map(declare).collect();
    for_ever(&mut upgraded(stream, "")?, &text(&format!("<a{attrs}/>")))
}

/// A few octets that become many, again and again.
pub(super) fn bomb(stream: TcpStream) -> std::io::Result<()> {
    let answer = "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n";
    let payload = Deflater::new(false).compress(&[b' '; 12 << 20]);
    let frame = Frame { rsv: 4, ..Frame::new(opcode::TEXT, payload) };
    for_ever(&mut upgraded(stream, answer)?, &frame.encode())
}

/// Pings without end, and nothing is read of what is said to them.
pub(super) fn pings(stream: TcpStream) -> std::io::Result<()> {
    let ping = Frame::new(opcode::PING, [b'p'; 125]).encode();
    for_ever(&mut upgraded(stream, "")?, &ping.repeat(100))
}

/// Texts that a terminal and a page would take for their own, and a password.
pub(super) fn escapes(stream: TcpStream) -> std::io::Result<()> {
    let mut stream = upgraded(stream, "X-Evil: \u{9b}31m<script>alert(1)</script>\r\n")?;
    let said = [
        text("\u{1b}[31m\u{1b}]0;title\u{7}<script>alert(1)</script>"),
        text("<a xmlns='&lt;script>'>\u{9b}2J&lt;script>alert(1)&lt;/script>\u{202e}</a>"),
        text(&format!("<error>{}</error>", super::servers::PASSWORD)),
        Frame::new(opcode::CLOSE, b"\x03\xe9\x1b[2J<script>alert(1)</script>".as_slice()).encode(),
    ];
    stream.write_all(&said.concat())?;
    silent(stream)
}

/// `<close/>` before anything was opened, again and again, but fewer times than a case bears: with
/// more, the result depends on which side is faster.
pub(super) fn close_first(stream: TcpStream) -> std::io::Result<()> {
    let mut stream = upgraded(stream, "")?;
    let close = text("<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>");
    stream.write_all(&close.repeat(1000))?;
    silent(stream)
}

/// The end of TCP in the midst of a head.
pub(super) fn half_a_head(mut stream: TcpStream) -> std::io::Result<()> {
    stream.write_all(b"HTTP/1.1 101 Swit")
}

/// The end of TCP in the midst of a frame.
pub(super) fn half_a_frame(stream: TcpStream) -> std::io::Result<()> {
    upgraded(stream, "")?.write_all(&text("<stream:features/>")[..9])
}

/// Takes a request, and answers with a 101 and these headers (RFC 6455 §4.2.2).
pub(super) fn upgraded(mut stream: TcpStream, more: &str) -> std::io::Result<TcpStream> {
    let mut said = Vec::new();
    let mut chunk = [0; 4096];
    let head = loop {
        if let Ok(Some((head, _))) = RequestHead::parse(&said) {
            break head;
        }
        match stream.read(&mut chunk)? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            len => said.extend_from_slice(&chunk[..len]),
        }
    };
    let accept = accept_value(head.headers.first("Sec-WebSocket-Key").unwrap_or_default());
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Protocol: xmpp\r\n{more}\r\n"
    );
    stream.write_all(answer.as_bytes())?;
    Ok(stream)
}

pub(super) fn text(text: &str) -> Vec<u8> {
    Frame::new(opcode::TEXT, text.as_bytes()).encode()
}

fn fragment(opcode: u8, payload: &[u8]) -> Vec<u8> {
    Frame { fin: false, ..Frame::new(opcode, payload) }.encode()
}

/// Says the same until nobody is there to hear it.
pub(super) fn for_ever(stream: &mut TcpStream, octets: &[u8]) -> std::io::Result<()> {
    loop {
        stream.write_all(octets)?;
    }
}
