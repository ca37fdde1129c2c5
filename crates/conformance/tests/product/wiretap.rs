//! Stands between a client and a fake, passes everything on, and keeps what was said.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use wire::frame::opcode;
use wire::{Decoder, RequestHead, ResponseHead};

/// Octets that went one way on one connection.
type Heard = Arc<Mutex<Vec<u8>>>;

/// A listening tap; its threads end with their connections.
pub(crate) struct Wiretap {
    port: u16,
    client: Heard,
    server: Heard,
}

impl Wiretap {
    /// A tap before `port` of this machine, for one connection after the other. It keeps the octets
    /// of the last one.
    pub(crate) fn before(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let tap = Self {
            port: listener.local_addr().unwrap().port(),
            client: Heard::default(),
            server: Heard::default(),
        };
        let (to_server, to_client) = (Arc::clone(&tap.client), Arc::clone(&tap.server));
        thread::spawn(move || {
            while let Ok((client, _)) = listener.accept() {
                to_server.lock().unwrap().clear();
                to_client.lock().unwrap().clear();
                let server = TcpStream::connect(("127.0.0.1", port)).unwrap();
                let back = (server.try_clone().unwrap(), client.try_clone().unwrap());
                let heard = Arc::clone(&to_server);
                let there = thread::spawn(move || pass(client, server, &heard));
                pass(back.0, back.1, &to_client);
                there.join().unwrap();
            }
        });
        tap
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> String {
        format!("ws://127.0.0.1:{}/ws/", self.port)
    }

    /// The text messages of the client, in order.
    pub(crate) fn client(&self) -> Vec<String> {
        let heard = self.client.lock().unwrap();
        let (_, head) = RequestHead::parse(&heard).unwrap().unwrap();
        messages(&heard[head..])
    }

    /// The text messages of the server, in order.
    pub(crate) fn server(&self) -> Vec<String> {
        let heard = self.server.lock().unwrap();
        let (_, head) = ResponseHead::parse(&heard).unwrap().unwrap();
        messages(&heard[head..])
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, heard: &Heard) {
    let mut octets = [0; 4096];
    while let Ok(count @ 1..) = from.read(&mut octets) {
        heard.lock().unwrap().extend_from_slice(&octets[..count]);
        if to.write_all(&octets[..count]).is_err() {
            break;
        }
    }
    // The other way may have ended first.
    let _ = to.shutdown(Shutdown::Write);
}

fn messages(octets: &[u8]) -> Vec<String> {
    let mut decoder = Decoder::new(1 << 20);
    decoder.push(octets);
    let mut texts = Vec::new();
    while let Some(decoded) = decoder.next().unwrap() {
        if decoded.frame.opcode == opcode::TEXT {
            texts.push(String::from_utf8(decoded.frame.payload).unwrap());
        }
    }
    texts
}
