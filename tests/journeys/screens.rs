//! Every screen, at every size, in both glyph sets and both themes: one snapshot for each screen and size holds the text
//! in both glyph sets, and what stands out, without colour and with it.

use mobproc::app::keys::Key;
use mobproc::app::message::Event;
use mobproc::app::overlay::Overlay;
use mobproc::app::submit::Phase;
use mobproc::app::{Step, update};
use mobproc::domain::text::Clean;
use mobproc::view::help;
use mobproc::view::theme::Theme;
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};

use super::harness::Harness;
use super::signin::asking_on;
use super::wizard::SUSPEND;

/// Columns and rows: the smallest, the usual, a large and a huge one.
const SIZES: [(u16, u16); 4] = [(40, 12), (80, 24), (120, 40), (200, 60)];

const MONO: Theme = Theme { colour: false, ascii: false, lines: true };
const COLOUR: Theme = Theme { colour: true, ascii: false, lines: true };
const ASCII: Theme = Theme { colour: false, ascii: true, lines: false };
const ASCII_COLOUR: Theme = Theme { colour: true, ascii: true, lines: false };

/// The rows on which something stands out: from which to which column, and how. `R` is reversed, `B` bold, a number the
/// place of a colour in the palette.
fn standing_out(buffer: &Buffer) -> String {
    let mut out = String::new();
    for y in 0..buffer.area.height {
        let style = |x: u16| {
            let cell = &buffer[(x, y)];
            let mut how = String::new();
            for (flag, letter) in [(Modifier::REVERSED, "R"), (Modifier::BOLD, "B")] {
                if cell.modifier.contains(flag) {
                    how.push_str(letter);
                }
            }
            assert_ne!(how, "RB", "unreadable where bold is shown by another colour: {x},{y}");
            let known = Modifier::REVERSED | Modifier::BOLD;
            assert!(known.contains(cell.modifier), "neither bold nor reversed: {:?} at {x},{y}", cell.modifier);
            assert_eq!(cell.bg, Color::Reset, "a background of our own at {x},{y}");
            match cell.fg {
                Color::Reset => {}
                Color::Indexed(index @ (1 | 5)) => how.push_str(&index.to_string()),
                other => panic!("{other:?} at {x},{y}"),
            }
            how
        };
        let mut x = 0;
        let mut runs = Vec::new();
        while x < buffer.area.width {
            let (from, how) = (x, style(x));
            while x < buffer.area.width && style(x) == how {
                x += 1;
            }
            if !how.is_empty() {
                runs.push(format!("{from}-{} {how}", x - 1));
            }
        }
        if !runs.is_empty() {
            out.push_str(&format!("{y:>2}: {}\n", runs.join(", ")));
        }
    }
    out
}

/// Holds the present screen to its snapshot.
fn holds(name: &str, h: &Harness) {
    let area = *h.terminal.screen.backend().buffer().area();
    let (mono, colour) = (standing_out(&h.drawn(MONO).0), standing_out(&h.drawn(COLOUR).0));
    let (text, ascii) = (h.steady_in(MONO), h.steady_in(ASCII));
    assert_eq!(text, h.steady_in(COLOUR), "colour changes no text");
    assert_eq!(ascii, h.steady_in(ASCII_COLOUR), "colour changes no text");
    assert!(ascii.is_ascii(), "{ascii}");
    assert_eq!(mono, standing_out(&h.drawn(ASCII).0), "the plain glyphs stand in the same cells");

    assert_eq!(uncoloured(&colour), uncoloured(&mono), "colour is never alone: what has it stands out without it");
    let all = format!("{text}\n\n== plain glyphs\n{ascii}\n\n== stands out\n{mono}\n== in colour\n{colour}");
    insta::assert_snapshot!(format!("{name}_{}x{}", area.width, area.height), all);
}

/// The columns that stand out in any way, row by row.
fn uncoloured(runs: &str) -> Vec<(String, Vec<u16>)> {
    let columns = |run: &str| {
        let (from, to) = run.split(' ').next().unwrap().split_once('-').unwrap();
        from.parse().unwrap()..=to.parse::<u16>().unwrap()
    };
    let row = |line: &str| {
        let (y, runs) = line.split_once(": ").unwrap();
        (y.to_owned(), runs.split(", ").flat_map(columns).collect())
    };
    runs.lines().map(row).collect()
}

#[tokio::test]
async fn whom_what_and_a_simple_order() {
    for size in SIZES {
        let mut h = Harness::with(&[], size).await;
        holds("home", &h);
        h.keys("edw").await;
        holds("who", &h);
        h.keys("zzz").await;
        holds("nobody", &h);
        h.keys("<bs><bs><bs><down><enter>").await;
        holds("what", &h);
        h.keys("<C-x>").await;
        holds("menu", &h);
        h.keys("<esc>s").await;
        holds("suspend", &h);
        h.keys("+7<C-o>").await;
        holds("suspend_review", &h);
    }
}

