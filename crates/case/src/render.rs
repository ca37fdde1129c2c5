//! Diagnostics as text: header, place, excerpt, repair.

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use crate::{Diagnostic, Severity, Span};

/// Writes them one after the other, with an empty line between; `color` adds ANSI escapes.
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
    let title = level.primary_title(&diagnostic.message).id(diagnostic.code.name());
    let mut group = if source.text.is_empty() {
        // A file that could not be read has no text to show.
        title.element(Origin::path(path))
    } else {
        let primary = AnnotationKind::Primary
            .span(inside(&source.text, &diagnostic.span))
            .label(&diagnostic.label);
        let others = diagnostic.secondary.iter().map(|(span, label)| {
            AnnotationKind::Context.span(inside(&source.text, span)).label(label)
        });
        title.element(
            Snippet::source(&source.text).path(path).annotation(primary).annotations(others),
        )
    };
    for note in &diagnostic.notes {
        group = group.element(Level::NOTE.message(note));
    }
    for help in &diagnostic.help {
        group = group.element(Level::HELP.message(help));
    }
    group
}

/// The span cut to the text and to whole characters, so that no excerpt can be out of bounds.
fn inside(text: &str, span: &Span) -> Span {
    let start = text.floor_char_boundary(span.start.min(text.len()));
    let end = text.ceil_char_boundary(span.end.clamp(start, text.len()));
    start..end
}
