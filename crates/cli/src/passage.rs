//! Generated passages of Markdown files, between `<!-- made from WHAT -->` and `<!-- end -->`.

/// The beginning of a passage's first line.
const BEGIN: &str = "<!-- made from ";
/// The end of that line.
const CLOSE: &str = " -->";
/// The last line of a passage.
const END: &str = "<!-- end -->";

/// Why a document cannot be updated.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PassageError {
    /// A passage without an end.
    #[error("line {line}: `{BEGIN}{what}{CLOSE}` has no `{END}`")]
    Open {
        /// Line of the mark, from 1.
        line: usize,
        /// The source in the mark: `clients`, `file PATH`, …
        what: String,
    },
    /// The content of a passage cannot be generated.
    #[error("line {line}: `{what}`: {why}")]
    Source {
        /// Line of the mark, from 1.
        line: usize,
        /// The source in the mark: `clients`, `file PATH`, …
        what: String,
        /// The error of the generator.
        why: String,
    },
}

/// The text with all passages updated; `make` generates the content for a source.
///
/// # Errors
///
/// A passage does not end, or cannot be generated.
pub fn made_anew(
    text: &str,
    make: impl Fn(&str) -> Result<String, String>,
) -> Result<String, PassageError> {
    let mut anew = String::with_capacity(text.len());
    let mut lines = text.split_inclusive('\n').enumerate();
    while let Some((index, line)) = lines.next() {
        anew.push_str(line);
        let Some(what) = line.trim().strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(CLOSE))
        else {
            continue;
        };
        let (line, what) = (index + 1, what.to_owned());
        let Some((_, end)) = lines.find(|(_, line)| line.trim() == END) else {
            return Err(PassageError::Open { line, what });
        };
        let made = make(&what).map_err(|why| PassageError::Source { line, what, why })?;
        anew.push_str(made.trim_end());
        anew.push('\n');
        anew.push_str(end);
    }
    Ok(anew)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn make(what: &str) -> Result<String, String> {
        if what == "nothing" { Err("there is none".to_owned()) } else { Ok(what.to_uppercase()) }
    }

    #[test]
    fn what_stands_between_marks_is_replaced_and_nothing_else() {
        let text = "a\n<!-- made from b -->\nold\nolder\n<!-- end -->\nc\n<!-- made from d -->\n<!-- end -->";
        let anew =
            "a\n<!-- made from b -->\nB\n<!-- end -->\nc\n<!-- made from d -->\nD\n<!-- end -->";
        assert_eq!(made_anew(text, make).as_deref(), Ok(anew));
        assert_eq!(made_anew(anew, make).as_deref(), Ok(anew));
    }

    #[test]
    fn mistakes_have_a_line() {
        let open = made_anew("a\n<!-- made from b -->\nc", make).unwrap_err();
        assert_eq!(open.to_string(), "line 2: `<!-- made from b -->` has no `<!-- end -->`");
        let none = made_anew("<!-- made from nothing -->\n<!-- end -->\n", make).unwrap_err();
        assert_eq!(none.to_string(), "line 1: `nothing`: there is none");
    }
}
