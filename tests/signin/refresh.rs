//! Renewing: when, by whom, how often; refresh tokens that change, that stay, that are refused, and that get lost.

use std::net::SocketAddr;
use std::time::Duration;

use mobproc::domain::fault::Fault;
use mobproc::sandbox::Lives;
use mobproc::secret::Source;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::house::{House, LONG, Setup, sandbox};
use super::profile::{CLIENT_SECRET, PASSWORD};

fn short(seconds: u64) -> Setup {
    Setup { lives: Lives { access: Duration::from_secs(seconds), ..Lives::default() }, ..Setup::default() }
}

#[tokio::test]
async fn a_token_is_renewed_at_four_fifths_of_its_life_and_not_before() {
    let house = House::new(short(1000));
    house.me().await.unwrap();
    house.later(795.0);
    house.me().await.unwrap();
    assert_eq!(house.grants(), "password 200");
    house.later(10.0);
    house.me().await.unwrap();
    assert_eq!(house.grants(), "password 200, refresh_token 200");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_calls_at_four_fifths_of_the_life_renew_it_once() {
    for round in 0..10 {
        let house = House::new(Setup { faults: &["token=latency:20"], ..short(1000) });
        house.me().await.unwrap();
        house.later(850.0);
        for result in house.at_once(50).await {
            result.unwrap();
        }
        assert_eq!(house.grants(), "password 200, refresh_token 200", "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_calls_without_a_token_draw_one() {
    let house = House::new(Setup { faults: &["token=latency:20"], ..Setup::default() });
    for result in house.at_once(50).await {
        result.unwrap();
    }
    assert_eq!(house.grants(), "password 200");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_calls_with_a_token_that_the_server_ended_draw_one_and_are_each_repeated_once_at_most() {
    for round in 0..10 {
        let house = House::new(Setup::default());
        house.me().await.unwrap();
        house.sandbox.end_tokens(false);
        for result in house.at_once(50).await {
            result.unwrap();
        }
        assert_eq!(house.grants(), "password 200, refresh_token 200", "round {round}");
        let refused = house.calls("GET", "/me").iter().filter(|s| s.status == 401).count();
        assert!((1..=50).contains(&refused), "{refused}");
        assert_eq!(house.calls("GET", "/me").len(), 51 + refused);
    }
}

#[tokio::test]
async fn refresh_tokens_that_change_are_followed() {
    for keep_refresh in [false, true] {
        let lives = Lives { keep_refresh, ..Lives::default() };
        let house = House::new(Setup { lives, ..Setup::default() });
        house.me().await.unwrap();
        for _ in 0..5 {
            house.later(6000.0);
            house.me().await.unwrap();
        }
        assert_eq!(house.grants(), format!("password 200{}", ", refresh_token 200".repeat(5)), "{keep_refresh}");
    }
}

#[tokio::test]
async fn a_refused_refresh_is_followed_by_the_password_once() {
    let house = House::new(Setup::default());
    house.me().await.unwrap();
    house.sandbox.end_tokens(true);
    house.me().await.unwrap();
    assert_eq!(house.grants(), "password 200, refresh_token 400, password 200");
    // What came with the password is good for the next time.
    house.sandbox.end_tokens(false);
    house.me().await.unwrap();
    assert!(house.grants().ends_with("password 200, refresh_token 200"), "{}", house.grants());
}

#[tokio::test]
async fn a_refused_refresh_without_a_password_is_a_fault_and_the_next_call_may_go_well() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("password");
    std::fs::write(&file, PASSWORD).unwrap();
    let command = ["cat", file.to_str().unwrap()].map(String::from).into();
    let house = House::new(Setup { password: Source::Command(command), ..Setup::default() });
    house.me().await.unwrap();
    std::fs::remove_file(&file).unwrap();
    house.sandbox.end_tokens(true);
    for _ in 0..3 {
        assert!(matches!(house.me().await, Err(Fault::Token { .. })));
    }
    assert_eq!(house.grants(), "password 200, refresh_token 400", "a refused refresh token is not sent again");
    std::fs::write(&file, PASSWORD).unwrap();
    house.me().await.unwrap();
    assert!(house.grants().ends_with("refresh_token 400, password 200"), "{}", house.grants());
}

/// A port that leads to a server while it is open.
struct Door {
    at: SocketAddr,
    to: SocketAddr,
    open: Option<JoinHandle<()>>,
}

impl Door {
    async fn new(to: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let open = Some(tokio::spawn(leads(listener, to)));
        Self { at, to, open }
    }
    /// From now on nobody listens there.
    async fn close(&mut self) {
        if let Some(open) = self.open.take() {
            open.abort();
            open.await.ok();
        }
    }
    async fn open(&mut self) {
        let listener = TcpListener::bind(self.at).await.unwrap();
        self.open = Some(tokio::spawn(leads(listener, self.to)));
    }
}

async fn leads(listener: TcpListener, to: SocketAddr) {
    loop {
        let (mut inside, _) = listener.accept().await.unwrap();
        tokio::spawn(async move {
            let mut outside = TcpStream::connect(to).await.unwrap();
            tokio::io::copy_bidirectional(&mut inside, &mut outside).await.ok();
        });
    }
}

#[tokio::test]
async fn a_refresh_token_that_never_left_is_kept() {
    let sandbox = sandbox(&Setup::default());
    let mut door = Door::new(sandbox.addr()).await;
    let token_url = Some(format!("http://{}/as/token.oauth2", door.at));
    let house = House::at(sandbox, Setup { token_url, ..Setup::default() });
    house.me().await.unwrap();
    door.close().await;
    // A token that should be renewed and cannot be is used on.
    house.later(6000.0);
    house.me().await.unwrap();
    house.sandbox.end_tokens(false);
    for _ in 0..3 {
        assert!(matches!(house.me().await, Err(Fault::Unreachable { .. })));
    }
    door.open().await;
    house.me().await.unwrap();
    assert_eq!(house.grants(), "password 200, refresh_token 200");
}

#[tokio::test]
async fn without_the_clients_secret_nothing_is_sent_and_the_password_follows_when_it_is_there_again() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("secret");
    std::fs::write(&file, CLIENT_SECRET).unwrap();
    let command = ["cat", file.to_str().unwrap()].map(String::from).into();
    // The refresh is refused for the sake of the client, so that its secret is fetched anew.
    let house = House::new(Setup {
        client_secret: Some(Source::Command(command)),
        faults: &["token@2=grant:invalid_client", "token@3=status:503"],
        ..Setup::default()
    });
    house.me().await.unwrap();
    house.sandbox.end_tokens(false);
    std::fs::remove_file(&file).unwrap();
    assert!(matches!(house.me().await, Err(Fault::Token { .. })));
    assert_eq!(house.grants(), "password 200, refresh_token 401", "without the secret nothing is sent");
    std::fs::write(&file, CLIENT_SECRET).unwrap();
    assert!(matches!(house.me().await, Err(Fault::Token { .. })));
    house.me().await.unwrap();
    assert_eq!(house.grants(), "password 200, refresh_token 401, password 503, password 200");
}

#[tokio::test]
async fn a_refresh_whose_answer_was_lost_is_not_sent_twice() {
    for fault in ["drop", "drop-before", "cut", "cut-head:20", "empty", "status:500", "html:502"] {
        let house = House::new(Setup::default());
        house.me().await.unwrap();
        house.sandbox.fault(format!("token@1={fault}").parse().unwrap());
        house.later(6000.0);
        house.me().await.unwrap();
        assert_eq!(house.tokens().len(), 2, "{fault}: the token that still works is used on");
        house.later(31.0);
        house.me().await.unwrap();
        let grants = house.grants();
        assert_eq!(grants.matches("refresh_token").count(), 1, "{fault}: {grants}");
        assert!(grants.ends_with("password 200"), "{fault}: {grants}");
    }
}

#[tokio::test]
async fn while_renewing_fails_it_is_tried_every_half_minute_however_often_it_is_called() {
    let house = House::new(short(1000));
    house.me().await.unwrap();
    house.sandbox.fault("token=status:503".parse().unwrap());
    house.later(810.0);
    for _ in 0..18 {
        house.me().await.unwrap();
        house.later(10.0);
    }
    // 180 s are six times half a minute: a refresh, and then passwords.
    assert_eq!(house.grants(), format!("password 200, refresh_token 503{}", ", password 503".repeat(5)));
}

#[tokio::test]
async fn before_an_order_is_sent_a_token_must_last_for_the_longest_submission() {
    let house = House::new(short(1000));
    house.me().await.unwrap();
    let age = Duration::from_secs(1800);
    house.later(600.0);
    house.api.ready(age).await.unwrap();
    assert_eq!(house.grants(), "password 200", "400 s are left, six minutes are wanted");
    house.later(100.0);
    house.me().await.unwrap();
    assert_eq!(house.grants(), "password 200", "for reading it is good");
    house.api.ready(age).await.unwrap();
    assert_eq!(house.grants(), "password 200, refresh_token 200", "300 s are left");
}

#[tokio::test]
async fn where_no_lasting_token_can_be_had_nothing_is_made_ready() {
    let house = House::new(short(1000));
    house.me().await.unwrap();
    house.sandbox.fault("token=status:503".parse().unwrap());
    house.later(700.0);
    assert!(matches!(house.api.ready(Duration::from_secs(1800)).await, Err(Fault::Token { .. })));
    house.me().await.unwrap();
}

#[tokio::test]
async fn tokens_that_live_shorter_than_a_submission_are_taken_at_their_best() {
    let house = House::new(short(100));
    house.me().await.unwrap();
    house.later(15.0);
    let age = Duration::from_secs(1800);
    house.api.ready(age).await.unwrap();
    assert_eq!(house.grants(), "password 200", "85 of 100 s are left");
    house.later(10.0);
    house.api.ready(age).await.unwrap();
    house.api.ready(age).await.unwrap();
    assert_eq!(
        house.grants(),
        "password 200, refresh_token 200",
        "75 of 100 s are too little, and a new one is enough"
    );
}

#[tokio::test]
async fn tokens_that_live_a_second_cost_one_repeated_call_each() {
    let house = House::new(short(1));
    house.me().await.unwrap();
    // The server's own clock ends it.
    let renewed = async {
        while house.tokens().len() < 2 {
            house.me().await.unwrap();
        }
    };
    tokio::time::timeout(LONG, renewed).await.expect("it ends after a second");
    assert_eq!(house.grants(), "password 200, refresh_token 200");
    let refused = house.calls("GET", "/me").iter().filter(|s| s.status == 401).count();
    assert_eq!(refused, 1);
}

#[tokio::test]
async fn a_server_whose_clock_is_a_day_off_changes_nothing() {
    for date in ["date:+86400", "date:-86400", "date:none", "date:garbled"] {
        let house = House::new(short(1000));
        for resource in ["token", "me"] {
            house.sandbox.fault(format!("{resource}={date}").parse().unwrap());
        }
        house.me().await.unwrap();
        house.later(795.0);
        house.me().await.unwrap();
        assert_eq!(house.grants(), "password 200", "{date}");
        house.later(10.0);
        house.me().await.unwrap();
        house.me().await.unwrap();
        assert_eq!(house.grants(), "password 200, refresh_token 200", "{date}");
    }
}
