//! The legend: the meaning of each verdict and of each end of connections.

use verdict::{CloseAxis, Verdict};

use super::escape::text;

/// Two lists of words and meanings.
pub(super) fn legend() -> String {
    let verdicts = Verdict::ALL.map(|verdict| (verdict.word(), verdict.meaning()));
    let ends = CloseAxis::ALL.map(|axis| (axis.word(), axis.meaning()));
    let badge = |word: &str| format!("<span class=\"badge {word}\">{word}</span>");
    let end = |word: &str| format!("ended {word}");
    format!("{}<h3>Ends of connections</h3>\n{}", list(&verdicts, badge), list(&ends, end))
}

fn list(words: &[(&str, &str)], shown: impl Fn(&str) -> String) -> String {
    let rows: String = words
        .iter()
        .map(|(word, meaning)| format!("<dt>{}</dt><dd>{}</dd>\n", shown(word), text(meaning)))
        .collect();
    format!("<dl class=\"facts\">{rows}</dl>\n")
}
