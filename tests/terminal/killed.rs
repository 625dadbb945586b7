//! Killed while somebody types: the draft is there, and at most two seconds of typing are lost.

use std::time::{Duration, Instant};

use mobproc::domain::kept::Kept;

use crate::shell::{Random, Shell, Watched, full, journal, kill, side_by_side};

/// The most that may be lost.
const LOSS: Duration = Duration::from_secs(2);
const DATE: &str = "12/22";
const REMARK: &str = "suspend the line while its holder is abroad";

/// How many of the keys are in what was written down.
fn keys_kept(kept: &Kept) -> usize {
    let answers = serde_json::to_value(&kept.draft).unwrap()["answers"].clone();
    let answered = |id: &str| {
        let of = |pair: &&serde_json::Value| pair[0]["part"]["id"] == id && pair[1]["by"] == "User";
        answers.as_array().unwrap().iter().find(of).map(|pair| pair[1]["answer"].clone())
    };
    let typed = kept.spot.typed.as_ref().map(|(text, _)| text.as_str()).unwrap_or_default();
    if answered("PREFERRED_SUSPENSION_DATE").is_none() {
        assert!(DATE.starts_with(typed), "{typed:?}");
        return typed.len();
    }
    let remark = answered("ADDITIONAL_INSTRUCTIONS").and_then(|a| a["Text"].as_str().map(str::to_owned));
    let remark = remark.unwrap_or_else(|| typed.to_owned());
    assert!(REMARK.starts_with(&remark), "{remark:?}");
    DATE.len() + 1 + remark.len()
}

/// One user, one kill; how long ago the first key that is lost was typed.
fn killed(seed: u64) -> Duration {
    let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let mut shell = Shell::start((80, 24));
    shell.command("$M");
    shell.until("yourself");
    shell.type_in("s/edw dev\r");
    shell.until("required done");
    let pid = shell.pid_of_mobproc();
    let watched = Watched::of(pid);
    let dies = Instant::now() + Duration::from_millis(random.below(7000));
    let mut typed = Vec::new();
    for key in format!("{DATE}\r{REMARK}").chars() {
        let next = Instant::now() + Duration::from_millis(40 + random.below(160));
        shell.until_moment(next.min(dies));
        if dies <= next {
            break;
        }
        shell.type_in(&key.to_string());
        typed.push(Instant::now());
    }
    shell.until_moment(dies);
    let dead = Instant::now();
    kill("KILL", pid);
    assert!(watched.ended(Duration::from_secs(5)));
    let orders = journal(shell.home.path(), "_sandbox");
    assert!(orders.len() <= 1, "seed {seed}: {} orders", orders.len());
    let kept = orders.first().map_or(0, |(_, kept)| keys_kept(kept));
    assert!(kept <= typed.len(), "seed {seed}: more than was typed");
    let lost = typed.get(kept).map_or(Duration::ZERO, |first| dead.duration_since(*first));
    assert!(lost <= LOSS, "seed {seed}: {kept} of {} keys, the first one lost {lost:?} before", typed.len());
    lost
}

#[test]
fn a_kill_at_any_moment_loses_no_draft_and_at_most_two_seconds_of_typing() {
    let (seeds, worst) = (if full() { 1000 } else { 50 }, std::sync::Mutex::new(Duration::ZERO));
    side_by_side(seeds, 8, |seed| {
        let lost = killed(seed + 1);
        let mut worst = worst.lock().unwrap();
        *worst = lost.max(*worst);
    });
    println!("{seeds} kills, no draft lost; at most {:?} of typing", worst.lock().unwrap());
}
