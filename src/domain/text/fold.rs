//! Texts as they are compared where somebody looks for one: in lower case and without accents. Pure.

use std::sync::LazyLock;

use unicode_normalization::char::{decompose_compatible, is_combining_mark};

/// Lower case without accents, for finding: `Łukasz Müller` -> `lukasz muller`.
#[must_use]
pub fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    fold(text, &mut |c, _| out.push(c));
    out
}

/// The same, character by character, and whether each is of a word. The order of accents, which are left out, is all that is
/// lost by that.
pub fn fold(text: &str, add: &mut impl FnMut(char, bool)) {
    for c in text.chars() {
        match c {
            '\0'..='\x7f' => add(c.to_ascii_lowercase(), c.is_ascii_alphanumeric()),
            // They are what they are, and letters.
            '\u{4e00}'..='\u{9fff}' => add(c, true),
            c => match NEAR.get(c as usize) {
                Some(parts) => parts.iter().for_each(|(c, word)| add(*c, *word)),
                None => fold_one(c, add),
            },
        }
    }
}

/// Latin, Greek and Cyrillic letters, each folded: half of all people have one, and a million are folded at once.
static NEAR: LazyLock<Vec<Vec<(char, bool)>>> = LazyLock::new(|| {
    let near = '\0'..'\u{530}';
    let parts = |c| {
        let mut parts = Vec::new();
        fold_one(c, &mut |c, word| parts.push((c, word)));
        parts
    };
    near.map(parts).collect()
});

fn fold_one(c: char, add: &mut impl FnMut(char, bool)) {
    decompose_compatible(c, |c| {
        if !is_combining_mark(c) {
            c.to_lowercase().for_each(|c| fold_part(c, add));
        }
    });
}
fn fold_part(c: char, add: &mut impl FnMut(char, bool)) {
    let mut both = |letters: [char; 2]| letters.iter().for_each(|c| add(*c, true));
    match c {
        'ł' => add('l', true),
        'ø' => add('o', true),
        'đ' | 'ð' => add('d', true),
        'ı' => add('i', true),
        'ß' => both(['s', 's']),
        'æ' => both(['a', 'e']),
        'œ' => both(['o', 'e']),
        c if is_combining_mark(c) => {}
        c => add(c, c.is_alphanumeric()),
    }
}

#[cfg(test)]
mod tests {
    use unicode_normalization::UnicodeNormalization;

    use super::*;

    #[test]
    fn lower_case_and_accents_do_not_count() {
        assert_eq!(folded("Łukasz MÜLLER Ørsted Straße İpek"), "lukasz muller orsted strasse ipek");
    }
    #[test]
    fn a_letter_and_its_accents_are_folded_alike_in_one_character_and_in_several() {
        for c in ('\u{80}'..=char::MAX).filter(|c| c.is_alphanumeric()) {
            let whole = folded(&c.to_string());
            let apart: String = c.to_string().nfkd().collect();
            assert_eq!(whole, folded(&apart), "{c:?}");
        }
    }
    #[test]
    fn what_belongs_to_a_word_is_told_of_every_character() {
        for c in '\0'..=char::MAX {
            fold(&c.to_string(), &mut |folded, word| {
                assert_eq!(word, folded.is_alphanumeric(), "{c:?} as {folded:?}");
            });
        }
    }
}
