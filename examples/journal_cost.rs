//! What the journal costs on a directory: the median of 200 saves and of 200 intents, beside a bare write and fdatasync
//! of as many bytes on the same directory, which is what the disk takes anyway.
//! `cargo run --release --example journal_cost -- DIRECTORY` (one that is not there yet, or a journal of its own).

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement that cannot go on fails there and then")]

use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use mobproc::domain::ids::{OrderKey, OrderNumber};
use mobproc::store::{Options, Saved, Saving, Sending, Store};

const TIMES: usize = 200;
const BYTES: usize = 2048;

fn median(what: &str, mut job: impl FnMut(usize)) -> f64 {
    let mut times: Vec<Duration> = (0..TIMES)
        .map(|n| {
            let begun = Instant::now();
            job(n);
            begun.elapsed()
        })
        .collect();
    times.sort_unstable();
    let ms = |at: usize| times[at].as_secs_f64() * 1000.0;
    println!("{what:<28} median {:7.2} ms   p99 {:7.2} ms", ms(TIMES / 2), ms(TIMES * 99 / 100));
    ms(TIMES / 2)
}

fn main() {
    let dir = PathBuf::from(std::env::args_os().nth(1).unwrap_or_else(|| "target/journal_cost".into()));
    let mut store = Store::open(&dir, Options::default()).unwrap().store;
    store.durable().unwrap();
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).unwrap();
    let base = u64::from_le_bytes(bytes) & 0xFFFF_FFFF_FFFF;
    let number = |n: usize| OrderNumber::from_random(base + n as u64);
    let key = |n: usize| OrderKey(u128::from(base) << 32 | n as u128);
    let saving = |n: usize, rev| Saving {
        key: key(n),
        number: number(n),
        server: "https://api.example.com/mobproc/v1".into(),
        actor: None,
        draft: "x".repeat(BYTES),
        changed: false,
        rev,
        spare: (key(n + TIMES), number(n + TIMES)),
    };
    let sha256 = [7; 32];
    let mut revs = vec![0; TIMES];
    let path = dir.join("yardstick");
    let mut file = std::fs::OpenOptions::new().append(true).create(true).open(&path).unwrap();
    let bare = median("bare write and fdatasync", |_| {
        file.write_all(&[0x5A; BYTES]).unwrap();
        file.sync_data().unwrap();
    });
    std::fs::remove_file(&path).unwrap();
    median("save", |n| {
        let Saved::Kept { rev } = store.save(&saving(n, 0)).unwrap() else { return };
        revs[n] = rev;
    });
    for (n, rev) in revs.iter_mut().enumerate() {
        let sent = store.confirm_sent(key(n), *rev, &number(n), sha256).unwrap();
        *rev = store.confirmed(key(n), sent, "{}").unwrap();
    }
    let body = vec![b'x'; BYTES];
    let intent = median("intent", |n| {
        store.intent(key(n), revs[n], Sending { body: &body, sha256, correlation: "c" }).unwrap();
    });
    println!("An intent costs {:.1} bare syncs.", intent / bare);
}
