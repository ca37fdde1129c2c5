//! The table of differences between the wanted and the received message.

use std::io::{self, Write};

use textual::invisible;
use verdict::Difference;

use crate::clip;
use crate::paint::Paint;

/// The longest value, in characters.
const VALUE: usize = 48;

/// Writes one line for each of `rows`, under a line of headings.
pub(crate) fn write(out: &mut dyn Write, rows: &[Difference], paint: Paint) -> io::Result<()> {
    let rows: Vec<[String; 4]> = rows.iter().map(cells).collect();
    let head = ["where", "wanted", "got", ""];
    let mut widths = head.map(str::len);
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let line = |cells: [&str; 4]| {
        let [place, wanted, got, why] = widths;
        let [a, b, c, d] = cells;
        format!("      {a:place$}  {b:wanted$}  {c:got$}  {d:why$}").trim_end().to_owned()
    };
    writeln!(out, "{}", paint.dim(&line(head)))?;
    for row in &rows {
        writeln!(out, "{}", line(row.each_ref().map(String::as_str)))?;
    }
    Ok(())
}

fn cells(row: &Difference) -> [String; 4] {
    let (wanted, got) = (invisible::value(&row.wanted), invisible::value(&row.got));
    let (wanted, got) = clip::pair(&wanted, &got, VALUE);
    [
        invisible::value(&row.place).into_owned(),
        wanted.into_owned(),
        got.into_owned(),
        row.why.clone(),
    ]
}
