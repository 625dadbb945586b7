//! Every transaction type from the first question to the order id: the body that is sent is the golden one of the screen.

use super::golden::journeys;
use super::talk::Talk;
use mobproc::domain::kinds::KINDS;

/// Answers by the label of the field that asks; what is not named keeps what stands there.
struct Talked {
    kind: &'static str,
    who: &'static str,
    answers: &'static [(&'static str, &'static str)],
    digits: Option<&'static str>,
}

const GOODS: [(&str, &str); 5] = [
    ("Country", "1"),
    ("Postal code", "06477"),
    ("Device", "s4 black"),
    ("Plan", "nationwide for business talk share"),
    ("Plan", "1"),
];

const fn t(
    kind: &'static str,
    who: &'static str,
    answers: &'static [(&'static str, &'static str)],
    digits: Option<&'static str>,
) -> Talked {
    Talked { kind, who, answers, digits }
}

/// One order of each type.
const TALKED: [Talked; 12] = [
    t(
        "NEW_ACTIVATION",
        "n/edw acc",
        &[
            ("Features", "1"),
            ("Accessories", "/vehicle"),
            ("Accessories", "1"),
            ("Preferred Area Code", "512"),
            ("Ship to", "1"),
        ],
        None,
    ),
    t(
        "UPGRADE",
        "u/gonc",
        &[("Device", "iphone 5"), ("Plan", "6698"), ("Features", "1"), ("Features", "2"), ("Ship to", "1")],
        None,
    ),
    t(
        "PORT_NUMBER",
        "p/edw dev",
        &[
            ("New carrier", "1"),
            ("Line 1", "1 Example Plaza"),
            ("City", "Orange"),
            ("State", "CT"),
            ("Postal Code", "06477"),
        ],
        None,
    ),
    t(
        "ORDER_ACCESSORIES",
        "a/gonc",
        &[("Accessories", "3628940914"), ("Accessories", "headset"), ("Accessories", "1"), ("Ship to", "1")],
        None,
    ),
    t("SUSPEND", "s/edw dev", &[("Preferred Suspension Date", "+7")], None),
    t("UNSUSPEND", "r/lef", &[], None),
    t("DEACTIVATE", "d/edw dev", &[], Some("4468")),
    t(
        "UPDATE_FEATURES",
        "f/edw dev",
        &[("Features", "+1"), ("Features", "-5"), ("Comment", "Please also add Caller ID")],
        None,
    ),
    t(
        "SWAP_DEVICES",
        "w/gonc",
        &[
            ("New maker", "apple"),
            ("New maker", "1"),
            ("New model", "64gb space gray"),
            ("New serial number", "490154203237518"),
        ],
        None,
    ),
    t("XFER_SERVICE_OUT", "o/gonc", &[], Some("7676")),
    t(
        "XFER_SERVICE_IN",
        "i/edw acc",
        &[
            ("Current carrier", "1"),
            ("Number to be transferred", "2035550123"),
            ("PIN or password of that account", "s3cr3t"),
            ("Ship to", "1"),
        ],
        None,
    ),
    t(
        "XFER_SERVICE_IN_AND_PORT",
        "b/edw acc",
        &[
            ("Current carrier", "2"),
            ("New carrier", "1"),
            ("Number to be transferred", "2035550123"),
            ("PIN or password of that account", "s3cr3t"),
            ("Ship to", "1"),
        ],
        None,
    ),
];

impl Talked {
    /// Answers the fields until the server has confirmed the order.
    async fn to_the_review(&self, talk: &mut Talk) {
        let mut left: Vec<_> = self.answers.iter().chain(&GOODS).copied().collect();
        let mut said = talk.answer(self.who).await;
        for _ in 0..60 {
            let Some(label) = talk.field() else { break };
            let at = left.iter().position(|(of, _)| *of == label);
            let ticks = said.contains("Do you agree to this? Required.");
            let answer = at.map_or(if ticks { "yes" } else { "" }, |at| left.remove(at).1);
            said = talk.answer(answer).await;
            assert!(!said.contains("Error:"), "{}: {label}: {answer:?}:\n{}", self.kind, talk.all());
        }
        assert!(talk.all().ends_with("Submit? Type yes, or e to edit, or < back: "), "{}:\n{}", self.kind, talk.all());
    }
}

