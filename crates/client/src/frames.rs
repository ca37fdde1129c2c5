//! Messages in frames that break RFC 6455, for the faults that write such.

use tokio_tungstenite::tungstenite::Error as Failure;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use crate::Fault;

/// The mask of every such frame.
const MASK: [u8; 4] = [9, 7, 5, 3];

/// The octets of a text message, as a fault writes it; none without such a fault.
pub(crate) fn written(text: &str, fault: Option<Fault>) -> Option<Result<Vec<u8>, Failure>> {
    let octets = match fault? {
        Fault::UnmaskedFrames => octets(frame(text.as_bytes(), Data::Text, true, false)),
        Fault::BinaryMessages => octets(frame(text.as_bytes(), Data::Binary, true, true)),
        Fault::OpenEnded => octets(frame(text.as_bytes(), Data::Text, false, true)),
        Fault::ReservedBits => {
            let mut frame = frame(text.as_bytes(), Data::Text, true, true);
            frame.header_mut().rsv1 = true;
            octets(frame)
        }
        Fault::TypedFragments => {
            let (first, second) = text.as_bytes().split_at(text.len() / 2);
            let first = octets(frame(first, Data::Text, false, true));
            let second = octets(frame(second, Data::Text, true, true));
            first.and_then(|first| Ok([first, second?].concat()))
        }
        Fault::LongLengths => octets(frame(text.as_bytes(), Data::Text, true, true)).map(long),
        _ => return None,
    };
    Some(octets)
}

fn frame(payload: &[u8], kind: Data, is_last: bool, is_masked: bool) -> Frame {
    let mut frame = Frame::message(payload.to_vec(), OpCode::Data(kind), is_last);
    frame.header_mut().mask = is_masked.then_some(MASK);
    frame
}

fn octets(frame: Frame) -> Result<Vec<u8>, Failure> {
    let mut octets = Vec::new();
    frame.format(&mut octets)?;
    Ok(octets)
}

/// The same frame with its length in 64 bits, which an `<open/>` never needs.
fn long(octets: Vec<u8>) -> Vec<u8> {
    let (length, behind) = match octets[1] & 0x7F {
        126 => (u64::from(u16::from_be_bytes([octets[2], octets[3]])), 4),
        127 => return octets,
        short => (u64::from(short), 2),
    };
    let mut long = vec![octets[0], octets[1] | 0x7F];
    long.extend_from_slice(&length.to_be_bytes());
    long.extend_from_slice(&octets[behind..]);
    long
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_written_longer_than_need_be() {
        let octets = written("abc", Some(Fault::LongLengths)).expect("a fault of frames");
        let octets = octets.expect("a frame");
        assert_eq!(octets[..10], [0x81, 0xFF, 0, 0, 0, 0, 0, 0, 0, 3]);
        assert_eq!(octets.len(), 10 + 4 + 3);
        assert!(written("abc", Some(Fault::NoPings)).is_none());
    }
}
