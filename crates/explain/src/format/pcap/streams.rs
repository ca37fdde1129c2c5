//! TCP streams of a capture: their octets in order, and what packets and TLS records say.

use std::collections::BTreeMap;

use crate::conversation::{Side, Tcp, Tls};
use crate::format::octets::Chunk;

/// The most octets of a side that are kept while earlier ones are missing.
const MAX_AHEAD: usize = 64 * 1024 * 1024;

/// TLS content types (RFC 8446 §5.1).
const ALERT: &str = "21";
const DATA: &str = "23";

/// One stream.
#[derive(Debug, Default)]
pub(super) struct Stream {
    pub(super) number: u32,
    /// Address and port.
    pub(super) client: (String, u16),
    pub(super) server: (String, u16),
    pub(super) began: i64,
    pub(super) ended: i64,
    /// The capture has its first packet.
    pub(super) is_whole: bool,
    pub(super) tcp: Tcp,
    pub(super) tls: Tls,
    /// Octets of TCP in order.
    pub(super) chunks: Vec<Chunk>,
    /// Octets inside TLS, where there are keys.
    pub(super) clear: Vec<Chunk>,
    /// When records with application data came: client, server.
    records: [Vec<i64>; 2],
    /// The lengths of records with application data that are all of a packet: client, server.
    lengths: [Vec<usize>; 2],
    halves: [Half; 2],
    answered: bool,
}

/// One direction of TCP.
#[derive(Debug, Default)]
struct Half {
    /// The next sequence number, once there was one.
    next: Option<u64>,
    ahead: BTreeMap<u64, Vec<u8>>,
    held: usize,
}

/// The streams of lines that tshark printed, in order of their beginning.
pub(super) fn streams(lines: &str) -> Vec<Stream> {
    let mut found: BTreeMap<u32, Stream> = BTreeMap::new();
    for line in lines.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let field = |place: usize| fields.get(place).copied().unwrap_or_default();
        let Some(number) = first(field(1)).parse().ok() else { continue };
        let packet = Packet {
            at: micros(first(field(0))),
            from: (address(field(2), field(3)), first(field(4)).parse().unwrap_or_default()),
            to: (address(field(5), field(6)), first(field(7)).parse().unwrap_or_default()),
            flags: u32::from_str_radix(first(field(8)).trim_start_matches("0x"), 16)
                .unwrap_or_default(),
            sequence: first(field(9)).parse().unwrap_or_default(),
            length: first(field(10)).parse().unwrap_or_default(),
            payload: octets(first(field(11))),
        };
        let stream = found.entry(number).or_insert_with(|| Stream::new(number, &packet));
        let side = stream.take(packet);
        stream.records(side, field(12), field(13), field(14), field(15), field(16));
    }
    let mut streams: Vec<Stream> = found.into_values().collect();
    for stream in &mut streams {
        stream.finish();
    }
    streams.sort_by_key(|stream| stream.began);
    streams
}

struct Packet {
    at: i64,
    from: (String, u16),
    to: (String, u16),
    flags: u32,
    sequence: u64,
    length: usize,
    payload: Vec<u8>,
}

impl Packet {
    fn has(&self, flag: u32) -> bool {
        self.flags & flag != 0
    }
}

/// Flags of TCP (RFC 9293 §3.1).
const FIN: u32 = 0x01;
const SYN: u32 = 0x02;
const RST: u32 = 0x04;
const ACK: u32 = 0x10;

impl Stream {
    fn new(number: u32, packet: &Packet) -> Self {
        let begins = packet.has(SYN);
        // Without the first packet the lower port is the server's.
        let from_client = if begins { !packet.has(ACK) } else { packet.from.1 >= packet.to.1 };
        let (client, server) =
            if from_client { (&packet.from, &packet.to) } else { (&packet.to, &packet.from) };
        Self {
            number,
            client: client.clone(),
            server: server.clone(),
            began: packet.at,
            ended: packet.at,
            is_whole: begins,
            ..Self::default()
        }
    }

