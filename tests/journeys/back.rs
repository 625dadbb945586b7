//! Going back is never held up: from every field of every type, with whatever stands in it.

use mobproc::app::Step;
use mobproc::domain::draft::Answer;
use mobproc::domain::rows::Entry;

use super::golden::journeys;
use super::harness::Harness;

/// What fits no number, date, list or code.
const INVALID: &str = "?!zz9";

#[tokio::test]
async fn from_every_field_of_every_type_one_goes_back_with_invalid_content_and_finds_it_again() {
    for journey in journeys() {
        let mut h = Harness::with(&[], (100, 40)).await;
        h.keys(journey.fill).await.keys("<esc>").await;
        assert!(matches!(h.program.model.step, Step::Details(_)), "{}:\n{}", journey.kind, h.screen());
        let filled = h.program.model.clone();
        let form = filled.desk.form();
        let Step::Details(state) = &filled.step else { unreachable!() };
        let here = form.iter().position(|r| r.id == state.focus).unwrap();
        for (at, row) in form.iter().enumerate() {
            h.program.model = filled.clone();
            let way = if at < here { "<S-tab>".repeat(here - at) } else { "<tab>".repeat(at - here) };
            h.keys(&way).await.keys("<C-u>").await.keys(INVALID).await;
            let mut presses = 0;
            while matches!(h.program.model.step, Step::Details(_)) {
                h.keys("<esc>").await;
                presses += 1;
                assert!(presses <= 2, "{}, {}: Esc does not lead back:\n{}", journey.kind, row.label, h.screen());
            }
            assert!(matches!(h.program.model.step, Step::Kind(_)), "{}, {}", journey.kind, row.label);
            h.keys("<enter>").await;
            let desk = &h.program.model.desk;
            let Step::Details(state) = &h.program.model.step else {
                panic!("{}, {}: going on again leads elsewhere:\n{}", journey.kind, row.label, h.screen())
            };
            let typed = matches!(row.entry, Entry::Text { .. } | Entry::Date(_) | Entry::Pick { many: false, .. });
            let there = desk.form().into_iter().find(|r| r.id == row.id);
            let (true, Some(there)) = (typed, there) else { continue };
            assert_eq!(
                desk.draft.answer(&row.id),
                Some(&Answer::Text(INVALID.into())),
                "{}, {}:\n{}",
                journey.kind,
                row.label,
                h.screen()
            );
            assert_eq!(state.focus, row.id, "{}, {}: the cursor is where it was", journey.kind, row.label);
            let judged = matches!(row.entry, Entry::Date(_) | Entry::Pick { .. });
            assert!(
                !judged || state.problem(desk, &there).is_some(),
                "{}, {}: it is not marked",
                journey.kind,
                row.label
            );
        }
        assert_eq!(h.submissions(), 0);
    }
}
