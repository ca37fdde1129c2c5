//! Diagnostics as text: header, place, excerpt, repair.

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use textual::invisible::{is_invisible, lines, push_escaped};

use crate::{Diagnostic, Severity, Span};

/// Renders diagnostics, with an empty line between two; `color` adds ANSI escapes.
pub fn render(diagnostics: &[Diagnostic], color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let mut out = String::new();
    for diagnostic in diagnostics {
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&renderer.render(&[group(diagnostic)]));
        out.push('\n');
    }
    out
}

fn group(diagnostic: &Diagnostic) -> Group<'_> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let source = &diagnostic.source;
    let path = source.path.display().to_string().replace('\\', "/");
    let title = level.primary_title(lines(&diagnostic.message)).id(diagnostic.code.name());
    let mut group = if source.text.is_empty() {
        // A file that could not be read has no text to show.
        title.element(Origin::path(path))
    } else {
        let primary = AnnotationKind::Primary
            .span(inside(&source.text, &diagnostic.span))
            .label(lines(&diagnostic.label));
        let others = diagnostic.secondary.iter().map(|(span, label)| {
            AnnotationKind::Context.span(inside(&source.text, span)).label(lines(label))
        });
        title.element(
            Snippet::source(visible(&source.text))
                .path(path)
                .annotation(primary)
                .annotations(others),
        )
    };
    for note in &diagnostic.notes {
        group = group.element(Level::NOTE.message(lines(note)));
    }
    for help in &diagnostic.help {
        group = group.element(Level::HELP.message(lines(help)));
    }
    group
}

/// The excerpt as it is shown. Controls are left to the renderer, which has pictures for them.
fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_invisible(c) && !c.is_control() { push_escaped(&mut out, c) } else { out.push(c) }
    }
    out
}

/// The span as it is shown, cut to the text and to whole characters, so that no excerpt can be out
/// of bounds.
fn inside(text: &str, span: &Span) -> Span {
    let start = text.floor_char_boundary(span.start.min(text.len()));
    let end = text.ceil_char_boundary(span.end.clamp(start, text.len()));
    let from = visible(&text[..start]).len();
    from..from + visible(&text[start..end]).len()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::Arc;

    use crate::{Source, parse_body, render};

    #[test]
    fn what_cannot_be_seen_is_shown_and_the_place_stays_right() {
        let text = "a -> [text \"\u{61c}\u{3164}\"] x\u{202e}\n".to_owned();
        let source = Arc::new(Source { path: PathBuf::from("a.case"), text });
        let rendered = render(&parse_body(source).unwrap_err(), false);
        assert!(rendered.contains(r#"a -> [text "\u{61c}\u{3164}"] x\u{202e}"#), "{rendered}");
        assert!(!rendered.contains(['\u{61c}', '\u{3164}', '\u{202e}', '\u{fffd}']), "{rendered}");
    }
}
