//! Lines and columns of offsets.

/// A line and a column, as editors count them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl Position {
    /// The position of an offset in octets. One inside of a character counts as its beginning, one
    /// behind the text as its end.
    pub fn of(text: &str, offset: usize) -> Self {
        let before = &text[..text.floor_char_boundary(offset)];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Self {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_from_one() {
        let text = "aé\n\nb";
        let of = |offset| {
            let Position { line, column } = Position::of(text, offset);
            (line, column)
        };
        assert_eq!([of(0), of(1), of(2), of(3)], [(1, 1), (1, 2), (1, 2), (1, 3)]);
        assert_eq!([of(4), of(5), of(6), of(99)], [(2, 1), (3, 1), (3, 2), (3, 2)]);
    }
}