    fn take(&mut self, packet: Packet) -> Side {
        let side = if packet.from == self.client { Side::Client } else { Side::Server };
        let place = usize::from(side == Side::Server);
        self.ended = packet.at;
        let is_first = packet.has(SYN) && !packet.has(ACK);
        if side == Side::Server {
            if packet.has(RST) && !self.answered {
                self.tcp.refused = true;
            }
            self.answered = true;
        }
        if packet.has(RST) && !self.tcp.refused && self.tcp.reset.is_none() {
            self.tcp.reset = Some((side, packet.at));
        }
        if packet.has(FIN) && self.tcp.ended.is_none() && self.tcp.reset.is_none() {
            self.tcp.ended = Some((side, packet.at));
        }
        if packet.has(SYN) {
            self.halves[place].next = Some(packet.sequence + 1);
        }
        if packet.length > 0 && !is_first {
            self.tcp.octets[place] += packet.length as u64;
            self.octets(side, &packet);
        }
        side
    }

    fn octets(&mut self, side: Side, packet: &Packet) {
        let half = &mut self.halves[usize::from(side == Side::Server)];
        let next = *half.next.get_or_insert(packet.sequence);
        if packet.payload.len() < packet.length {
            // A short snap length: the rest of this packet is not in the capture.
            self.tcp.lost.get_or_insert(side);
        }
        if self.tcp.lost == Some(side) && packet.payload.len() < packet.length {
            return;
        }
        if half.held + packet.payload.len() > MAX_AHEAD {
            return;
        }
        let end = packet.sequence + packet.payload.len() as u64;
        if end > next {
            half.held += packet.payload.len();
            half.ahead.entry(packet.sequence).or_insert_with(|| packet.payload.clone());
        }
        // Everything that is in order now.
        while let Some(entry) = half.ahead.first_entry() {
            let next = half.next.unwrap_or_default();
            let start = *entry.key();
            if start > next {
                break;
            }
            let payload = entry.remove();
            half.held -= payload.len();
            let skip = usize::try_from(next - start).unwrap_or(usize::MAX);
            if let Some(fresh) = payload.get(skip..).filter(|fresh| !fresh.is_empty()) {
                half.next = Some(start + payload.len() as u64);
                self.chunks.push(Chunk { at: packet.at, from: side, octets: fresh.to_vec() });
            }
        }
    }

    /// Takes the records of a packet.
    fn records(
        &mut self,
        side: Side,
        kinds: &str,
        opaque: &str,
        handshakes: &str,
        name: &str,
        alerts: &str,
    ) {
        let place = usize::from(side == Side::Server);
        for handshake in list(handshakes) {
            match handshake {
                "1" if side == Side::Client => self.tls.began = true,
                "2" if side == Side::Server => self.tls.answered = true,
                _ => {}
            }
        }
        if !name.is_empty() && self.tls.name.is_empty() {
            first(name).clone_into(&mut self.tls.name);
        }
        let at = self.ended;
        let with_keys = list(kinds).filter(|kind| *kind == DATA).count();
        // Without keys every record of TLS 1.3 after the hellos looks like data.
        for _ in 0..with_keys {
            self.records[place].push(at);
        }
        if list(kinds).chain(list(opaque)).any(|kind| kind == DATA) {
            let length = self
                .chunks
                .last()
                .filter(|chunk| chunk.from == side)
                .map_or(0, |chunk| chunk.octets.len());
            self.lengths[place].push(length);
        }
        let names: Vec<String> = list(alerts).map(alert).collect();
        if names.is_empty() && list(kinds).any(|kind| kind == ALERT) {
            self.tls.alerts.push((side, "encrypted alert".to_owned()));
        }
        self.tls.alerts.extend(names.into_iter().map(|name| (side, name)));
    }

