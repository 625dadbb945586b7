//! The keyboard through the real client and server: what is typed ahead, the menu, the text screen, what was used last.

use mobproc::app::Step;
use mobproc::app::keys::Key;
use mobproc::app::message::Event;
use mobproc::domain::journal::Timing;
use mobproc::domain::text::Clean;
use mobproc::runtime::{Ask, Wake};
use unicode_width::UnicodeWidthStr;

use super::golden::journeys;
use super::harness::Harness;

#[tokio::test]
async fn keys_hammered_while_the_confirmation_runs_send_nothing_but_the_confirmation() {
    let mut h = Harness::with(&["POST orders@1=latency:300"], (80, 24)).await;
    h.keys("s/edw dev<enter>+7").await;
    h.burst("<C-o>yyyy<enter>y<tab><enter>").await.shows("REVIEW");
    let posts = h.posts();
    assert_eq!(posts.iter().map(|p| p.0).collect::<Vec<_>>(), [true], "one confirmation and nothing else");
}

#[tokio::test]
async fn an_order_in_one_burst_stops_at_its_review() {
    for fault in ["GET employees@1=latency:100", "GET orders/properties=latency:200"] {
        let mut h = Harness::with(&[fault], (80, 24)).await;
        h.burst("s/edw dev/+7<enter>yyyy").await.shows("REVIEW").shows("Mon 30 Nov 2026");
        assert_eq!(h.posts().iter().map(|p| p.0).collect::<Vec<_>>(), [true], "{fault}");
        h.keys("y").await.shows("DONE");
    }
}

#[tokio::test]
async fn a_whole_activation_is_fed_from_one_line() {
    let mut h = Harness::start().await;
    h.keys("n/edw acc/united states;06477;9194791812;1<enter>").await;
    h.shows("Step 3 of 5").shows("06477");
    assert!(h.screen().contains("Samsung Galaxy S4"), "{}", h.screen());
}

#[tokio::test]
async fn what_is_typed_blind_for_several_rings_the_bell_once() {
    let mut h = Harness::with(&["GET catalog/devices=latency:300"], (80, 24)).await;
    h.keys("n/edw acc<enter>106477").await;
    h.burst("<enter>sam<enter>nationwide").await.shows("match: choose one.");
    let rung = h.asked.lock().unwrap().iter().filter(|a| **a == Ask::Bell).count();
    assert_eq!(rung, 1);
    assert!(h.focus().contains("Device") && h.focus().contains("sam"), "{}", h.screen());
}

#[tokio::test]
async fn the_menu_runs_a_line_of_its_second_page_on_a_low_screen() {
    let mut h = Harness::with(&[], (40, 12)).await;
    h.keys("s/edw dev<enter><C-x>").await.shows("page 1 of");
    let mut pages = 0;
    while !h.screen().contains("plain text of this") {
        h.keys("<pgdn>").await;
        pages += 1;
        assert!(pages < 9, "{}", h.screen());
    }
    assert!(pages > 0, "it is not on the first page");
    let digit = h.line("plain text of this").trim_start_matches(['>', ' ']).chars().next().unwrap();
    h.keys(&digit.to_string()).await.shows("mobproc SANDBOX, SUSPEND").hides("Actions and help");
}

#[tokio::test]
async fn the_footer_of_a_narrow_form_names_the_keys_that_are_needed() {
    let mut h = Harness::with(&[], (40, 12)).await;
    h.keys("s/edw dev<enter>").await;
    let last = h.screen().lines().last().unwrap().to_owned();
    for key in ["^O", "^X", "Esc"] {
        assert!(last.contains(key), "{last}");
    }
}

