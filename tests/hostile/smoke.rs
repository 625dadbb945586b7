//! Each fuzz target over its seeds and cheap mutations of them.

use std::panic::catch_unwind;
use std::path::Path;

use crate::targets::ALL;

/// Mutations of each target.
const ROUNDS: usize = 2_000;
/// What a mutation puts in.
const PIECES: [&str; 28] = [
    "\u{1b}]52;c;aGk=\u{7}",
    "\\u001b[2J",
    "\\ud800",
    "\\udc00\\ud800",
    "\u{202e}",
    "\u{200d}",
    "\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}",
    "\u{9b}",
    "\u{fffd}",
    "1e999",
    "-0.0",
    "99999999999999999999",
    "null",
    "true",
    "[]",
    "{}",
    "\"\"",
    "[[[[[[[[",
    "}}}}",
    ",",
    "\"orderId\":\"1\",",
    "\"status\":\"ERROR\",",
    "\"errors\":[\"m\"],",
    "= \"",
    "(?:",
    "){99999}",
    "\n",
    "\u{1f469}\u{200d}\u{1f469}\u{fe0f}",
];

/// The same numbers every time (splitmix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end.max(1) as u64).unwrap()
    }
}

/// The seeds of a target: those of its own, and for readers of replies every fixture, behind two bytes of status
/// where the target wants them.
pub fn seeds(target: &str) -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let read = |folder: &Path| -> Vec<Vec<u8>> {
        let entries = std::fs::read_dir(folder).into_iter().flatten();
        let mut paths: Vec<_> = entries.map(|e| e.unwrap().path()).filter(|p| p.is_file()).collect();
        paths.sort();
        paths.iter().map(|p| std::fs::read(p).unwrap()).collect()
    };
    let mut seeds = read(&root.join("fuzz/seeds").join(target));
    if ["reply", "errors"].contains(&target) {
        seeds.extend(read(&root.join("fixtures")).into_iter().map(|body| [b"\0\0".to_vec(), body].concat()));
    } else if target == "page" {
        seeds.extend(read(&root.join("fixtures")));
    }
    assert!(!seeds.is_empty(), "{target} has no seeds");
    seeds
}

fn mutated(seeds: &[Vec<u8>], dice: &mut Dice) -> Vec<u8> {
    let mut data = seeds[dice.below(seeds.len())].clone();
    for _ in 0..=dice.below(4) {
        let (at, to) = (dice.below(data.len() + 1), dice.below(data.len() + 1));
        let (at, to) = (at.min(to), at.max(to).min(at.min(to) + 64));
        match dice.below(6) {
            0 => data.insert(at, u8::try_from(dice.below(256)).unwrap()),
            1 => drop(data.drain(at..to)),
            2 => data.extend_from_within(at..to),
            3 if at < data.len() => data[at] ^= 1 << dice.below(8),
            4 => {
                let other = &seeds[dice.below(seeds.len())];
                let from = dice.below(other.len() + 1);
                data.splice(at..to, other[from..other.len().min(from + 64)].iter().copied());
            }
            _ => drop(data.splice(at..at, PIECES[dice.below(PIECES.len())].bytes())),
        }
    }
    data
}

fn smoke(target: &str) {
    let (_, run) = ALL.iter().find(|(name, _)| *name == target).expect(target);
    let seeds = seeds(target);
    let mut dice = Dice(ALL.iter().position(|(name, _)| *name == target).unwrap() as u64);
    let inputs = seeds.iter().cloned().chain((0..ROUNDS).map(|_| mutated(&seeds, &mut dice)));
    for data in inputs.collect::<Vec<_>>() {
        let held = catch_unwind(|| run(&data));
        assert!(held.is_ok(), "{target} fails on {:?}", String::from_utf8_lossy(&data));
    }
}

#[test]
fn replies_of_any_bytes_are_read_without_a_panic_and_mean_what_they_say() {
    smoke("reply");
}
#[test]
fn errors_of_any_form_and_status_become_sentences() {
    smoke("errors");
}
#[test]
fn pages_of_any_bytes_give_rows_of_clean_text() {
    smoke("page");
}
#[test]
fn a_token_endpoint_may_answer_anything() {
    smoke("token");
}
#[test]
fn no_text_leaves_the_door_unclean() {
    smoke("text");
}
#[test]
fn no_mistake_in_a_profile_file_panics_or_repeats_a_secret() {
    smoke("config");
}
#[test]
fn a_log_of_intents_of_any_bytes_is_read() {
    smoke("intents");
}
#[test]
fn a_servers_pattern_costs_a_bounded_time() {
    smoke("pattern");
}
#[test]
fn each_target_has_a_binary_and_seeds() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/bin");
    let mut files: Vec<_> = std::fs::read_dir(root)
        .unwrap()
        .map(|e| e.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    let mut names: Vec<_> = ALL.iter().map(|(name, _)| (*name).to_owned()).collect();
    files.sort();
    names.sort();
    assert_eq!(files, names);
}
