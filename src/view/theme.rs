//! Role -> style, and the two glyph sets. Colours only by palette index 1 and 5, so the user's palette decides, and never
//! alone: every state has a mark of its own. Never bold and reversed together: where a terminal shows bold by another
//! colour (PuTTY does), that is all but invisible. Under mono every colour is left out here, not by the backend.

use ratatui::style::{Color, Modifier, Style};

/// What a piece of the screen is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Text.
    Plain,
    /// The first row, the keys, and the focus.
    Reverse,
    /// What matters: totals, headings.
    Strong,
    /// What all was done for: the order id.
    Outcome,
    /// What is wrong.
    Error,
    /// What differs from what was asked.
    Changed,
}

/// How roles look, and which characters rules are drawn with.
#[derive(Clone, Copy, Debug)]
pub struct Theme {
    /// Whether the terminal is known to understand palette colours.
    pub colour: bool,
    /// Whether data is transliterated: nothing but ASCII is written.
    pub ascii: bool,
    /// Whether rules and frames are drawn with line-drawing characters.
    pub lines: bool,
}

impl Theme {
    /// From the environment: colour where TERM or COLORTERM promise it and NO_COLOR does not forbid it;
    /// line drawing in UTF-8 locales, but for languages where its width is ambiguous.
    #[must_use]
    pub fn of(env: &dyn Fn(&str) -> Option<String>, ascii: bool) -> Self {
        let set = |name: &str| env(name).filter(|v| !v.is_empty());
        let colour = set("NO_COLOR").is_none()
            && (set("COLORTERM").is_some() || set("TERM").is_some_and(|t| t.contains("256color")));
        let locale =
            set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG")).unwrap_or_default().to_lowercase();
        let utf8 = locale.contains("utf-8") || locale.contains("utf8");
        let ambiguous = ["zh", "ja", "ko"].iter().any(|l| locale.starts_with(l));
        let ascii = ascii || !utf8;
        Self { colour, ascii, lines: !ascii && !ambiguous }
    }
    /// The style of a role.
    #[must_use]
    pub fn style(&self, role: Role) -> Style {
        let bold = Style::new().add_modifier(Modifier::BOLD);
        match role {
            Role::Plain => Style::new(),
            Role::Reverse | Role::Outcome => Style::new().add_modifier(Modifier::REVERSED),
            Role::Strong => bold,
            Role::Error => {
                if self.colour {
                    bold.fg(Color::Indexed(1))
                } else {
                    bold
                }
            }
            Role::Changed => {
                if self.colour {
                    bold.fg(Color::Indexed(5))
                } else {
                    bold
                }
            }
        }
    }
    /// The character of a rule.
    #[must_use]
    pub fn rule(&self) -> char {
        if self.lines { '─' } else { '-' }
    }
    /// Where a rule across meets one that goes down from it, or up.
    #[must_use]
    pub fn joints(&self) -> [&'static str; 2] {
        if self.lines { ["┬", "┴"] } else { ["+", "+"] }
    }
    /// A frame's characters: top left, top right, bottom left, bottom right, vertical.
    #[must_use]
    pub fn frame(&self) -> [char; 5] {
        if self.lines { ['┌', '┐', '└', '┘', '│'] } else { ['+', '+', '+', '+', '|'] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn theme(vars: &'static [(&str, &str)]) -> Theme {
        Theme::of(&|name| vars.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()), false)
    }

    #[test]
    fn colour_and_line_drawing_follow_the_environment() {
        assert!(theme(&[("TERM", "xterm-256color"), ("LANG", "en_US.UTF-8")]).colour);
        assert!(!theme(&[("TERM", "xterm-256color"), ("NO_COLOR", "1")]).colour);
        assert!(!theme(&[("TERM", "putty")]).colour);
        assert!(theme(&[("LANG", "C")]).ascii);
        let japanese = theme(&[("LANG", "ja_JP.UTF-8")]);
        assert!(!japanese.lines && !japanese.ascii, "rules may be two columns wide there; names are what they are");
        assert!(!theme(&[("LC_ALL", "de_DE.utf8"), ("LANG", "C")]).ascii);
    }
}
