//! What a link carries: every byte that the terminal is given is waited for where the link is slow. Nothing that is typed
//! costs much, and whoever does nothing pays nothing.

use std::time::Duration;

use crate::shell::Shell;

/// What comes of a key in a box has come when nothing more came for so long.
const TYPED: Duration = Duration::from_millis(120);
/// The same where the highlight has moved: what stands below the list is fetched once it has rested.
const MOVED: Duration = Duration::from_millis(400);

/// Down, back up, and down again: what is fetched for a row is fetched once.
const DOWN_AND_UP: [&str; 12] = {
    let (up, down) = ("\x1b[A", "\x1b[B");
    [down, down, down, down, up, up, up, up, down, down, down, down]
};

/// How many bytes each of the keys costs.
fn costs(shell: &mut Shell, keys: &[&str], over: Duration) -> Vec<usize> {
    let cost = |key: &&str| {
        let before = shell.raw.len();
        shell.type_in(key);
        shell.quiet(over);
        shell.raw.len() - before
    };
    keys.iter().map(cost).collect()
}

fn median(costs: &[usize]) -> usize {
    let mut sorted = costs.to_vec();
    sorted.sort_unstable();
    sorted[sorted.len() / 2]
}

/// The keys of a text.
fn keys(text: &str) -> Vec<&str> {
    text.split("").filter(|key| !key.is_empty()).collect()
}

/// The costs of typing a date and a remark, and of mending it.
fn form(shell: &mut Shell) -> Vec<usize> {
    shell.command("$M");
    shell.until("yourself");
    shell.type_in("s/edw dev\r");
    shell.until("required done");
    shell.quiet(MOVED);
    let mut form = costs(shell, &keys("12/22"), TYPED);
    shell.type_in("\r");
    shell.quiet(MOVED);
    form.extend(costs(shell, &keys("the holder is abroad"), TYPED));
    form.extend(costs(shell, &["\x7f", "\x1b[D", "\x1b[D", "x", "\x1b[C"], TYPED));
    shell.until("the holder is abr");
    form
}

#[test]
fn a_slow_link_carries_little_for_a_key_and_nothing_for_whoever_does_nothing() {
    let mut shell = Shell::start((80, 24));
    shell.command("$M");
    shell.until("yourself");
    shell.until("Last orders");
    shell.quiet(MOVED);
    let taken = shell.raw.windows(8).position(|bytes| bytes == b"\x1b[?1049h").unwrap();
    let (first, before) = (shell.raw.len() - taken, shell.raw.len());
    shell.quiet(Duration::from_secs(2));
    let idle = shell.raw.len() - before;

    let filter = costs(&mut shell, &["e", "d", "w", "\x7f", "\x7f", "\x7f", "a", "n", "n", "\x15", "e"], MOVED);
    let people = costs(&mut shell, &DOWN_AND_UP, MOVED);
    shell.type_in("\x15n/edw dev\r");
    shell.until("1-4 picks");
    shell.type_in("1");
    shell.until("Postal code");
    // The list below a field: it opens as soon as something is typed for it.
    shell.type_in("06477\ra");
    shell.until("Enter choose  Tab");
    shell.quiet(MOVED);
    let devices = costs(&mut shell, &DOWN_AND_UP, MOVED);
    let form = form(&mut Shell::start((80, 24)));

    let moved = [people.as_slice(), &devices].concat();
    println!(
        "the first screen {first} bytes, idle {idle}, a filter key at most {}: {filter:?}",
        filter.iter().max().unwrap()
    );
    println!("a move in a list {} at the median: {people:?} {devices:?}", median(&moved));
    println!("a key in a form {} at the median: {form:?}", median(&form));
    assert!(first <= 3 * 1024, "the first screen costs {first} bytes");
    assert_eq!(idle, 0, "something is written where nothing happens");
    assert!(filter.iter().all(|cost| *cost <= 2 * 1024), "{filter:?}");
    assert!(median(&moved) <= 300, "{people:?} {devices:?}");
    assert!(median(&form) <= 400, "{form:?}");
}
