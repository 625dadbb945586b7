//! The least that a program can do with a key on our screen: the reference for latency measurements.
//! Shows `ready`, then each character typed; Ctrl-C leaves.

use std::io::{self, Read};

use mobproc::runtime::terminal;
use ratatui::text::Line;

fn main() -> io::Result<()> {
    let outcome = echo(&mut terminal::take()?);
    terminal::give_back();
    outcome
}

fn echo(screen: &mut terminal::Screen) -> io::Result<()> {
    let mut line = String::from("ready ");
    let mut typed = [0; 64];
    loop {
        let frame = screen.draw(|frame| frame.render_widget(Line::raw(&line), frame.area()))?;
        let width = usize::from(frame.area.width);
        let count = io::stdin().read(&mut typed)?;
        for &byte in &typed[..count] {
            match byte {
                3 => return Ok(()),
                b' '..=b'~' => {
                    // A full line starts anew: every key must change the screen.
                    if line.chars().count() >= width {
                        line.clear();
                    }
                    line.push(char::from(byte));
                }
                _ => {}
            }
        }
    }
}
