//! Whoever sits there: how often he is asked, what he is told, and what his answer is good for.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use mobproc::api::Api;
use mobproc::domain::fault::Fault;
use mobproc::domain::grant::Wanted;
use mobproc::domain::ids::OrderNumber;
use mobproc::domain::lookups::Query;
use mobproc::secret::Source;
use tokio::sync::Notify;

use super::house::{House, Setup, profile, sandbox, told};
use super::profile::{PASSWORD, printed};

fn typed(answers: &[Option<&'static str>]) -> Setup {
    Setup { password: Source::Ask, answers: Some(answers.to_vec()), ..Setup::default() }
}

#[tokio::test]
async fn a_wrong_password_is_asked_for_again_at_most_three_times() {
    let house = House::new(typed(&[Some("wrong-1"), Some("wrong-2"), Some("wrong-3"), Some(PASSWORD)]));
    let why = told(house.me().await);
    assert!(why.contains("does not take the password of command://jdoe"), "{why}");
    assert_eq!((house.questions(), house.grants().as_str()), (3, "password 400, password 400, password 400"));
    let asked = house.asked.lock().unwrap().clone();
    assert!(asked.iter().all(|q| q.wanted == Wanted::Password && &*q.user == "command://jdoe"), "{asked:?}");
    assert!(asked[0].why.is_none(), "{asked:?}");
    assert!(asked[1].why.as_ref().unwrap().contains("does not take the password"), "{asked:?}");
    // The next call asks again, for somebody may have found the right one.
    house.me().await.unwrap();
    assert_eq!(house.questions(), 4);
}

#[tokio::test]
async fn what_somebody_typed_is_good_until_it_is_refused() {
    let house = House::new(typed(&[Some("mistyped"), Some(PASSWORD), Some("never")]));
    house.me().await.unwrap();
    for _ in 0..3 {
        house.sandbox.end_tokens(true);
        house.me().await.unwrap();
    }
    assert_eq!(house.questions(), 2);
    let refused = "refresh_token 400, password 200";
    assert_eq!(house.grants(), format!("password 400, password 200, {refused}, {refused}, {refused}"));
}

#[tokio::test]
async fn what_somebody_typed_outlives_an_answer_that_was_lost() {
    let house = House::new(Setup { faults: &["token@1=drop", "token@2=status:503"], ..typed(&[Some(PASSWORD)]) });
    assert!(matches!(house.me().await, Err(Fault::NoAnswer { .. })));
    assert!(matches!(house.me().await, Err(Fault::Token { .. })));
    house.me().await.unwrap();
    assert_eq!((house.questions(), house.grants().as_str()), (1, "password 0, password 503, password 200"));
}

#[tokio::test]
async fn a_refused_password_of_the_profile_is_not_sent_again() {
    let house = House::new(Setup { password: printed("of-last-year"), ..Setup::default() });
    let first = told(house.me().await);
    assert!(first.contains("does not take the password") && first.contains("invalid_grant"), "{first}");
    for _ in 0..3 {
        let again = told(house.me().await);
        assert!(again.contains("is not sent again"), "{again}");
    }
    for result in house.at_once(10).await {
        assert!(matches!(result, Err(Fault::Token { .. })));
    }
    assert_eq!(house.grants(), "password 400", "it was sent once");
}

#[tokio::test]
async fn where_the_profiles_password_is_refused_whoever_sits_there_is_asked_and_told_why() {
    let setup = Setup { password: printed("of-last-year"), answers: Some(vec![Some(PASSWORD)]), ..Setup::default() };
    let house = House::new(setup);
    house.me().await.unwrap();
    assert_eq!((house.questions(), house.grants().as_str()), (1, "password 400, password 200"));
    assert!(house.asked.lock().unwrap()[0].why.as_ref().unwrap().contains("does not take the password"));
    // What was typed serves from now on, and the profile's is never sent again.
    house.sandbox.end_tokens(true);
    house.me().await.unwrap();
    assert_eq!(house.questions(), 1);
    assert!(house.grants().ends_with("refresh_token 400, password 200"), "{}", house.grants());
}

/// A client whose question is answered with nothing, but not before the word is given.
fn waiting(base_url: &str, token_url: &str) -> (Arc<Api>, Arc<AtomicUsize>, Arc<Notify>) {
    let mut api = Api::new(profile(base_url, token_url, &typed(&[])));
    let (asked, word) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let (count, given) = (Arc::clone(&asked), Arc::clone(&word));
    api.ask_with(Box::new(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        let given = Arc::clone(&given);
        Box::pin(async move {
            given.notified().await;
            None
        })
    }));
    (Arc::new(api), asked, word)
}

