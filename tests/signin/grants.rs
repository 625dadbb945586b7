//! The two grants, the ways that their parameters go, and whose fault it is when one is refused.

use mobproc::domain::fault::Fault;
use mobproc::domain::ids::OrderNumber;
use mobproc::sandbox::Lives;
use mobproc::secret::Source;

use super::house::{House, Setup, order, sending, told};
use super::profile::{CLIENT_SECRET, PASSWORD, printed};

#[tokio::test]
async fn a_password_gives_a_token_with_which_calls_are_made_until_it_ends() {
    for (username, password) in
        [("command://jdoe", PASSWORD), ("rivermine://jdoe", "p&ss=w+rd %41 \u{e9}"), ("helpdesk", "desk-555-0100")]
    {
        let house = House::new(Setup { username, password: printed(password), ..Setup::default() });
        for _ in 0..3 {
            house.me().await.unwrap();
        }
        assert_eq!(house.grants(), "password 200", "{username}");
        let asked = &house.tokens()[0];
        let body = asked.body.as_ref().unwrap();
        assert_eq!((&body["username"], &body["scope"]), (&username.into(), &"MOBPROC".into()));
        assert!(asked.query.is_empty(), "{:?}", asked.query);
        let life = house.api.sign_in().await.unwrap().unwrap();
        assert!(life.as_secs() > 7000, "{life:?}");
    }
}

#[tokio::test]
async fn the_parameters_stand_in_the_address_only_where_the_profile_wants_that() {
    let house = House::new(Setup { in_query: true, ..Setup::default() });
    house.me().await.unwrap();
    house.later(7000.0);
    house.me().await.unwrap();
    assert_eq!(house.grants(), "password 200, refresh_token 200");
    for asked in house.tokens() {
        assert!(asked.body.is_none() && asked.query.len() >= 4, "{asked:?}");
    }
}

#[tokio::test]
async fn a_client_without_a_secret_sends_none() {
    let house = House::new(Setup { client_id: "mobproc-public", client_secret: None, ..Setup::default() });
    house.me().await.unwrap();
    house.later(7000.0);
    house.me().await.unwrap();
    assert_eq!(house.grants(), "password 200, refresh_token 200");
    assert!(house.tokens().iter().all(|t| t.body.as_ref().unwrap().get("client_secret").is_none()));
}

#[tokio::test]
async fn a_wrong_client_secret_is_not_taken_for_a_wrong_password_and_is_fetched_anew() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("secret");
    std::fs::write(&file, "of-last-year").unwrap();
    let command = ["cat", file.to_str().unwrap()].map(String::from).into();
    let setup = Setup {
        client_secret: Some(Source::Command(command)),
        answers: Some(vec![Some(PASSWORD)]),
        password: Source::Ask,
        ..Setup::default()
    };
    let house = House::new(setup);
    let why = told(house.me().await);
    assert!(why.contains("refuses with invalid_client") && !why.contains("of-last-year"), "{why}");
    assert_eq!((house.grants().as_str(), house.questions()), ("password 401", 1));
    std::fs::write(&file, CLIENT_SECRET).unwrap();
    house.me().await.unwrap();
    assert_eq!((house.grants().as_str(), house.questions()), ("password 401, password 200", 1));
}

#[tokio::test]
async fn a_client_secret_that_changed_while_a_token_lived_costs_one_refused_refresh() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("secret");
    std::fs::write(&file, CLIENT_SECRET).unwrap();
    let script = "cat \"$0\"; rm -f \"$0\"";
    let command = ["sh", "-c", script, file.to_str().unwrap()].map(String::from).into();
    let setup = Setup {
        client_secret: Some(Source::Command(command)),
        faults: &["token@2=grant:invalid_client"],
        ..Setup::default()
    };
    let house = House::new(setup);
    house.me().await.unwrap();
    std::fs::write(&file, CLIENT_SECRET).unwrap();
    house.sandbox.end_tokens(false);
    house.me().await.unwrap();
    assert_eq!(house.grants(), "password 200, refresh_token 401, password 200");
    assert!(!file.exists(), "the secret was fetched again");
}

#[tokio::test]
async fn every_answer_that_is_no_grant_is_told_as_what_it_is() {
    let table = [
        ("token=status:500", "answered with 500"),
        ("token=status:429", "answered with 429"),
        ("token=html:502", "web page"),
        ("token=html:200", "web page"),
        ("token=html:302", "answered with 302"),
        ("token=empty", "empty"),
        ("token=cut", "broke"),
        ("token=cut-head:30", "broke"),
        ("token=drop", "broke"),
        ("token=drop-before", "broke"),
        ("token=grant:unauthorized_client", "unauthorized_client"),
        ("token=grant:invalid_scope", "invalid_scope"),
    ];
    for (fault, word) in table {
        let house = House::new(Setup::default());
        house.sandbox.fault(fault.parse().unwrap());
        let why = told(house.me().await);
        assert!(why.contains(word), "{fault}: {why}");
        assert_eq!(house.tokens().len(), 1, "{fault}: it is not tried again by itself");
        assert!(house.calls("GET", "/me").is_empty(), "{fault}: without a token nothing is called");
        house.sandbox.clear_faults();
        house.me().await.unwrap();
    }
}

#[tokio::test]
async fn reads_and_confirmations_are_repeated_once_after_a_401_and_a_submission_never() {
    let house = House::new(Setup { faults: &["GET me=status:401", "POST orders=status:401"], ..Setup::default() });
    assert!(matches!(house.me().await, Err(Fault::NotSignedIn(_))));
    assert_eq!((house.calls("GET", "/me").len(), house.grants().as_str()), (2, "password 200, refresh_token 200"));

    let number = OrderNumber::from_random(11);
    let body = order(&number);
    let refused = house.api.confirm(&sending(&number, &body)).await;
    assert!(matches!(refused, Err(Fault::NotSignedIn(_))), "{refused:?}");
    assert_eq!((house.calls("POST", "/orders").len(), house.tokens().len()), (2, 3));

    let ready = house.api.ready(std::time::Duration::from_secs(1800)).await.unwrap();
    house.api.submit(&sending(&number, &body), &ready, super::house::LONG).await;
    assert_eq!(house.calls("POST", "/orders").len(), 3, "one submission, and no other");
}

#[tokio::test]
async fn no_secret_stands_in_what_the_sandbox_remembers() {
    for in_query in [false, true] {
        let house = House::new(Setup {
            in_query,
            lives: Lives { keep_refresh: in_query, ..Lives::default() },
            ..Setup::default()
        });
        house.me().await.unwrap();
        house.later(7000.0);
        house.me().await.unwrap();
        let kept = format!("{:?}", house.tokens());
        for secret in [PASSWORD, CLIENT_SECRET] {
            assert!(!kept.contains(secret), "{kept}");
        }
        let reply = house.tokens()[0].reply.clone().unwrap();
        assert_eq!((&reply["refresh_token"], &reply["access_token"]), (&"***".into(), &"***".into()));
        assert_eq!(house.tokens()[1].status, 200);
        assert!(kept.matches("***").count() >= 8, "{kept}");
    }
}
