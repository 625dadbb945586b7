//! The transcript of the README is what is said.

use super::talk::Talk;

#[tokio::test]
async fn the_readmes_transcript_is_what_is_said() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let shown = readme.split("## Line by line").nth(1).unwrap().split("```text\n").nth(1).unwrap();
    let shown = shown.split("```").next().unwrap();
    let mut talk = Talk::start(&[]).await;
    for line in ["s/edw dev", "+7", "", "yes"] {
        talk.answer(line).await;
    }
    let number = talk.program.model.desk.draft.number.to_string();
    let said = talk.all().replace(&number, "MP70000000000J");
    let trimmed = |text: &str| text.lines().map(str::trim_end).map(|l| format!("{l}\n")).collect::<String>();
    assert!(trimmed(&said).starts_with(&trimmed(shown)), "the README shows\n{shown}\nand this is said\n{said}");
}
