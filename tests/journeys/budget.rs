//! How many keys an order may take, counted: a change of the screens that costs a key is seen here.

use mobproc::app::keys::Key;

use super::harness::{Harness, parse};

/// Plays a script that ends in an order, and counts.
async fn ordered(h: &mut Harness, script: &str) -> usize {
    let before = h.keys_pressed;
    h.keys(script).await.shows("DONE");
    h.keys_pressed - before
}

#[tokio::test]
async fn a_suspension_takes_thirteen_keys() {
    let mut h = Harness::start().await;
    let keys = ordered(&mut h, "s/edw d<enter>+7<C-o>y").await;
    assert!(keys <= 13, "{keys} keys");
    assert_eq!(h.submissions(), 1);
}

#[tokio::test]
async fn a_suspension_in_one_line_takes_no_more() {
    let mut h = Harness::start().await;
    let keys = ordered(&mut h, "s/edw d/+7<enter>y").await;
    assert!(keys <= 13, "{keys} keys");
}

#[tokio::test]
async fn a_new_activation_to_an_address_that_is_known_takes_fifty_keys() {
    let mut h = Harness::start().await;
    let script = "n/edw acc<enter>106477<enter>s4 bl<enter>nati<enter>1<enter>veh<enter><enter>512<C-o>1<C-o><pgdn>y";
    let keys = ordered(&mut h, script).await;
    assert!(keys <= 50, "{keys} keys");
}

#[tokio::test]
async fn a_new_activation_to_an_address_that_is_typed_takes_eighty_keys() {
    let mut h = Harness::start().await;
    let script = "n/edw acc<enter>106477<enter>s4 bl<enter>nati<enter>1<enter>veh<enter><enter>512<C-o>3\
        <C-o>1 Example Plaza<C-o>Orange<C-o>CT<enter>06477<C-o><pgdn>y";
    let keys = ordered(&mut h, script).await;
    assert!(keys <= 80, "{keys} keys");
}

#[tokio::test]
async fn the_same_order_for_somebody_else_takes_ten_keys() {
    let mut h = Harness::start().await;
    h.keys("s/edw d<enter>+7<C-o>y").await.shows("DONE");
    let keys = ordered(&mut h, "rgonc<enter><C-o>y").await;
    // Whose name is unique after six letters, as most are, needs two keys more than this one.
    assert!(keys <= 8, "{keys} keys");
    assert_eq!(h.submissions(), 2);
    let dates = h.posts().iter().map(|p| p.1["orderRequest"]["properties"][0].to_string()).collect::<Vec<_>>();
    assert!(dates.iter().all(|d| d.contains("2026-11-30")), "the date is kept: {dates:?}");
}

#[tokio::test]
async fn whoever_knows_no_code_suspends_a_line_with_arrows_enter_and_tab_alone() {
    let mut h = Harness::start().await;
    // Themselves; the type by arrows; every field by Enter, the date by Right; the review by Tab and Enter.
    let script = "<enter><down><down><down><down><enter><right><enter><enter><enter><tab><enter>";
    let allowed = [Key::Up, Key::Down, Key::Left, Key::Right, Key::Enter, Key::Tab];
    assert!(parse(script).iter().all(|key| allowed.contains(key)), "{script}");
    let keys = ordered(&mut h, script).await;
    assert!(keys <= 30, "{keys} keys");
    assert_eq!(h.submissions(), 1);
}

#[tokio::test]
async fn for_somebody_else_only_the_name_is_typed_beside_them() {
    let mut h = Harness::start().await;
    let script = "edw d<enter><down><down><down><down><enter><right><enter><enter><enter><tab><enter>";
    let name = parse("edw d");
    let allowed = [Key::Up, Key::Down, Key::Left, Key::Right, Key::Enter, Key::Tab];
    assert!(parse(script).iter().skip(name.len()).all(|key| allowed.contains(key)), "{script}");
    let keys = ordered(&mut h, script).await;
    assert!(keys <= 30, "{keys} keys");
    assert_eq!(h.posts()[1].1["orderRequest"]["serviceId"], "38382335");
}