#[tokio::test]
async fn declining_fails_all_who_wait_at_once_and_asks_nobody_again() {
    let sandbox = sandbox(&Setup::default());
    let (api, asked, word) = waiting(&sandbox.base_url(), &sandbox.token_url());
    let number = OrderNumber::from_random(7);
    let begun = Arc::new(AtomicUsize::new(0));
    let call = |api: Arc<Api>, number: OrderNumber, begun: Arc<AtomicUsize>| async move {
        begun.fetch_add(1, Ordering::SeqCst);
        api.get(&Query::new("/me", None, None), &[], &number).await
    };
    let tasks: Vec<_> =
        (0..20).map(|_| tokio::spawn(call(Arc::clone(&api), number.clone(), Arc::clone(&begun)))).collect();
    // On one thread all of them have come as far as they can once the question stands.
    while asked.load(Ordering::SeqCst) == 0 || begun.load(Ordering::SeqCst) < 20 {
        tokio::task::yield_now().await;
    }
    word.notify_one();
    for task in tasks {
        let result = tokio::time::timeout(super::house::LONG, task).await.expect("nobody waits any longer").unwrap();
        let why = told(result);
        assert_eq!(why, "No access token: it was not given.");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    assert!(sandbox.seen().is_empty(), "nothing was sent");
    // Whoever comes afterwards is asked.
    word.notify_one();
    call(api, number, begun).await.unwrap_err();
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn an_empty_answer_is_none() {
    let house = House::new(typed(&[Some(""), Some(PASSWORD)]));
    assert_eq!(told(house.me().await), "No access token: it was not given.");
    assert_eq!(house.grants(), "");
    house.me().await.unwrap();
}

#[tokio::test]
async fn three_wrong_answers_are_enough_for_all_who_wait() {
    let house = House::new(typed(&[Some("wrong"); 60]));
    for result in house.at_once(20).await {
        assert!(told(result).contains("does not take the password"));
    }
    assert_eq!((house.questions(), house.tokens().len()), (3, 3));
}

#[tokio::test]
async fn a_server_that_fails_is_asked_once_for_all_who_wait() {
    let house = House::new(Setup { faults: &["token=status:503"], ..Setup::default() });
    for result in house.at_once(20).await {
        assert!(told(result).contains("503"));
    }
    assert_eq!(house.grants(), "password 503");
}

#[tokio::test]
async fn while_the_present_token_works_nobody_who_declined_is_asked_again() {
    let setup =
        Setup { faults: &["token@2=grant:invalid_grant", "token@3=grant:invalid_grant"], ..typed(&[Some(PASSWORD)]) };
    let house = House::new(setup);
    house.me().await.unwrap();
    // The refresh is refused, then the typed password; the question after that is declined.
    house.later(6000.0);
    for _ in 0..10 {
        house.me().await.unwrap();
        house.later(60.0);
    }
    assert_eq!(house.questions(), 2, "{}", house.grants());
    // At its end somebody is asked again.
    house.later(700.0);
    assert!(matches!(house.me().await, Err(Fault::Token { .. })));
    assert_eq!(house.questions(), 3);
}