#[tokio::test]
async fn a_screen_is_printed_whole_as_plain_text_and_is_there_again_behind_it() {
    let mut h = Harness::with(&[], (40, 12)).await;
    let activation = journeys().into_iter().find(|j| j.kind == "NEW_ACTIVATION").unwrap();
    h.keys(activation.fill).await.shows("REVIEW");
    let before = h.screen();
    for back in ["<enter>", "<esc>", "<C-g>", "p"] {
        h.keys("p").await;
        let all = h.aside().expect("it is on the normal screen");
        let squeezed = all.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in
            ["mobproc SANDBOX, NEW_ACTIVATION", "Samsung Galaxy S4 (16GB) - Black Mist", "SERVER TOTAL", "06477"]
        {
            assert!(squeezed.contains(part), "{part}: {all}");
        }
        assert!(!all.contains(['─', '│']) && all.starts_with("mobproc"), "{all}");
        assert!(all.ends_with("Press Enter or Esc to go back.") && all.lines().all(|l| l.width() <= 40), "{all}");
        // Nothing that is typed there is meant for what is below.
        h.keys("y<tab>e").await;
        assert!(h.aside().is_some());
        h.keys(back).await;
        assert_eq!((h.aside(), h.screen()), (None, before.clone()), "{back}");
    }
    h.keys("y").await;
    assert_eq!(h.submissions(), 0, "the review itself was not read");
}

#[tokio::test]
async fn whatever_must_be_seen_takes_the_place_of_a_printed_screen() {
    let mut h = Harness::start().await;
    h.keys("s/edw dev<enter>+7<C-o>").await.shows("REVIEW").keys("p").await;
    h.keys("<C-c>").await.shows("Leave mobproc?");
    assert!(!h.terminal.aside);
    h.keys("<esc>").await.shows("Everything is as you asked").keys("p").await;
    h.resize((30, 8)).await.shows("too small");
    assert!(!h.terminal.aside);
    h.resize((80, 24)).await.shows("Press Enter or Esc");
    let alarm = Clean::new("Two orders have one reference.");
    h.program.handle(&mut h.terminal, Wake::Event(Event::Alarm(alarm))).unwrap();
    h.program.draw(&mut h.terminal).unwrap();
    h.shows("Two orders have one reference.");
    assert!(!h.terminal.aside);
    h.keys("<enter>").await.shows("Everything is as you asked");
}

#[tokio::test]
async fn a_secret_is_in_no_text_of_a_screen() {
    let journey = journeys().into_iter().find(|j| j.kind == "XFER_SERVICE_IN").unwrap();
    let mut h = Harness::start().await;
    h.keys(journey.fill).await.keys("p").await;
    let text = mobproc::app::text_of::text(&h.program.model).join("\n");
    assert!(text.contains("********") && !text.contains("s3cr3t"), "{text}");
    h.keys("<esc><esc>").await;
    let text = mobproc::app::text_of::text(&h.program.model).join("\n");
    assert!(text.contains("********") && !text.contains("s3cr3t"), "{text}");
    let answers = mobproc::app::text_of::answers(&h.program.model.desk).join("\n");
    assert!(answers.contains("********") && !answers.contains("s3cr3t"), "{answers}");
}

#[tokio::test]
async fn what_an_order_answered_is_offered_beside_the_next_empty_box_and_in_the_next_session() {
    let mut h = Harness::start().await;
    h.keys("s/edw dev<enter>+7<enter>For this order only<up><up><up><up><C-u>2035559999").await;
    h.keys("<C-o>y").await.shows("DONE").keys("h").await;
    h.keys("s/gonc<enter>+7<up><up><up><C-u>").await;
    assert!(h.focus().contains("last used 2035559999"), "{}", h.screen());
    h.hides("For this order only").keys("<right><C-o>").await.shows("REVIEW").shows("2035559999");
    h.leave();
    let mut next = h.another(Timing::sandbox(), 99).await;
    next.keys("s/lefevre<esc>").await.keys("<C-u>s/edw dev<enter>+8<up><up><up><C-u>").await;
    assert!(next.focus().contains("last used 2035559999"), "{}", next.screen());
    next.leave();
}

#[tokio::test]
async fn an_answer_to_yes_or_no_is_one_of_these_or_is_refused() {
    use mobproc::domain::draft::Answer;
    use mobproc::domain::slots::SlotId;
    let upgrade = journeys().into_iter().find(|j| j.kind == "UPGRADE").unwrap();
    let mut h = Harness::start().await;
    h.keys(upgrade.fill).await.shows("REVIEW").keys("<esc>").await;
    for (typed, then) in [("YES", Some(true)), ("no", Some(false)), ("N", Some(false)), ("yesterday", None)] {
        let desk = &mut h.program.model.desk;
        desk.draft.set(SlotId::Expedite.into(), Answer::Text("maybe".into()));
        desk.ahead.push(mobproc::app::Ahead::Answer(typed.into()));
        h.resize((80, 24)).await;
        let now = h.program.model.desk.draft.given(&SlotId::Expedite.into()).map(|g| g.answer.clone());
        assert_eq!(now, Some(then.map_or(Answer::Text("maybe".into()), Answer::Flag)), "{typed}");
    }
    h.shows("\"yesterday\" is neither y nor n");
}

