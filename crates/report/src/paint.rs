//! Text in colours, or without.

use anstyle::{AnsiColor, Style};
use verdict::Verdict;

/// Applies a style to text if colours are on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paint {
    on: bool,
}

impl Paint {
    /// A painter with or without colours.
    pub(crate) fn new(on: bool) -> Self {
        Self { on }
    }

    /// Whether colours are used.
    pub(crate) fn is_on(self) -> bool {
        self.on
    }

    /// `text` in `style`. Pad first: the escapes have no width on the screen, but they do in a
    /// format string.
    pub(crate) fn style(self, style: Style, text: &str) -> String {
        if self.on && !text.is_empty() {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }

    /// `text` in bold.
    pub(crate) fn bold(self, text: &str) -> String {
        self.style(Style::new().bold(), text)
    }

    /// `text` dimmed.
    pub(crate) fn dim(self, text: &str) -> String {
        self.style(Style::new().dimmed(), text)
    }

    /// `text` as a warning.
    pub(crate) fn warning(self, text: &str) -> String {
        self.style(AnsiColor::Yellow.on_default().bold(), text)
    }

    /// `text` as an error.
    pub(crate) fn wrong(self, text: &str) -> String {
        self.style(AnsiColor::Red.on_default(), text)
    }

    /// `text` in the colour of `verdict`.
    pub(crate) fn verdict(self, verdict: Verdict, text: &str) -> String {
        let style = match verdict {
            Verdict::Pass => AnsiColor::Green.on_default(),
            Verdict::Fail | Verdict::Error | Verdict::UnexpectedPass => {
                AnsiColor::Red.on_default().bold()
            }
            Verdict::Drift | Verdict::NonStrict | Verdict::Flaky => AnsiColor::Yellow.on_default(),
            Verdict::Blocked => AnsiColor::Magenta.on_default(),
            Verdict::Info | Verdict::Unsupported | Verdict::Expected => {
                AnsiColor::Cyan.on_default()
            }
        };
        self.style(style, text)
    }
}
