//! Texts of one line: faults, patterns of messages, ranges of accounts.

use finesse_fake::{Fault, Pattern, UserRange};

/// Reads `data`, if it is text, as each of them.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    match text.parse::<Fault>() {
        Ok(fault) => {
            let printed = fault.to_string();
            assert_eq!(printed.parse::<Fault>().ok(), Some(fault.clone()), "{printed}");
            assert!(!fault.describe().is_empty());
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    match text.parse::<Pattern>() {
        Ok(pattern) => {
            assert_eq!(pattern.to_string().parse::<Pattern>().ok(), Some(pattern.clone()));
            // A prefix that was never declared is let pass by none but the fake's own reading of
            // messages.
            let _ = pattern.fits(text.trim());
            assert!(!pattern.fits(""));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    match text.parse::<UserRange>() {
        Ok(range) => assert!(range.names().take(100).all(|name| !name.is_empty())),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
