//! What is typed at a prompt, line by line: the few signs that mean the same everywhere, and everything else as a value.

/// A line that was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Nothing: the default.
    Empty,
    /// `<`: back.
    Back,
    /// `?`: what can be typed here.
    Help,
    /// `!`: all answers so far.
    All,
    /// `!3`: to the third of them.
    Field(usize),
    /// `/text`: search.
    Search(String),
    /// `m`: more.
    More,
    /// `.`: on to what is missing, or to the review.
    Onward,
    /// `-`: empty it.
    Clear,
    /// `=`: what the order placed last had there.
    Used,
    /// `q`: save and leave.
    Leave,
    /// `:word`: something that is seldom done.
    Word(String),
    /// A number, which may mean a row that was said.
    Number(usize, String),
    /// Anything else.
    Value(String),
}

/// Reads a line. A backslash before what would mean something here makes it a value; elsewhere it is a letter like others.
#[must_use]
pub fn read(line: &str) -> Answer {
    let text = line.trim();
    sign(text).unwrap_or_else(|| Answer::Value(escaped(text).unwrap_or(text).to_owned()))
}

/// Reads a line that is typed unseen: a secret may look like anything, so only three whole lines are none.
#[must_use]
pub fn unseen(line: &str) -> Answer {
    match line {
        "" => Answer::Empty,
        "<" => Answer::Back,
        "?" => Answer::Help,
        secret => Answer::Value(secret.to_owned()),
    }
}

fn sign(text: &str) -> Option<Answer> {
    let sign = match text {
        "" => Answer::Empty,
        "<" => Answer::Back,
        "?" => Answer::Help,
        "!" => Answer::All,
        "." => Answer::Onward,
        "-" => Answer::Clear,
        "=" => Answer::Used,
        "m" | "M" => Answer::More,
        "q" | "Q" => Answer::Leave,
        _ => {
            let number = |digits: &str| digits.parse::<usize>().ok().filter(|_| !digits.starts_with('+'));
            let field = text.strip_prefix('!').and_then(number).map(Answer::Field);
            let search = text.strip_prefix('/').map(|t| Answer::Search(t.trim().to_owned()));
            let word = text.strip_prefix(':').map(|t| Answer::Word(t.trim().to_lowercase()));
            return field.or(search).or(word).or_else(|| number(text).map(|n| Answer::Number(n, text.to_owned())));
        }
    };
    Some(sign)
}

/// What stands behind a backslash that is needed.
fn escaped(text: &str) -> Option<&str> {
    let rest = text.strip_prefix('\\')?;
    (sign(rest.trim()).is_some() || escaped(rest).is_some()).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_mean_the_same_with_blanks_around_them() {
        for (line, answer) in [
            ("", Answer::Empty),
            (" < ", Answer::Back),
            ("Q", Answer::Leave),
            ("=", Answer::Used),
            ("/edw pe", Answer::Search("edw pe".into())),
            ("!12", Answer::Field(12)),
            (":Home", Answer::Word("home".into())),
            ("3", Answer::Number(3, "3".into())),
            ("+7", Answer::Value("+7".into())),
            ("s/edw pe", Answer::Value("s/edw pe".into())),
            ("22 dec", Answer::Value("22 dec".into())),
        ] {
            assert_eq!(read(line), answer, "{line:?}");
        }
    }
    #[test]
    fn a_secret_that_looks_like_a_sign_is_a_secret() {
        for secret in [":Secret9", "/x", "!3", "!", "m", "q", "-", ".", "=", "5", r"\q", " < ", "<<"] {
            assert_eq!(unseen(secret), Answer::Value(secret.into()));
        }
        assert_eq!([unseen(""), unseen("<"), unseen("?")], [Answer::Empty, Answer::Back, Answer::Help]);
    }
    #[test]
    fn a_backslash_makes_a_sign_a_value_and_is_kept_where_it_is_not_needed() {
        for (line, value) in [
            (r"\q", "q"),
            (r"\m", "m"),
            (r"\-", "-"),
            (r"\5", "5"),
            (r"\=", "="),
            (r"\/x", "/x"),
            (r"\\q", r"\q"),
            (r"\abc", r"\abc"),
            (r"\\abc", r"\\abc"),
            ("C:\\x", "C:\\x"),
        ] {
            assert_eq!(read(line), Answer::Value(value.into()), "{line:?}");
        }
    }
}
