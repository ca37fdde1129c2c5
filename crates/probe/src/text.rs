//! The report of a probe as text.

use std::fmt::Write as _;

use textual::invisible;

use crate::{
    Conclusion, Disagreement, ProbeReport, ProbeStep, Recognised, StepOutcome, StepReport, draft,
};

/// The width of a line of text.
const WIDTH: usize = 100;

/// Column of the text about a step.
const INDENT: usize = 31;

/// The report as text. `name` is the name of the drafted target file.
pub fn text(found: &ProbeReport, warnings: &[String], name: &str, has_colours: bool) -> String {
    let paint = Colours { on: has_colours };
    let mut out = format!("probe of {}\n", invisible::escape(&found.url));
    for warning in warnings {
        let _ = writeln!(out, "{}  {}", paint.yellow("warning"), invisible::escape(warning));
    }
    out.push('\n');
    for step in &found.steps {
        line(&mut out, step, paint);
    }
    disagreements(&mut out, found, paint);
    let Conclusion { engine, summary, because } = found.engine();
    if reached(found, ProbeStep::Features) {
        let _ =
            writeln!(out, "\n{}", paint.bold(&format!("engine  {}", invisible::escape(&summary))));
        for why in &because {
            folded(&mut out, "        ", &format!("because {}", invisible::escape(why)));
        }
        if let Recognised::Openfire(Some(known)) = &engine {
            match &known.domain {
                Some(domain) => {
                    let _ = writeln!(
                        out,
                        "        the hash covers the XMPP domain, so {domain} is right"
                    );
                }
                None => out.push_str("        the hash does not cover the XMPP domain\n"),
            }
            out.push_str("\nsettings that follow from the hash\n");
            for setting in &known.settings {
                let uccx = if setting.as_uccx { "as on UCCX" } else { "not as on UCCX" };
                let _ = writeln!(out, "  {:<45} {uccx}", setting.setting);
                let _ = writeln!(out, "      {}", paint.dim(setting.means));
            }
        }
    }
    if !found.nodes.is_empty() {
        out.push_str("\nnodes of [provides]\n");
        for (node, there) in &found.nodes {
            let _ = writeln!(
                out,
                "  {:<45} {}",
                invisible::escape(node),
                if *there { "there" } else { "no such node" }
            );
        }
    }
    if reached(found, ProbeStep::Upgrade) {
        let _ = writeln!(out, "\ndraft of a target file (--draft > targets/NAME.toml)\n");
        for row in draft(found, name).lines() {
            let _ = writeln!(out, "{}", format!("    {row}").trim_end());
        }
    }
    out
}

/// Where SystemInfo and the WebSocket say different things.
fn disagreements(out: &mut String, found: &ProbeReport, paint: Colours) {
    let all = found.disagreements();
    if !all.is_empty() {
        out.push_str("\nSystemInfo and WebSocket disagree\n");
    }
    for Disagreement { what, told, found, means } in &all {
        let told = invisible::escape(told);
        let _ = writeln!(out, "  {:<8}  SystemInfo tells {}", paint.yellow(what), told);
        let _ = writeln!(out, "  {:<8}  WebSocket  tells {}", "", invisible::escape(found));
        folded(out, "            ", &format!("means    {means}"));
    }
}

fn reached(found: &ProbeReport, stage: ProbeStep) -> bool {
    found.steps.iter().any(|step| step.stage == stage && step.outcome == StepOutcome::Ok)
}

fn line(out: &mut String, step: &StepReport, paint: Colours) {
    let word = match step.outcome {
        StepOutcome::Ok => "ok   ".to_owned(),
        StepOutcome::Broke => paint.red("BROKE"),
        StepOutcome::Skipped => "-    ".to_owned(),
    };
    let took = match step.outcome {
        StepOutcome::Skipped => String::new(),
        _ => format!("{} ms", step.took.as_millis()),
    };
    let mut said = invisible::escape(&step.said).into_owned();
    if step.outcome == StepOutcome::Skipped {
        said = paint.dim(&said);
    }
    let _ = writeln!(
        out,
        "{}",
        format!("  {word}  {:<10} {took:>9}  {said}", step.stage.word()).trim_end()
    );
    for (label, value) in &step.details {
        let _ = writeln!(
            out,
            "{:INDENT$}{} {}",
            "",
            paint.dim(&format!("{label:<8}")),
            invisible::escape(value)
        );
    }
    for look_at in &step.look_at {
        folded(
            out,
            &format!("{:INDENT$}", ""),
            &format!("look at  {}", invisible::escape(look_at)),
        );
    }
}

/// Folds a line between words; the other lines are indented deeper.
fn folded(out: &mut String, indent: &str, text: &str) {
    let mut row = String::new();
    let mut deeper = "";
    for word in text.split(' ') {
        if !row.is_empty()
            && indent.len() + deeper.len() + row.chars().count() + word.chars().count() >= WIDTH
        {
            let _ = writeln!(out, "{indent}{deeper}{row}");
            deeper = "         ";
            row.clear();
        }
        if !row.is_empty() {
            row.push(' ');
        }
        row.push_str(word);
    }
    let _ = writeln!(out, "{indent}{deeper}{row}");
}

/// Text in colours, or without.
#[derive(Clone, Copy)]
struct Colours {
    on: bool,
}

impl Colours {
    fn style(self, style: anstyle::Style, text: &str) -> String {
        if self.on { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    fn red(self, text: &str) -> String {
        self.style(anstyle::AnsiColor::Red.on_default().bold(), text)
    }

    fn yellow(self, text: &str) -> String {
        self.style(anstyle::AnsiColor::Yellow.on_default().bold(), text)
    }

    fn bold(self, text: &str) -> String {
        self.style(anstyle::Style::new().bold(), text)
    }

    fn dim(self, text: &str) -> String {
        self.style(anstyle::Style::new().dimmed(), text)
    }
}
