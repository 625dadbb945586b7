//! Reading everybody from a server, and a page of it.

use std::time::{Duration, Instant};

use mobproc::api::Api;
use mobproc::domain::choice::Person;
use mobproc::domain::readers::collection;
use mobproc::domain::search::Table;
use mobproc::domain::text::Body;

use crate::people::Company;
use crate::report::{Report, Unit};
use crate::{Failed, Size};

pub fn measure(report: &mut Report, size: &Size) -> Result<(), Failed> {
    decode(report, size)?;
    sync(report, size)
}

/// A long page: from bytes to JSON, and from there to rows that can be searched.
fn decode(report: &mut Report, size: &Size) -> Result<(), Failed> {
    // A longer list is not taken from anybody.
    let limit = PEOPLE.min(size.page / 1_000);
    let company = Company::of(100_000, Duration::ZERO, 10_000)?;
    let bytes = with_pictures(&company.page(1_000, limit)?, size.page)?;
    let (mut parsing, mut reading) = (Vec::new(), Vec::new());
    for _ in 0..size.runs {
        let begun = Instant::now();
        let body = Body::parse(&bytes)?;
        parsing.push(begun.elapsed());
        let begun = Instant::now();
        let mut table = Table::<Person>::default();
        collection(body.view(), "employees").filter_map(Person::read).for_each(|p| table.add(&p));
        reading.push(begun.elapsed());
        if table.len() != limit {
            return Err(format!("{} of {limit} people were read", table.len()).into());
        }
    }
    let page = format!("{:.1} MiB", bytes.len() as f64 / f64::from(1 << 20));
    report.times(&format!("page of {page}: bytes to JSON"), limit, &parsing);
    report.times(&format!("page of {page}: JSON to a table"), limit, &reading);
    Ok(())
}

/// How many people a page of the longest kind has.
const PEOPLE: usize = 5_000;

/// A page of people with a picture of each, so that it has that many bytes: records may hold more than is read of them.
fn with_pictures(page: &[u8], bytes: usize) -> Result<Vec<u8>, Failed> {
    let mut page: serde_json::Value = serde_json::from_slice(page)?;
    let people = page["employees"]["items"].as_array_mut().ok_or("there are no people in it")?;
    let each = bytes.saturating_sub(serde_json::to_vec(people)?.len()) / people.len();
    for who in people {
        // What names and quotes take.
        who["picture"] = "A".repeat(each.saturating_sub(r#","picture":"""#.len())).into();
    }
    Ok(serde_json::to_vec(&page)?)
}

/// Everybody, a hundred a page, from a server that is far away.
fn sync(report: &mut Report, size: &Size) -> Result<(), Failed> {
    let (people, latency) = size.read;
    let company = Company::of(people, Duration::from_millis(latency), 100)?;
    let api = Api::sandbox(&company.sandbox.base_url());
    // The world is made with the first question.
    company.page(0, 1)?;
    let first = std::sync::Mutex::new(None);
    let begun = Instant::now();
    let whole = company.runtime.block_on(api.read_all::<Person>(Table::default(), |_| {
        first.lock().unwrap_or_else(std::sync::PoisonError::into_inner).get_or_insert(begun.elapsed());
    }));
    let took = begun.elapsed().as_secs_f64();
    let count = whole.directory.table.len();
    if count != people as usize {
        return Err(format!("{count} of {people} people were read").into());
    }
    let what = format!("sync, 100 a page, {latency} ms latency");
    let first = first.into_inner().ok().flatten().unwrap_or_default();
    report.times(&format!("{what}: first page can be searched"), count, &[first]);
    report.add(&what, count, Unit::Seconds, vec![took]);
    report.add(
        &format!("{what}: connections at once, at most"),
        count,
        Unit::Count,
        vec![company.sandbox.peak_connections() as f64],
    );
    Ok(())
}
