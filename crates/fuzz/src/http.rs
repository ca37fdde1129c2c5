//! Heads and bodies of HTTP (RFC 9112), and the answer to an upgrade.

use wire::handshake::{check_response, client_request};
use wire::http::{request_body, response_body};
use wire::{
    BodyError, BodyKind, BodyReader, Extension, Inflater, MAX_BODY, RequestHead, ResponseHead,
};

/// Reads `data` as request and as response.
pub fn run(data: &[u8]) {
    if let Ok(Some((head, used))) = RequestHead::parse(data) {
        assert!(RequestHead::parse(&data[..used - 1]).is_ok_and(|head| head.is_none()));
        let again = RequestHead::parse(&head.to_bytes());
        assert_eq!(again.expect("a head that was written").expect("a whole head").0, head);
        let _ = Extension::list(&head.headers);
        body(request_body(&head), &data[used..]);
    }
    if let Ok(Some((head, used))) = ResponseHead::parse(data) {
        assert!(ResponseHead::parse(&data[..used - 1]).is_ok_and(|head| head.is_none()));
        let again = ResponseHead::parse(&head.to_bytes());
        assert_eq!(again.expect("a head that was written").expect("a whole head").0, head);
        let request = client_request("localhost", 8445, "/ws/", "dGhlIHNhbXBsZSBub25jZQ==");
        let _ = check_response(&request, &head);
        let _ = Inflater::agreed(&head.headers);
        body(response_body(&head, "GET"), &data[used..]);
    }
}

/// A body is read the same however it is cut.
fn body(kind: BodyKind, octets: &[u8]) {
    let read = |pieces: usize| -> Result<(Vec<u8>, usize, bool), BodyError> {
        let mut reader = BodyReader::new(kind)?;
        let mut used = 0;
        for piece in octets.chunks(pieces.max(1)) {
            used += reader.push(piece)?;
        }
        assert!(reader.body().len() <= MAX_BODY);
        let complete = reader.is_complete();
        let _ = reader.end();
        Ok((reader.body().to_vec(), used, complete))
    };
    assert_eq!(read(octets.len()), read(1));
}
