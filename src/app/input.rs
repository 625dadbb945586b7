//! A one-line text box over tui-input: we map the keys, it knows graphemes.

use tui_input::{Input, InputRequest};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::keys::Key;
use crate::domain::text;

/// What a box holds at most (characters); longer pastes are kept up to here and said so.
const AT_MOST: usize = 10_000;

/// A one-line text box.
#[derive(Clone, Debug, Default)]
pub struct TextBox {
    input: Input,
    undo: Option<String>,
}

impl PartialEq for TextBox {
    fn eq(&self, other: &Self) -> bool {
        self.input.value() == other.input.value() && self.input.cursor() == other.input.cursor()
    }
}

impl TextBox {
    /// A box with text in it, the cursor at its end.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self { input: Input::new(text.to_owned()), undo: None }
    }
    /// A box as it was left, the cursor behind that many characters.
    #[must_use]
    pub fn left(text: &str, cursor: usize) -> Self {
        Self { input: Input::new(text.to_owned()).with_cursor(cursor), undo: None }
    }
    /// Behind how many characters the cursor stands.
    #[must_use]
    pub fn cursor(&self) -> usize {
        self.input.cursor()
    }
    /// Its text.
    #[must_use]
    pub fn text(&self) -> &str {
        self.input.value()
    }
    /// Whether it is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.input.value().is_empty()
    }
    /// What a box of that many columns shows, and the cursor's column in it.
    #[must_use]
    pub fn visible(&self, columns: usize) -> (String, usize) {
        let scroll = self.input.visual_scroll(columns);
        let mut gone = 0;
        let shown = self.text().graphemes(true).filter(|g| {
            let hidden = gone < scroll;
            gone += g.width();
            !hidden
        });
        (shown.collect(), self.input.visual_cursor().saturating_sub(scroll))
    }
    /// Takes a key; false where it means nothing here.
    pub fn key(&mut self, key: Key) -> bool {
        let request = match key {
            // A terminal that does not mark what is pasted types it.
            Key::Char(c) if text::pasted(c.encode_utf8(&mut [0; 4])).is_empty() => return true,
            Key::Char(c) if self.input.value().chars().count() < AT_MOST => InputRequest::InsertChar(c),
            Key::Backspace => InputRequest::DeletePrevChar,
            Key::Delete => InputRequest::DeleteNextChar,
            Key::Left => InputRequest::GoToPrevChar,
            Key::Right => InputRequest::GoToNextChar,
            Key::Home | Key::Ctrl('a') => InputRequest::GoToStart,
            Key::End | Key::Ctrl('e') => InputRequest::GoToEnd,
            Key::Ctrl('k') => InputRequest::DeleteTillEnd,
            Key::Ctrl('w') => InputRequest::DeletePrevWord,
            Key::Char(_)
            | Key::Ctrl(_)
            | Key::Enter
            | Key::Esc
            | Key::Tab
            | Key::BackTab
            | Key::Up
            | Key::Down
            | Key::PageUp
            | Key::PageDown
            | Key::F(_) => {
                return false;
            }
        };
        self.input.handle(request);
        true
    }
    /// Takes pasted text at the cursor, as one line. False where some of it had no room.
    pub fn paste(&mut self, foreign: &str) -> bool {
        let clean = text::pasted(foreign);
        let value = self.input.value();
        let at = value.char_indices().nth(self.input.cursor()).map_or(value.len(), |(i, _)| i);
        let room = AT_MOST.saturating_sub(value.chars().count());
        let taken: String = clean.chars().take(room).collect();
        let cursor = self.input.cursor() + taken.chars().count();
        let whole = format!("{}{taken}{}", &value[..at], &value[at..]);
        self.input = Input::new(whole).with_cursor(cursor);
        clean.chars().count() <= room
    }
    /// Clears it; an empty one gets back what was cleared.
    pub fn clear(&mut self) {
        if self.is_empty() {
            if let Some(text) = self.undo.take() {
                self.input = Input::new(text);
            }
        } else {
            self.undo = Some(self.text().to_owned());
            self.input = Input::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clearing_twice_puts_the_text_back() {
        let mut text = TextBox::new("abc");
        text.clear();
        assert!(text.is_empty());
        text.clear();
        assert_eq!(text.text(), "abc");
    }
    #[test]
    fn a_paste_lands_at_the_cursor_between_graphemes() {
        let mut text = TextBox::new("né");
        text.key(Key::Left);
        assert!(text.paste("x\ny"));
        assert_eq!(text.text(), "nx yé");
        text.key(Key::Char('!'));
        assert_eq!(text.text(), "nx y!é");
        assert!(text.key(Key::Char('\u{202e}')));
        assert_eq!(text.text(), "nx y!é", "what cannot be seen is not typed either");
    }
    #[test]
    fn keys_that_mean_nothing_in_a_box_are_left_to_others() {
        assert!(!TextBox::default().key(Key::Up) && !TextBox::default().key(Key::Ctrl('s')));
    }
}
