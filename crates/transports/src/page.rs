//! The figures as a page: the table, and a picture of each way on one time line. No scripts,
//! nothing from elsewhere, light and dark, for any width.

use std::time::Duration;

use stanza::escape;

use crate::figures::{Crowd, Figures, Measured, shown};
use crate::picture::{Window, picture};

const STYLE: &str = include_str!("page.css");

/// The page.
#[must_use]
pub fn page(figures: &Figures) -> String {
    let crowds: String = figures.crowds.iter().map(table).collect();
    let pictures = figures.crowds.iter().min_by_key(|crowd| crowd.agents).map(pictures);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; \
         style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n\
         <link rel=\"icon\" href=\"data:,\">\n<title>What each way costs</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>What each way costs</h1>\n\
         <p>One seeded day (seed {}) of agents and calls, heard by each way in turn. All figures are \
         measured; octets are those on the TCP streams, TLS included.</p>\n{crowds}{}</main>\n\
         </body>\n</html>\n",
        figures.seed,
        pictures.unwrap_or_default()
    )
}

/// The figures for one number of agents.
fn table(crowd: &Crowd) -> String {
    let heads: String =
        Figures::columns().iter().map(|name| format!("<th scope=\"col\">{name}</th>")).collect();
    let rows: String = crowd
        .ways
        .iter()
        .map(|measured| {
            let cells = crowd.cells(measured);
            let cells: String =
                cells.iter().map(|cell| format!("<td>{}</td>", escape::text(cell))).collect();
            let way = measured.way.to_string();
            format!("<tr><th scope=\"row\">{}</th>{cells}</tr>\n", escape::text(&way))
        })
        .collect();
    format!(
        "<h2>{}</h2>\n<div class=\"wide\" role=\"region\" aria-label=\"Figures\" tabindex=\"0\">\n\
         <table>\n<thead><tr><td></td>{heads}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n\
         </div>\n",
        escape::text(&crowd.title())
    )
}

/// The pictures of all ways, which show the same stretch of the day.
fn pictures(crowd: &Crowd) -> String {
    let window = Window::busiest(crowd);
    let figures: String = crowd.ways.iter().map(|measured| figure(measured, window)).collect();
    format!(
        "<h2>One agent, from {} to {} of the day</h2>\n<p>Time goes from left to right, the client is \
         above and the server below.</p>\n<ul class=\"legend\">\n\
         <li><i class=\"connection\"></i>a connection is open</li>\n\
         <li><i class=\"request\"></i>a request and its answer</li>\n\
         <li><i class=\"waiting\"></i>a request waits for its answer</li>\n\
         <li><i class=\"heard\"></i>a change, until the client knows of it</li>\n\
         <li><i class=\"missed\"></i>a change that the client never sees</li>\n</ul>\n{figures}",
        shown(window.from),
        shown(window.to)
    )
}

fn figure(measured: &Measured, window: Window) -> String {
    let way = measured.way.to_string();
    let inside = measured.fates.iter().filter(|fate| window.has(fate.at));
    let (heard, all) = inside
        .fold((0, 0), |(heard, all), fate| (heard + usize::from(fate.heard.is_some()), all + 1));
    let slowest = measured.fates.iter().filter(|fate| window.has(fate.at));
    let slowest = slowest.filter_map(|fate| Some(fate.heard?.saturating_sub(fate.at))).max();
    let latest = slowest.map_or_else(String::new, |slowest: Duration| {
        format!(", the latest after {}", shown(slowest))
    });
    let caption = format!("{heard} of {all} changes heard{latest}");
    format!(
        "<figure>\n<figcaption><strong>{}</strong> {}</figcaption>\n{}</figure>\n",
        escape::text(&way),
        escape::text(&caption),
        picture(measured, window, &format!("{way}: {caption}"))
    )
}