#[tokio::test]
async fn the_country_of_the_last_order_is_filled_in_in_the_next_session_too() {
    let activation = journeys().into_iter().find(|j| j.kind == "NEW_ACTIVATION").unwrap();
    let mut h = Harness::start().await;
    h.keys(activation.fill).await.keys(activation.send).await.shows("DONE");
    h.leave();
    let mut next = h.another(Timing::sandbox(), 99).await;
    next.keys("n/edw dev<enter>").await;
    assert!(next.row("Country").contains("United States"), "{}", next.screen());
    assert!(next.focus().contains("Postal code"), "{}", next.screen());
    next.leave();
}

#[tokio::test]
async fn an_order_that_was_refused_leaves_nothing_to_be_used_again() {
    let mut h = Harness::with(&["orders@2=refuse-plain:The account is closed"], (80, 24)).await;
    h.keys("s/edw dev<enter>+7<up><up><up><C-u>2035559999<C-o>y").await.shows("The account is closed");
    h.keys("<C-x>").await;
    h.keys("<esc>").await;
    let Step::Details(_) = &h.program.model.step else { panic!("{}", h.screen()) };
    let rows = h.program.model.desk.form();
    assert!(rows.iter().all(|r| {
        let ghost = mobproc::app::details::ghost(&h.program.model.desk, r);
        !ghost.is_some_and(|g| g.spoken().contains("2035559999"))
    }));
}

#[tokio::test]
async fn the_list_of_a_field_is_opened_by_its_key_and_closed_without_losing_what_was_typed() {
    let mut h = Harness::start().await;
    h.keys("n/edw acc<enter><f4>").await.shows("to choose from");
    h.keys("unit<esc>").await.hides("match \"unit\"");
    assert!(h.focus().contains("unit"), "{}", h.screen());
    h.keys("<f4>").await.shows("match \"unit\"");
}

#[tokio::test]
async fn the_list_of_what_was_refused_shows_where_the_keys_are() {
    let faults = ["orders@1=refuse:CONTACT_NUMBER:CONTACT_NUMBER is not in service"];
    let mut h = Harness::with(&faults, (80, 24)).await;
    h.keys("s/edw dev<enter>+7<C-o>").await.shows("1 problem from the server");
    h.keys("<up><up>").await.shows("1-9 or Enter goes to the field").shows("1-9 jump");
    let marked: Vec<_> = h.screen().lines().filter(|l| l.trim_start().starts_with('>')).map(str::to_owned).collect();
    assert!(marked.len() == 1 && marked[0].contains("1 Contact Phone Number"), "{marked:?}");
    let cursor = h.terminal.screen.get_cursor_position().unwrap();
    assert!(h.screen().lines().nth(usize::from(cursor.y)).unwrap().contains("1 Contact Phone Number"), "{cursor:?}");
    h.keys("1").await;
    assert!(h.focus().contains("Contact Phone Number"), "{}", h.screen());
    h.keys("<bs>8<up><up>").await.shows("(changed since)");
}

#[tokio::test]
async fn a_confirmation_that_takes_long_is_counted_and_its_end_says_so_by_the_review() {
    let mut h = Harness::with(&["POST orders@1=latency:2500"], (80, 24)).await;
    h.keys("s/edw dev<enter>+7").await.press(Key::Ctrl('o'), 1000);
    let counted = std::cell::Cell::new(false);
    h.until_so("the first second", |h| {
        counted.set(counted.get() || h.screen().contains("Asking the server. 1 s"));
        counted.get()
    })
    .await;
    h.shows("REVIEW").hides("Asking the server").shows("y submits");
}

