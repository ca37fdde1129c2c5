//! Properties of parser and printers, over generated trees and texts.

mod near_xml;
mod oracle;
mod round_trip;
