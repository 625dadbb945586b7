//! The terminal refuses what is written to it: the program ends with a sentence, what was typed is kept, and the modes
//! of the terminal that is typed at are as they were.

use std::io::Read;

use mobproc::domain::journal::State;
use portable_pty::{MasterPty, PtySize, native_pty_system};

use crate::shell::{Shell, journal};

/// A second terminal, on which mobproc draws while keys are typed at the first.
struct Second {
    master: Box<dyn MasterPty + Send>,
    screen: vt100::Parser,
    output: Box<dyn Read + Send>,
}

impl Second {
    /// Opens it and has a command draw there.
    fn of(shell: &mut Shell, command: impl FnOnce(&str) -> String) -> Self {
        let size = PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 };
        let pty = native_pty_system().openpty(size).unwrap();
        let name = pty.master.tty_name().unwrap();
        let output = pty.master.try_clone_reader().unwrap();
        shell.command(&command(name.to_str().unwrap()));
        let mut second = Self { master: pty.master, screen: vt100::Parser::default(), output };
        // What is drawn there comes before this end lets go of the terminal.
        second.until("yourself");
        second
    }
    fn until(&mut self, text: &str) {
        let mut buffer = [0; 65536];
        while !self.screen.screen().contents().contains(text) {
            let read = self.output.read(&mut buffer).unwrap();
            assert!(read > 0, "{text:?} did not come:\n{}", self.screen.screen().contents());
            self.screen.process(&buffer[..read]);
        }
    }
    /// Its window is closed: from now on writing there is an error.
    fn close(self) {
        drop((self.output, self.master));
    }
}

#[test]
fn a_frame_that_cannot_be_written_ends_the_program_with_a_sentence_and_the_terminal_as_it_was() {
    let mut shell = Shell::start((80, 24));
    let before = shell.stty("before");
    let mut second = Second::of(&mut shell, |name| format!("clear; $M >{name}; echo code=$?"));
    assert!(!shell.cooked(), "the keys are read one by one");
    shell.type_in("s/edw dev\r");
    second.until("required done");
    shell.type_in("+1");
    second.until("+1");
    second.close();
    shell.type_in("2");
    let said = shell.until("code=1");
    assert!(said.contains("The terminal cannot be written to"), "{said}");
    assert_eq!(shell.stty("after"), before);
    let orders = journal(shell.home.path(), "_sandbox");
    let [(row, kept)] = &orders[..] else { panic!("{} orders", orders.len()) };
    assert_eq!(row.state, State::Drafted);
    assert_eq!(kept.spot.typed, Some(("+12".to_owned(), 3)), "{:?}", kept.spot);
}

#[test]
fn a_terminal_that_lets_itself_be_read_only_is_given_back_at_once() {
    let mut shell = Shell::start((80, 24));
    let before = shell.stty("before");
    shell.command("clear; $M 1<$(tty); echo code=$?");
    let said = shell.until("code=1");
    assert!(said.contains("The terminal cannot be used"), "{said}");
    assert_eq!(shell.stty("after"), before);
}
