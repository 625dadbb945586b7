//! The sandbox's company is read whole, whatever is the matter with it.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use mobproc::api::{Api, Limits};
use mobproc::domain::choice::{Line, Person};
use mobproc::domain::directory::{Directory, Listed, Reading};
use mobproc::domain::search::Table;
use mobproc::sandbox::{Change, Options, Sandbox};

fn sandbox(options: Options) -> (Sandbox, Api) {
    let sandbox = Sandbox::start(TcpListener::bind("127.0.0.1:0").unwrap(), options).unwrap();
    let mut api = Api::sandbox(&sandbox.base_url());
    let short = Duration::from_millis(5);
    api.limit(Limits { pause: short, longest_pause: short, ..Limits::default() });
    (sandbox, api)
}

async fn read<R: Listed>(api: &Api) -> Directory<R> {
    api.read_all(Table::default(), |_| ()).await.directory
}

fn ids<R: Listed>(all: &Directory<R>) -> BTreeSet<String> {
    let ids: Vec<String> = all.table.records().map(|row| row.fields()[0].to_owned()).collect();
    let distinct: BTreeSet<String> = ids.iter().cloned().collect();
    assert_eq!(distinct.len(), ids.len(), "nobody is there twice");
    distinct
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_company_is_read_whole_over_few_connections() {
    let latency = Duration::from_millis(5);
    let (sandbox, api) = sandbox(Options { employees: 3_100, latency, ..Options::default() });
    let people = read::<Person>(&api).await;
    assert_eq!((people.reading, people.table.len()), (Reading::Whole, 3_100));
    assert!(sandbox.peak_connections() <= 5, "{} connections", sandbox.peak_connections());
    let lines = read::<Line>(&api).await;
    assert!(lines.reading == Reading::Whole && lines.table.len() > 2_000, "{}", lines.table.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_the_matter_with_it_nobody_is_missing_and_nobody_there_twice() {
    for faults in [
        &["employees@5=shift:drop"][..],
        &["employees@5=shift:add", "employees@9=shift:add"],
        &["employees@5=shift:drop", "employees@6=shift:add"],
        &["employees@/4=shift:touch"],
        &["employees=premium", "employees@7=shift:drop"],
        &["employees=short:70"],
        &["employees@4..=short:33"],
        &["employees@4..=short:33", "employees=premium"],
        &["employees@6=status:503", "employees@9=cut", "employees@11=html:502"],
        &["employees@8=drop", "employees@3=empty"],
        &["employees=date:none", "employees@5=shift:drop"],
    ] {
        let faults_of = faults.iter().map(|fault| fault.parse().unwrap()).collect();
        let (sandbox, api) = sandbox(Options { employees: 1_250, faults: faults_of, ..Options::default() });
        let people = read::<Person>(&api).await;
        assert_eq!(people.reading, Reading::Whole, "{faults:?}");
        sandbox.clear_faults();
        let calm = read::<Person>(&api).await;
        let (read, there) = (ids(&people), ids(&calm));
        let only = |a: &BTreeSet<String>, b: &BTreeSet<String>| a.difference(b).cloned().collect::<Vec<_>>();
        assert_eq!((only(&read, &there), only(&there, &read)), (vec![], vec![]), "{faults:?}");
    }
}

#[tokio::test]
async fn who_is_employed_or_changed_is_told_by_the_filter_alone() {
    let (sandbox, api) = sandbox(Options { employees: 600, ..Options::default() });
    let whole = api.read_all::<Person>(Table::default(), |_| ()).await;
    let somebody = whole.directory.table.records().last().unwrap().id;
    let new = sandbox.add_employee(&Change::default()).await.unwrap();
    assert!(sandbox.change_employee(somebody.as_str(), &Change::default()).await);
    let changed = Arc::new(api.read_changes(whole.directory.table, whole.since.unwrap()).await.unwrap());
    assert!(changed.table.has(&new) && changed.table.len() == 601 && changed.new == 1, "{changed:?}");
}
