//! Sign-ins that end in the middle of an order, at each of its calls: the order is placed once, and nobody types his
//! password twice.

use std::net::TcpListener;

use mobproc::api::Api;
use mobproc::sandbox::{Lives, Options, Sandbox};
use mobproc::secret::Source;

use super::harness::Harness;
use super::profile::{PASSWORD, profile};

/// The calls of an order, in the words of faults.
const CALLS: [(&str, &str); 7] = [
    ("who", "GET me@1"),
    ("who", "GET employees@1"),
    ("the lines", "GET assets/services@1"),
    ("the fields", "GET orders/properties@1"),
    ("the confirmation", "POST orders@1"),
    ("the look", "GET orders@2"),
    ("the sending", "POST orders@2"),
];

/// Somebody has typed the password, once.
async fn signed_in(fault: &str) -> Harness {
    let faults = vec![fault.parse().unwrap()];
    let options = Options { faults, sign_in: Some(Lives::default()), ..Options::default() };
    let sandbox = Sandbox::start(TcpListener::bind("127.0.0.1:0").unwrap(), options).unwrap();
    let profile = profile(&sandbox.base_url(), &sandbox.token_url(), |grant| grant.password = Source::Ask);
    let mut h = Harness::of(sandbox, Api::new(profile), (80, 24)).await;
    h.shows("Password of").keys(&format!("{PASSWORD}<enter>")).await;
    h
}

#[tokio::test]
async fn a_sign_in_may_end_at_any_call_of_an_order() {
    let mut ended = 0;
    for (step, call) in CALLS {
        for end in ["expire", "sign-out"] {
            let mut h = signed_in(&format!("{call}={end}")).await;
            h.keys("d/edw dev<enter><C-o>").await.shows("REVIEW");
            h.keys("y4468<enter>").await.until("8711660").await;
            let about = format!("{step}, {call}={end}");
            assert_eq!((h.sandbox.orders().len(), h.program.model.asks()), (1, false), "{about}");
            let refused = h.sandbox.seen().iter().filter(|s| s.status == 401).count();
            assert!(refused > 0, "{about}: the sign-in ended");
            ended += 1;
        }
    }
    println!("{ended} sign-ins ended in the middle: {ended} orders, no duplicate, no second question");
}
