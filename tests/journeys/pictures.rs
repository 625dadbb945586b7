//! The README's pictures are the real screens: drawn from the cells of a journey, and held to what lies under `assets`.
//!
//! `MOBPROC_DRAW=1 cargo test --test journeys pictures` draws them anew.

use std::fmt::Write;
use std::path::Path;

use mobproc::app::Step;
use mobproc::app::submit::Phase;
use mobproc::view::theme::Theme;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

use super::harness::Harness;

/// The width and height of a cell, and the margin around all of them.
const CELL: (f32, f32) = (8.0, 18.0);
const MARGIN: f32 = 8.0;

/// Readable on light pages and dark ones: the picture follows the reader's choice.
const STYLE: &str = "\
text { font: 13.3px ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; white-space: pre; fill: #1b1b1b; }
.paper { fill: #fbfbf9; } .ink { fill: #1b1b1b; } .r { fill: #fbfbf9; } .b { font-weight: bold; }
.c1 { fill: #b3161f; } .c5 { fill: #8a1a8f; } .cursor { fill: none; stroke: #1b1b1b; }
@media (prefers-color-scheme: dark) {
text { fill: #dddddd; } .paper { fill: #16181a; } .ink { fill: #dddddd; } .r { fill: #16181a; }
.c1 { fill: #ff7b72; } .c5 { fill: #e28be8; } .cursor { stroke: #dddddd; }
}";

/// How a cell looks, as classes of the picture.
fn classes(cell: &Cell) -> String {
    let mut all = Vec::new();
    if cell.modifier.contains(Modifier::REVERSED) {
        all.push("r".to_owned());
    }
    if cell.modifier.contains(Modifier::BOLD) {
        all.push("b".to_owned());
    }
    if let Color::Indexed(index) = cell.fg {
        all.push(format!("c{index}"));
    }
    all.join(" ")
}

/// Stretches of a row that look alike: the first column, how many, how they look, what they say.
fn runs(buffer: &Buffer, y: u16) -> Vec<(u16, u16, String, String)> {
    let mut out: Vec<(u16, u16, String, String)> = Vec::new();
    let mut x = 0;
    while x < buffer.area.width {
        let cell = &buffer[(x, y)];
        let (width, how) = ((cell.symbol().width() as u16).max(1), classes(cell));
        match out.last_mut() {
            Some((from, columns, same, text)) if *same == how && *from + *columns == x => {
                *columns += width;
                text.push_str(cell.symbol());
            }
            _ => out.push((x, width, how, cell.symbol().to_owned())),
        }
        x += width;
    }
    out
}

/// The screen as a picture.
fn picture(buffer: &Buffer, title: &str, cursor: (u16, u16)) -> String {
    let (columns, rows) = (f32::from(buffer.area.width), f32::from(buffer.area.height));
    let (width, height) = (columns * CELL.0 + 2.0 * MARGIN, rows * CELL.1 + 2.0 * MARGIN);
    let at = |x: u16, y: u16| (f32::from(x) * CELL.0 + MARGIN, f32::from(y) * CELL.1 + MARGIN);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\">\n\
         <title>{title}</title>\n<style>\n{STYLE}\n</style>\n\
         <rect class=\"paper\" width=\"{width}\" height=\"{height}\" rx=\"6\"/>\n"
    );
    // The same every time, whatever time it was saved at.
    let saved = regex::Regex::new(r"saved \d\d:\d\d:\d\d").unwrap();
    for y in 0..buffer.area.height {
        for (from, columns, how, text) in runs(buffer, y) {
            let ((x, top), length) = (at(from, y), f32::from(columns) * CELL.0);
            if how.starts_with('r') {
                let height = CELL.1;
                writeln!(out, "<rect class=\"ink\" x=\"{x}\" y=\"{top}\" width=\"{length}\" height=\"{height}\"/>")
                    .unwrap();
            }
            if text.trim().is_empty() {
                continue;
            }
            let text = saved.replace_all(&text, "saved 10:42:07");
            let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            let base = top + CELL.1 * 0.72;
            let class = if how.is_empty() { String::new() } else { format!(" class=\"{how}\"") };
            writeln!(
                out,
                "<text{class} x=\"{x}\" y=\"{base:.1}\" textLength=\"{length}\" xml:space=\"preserve\">{text}</text>"
            )
            .unwrap();
        }
    }
    let (x, y) = at(cursor.0, cursor.1);
    writeln!(out, "<rect class=\"cursor\" x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{}\"/>\n</svg>", CELL.0, CELL.1)
        .unwrap();
    out
}

/// Draws the present screen, or holds it to its picture.
fn holds(name: &str, title: &str, h: &Harness) {
    let (buffer, cursor) = h.drawn(Theme { colour: true, ascii: false, lines: true });
    let drawn = picture(&buffer, title, (cursor.x, cursor.y));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/screens").join(format!("{name}.svg"));
    if std::env::var_os("MOBPROC_DRAW").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, drawn).unwrap();
        return;
    }
    let lies = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(lies, drawn, "{} is stale: MOBPROC_DRAW=1 cargo test --test journeys pictures", path.display());
}

#[tokio::test]
async fn the_pictures_show_the_screens_as_they_are() {
    let mut h = Harness::with(&["orders@1=change:PREFERRED_AREA_CODE=203", "orders@1=omit:URGENCY"], (80, 24)).await;
    holds("home", "The first screen: who is the order for?", &h);
    h.keys("n/edw acc<enter>united st<enter>06477<enter>s4 black<enter>tal").await;
    holds("picker", "A plan is looked for by typing", &h);
    h.keys("<C-u>nationwide<enter>1<enter>vehicle ch<enter><enter>512<C-o>").await;
    h.keys("3<C-o>1 Example Plaza<C-o>Orange<C-o>CT<enter>06477<C-o>").await;
    holds("review", "The review: what the server answered, held against what was asked", &h);
    h.keys("<pgdn><pgdn>y").await.shows("8711660");
    // The server's clock is the one thing here that is another every time.
    let Step::Submit(state) = &mut h.program.model.step else { panic!("{}", h.screen()) };
    let Phase::Done(done) = &mut state.phase else { panic!("{}", h.screen()) };
    done.order.submitted = Some("29 Jan 2026 21:14 UTC".into());
    h.settle().await;
    holds("done", "The order id", &h);
}