#[tokio::test]
async fn an_order_of_many_fields_from_its_lists_to_its_id() {
    for size in SIZES {
        let faults = ["orders@1=change:PREFERRED_AREA_CODE=203", "orders@1=omit:URGENCY"];
        let mut h = Harness::with(&faults, size).await;
        h.keys("n/edw acc<enter>united st<enter>06477<enter>s4 black<enter>tal").await;
        holds("picker", &h);
        h.keys("<C-u>nationwide<enter>1<enter>vehicle ch<enter><enter>512<C-o>").await;
        holds("details", &h);
        h.keys("3<C-o>1 Example Plaza<C-o>Orange<C-o>CT<enter>06477<C-o>").await;
        holds("review", &h);
        h.keys(&"<pgdn>".repeat(12)).await;
        holds("review_end", &h);
        h.keys("y").await.shows("8711660");
        // The server's clock is the one thing here that is another every time.
        let Step::Submit(state) = &mut h.program.model.step else { panic!("{}", h.screen()) };
        let Phase::Done(done) = &mut state.phase else { panic!("{}", h.screen()) };
        done.order.submitted = Some("29 Jan 2026 21:14 UTC".into());
        h.settle().await;
        holds("done", &h);
        h.keys("<C-c>").await;
        holds("leave", &h);
    }
}

#[tokio::test]
async fn what_goes_wrong() {
    for size in SIZES {
        let refused = "orders@1=refuse:CONTACT_NUMBER:CONTACT_NUMBER is not in service";
        let faults = [refused, "POST orders@2=html:502", "orders@3=holder:123456781", "POST orders@5=drop-before"];
        let mut h = Harness::with(&faults, size).await;
        h.keys(SUSPEND).await;
        holds("refused", &h);
        h.keys("<C-o>").await;
        holds("review_failed", &h);
        h.keys("<C-r>").await;
        holds("review_blocked", &h);
        h.keys("<C-r><pgdn><pgdn><pgdn>y").await;
        let checked = |h: &Harness| {
            let sent = h.program.model.desk.ledger.iter().find_map(|s| s.sending.as_ref());
            sent.is_some_and(|s| s.next.is_some() && s.trail.len() == 3)
        };
        h.until_so("the first check", checked).await;
        holds("unknown", &h);
    }
}

#[tokio::test]
async fn orders_that_were_placed_the_json_and_what_is_asked_or_read() {
    for size in SIZES {
        let mut h = Harness::with(&[], size).await;
        h.keys("8694063<enter>").await;
        holds("order", &h);
        h.keys("<pgdn><pgdn><pgdn>").await;
        holds("order_end", &h);
        let mut h = Harness::with(&[], size).await;
        h.keys("d/edw dev<enter><C-o>b").await;
        holds("json", &h);
        h.keys("<esc><pgdn><pgdn>y44").await;
        holds("digits", &h);
        let mut h = Harness::with(&[], size).await;
        h.keys("f/edw dev<enter><enter>155<down><down>").await;
        holds("features", &h);
        let mut h = Harness::with(&[], size).await;
        h.keys("i/edw acc<enter>1106477<enter>").await.keys(&"<tab>".repeat(3)).await;
        holds("to_be_read", &h);
    }
}

#[tokio::test]
async fn what_is_asked_over_the_screen_what_is_waited_for_and_texts() {
    for size in SIZES {
        holds("sign_in", &asking_on(size, &[]).await);
        let mut h = Harness::with(&[], size).await;
        h.keys("s/edw dev<enter>+7").await;
        // What comes of these keys is not worked on, so that it is waited for.
        update(&mut h.program.model, Event::Key(Key::Ctrl('o'), 100_000));
        holds("asking", &h);
        let mut h = Harness::with(&[], size).await;
        h.keys("s/edw dev<enter>+7<C-o><pgdn><pgdn><pgdn>").await;
        h.keys("p").await;
        for (glyphs, theme) in [("text", MONO), ("text_ascii", ASCII)] {
            let text = h.same(&help::aside(&h.program.model, &theme).join("\n"));
            assert!(theme.lines || text.is_ascii(), "{text}");
            insta::assert_snapshot!(format!("{glyphs}_{}x{}", size.0, size.1), text);
        }
        h.keys("<esc>").await;
        for (name, overlay) in [
            ("discard", Overlay::Discard(0)),
            (
                "told",
                Overlay::Told(Clean::new(
                    "Order 8711660 exists after all, reference MP70000000000J; do not send it again.",
                )),
            ),
            ("held", Overlay::Held(h.program.model.desk.key, Clean::new("jdoe on jump02, pid 4121, since 09:14"), 0)),
        ] {
            h.program.model.overlay = Some(overlay);
            holds(name, &h);
        }
        h.program.model.overlay = None;
        update(&mut h.program.model, Event::Key(Key::Char('y'), 200_000));
        holds("sending", &h);
    }
}

#[tokio::test]
async fn a_screen_that_is_too_small_says_so() {
    let mut h = Harness::start().await;
    for size in [(31, 9), (39, 24), (80, 2), (12, 1)] {
        h.resize(size).await;
        holds("too_small", &h);
    }
}
