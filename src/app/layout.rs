//! How wide what is: the same for what is drawn, and for what decides by it (how long a text is, whether it was read).

/// From so many columns on there is room for two panes side by side.
const TWO_PANES: u16 = 116;

/// With fewer columns than these, labels stand above what they name.
pub const NARROW: u16 = 60;

/// No text is wider than this: long lines are hard to read.
pub const READABLE: u16 = 100;

/// The columns of what one works in, on a screen of so many: all of them, or what a second pane leaves.
///
/// The second pane only repeats what can be had without it.
#[must_use]
pub fn main(columns: u16) -> u16 {
    if columns < TWO_PANES { columns } else { (columns * 7 / 12).min(96) }
}

/// The columns of the second pane where a form is, none where it has no room.
#[must_use]
pub fn beside(columns: u16) -> u16 {
    columns - main(columns)
}

/// The same where lists have many columns of their own: they come first.
#[must_use]
pub fn list(columns: u16) -> u16 {
    if columns < READABLE + 40 { columns } else { READABLE }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_pane_is_there_only_where_both_have_room() {
        assert_eq!((main(80), main(115), main(120), main(200)), (80, 115, 70, 96));
        assert_eq!((list(120), list(140)), (120, 100));
    }
}