#[tokio::test]
async fn every_type_is_ordered_line_by_line_with_the_body_of_its_golden_pair() {
    for talked in TALKED {
        let mut talk = Talk::start(&[]).await;
        talked.to_the_review(&mut talk).await;
        assert!(talk.all().contains("0 differences"), "{}:\n{}", talked.kind, talk.all());
        let mut said = talk.answer("yes").await;
        if let Some(digits) = talked.digits {
            assert!(said.contains("cannot be taken back") && talk.submissions() == 0, "{said}");
            said = talk.answer(digits).await;
        }
        assert!(said.contains("Order ID 8711660, digits 8 7 1 1 6 6 0."), "{}:\n{}", talked.kind, talk.all());
        assert!(!talk.all().contains("s3cr3t"), "a secret is never said");
        let golden = journeys().into_iter().find(|j| j.kind == talked.kind).unwrap();
        let posts = talk.posts();
        assert_eq!(posts.iter().map(|p| p.0).collect::<Vec<_>>(), [true, false], "{}", talked.kind);
        let mut body = posts[1].1["orderRequest"].clone();
        body.as_object_mut().unwrap().remove("externalOrderNumber");
        assert_eq!(body, (golden.body)(), "{}:\n{}", talked.kind, talk.all());
    }
    assert_eq!(TALKED.len(), KINDS.len(), "a type without a talk");
}

#[tokio::test]
async fn back_leads_through_every_field_of_every_type_and_loses_nothing() {
    for talked in TALKED {
        let mut talk = Talk::start(&[]).await;
        talked.to_the_review(&mut talk).await;
        talk.answer("<").await;
        let mut passed = Vec::new();
        while let Some(label) = talk.field() {
            // Of two fields with one label the place tells.
            passed.push(label);
            let said = talk.answer("<").await;
            assert!(!said.contains("Error:") && passed.len() < 60, "{}:\n{}", talked.kind, talk.all());
        }
        assert!(passed.len() > 2, "{}: {passed:?}", talked.kind);
        assert!(talk.all().ends_with("Letter or code, m for more, or < back: "), "{}:\n{}", talked.kind, talk.all());
        let said = talk.answers(&["", "."]).await;
        assert!(said.contains("Step 4 of 5. Review."), "{}:\n{}", talked.kind, talk.all());
        let posts = talk.posts();
        assert_eq!(posts.iter().map(|p| p.0).collect::<Vec<_>>(), [true, true], "{}", talked.kind);
        assert_eq!(posts[0].1, posts[1].1, "{}: nothing is lost on the way", talked.kind);
    }
}

#[tokio::test]
async fn what_was_used_last_is_taken_by_a_sign_and_never_by_an_empty_line() {
    let mut talk = Talk::start(&[]).await;
    TALKED[0].to_the_review(&mut talk).await;
    talk.answers(&["yes", "h"]).await;
    talk.answers(&["n/edw acc", "", "06477", "s4 black", "nationwide for business talk share", "1", "", ""]).await;
    assert_eq!(talk.field().unwrap(), "Preferred Area Code", "{}", talk.all());
    assert!(talk.all().contains("= takes 512, used last."), "{}", talk.all());
    let said = talk.answer("").await;
    assert!(said.contains("Error: Preferred Area Code is required."), "{said}");
    assert_eq!((talk.held("Preferred Area Code"), talk.field().unwrap().as_str()), (None, "Preferred Area Code"));
    assert!(talk.answer("?").await.contains("= takes 512, used last."), "{}", talk.all());
    let said = talk.answer("=").await;
    assert!(said.contains("Preferred Area Code: 512, used last."), "{said}");
    assert_eq!(talk.held("Preferred Area Code").unwrap(), "512", "{}", talk.all());
}
