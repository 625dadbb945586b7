//! The least that a ratatui program can do with a key: the reference for latency measurements.
//! Shows `ready`, then each character typed; Ctrl-C leaves.

use std::io;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, read};
use ratatui::DefaultTerminal;
use ratatui::text::Line;

fn main() -> io::Result<()> {
    let mut terminal = ratatui::try_init()?;
    let outcome = echo(&mut terminal);
    ratatui::try_restore()?;
    outcome
}

fn echo(terminal: &mut DefaultTerminal) -> io::Result<()> {
    let mut line = String::from("ready ");
    loop {
        let frame = terminal.draw(|frame| frame.render_widget(Line::raw(&line), frame.area()))?;
        let width = usize::from(frame.area.width);
        match read()? {
            Event::Key(key) if is_ctrl_c(key) => return Ok(()),
            Event::Key(KeyEvent { code: KeyCode::Char(c), kind: KeyEventKind::Press, .. }) => {
                // A full line starts anew: every key must change the screen.
                if line.chars().count() >= width {
                    line.clear();
                }
                line.push(c);
            }
            Event::Key(_)
            | Event::Resize(..)
            | Event::Paste(_)
            | Event::Mouse(_)
            | Event::FocusGained
            | Event::FocusLost => {}
        }
    }
}

fn is_ctrl_c(key: KeyEvent) -> bool {
    key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL)
}