    fn finish(&mut self) {
        let silent = !self.answered && self.is_whole;
        self.tcp.unanswered = silent;
        for (place, side) in [Side::Client, Side::Server].into_iter().enumerate() {
            if !self.halves[place].ahead.is_empty() {
                self.tcp.lost.get_or_insert(side);
            }
        }
        // A client's Finished has some 60 octets, a request more.
        self.tls.established =
            self.lengths[0].iter().sum::<usize>() > 250 && !self.lengths[1].is_empty();
        self.tls.hidden = self.tls.began || self.tls.established;
        // RFC 8446 §5.2: an encrypted alert has 19 octets, and a header of five.
        for (place, side) in [Side::Client, Side::Server].into_iter().enumerate() {
            let is_alert = self.lengths[place].last() == Some(&24);
            if is_alert && self.tls.established {
                self.tls.alerts.push((side, "close notify".to_owned()));
            }
        }
        let first = self.chunks.iter().find(|chunk| chunk.from == Side::Server);
        if self.tls.began
            && !self.tls.answered
            && let Some(chunk) = first
            && chunk.octets.first().is_none_or(|kind| !(20..=24).contains(kind))
        {
            self.tls.foreign = Some(
                String::from_utf8_lossy(&chunk.octets[..chunk.octets.len().min(200)]).into_owned(),
            );
        }
    }

    /// Takes what `follow,tls,raw` printed: hexadecimal digits, those of node 1 behind a tab.
    pub(super) fn decrypt(&mut self, follow: &str) {
        let node =
            follow.lines().find_map(|line| line.strip_prefix("Node 0: ")).unwrap_or_default();
        let (address, port) = node.rsplit_once(':').unwrap_or((node, ""));
        let zero = super::side(
            self,
            address.trim_matches(['[', ']']),
            port.trim().parse().unwrap_or_default(),
        );
        let mut counts = [0, 0];
        for line in follow.lines().skip_while(|line| !line.starts_with("Node 1")).skip(1) {
            let from = if line.starts_with('\t') { zero.other() } else { zero };
            let octets = octets(line.trim());
            if octets.is_empty() {
                continue;
            }
            let place = usize::from(from == Side::Server);
            let times = &self.records[place];
            let at =
                times.get(counts[place]).or_else(|| times.last()).copied().unwrap_or(self.began);
            counts[place] += 1;
            self.clear.push(Chunk { at, from, octets });
        }
        if !self.clear.is_empty() {
            self.tls.hidden = false;
            self.tls.established = true;
        }
    }
}

fn first(values: &str) -> &str {
    values.split(',').next().unwrap_or_default()
}

fn list(values: &str) -> impl Iterator<Item = &str> {
    values.split(',').filter(|value| !value.is_empty())
}

fn address(v4: &str, v6: &str) -> String {
    first(if v4.is_empty() { v6 } else { v4 }).to_owned()
}

fn micros(seconds: &str) -> i64 {
    let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
    let fraction = format!("{fraction:0<6}");
    let whole: i64 = whole.parse().unwrap_or_default();
    whole.saturating_mul(1_000_000).saturating_add(
        fraction.get(..6).and_then(|digits| digits.parse().ok()).unwrap_or_default(),
    )
}

fn octets(digits: &str) -> Vec<u8> {
    let (pairs, _) = digits.as_bytes().as_chunks::<2>();
    let digit = |octet: u8| char::from(octet).to_digit(16);
    let pair = |pair: &[u8; 2]| u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).ok();
    pairs.iter().map_while(pair).collect()
}

/// The name of an alert (RFC 8446 §6).
fn alert(number: &str) -> String {
    let name = match number {
        "0" => "close notify",
        "10" => "unexpected message",
        "20" => "bad record MAC",
        "40" => "handshake failure",
        "42" => "bad certificate",
        "43" => "unsupported certificate",
        "44" => "certificate revoked",
        "45" => "certificate expired",
        "46" => "certificate unknown",
        "47" => "illegal parameter",
        "48" => "unknown CA",
        "49" => "access denied",
        "50" => "decode error",
        "51" => "decrypt error",
        "70" => "protocol version",
        "71" => "insufficient security",
        "80" => "internal error",
        "86" => "inappropriate fallback",
        "109" => "missing extension",
        "112" => "unrecognized name",
        "116" => "certificate required",
        "120" => "no application protocol",
        _ => return format!("number {number}"),
    };
    name.to_owned()
}
