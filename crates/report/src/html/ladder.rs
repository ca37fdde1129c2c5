//! A transcript as a ladder: a lifeline for each connection and for the server, an arrow for each
//! message.
//!
//! Each message is in the page once. The script makes the text of the transcript from the ladder.
//! Values that differ from case to case, such as times, have lines of their own (`pool.rs`).

use transcript::Side;
use verdict::{LineKind, TranscriptLine};

use super::escape::{marked, text};

/// Longer messages are folded to their beginning; in characters.
const SHORT: usize = 88;

/// The ladder as HTML.
pub(super) fn ladder(said: &[TranscriptLine]) -> String {
    let mut lanes: Vec<&str> = Vec::new();
    for one in said {
        if !lanes.contains(&one.conn.as_str()) {
            lanes.push(&one.conn);
        }
    }
    let lives: String = (0..lanes.len())
        .map(|lane| {
            format!("<i class=\"life\" style=\"left:calc(var(--when) + {lane} * var(--gap))\"></i>")
        })
        .collect();
    let names: String = lanes.iter().map(|lane| format!("<b>{}</b> ", text(lane))).collect();
    // The transcript puts unclaimed lines at the end of the case; the ladder orders them by time.
    let mut in_time: Vec<&TranscriptLine> = said.iter().collect();
    in_time.sort_by_key(|one| one.micros);
    let rows: String = in_time.into_iter().map(|one| row(one, &lanes)).collect();
    format!(
        "<div class=\"ladder\">{lives}<i class=\"life\" style=\"right:0\"></i><div class=\"ends\" aria-hidden=\"true\"><span>{names}</span><span>server</span></div>\n<ol>{rows}</ol></div>\n"
    )
}

fn row(said: &TranscriptLine, lanes: &[&str]) -> String {
    let lane = lanes.iter().position(|lane| *lane == said.conn).unwrap_or_default();
    let lane = if lane == 0 { String::new() } else { format!(" style=\"--lane:{lane}\"") };
    let (side, direction) = match said.who {
        Side::Client => ("c", "to the server"),
        Side::Server => ("s", "from the server"),
    };
    let kind = match said.kind {
        LineKind::Connect => " connect",
        LineKind::End => " end",
        LineKind::Http | LineKind::Text | LineKind::Frame => "",
    };
    let unclaimed = if said.claimed { "" } else { " un" };
    let mut meta = vec![direction.to_owned()];
    if lanes.len() > 1 {
        meta.insert(0, text(&said.conn));
    }
    meta.push(said.step.map_or_else(|| "at the end".to_owned(), |step| format!("step {step}")));
    if said.octets > 0 {
        meta.push(format!("{} octets", said.octets));
    }
    match (said.timer, said.claimed) {
        (true, _) => meta.push("by timer".to_owned()),
        (false, false) => meta.push("unclaimed".to_owned()),
        (false, true) => {}
    }
    format!(
        "<li class=\"{side}{kind}{unclaimed}\"{lane}>\n<i>{}</i>\n{}\n<small>{}</small></li>\n",
        seconds(said.micros),
        what(said),
        meta.join(" · ")
    )
}

fn what(said: &TranscriptLine) -> String {
    let first = said.text.lines().next().unwrap_or_default();
    if said.text.chars().count() <= SHORT && !said.text.contains('\n') {
        return format!("<code>{}</code>", marked(first));
    }
    let beginning: String = first.chars().take(SHORT).collect();
    format!(
        "<details><summary><code>{}…</code></summary><pre>{}</pre></details>",
        marked(&beginning),
        marked(&in_full(said))
    )
}

/// A stanza as an indented tree; other lines unchanged, and so is a stanza of such depth that its
/// tree would be mostly indentation. Line feeds in its text end lines here too, and are shown: many
/// events differ in few lines, and the page has each line once.
fn in_full(said: &TranscriptLine) -> String {
    let tree = match said.kind {
        LineKind::Text => stanza::parse(&said.text).ok().map(|element| stanza::pretty(&element)),
        _ => None,
    };
    let tree = tree.filter(|tree| tree.len() <= 4 * said.text.len());
    tree.as_ref().unwrap_or(&said.text).replace("\\n", "\\n\n")
}

fn seconds(micros: u64) -> String {
    format!("{:.4} s", micros as f64 / 1_000_000.0)
}

#[cfg(test)]
mod tests {
    use super::super::pool::Pool;
    use super::*;

    /// The ladder of an event, whose text has line feeds.
    fn event(state: &str) -> String {
        let text = format!(
            "<message><body>&lt;user&gt;\\n  &lt;id&gt;1001&lt;/id&gt;\\n  \
             &lt;name&gt;Ann&lt;/name&gt;\\n  &lt;team&gt;1&lt;/team&gt;\\n  \
             &lt;state&gt;{state}&lt;/state&gt;\\n&lt;/user&gt;</body></message>"
        );
        ladder(&[TranscriptLine {
            conn: "agent".to_owned(),
            who: Side::Server,
            step: Some(1),
            micros: 1,
            octets: 1,
            claimed: true,
            timer: false,
            kind: LineKind::Text,
            text,
        }])
    }

    #[test]
    fn events_that_differ_in_one_line_share_the_others() {
        let mut pool = Pool::default();
        pool.add(&event("READY"));
        let before = pool.script().len();
        pool.add(&event("NOT_READY"));
        let added = pool.script().len() - before;
        assert!(added < "  &lt;state&gt;NOT_READY&lt;/state&gt;".len() * 2, "{added}");
    }
}