#[tokio::test]
async fn what_is_typed_ahead_of_a_text_to_be_read_is_dropped_with_a_sentence_and_a_bell() {
    let mut h = Harness::with(&["GET acknowledgements=latency:300"], (80, 24)).await;
    h.burst("o/gonc<enter><C-o>yyy").await.shows("What you typed ahead of it is dropped").shows("to be read");
    let rung = h.asked.lock().unwrap().iter().filter(|a| **a == Ask::Bell).count();
    assert!(rung == 1 && !h.screen().contains("[x]") && h.posts().is_empty(), "{rung}\n{}", h.screen());
}

#[tokio::test]
async fn an_order_typed_ahead_that_is_honoured_rings_no_bell() {
    for fault in ["GET employees=latency:100", "GET orders/properties=latency:200", "GET assets/services=latency:150"] {
        for script in ["s/edw dev<enter>+7<C-o>", "s/edw dev/+7<enter>"] {
            let mut h = Harness::with(&[fault], (80, 24)).await;
            h.burst(script).await.shows("REVIEW");
            let rung = h.asked.lock().unwrap().iter().filter(|a| **a == Ask::Bell).count();
            assert_eq!(rung, 0, "{fault} {script}");
        }
    }
}

#[tokio::test]
async fn no_line_of_a_screens_text_is_behind_the_message_nor_lost_when_the_screen_grows() {
    let mut h = Harness::with(&["orders@1=refuse-plain:The account is closed"], (40, 12)).await;
    h.keys("s/edw dev<enter>+7<C-o>").await.shows("The server refused");
    h.keys("<C-x>").await;
    while !h.screen().contains("plain text of this") {
        h.keys("<pgdn>").await;
    }
    let digit = h.line("plain text of this").trim_start_matches(['>', ' ']).chars().next().unwrap();
    h.keys(&digit.to_string()).await;
    let text = mobproc::app::text_of::fitted(&mobproc::app::text_of::text(&h.program.model), 40);
    let mut seen = h.screen();
    for _ in 0..text.len() {
        h.keys("<down>").await;
        seen += "\n";
        seen += &h.screen();
    }
    for line in text.iter().map(|l| l.trim_end()).filter(|l| !l.is_empty()) {
        assert!(seen.lines().any(|l| l == line), "{line:?} is never seen");
    }
    h.resize((120, 40)).await.shows("mobproc SANDBOX, SUSPEND");
}

#[tokio::test]
async fn what_was_cleared_on_coming_back_does_not_come_back_with_the_next_letter() {
    let mut h = Harness::start().await;
    h.keys("krug<enter>").await.shows("What is needed?");
    h.keys("<esc>").await.shows("> krug");
    h.keys("<C-u>x").await;
    assert!(h.line("match").starts_with(" > x "), "{}", h.screen());
}

#[tokio::test]
async fn a_field_that_is_being_mended_does_not_go_on_being_blamed() {
    let mut h = Harness::with(&["orders@1=refuse:CONTACT_NUMBER:CONTACT_NUMBER is not in service"], (80, 24)).await;
    h.keys("s/edw dev<enter>+7<C-o>").await.shows("1 problem from the server");
    assert!(h.row("Contact Phone Number").contains("is not in s"), "{}", h.screen());
    h.keys("<bs>9").await;
    assert!(!h.row("Contact Phone Number").contains("is not in s"), "{}", h.screen());
}

#[tokio::test]
async fn the_key_line_of_a_form_with_refusals_names_the_way_to_their_list_and_there_the_digits() {
    for size in [(40, 12), (80, 24), (200, 60)] {
        let refused = "orders@1=refuse:CONTACT_NUMBER:CONTACT_NUMBER is not in service";
        let mut h = Harness::with(&[refused], size).await;
        let last = |h: &Harness| h.screen().lines().last().unwrap().to_owned();
        h.keys("s/edw dev<enter>+7").await;
        assert!(!last(&h).contains("errors"), "nothing is refused yet: {}", last(&h));
        h.keys("<C-o>").await.shows("not in service");
        for key in ["^O", "Up to", "errors", "^X", "Esc"] {
            assert!(last(&h).contains(key), "{key}: {}", last(&h));
        }
        // What it names leads there, and digits jump from there.
        h.keys("<up><up>").await;
        assert!(last(&h).contains("1-9 jump") && !last(&h).contains("errors"), "{}", last(&h));
        h.keys("1").await;
        assert!(h.focus().contains("Contact Phone Number"), "{}", h.screen());
    }
}
