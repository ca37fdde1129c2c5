//! The red cases of a run, each with the explanation of its conversation.

use crate::explanation::Explanation;

/// A run, as far as it is explained.
#[derive(Debug, Clone)]
pub struct Run {
    /// The report's file.
    pub file: String,
    pub target: String,
    /// Number of cases, red or not.
    pub cases: usize,
    /// The red ones.
    pub red: Vec<RedCase>,
}

/// A red case.
#[derive(Debug, Clone)]
pub struct RedCase {
    /// `area/slug`.
    pub id: String,
    pub verdict: String,
    /// The claim of the case.
    pub claim: String,
    /// Why it is red, in one line.
    pub result: String,
    /// The conversation explained, or why there is nothing to explain.
    pub explanation: Result<Explanation, String>,
}

impl Run {
    /// The result of the run, in one line.
    pub fn words(&self) -> String {
        let Self { target, cases, red, .. } = self;
        let cases = if *cases == 1 { "1 case".to_owned() } else { format!("{cases} cases") };
        match red.len() {
            0 => format!("a run against {target}: none of {cases} is red"),
            1 => format!("a run against {target}: 1 of {cases} is red"),
            red => format!("a run against {target}: {red} of {cases} are red"),
        }
    }
}
