//! Each rule of RFC 6455 on frames, broken once on either side.

#![allow(clippy::unwrap_used, reason = "helpers of tests, too, fail by panic")]

use wire::{Assembler, CloseFrame, Frame, LengthForm, Message, Side, Violation, opcode};

const KEY: [u8; 4] = [1, 2, 3, 4];

/// The messages that a server receives in these frames, up to the first violation.
fn hear(frames: impl IntoIterator<Item = Frame>) -> Result<Vec<(Message, u32)>, Violation> {
    let mut assembler = Assembler::new(Side::Server, 1000);
    let mut heard = Vec::new();
    for frame in frames {
        heard.extend(assembler.feed(frame.masked(KEY))?);
    }
    Ok(heard)
}

fn part(fin: bool, opcode: u8, payload: impl Into<Vec<u8>>) -> Frame {
    Frame { fin, ..Frame::new(opcode, payload) }
}

#[test]
fn each_violation_has_its_name_and_its_close_code() {
    let text = |payload: &[u8]| Frame::new(opcode::TEXT, payload);
    let close = |payload: &[u8]| Frame::new(opcode::CLOSE, payload);
    let first = || part(false, opcode::TEXT, "a");
    let rest = |payload: &[u8]| Frame::new(opcode::CONTINUATION, payload);
    let table: Vec<(Vec<Frame>, Violation, u16)> = vec![
        (vec![Frame { rsv: 4, ..text(b"x") }], Violation::ReservedBits(4), 1002),
        (vec![Frame { rsv: 1, ..Frame::new(opcode::PING, "") }], Violation::ReservedBits(1), 1002),
        (vec![Frame::new(3, "")], Violation::ReservedOpcode(3), 1002),
        (vec![Frame::new(7, "")], Violation::ReservedOpcode(7), 1002),
        (vec![Frame::new(0xB, "")], Violation::ReservedOpcode(0xB), 1002),
        (vec![Frame::new(0xF, "")], Violation::ReservedOpcode(0xF), 1002),
        (
            vec![Frame { length: LengthForm::Sixteen, ..text(b"x") }],
            Violation::LengthNotMinimal,
            1002,
        ),
        (
            vec![Frame { length: LengthForm::SixtyFour, ..text(&[b'x'; 200]) }],
            Violation::LengthNotMinimal,
            1002,
        ),
        (vec![Frame::new(opcode::PING, [0; 126])], Violation::ControlTooLong, 1002),
        (vec![close(&[3; 126])], Violation::ControlTooLong, 1002),
        (vec![part(false, opcode::PING, "x")], Violation::ControlFragmented, 1002),
        (vec![rest(b"x")], Violation::UnexpectedContinuation, 1002),
        (vec![text(b"x"), rest(b"x")], Violation::UnexpectedContinuation, 1002),
        (vec![first(), text(b"b")], Violation::ExpectedContinuation, 1002),
        (vec![first(), Frame::new(opcode::BINARY, "b")], Violation::ExpectedContinuation, 1002),
        (vec![text(b"\xff")], Violation::InvalidUtf8, 1007),
        (vec![text(b"\xc3")], Violation::InvalidUtf8, 1007),
        (vec![part(false, opcode::TEXT, b"\xed\xa0")], Violation::InvalidUtf8, 1007),
        (vec![part(false, opcode::TEXT, b"\xc3"), rest(b"x")], Violation::InvalidUtf8, 1007),
        (vec![part(false, opcode::TEXT, b"\xc3"), rest(b"")], Violation::InvalidUtf8, 1007),
        (vec![text(&[b'x'; 1001])], Violation::MessageTooBig, 1009),
        (
            vec![part(false, opcode::BINARY, [0; 600]), rest(&[0; 600])],
            Violation::MessageTooBig,
            1009,
        ),
        (vec![close(b""), text(b"x")], Violation::DataAfterClose, 1002),
        (vec![close(b"\x03")], Violation::CloseTooShort, 1002),
        (vec![close(&1005u16.to_be_bytes())], Violation::CloseCodeInvalid(1005), 1002),
        (vec![close(&999u16.to_be_bytes())], Violation::CloseCodeInvalid(999), 1002),
        (vec![close(b"\x03\xe8\xff")], Violation::CloseReasonNotUtf8, 1007),
    ];
    for (frames, violation, code) in table {
        assert_eq!(hear(frames.clone()), Err(violation), "{frames:?}");
        assert_eq!(violation.close_code(), code, "{violation}");
    }
}

#[test]
fn each_side_wants_its_masks() {
    let clear = Frame::new(opcode::TEXT, "x");
    let masked = clear.clone().masked(KEY);
    assert_eq!(Assembler::new(Side::Server, 9).feed(clear.clone()), Err(Violation::Unmasked));
    assert_eq!(Assembler::new(Side::Client, 9).feed(masked.clone()), Err(Violation::Masked));
    let heard = Ok(Some((Message::Text("x".to_owned()), 1)));
    assert_eq!(Assembler::new(Side::Server, 9).feed(masked), heard);
    assert_eq!(Assembler::new(Side::Client, 9).feed(clear), heard);
}

#[test]
fn control_frames_pass_between_fragments() {
    let heard = hear([
        part(false, opcode::TEXT, b"<a>\xc3"),
        Frame::new(opcode::PING, "1"),
        part(false, opcode::CONTINUATION, ""),
        Frame::new(opcode::PONG, "2"),
        part(true, opcode::CONTINUATION, b"\xa4</a>"),
        Frame::new(opcode::CLOSE, CloseFrame::new(1000, "bye").payload()),
        Frame::new(opcode::PING, "still allowed"),
    ]);
    let wanted = vec![
        (Message::Ping(b"1".to_vec()), 1),
        (Message::Pong(b"2".to_vec()), 1),
        (Message::Text("<a>ä</a>".to_owned()), 3),
        (Message::Close(Some(CloseFrame::new(1000, "bye"))), 1),
        (Message::Ping(b"still allowed".to_vec()), 1),
    ];
    assert_eq!(heard, Ok(wanted));
}

#[test]
fn a_close_frame_may_come_amid_a_message() {
    let mut assembler = Assembler::new(Side::Client, 9);
    assert_eq!(assembler.feed(part(false, opcode::TEXT, "x")), Ok(None));
    assert!(assembler.is_amid_message());
    assert_eq!(assembler.feed(Frame::new(opcode::CLOSE, "")), Ok(Some((Message::Close(None), 1))));
    assert_eq!(
        assembler.feed(part(true, opcode::CONTINUATION, "y")),
        Err(Violation::DataAfterClose)
    );
}

#[test]
fn a_hundred_thousand_fragments_are_one_message() {
    let last = part(true, opcode::CONTINUATION, "");
    let mut assembler = Assembler::new(Side::Client, 100_000);
    assert_eq!(assembler.feed(part(false, opcode::TEXT, "x")), Ok(None));
    for _ in 0..99_998 {
        assert_eq!(assembler.feed(part(false, opcode::CONTINUATION, "x")), Ok(None));
    }
    assert_eq!(assembler.feed(last), Ok(Some((Message::Text("x".repeat(99_999)), 100_000))));
}
