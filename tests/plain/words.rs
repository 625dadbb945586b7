//! What is said here names no key of the screen.

use mobproc::plain::spoken;

/// The texts in quotes of a line of code.
fn texts(line: &str) -> impl Iterator<Item = &str> {
    line.split('"').skip(1).step_by(2)
}

#[test]
fn no_sentence_that_is_said_names_a_key_of_the_screen() {
    let src = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let key = regex::Regex::new(r"\^[A-Z]|\bEsc\b|PgDn|PgUp|Shift-Tab|\bTab\b|press y").unwrap();
    let mut seen = 0;
    let mut folders = vec![src.join("app"), src.join("domain")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let code = std::fs::read_to_string(&path).unwrap();
            let code = code.split("#[cfg(test)]").next().unwrap().to_owned();
            // A message may begin on the line of its call or on one of the next.
            let lines: Vec<_> = code.lines().collect();
            let says = |at: usize| {
                let near = &lines[at.saturating_sub(3)..=at];
                near.iter().any(|l| [".say(", ".warn(", ".complain(", ".refuse("].iter().any(|call| l.contains(call)))
            };
            let fault = path.ends_with("domain/fault.rs");
            for (at, line) in lines.iter().enumerate().filter(|(at, _)| fault || says(*at)) {
                for text in texts(line).filter(|t| key.is_match(t)) {
                    seen += 1;
                    let said = spoken(text);
                    // On the review nothing goes on but by its words, and the list of refusals has no keys here.
                    let screen_only = text.contains("never submits") || text.starts_with("1-9 or Enter goes");
                    assert!(!key.is_match(&said) || screen_only, "{}:{}: {said}", path.display(), at + 1);
                }
            }
        }
    }
    assert!(seen > 15, "{seen} sentences with keys");
}
