//! A list is read whole, whatever happens to it and to the server meanwhile.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::Duration;

use mobproc::api::{Api, Unasked, Whole};
use mobproc::domain::choice::Person;
use mobproc::domain::directory::{People, Reading};
use mobproc::domain::search::Table;

use crate::server::{Server, World};

async fn read(api: &Api) -> Whole<Person> {
    api.read_all::<Person>(Table::default(), |_| ()).await
}

/// The ids that were read, in order; none may be there twice.
fn ids(people: &People) -> Vec<u64> {
    let mut ids: Vec<u64> = people.table.records().map(|p| p.id.as_str().parse().unwrap()).collect();
    assert_eq!(ids.len(), people.table.len());
    ids.sort_unstable();
    let count = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), count, "somebody is there twice");
    ids
}

/// What was read is what the server has.
fn is_whole(people: &People, server: &Server) {
    assert_eq!(people.reading, Reading::Whole);
    assert_eq!(people.unreadable, 0);
    let there: BTreeSet<u64> = server.world().people.iter().map(|p| p.id).collect();
    let read: BTreeSet<u64> = ids(people).into_iter().collect();
    let only = |these: &BTreeSet<u64>, those: &BTreeSet<u64>| these.difference(those).copied().collect::<Vec<_>>();
    assert_eq!((only(&read, &there), only(&there, &read)), (vec![], vec![]), "too many, and missing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_is_read_by_four_at_once_and_shown_from_the_first_page_on() {
    let server = Server::start(World { latency: Duration::from_millis(4), ..World::of(5_037) }).await;
    let shown = Mutex::new(Vec::new());
    let whole = server.api().read_all::<Person>(Table::default(), |people| shown.lock().unwrap().push(people)).await;
    is_whole(&whole.directory, &server);
    let (connections, at_once) = server.most();
    // On a machine that is busy one more may be opened while another is about to be free.
    assert!(at_once == 4 && connections <= 6, "{connections} connections, {at_once} at once");
    let shown = shown.into_inner().unwrap();
    assert_eq!((shown[0].table.len(), &shown[0].reading), (100, &Reading::Underway { total: Some(5_037) }));
    assert!(shown.windows(2).all(|two| two[0].table.len() <= two[1].table.len()));
    let asked = server.asked();
    assert_eq!(asked.iter().filter(|a| a.since().is_none()).count(), 51, "each page once");
    assert!(asked.iter().all(|a| a.offset() % a.limit() == 0));
}

#[tokio::test]
async fn a_list_that_fits_a_page_is_asked_for_once() {
    for count in [0, 1, 99, 100] {
        let server = Server::start(World::of(count)).await;
        is_whole(&read(&server.api()).await.directory, &server);
        assert_eq!(server.asked().len(), 1, "{count}");
    }
}

#[tokio::test]
async fn people_who_come_and_go_while_the_list_is_read_leave_no_hole_and_no_double() {
    for (from, to) in [(3, 9), (2, 4), (9, 12)] {
        let server = Server::with(World::of(1_200), move |world, asked| {
            if (from..to).contains(&asked.nth) {
                // Whoever stands behind moves one place towards what has been read.
                world.people.remove(asked.nth);
                world.people.remove(0);
                world.hire(1, 5_000 + asked.nth as u64);
                let last = world.people.len();
                world.hire(last, 6_000 + asked.nth as u64);
                world.rename(1_200 - asked.nth as u64, "Renamed");
            }
            None
        })
        .await;
        let whole = read(&server.api()).await;
        is_whole(&whole.directory, &server);
        let renamed = whole.directory.table.records().filter(|p| &*p.last == "Renamed").count();
        assert_eq!(renamed, to - from, "what changed meanwhile is known");
    }
}

#[tokio::test]
async fn a_list_that_never_holds_still_ends_with_everybody_who_was_seen() {
    let server = Server::with(World::of(1_000), |world, asked| {
        world.people.remove(0);
        world.hire(1, 10_000 + asked.nth as u64);
        None
    })
    .await;
    let whole = read(&server.api()).await;
    assert_eq!(whole.directory.reading, Reading::Whole);
    let there: Vec<u64> = server.world().people.iter().map(|p| p.id).collect();
    let seen = ids(&whole.directory);
    let lost = there.iter().filter(|id| !seen.contains(id)).count();
    assert!(lost <= 4, "only who came with the very last requests: {lost}");
    assert!(server.asked().len() < 60, "it is given up");
}

#[tokio::test]
async fn pages_that_are_shorter_than_asked_for_are_followed_from_the_first_and_from_any_later_one() {
    for holding in [false, true] {
        for says_limit in [true, false] {
            for (nth, most) in [(1, 40), (4, 33), (7, 1), (2, 64)] {
                let mut world = World { holding, ..World::of(730) };
                world.says.limit = says_limit;
                let server = Server::with(world, move |world, asked| {
                    if asked.nth >= nth {
                        world.most = most;
                    }
                    None
                })
                .await;
                is_whole(&read(&server.api()).await.directory, &server);
            }
        }
    }
}

#[tokio::test]
async fn the_backend_that_gives_the_page_which_holds_the_offset_is_read_whole() {
    let server = Server::start(World { holding: true, ..World::of(951) }).await;
    is_whole(&read(&server.api()).await.directory, &server);
}

#[tokio::test]
async fn without_a_total_the_list_is_whole() {
    let mut world = World::of(80);
    world.says.total = false;
    let server = Server::start(world).await;
    is_whole(&read(&server.api()).await.directory, &server);
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn a_page_that_fails_is_asked_for_again_when_the_rest_is_there() {
    for status in [500, 503, 404, 400] {
        let mut failures = 0;
        let server = Server::with(World::of(1_000), move |_, asked| {
            let fails = asked.offset() == 300 && asked.since().is_none() && failures < 3;
            failures += usize::from(fails);
            fails.then_some(status)
        })
        .await;
        is_whole(&read(&server.api()).await.directory, &server);
    }
}

#[tokio::test]
async fn a_page_that_never_comes_is_said_and_the_rest_is_there() {
    let server = Server::with(World::of(1_000), |_, asked| (asked.offset() == 300).then_some(500)).await;
    let people = read(&server.api()).await.directory;
    assert!(matches!(people.reading, Reading::Failed(_)), "{:?}", people.reading);
    let there = ids(&people);
    assert_eq!(there.len(), 900);
    assert!(!there.contains(&301) && there.contains(&401));
}

#[tokio::test]
async fn a_server_that_goes_away_is_not_asked_for_every_page_that_is_left() {
    let server = Server::with(World::of(100_000), |_, asked| (asked.nth > 20).then_some(500)).await;
    let people = read(&server.api()).await.directory;
    assert!(matches!(people.reading, Reading::Failed(_)));
    assert_eq!(people.table.len(), 2_000);
    assert!(server.asked().len() < 60, "it is left alone");
}

#[tokio::test]
async fn what_is_no_list_is_said_and_is_not_taken_for_an_empty_company() {
    let server = Server::with(World::of(10), |_, _| Some(200)).await;
    let people = read(&server.api()).await.directory;
    let Reading::Failed(fault) = people.reading else { panic!("{:?}", people.reading) };
    assert!(fault.to_string().contains("no list of people"), "{fault}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_ends_in_the_middle_is_renewed_once_for_all_four() {
    let server = Server::with(World { bearer: Some("token-1".into()), ..World::of(3_000) }, |world, asked| {
        if asked.nth == 12 {
            world.bearer = Some("token-2".into());
        }
        None
    })
    .await;
    let (api, drawn) = server.signing_in("token");
    is_whole(&read(&api).await.directory, &server);
    assert_eq!(drawn.load(std::sync::atomic::Ordering::SeqCst), 2, "one at first, one in the middle");
}

#[tokio::test]
async fn changes_are_asked_for_by_the_servers_clock_and_put_in_their_place() {
    let server = Server::start(World::of(1_000)).await;
    let api = server.api();
    let whole = read(&api).await;
    server.asked();
    server.world().rename(17, "Miller");
    server.world().hire(0, 2_001);
    let changed = api.read_changes(whole.directory.table, whole.since.unwrap()).await.unwrap();
    assert_eq!((changed.count, changed.table.len()), (2, 1_001));
    assert_eq!(&*changed.table.get("17").unwrap().last, "Miller");
    assert!(changed.table.has("2001") && changed.since.is_some());
    let asked = server.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].params.get("sortBy").map(String::as_str), Some("UPDATED_DATE"));
    // Nothing new: nothing is put.
    let again = api.read_changes(changed.table, changed.since.unwrap()).await.unwrap();
    assert_eq!((again.count, again.table.len()), (0, 1_001));
}

#[tokio::test]
async fn a_server_that_does_not_sort_or_tells_no_time_still_tells_what_has_changed() {
    let mut world = World { sorts: false, ..World::of(300) };
    world.says.date = false;
    let server = Server::start(world).await;
    let api = server.api();
    let whole = read(&api).await;
    server.world().rename(299, "Miller");
    let changed = api.read_changes(whole.directory.table, whole.since.unwrap()).await;
    // The newest change that was known is that of everybody, so that everybody is asked for.
    assert_eq!(&*changed.unwrap().table.get("299").unwrap().last, "Miller");
}

#[tokio::test]
async fn a_server_that_gives_everybody_whatever_time_is_asked_for_is_noticed_with_the_first_page() {
    for updated in [true, false] {
        let mut world = World { filters: false, ..World::of(1_000) };
        world.says.updated = updated;
        let server = Server::start(world).await;
        let api = server.api();
        let whole = read(&api).await;
        is_whole(&whole.directory, &server);
        server.asked();
        let changed = api.read_changes(whole.directory.table, whole.since.unwrap()).await;
        assert!(matches!(changed, Err(Unasked::Ignored)));
        assert_eq!(server.asked().len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_asks_for_something_else_does_not_wait_behind_the_pages() {
    let server = Server::start(World { latency: Duration::from_millis(20), ..World::of(20_000) }).await;
    let api = std::sync::Arc::new(server.api());
    let reading = tokio::spawn({
        let api = std::sync::Arc::clone(&api);
        async move { read(&api).await }
    });
    while server.most().1 < 4 {
        tokio::task::yield_now().await;
    }
    let me = mobproc::domain::lookups::Query::new("/me", None, None);
    let number = mobproc::domain::ids::OrderNumber::from_random(1);
    let calls = (0..20).map(|_| api.get(&me, &[], &number));
    for call in calls {
        call.await.unwrap();
    }
    assert!(!reading.is_finished(), "it goes on beside them");
    is_whole(&reading.await.unwrap().directory, &server);
}
