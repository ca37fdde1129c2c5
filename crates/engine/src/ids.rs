//! Identifiers that the server makes up, in the forms that it shows on the wire.

use contact::Chance;

/// A stream id: 50 bits in base 36, at most 10 characters (Openfire's form, recorded: first_*).
pub(crate) fn stream_id(chance: &mut Chance) -> String {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let mut number = chance.between(0, 1 << 50);
    let mut digits = Vec::with_capacity(10);
    loop {
        let digit = usize::try_from(number % 36).unwrap_or(0);
        digits.push(char::from(DIGITS[digit]));
        number /= 36;
        if number == 0 {
            break;
        }
    }
    digits.iter().rev().collect()
}

/// `length` letters and digits: 8 make a message id, 40 a subscription id, 15 an instant node
/// (recorded).
pub(crate) fn alphanumeric(chance: &mut Chance, length: usize) -> String {
    const ALPHABET: &[u8; 62] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let mut id = String::with_capacity(length);
    for _ in 0..length {
        let index = usize::try_from(chance.between(0, 62)).unwrap_or(0);
        id.push(char::from(ALPHABET[index]));
    }
    id
}

/// A UUID, version 4 (RFC 9562 §5.4).
pub(crate) fn uuid(chance: &mut Chance) -> String {
    let [high, low] = [chance.bits(), chance.bits()];
    let version = high & !0xf000 | 0x4000;
    let variant = low & !(0b11 << 62) | 0b10 << 62;
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        version >> 32,
        version >> 16 & 0xffff,
        version & 0xffff,
        variant >> 48,
        variant & 0xffff_ffff_ffff
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stream_ids_have_the_recorded_form_and_differ() {
        let mut chance = Chance::new(1);
        let first = stream_id(&mut chance);
        assert!((1..=10).contains(&first.len()));
        assert!(first.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()));
        assert_ne!(first, stream_id(&mut chance));
    }

    #[test]
    fn a_uuid_says_its_version_and_variant() {
        let text = uuid(&mut Chance::new(1));
        let parts: Vec<&str> = text.split('-').collect();
        assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        assert!(parts[2].starts_with('4') && parts[3].starts_with(['8', '9', 'a', 'b']), "{text}");
    }
}
