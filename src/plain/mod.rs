//! Line by line: the second front end, for screen readers, dumb terminals and scripts. What it says is read from the
//! model, and what is answered becomes keys and pastes for it, so no rule is written twice. Pure: lines in, lines and
//! events out.
//!
//! ```text
//! Preferred Suspension Date. Required. Date, for example +7 or 22 dec.
//! Answer, or < back: +7
//! Thursday 3 December 2026, in 7 days.
//! ```

mod details;
mod dialogs;
mod fill;
mod grammar;
mod home;
mod kind;
mod list;
mod moves;
mod review;
mod say;
mod submit;
mod turn;
mod words;

use std::collections::VecDeque;

use zeroize::Zeroizing;

use crate::app::desk::{Desk, Level};
use crate::app::keys::{Action, Key};
use crate::app::message::{Event, Millis};
use crate::app::overlay;
use crate::app::{Model, Step};
use crate::domain::choice::{Person, dashed};
use crate::domain::draft::FieldId;
use crate::domain::ids::{Id, OrderKey};
use crate::domain::slots::SlotId;
use crate::domain::text::{Clean, pasted};
use grammar::Answer;
use list::List;
use moves::{Intent, Next};
use turn::{Busy, Now, Which};

pub use words::{COLUMNS, said as spoken};

/// The screen that the state machine lays things out for: nothing has to be scrolled, so what was said was seen.
pub const SIZE: (u16, u16) = (74, 9999);

/// So many keys are the most that one line becomes, a row far down a long list among them; more would never end.
const KEYS_AT_MOST: usize = 1000;

/// What is said of lines that were thrown away.
const NOT_TAKEN: &str = "What was typed ahead was not taken.";

/// A line that came in.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    /// As it was typed, without its end.
    Line(Zeroizing<String>, Millis),
    /// It was no text.
    Garbled(Millis),
    /// There are no more.
    End(Millis),
}

impl Heard {
    fn at(&self) -> Millis {
        match self {
            Self::Line(_, at) | Self::Garbled(at) | Self::End(at) => *at,
        }
    }
}

/// What goes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// A line.
    Line(String),
    /// The prompt, behind which the cursor stays.
    Prompt(String),
}

/// A question as it is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Question {
    /// What comes before the prompt, where the question is new.
    intro: Vec<String>,
    /// The prompt.
    prompt: String,
    /// Whether the answer is typed unseen.
    secret: bool,
}

/// What becomes of an answer.
#[derive(Clone, Debug, Default)]
struct Reply {
    says: Vec<String>,
    intents: Vec<Intent>,
    list: Option<List>,
    more: bool,
    anew: bool,
}

impl Reply {
    fn does(intents: impl IntoIterator<Item = Intent>) -> Self {
        Self { intents: intents.into_iter().collect(), ..Self::default() }
    }
    fn error(text: &str) -> Self {
        Self::default().says(&format!("Error: {}", words::sentence(text)))
    }
    /// The rows that a search finds are listed.
    fn lists(query: &str) -> Self {
        Self { list: Some(List::of(query)), ..Self::default() }
    }
    /// More rows of the same.
    fn more() -> Self {
        Self { more: true, ..Self::default() }
    }
    fn says(mut self, text: &str) -> Self {
        self.says.push(text.to_owned());
        self
    }
    /// The question is said once more, as if it were new.
    fn anew(self) -> Self {
        Self { anew: true, ..self }
    }
}

/// The front end between two lines.
#[derive(Debug)]
pub struct Plain {
    /// Whether somebody sits at a terminal: what is typed there ahead is thrown away where that matters, and only from
    /// there an order is submitted.
    hand: bool,
    /// Lines that wait for their question.
    heard: VecDeque<Heard>,
    /// What is being done, each step when the one before has had its effect.
    intents: VecDeque<Intent>,
    /// Where that was begun.
    place: turn::Place,
    /// When the line came that began it.
    at: Millis,
    keys: usize,
    /// What is to be said next.
    out: Vec<String>,
    /// The question that was said last, whose prompt stands if `prompted`.
    asked: Option<Which>,
    prompted: bool,
    secret: bool,
    /// What was typed until then is no answer to anything that is asked now.
    barred: Option<Millis>,
    greeted: bool,
    unsaid: bool,
    /// Fields that were left empty: going on does not ask for them again.
    passed: Vec<FieldId>,
    /// The form that was announced: of which draft, for whom.
    form: Option<(OrderKey, Option<Id>)>,
    /// The message that was said last.
    notice: Option<(Level, Clean)>,
    /// What is waited for, since when, and how many times that was said.
    busy: Option<(Busy, Millis, u64)>,
    list: List,
}

impl Plain {
    /// Begins. `hand` where somebody sits at a terminal.
    #[must_use]
    pub fn new(hand: bool) -> Self {
        Self {
            hand,
            heard: VecDeque::new(),
            intents: VecDeque::new(),
            place: turn::Place::default(),
            at: 0,
            keys: 0,
            out: Vec::new(),
            asked: None,
            prompted: false,
            secret: false,
            barred: None,
            greeted: false,
            unsaid: false,
            passed: Vec::new(),
            form: None,
            notice: None,
            busy: None,
            list: List::default(),
        }
    }
    /// Whether somebody sits at a terminal.
    #[must_use]
    pub fn hand(&self) -> bool {
        self.hand
    }
    /// Whether what is asked is typed unseen.
    #[must_use]
    pub fn secret(&self) -> bool {
        self.prompted && self.secret
    }
    /// Until when what is typed is no answer to the question that stands: before it, nobody could have known it.
    #[must_use]
    pub fn barred(&self) -> Option<Millis> {
        self.barred
    }
    /// Whether something is to be said although the state has not changed.
    #[must_use]
    pub fn unsaid(&self) -> bool {
        self.unsaid
    }
    /// Whether no line waits.
    #[must_use]
    pub fn took_all(&self) -> bool {
        self.heard.is_empty()
    }
    /// Takes a line.
    pub fn hear(&mut self, heard: Heard) {
        self.heard.push_back(heard);
    }
    /// What was typed ahead is thrown away; a pipe has no hand that could have read what comes.
    pub fn drain(&mut self) {
        self.untaken(|_| true);
    }
    /// Throws away what was typed ahead, as long as it is of that kind, and tells. Who wants to leave is not held up.
    fn untaken(&mut self, unwanted: impl Fn(&Heard) -> bool) {
        let mut any = false;
        while self.hand
            && let Some(heard) = self.heard.pop_front_if(|h| !matches!(h, Heard::End(_)) && unwanted(h))
        {
            drop(heard);
            any = true;
        }
        if any && self.out.last().is_none_or(|said| said != NOT_TAKEN) {
            self.out.push(NOT_TAKEN.into());
        }
        self.unsaid |= any;
    }
    /// Has the question said once more.
    pub fn again(&mut self) {
        self.prompted = false;
        self.asked = None;
    }

    /// The next thing that is done to the state; `None` where a question must be said first, or an answer waited for.
    pub fn press(&mut self, model: &Model) -> Option<Event> {
        loop {
            if let Some(intent) = self.intents.front().cloned() {
                if !intent.anywhere() && self.place != turn::place(model) {
                    // It was meant for what is there no more.
                    self.intents.pop_front();
                    continue;
                }
                match self.step(&intent, model) {
                    Some(Ok(event)) => return Some(event),
                    Some(Err(())) => {
                        let heard = self.interrupting(Busy::Loading)?;
                        self.answered(model, Now::Busy(Busy::Loading), heard);
                        continue;
                    }
                    None => continue,
                }
            }
            if turn::cornered(model) {
                // The key ends the message.
                let news = self.news(model);
                self.out.extend(news);
                return Some(Event::Key(Key::Esc, model.desk.last_input));
            }
            let now = turn::now(model, false);
            let heard = match &now {
                Now::Busy(what) => self.interrupting(*what)?,
                // It must have been said before it is answered.
                Now::Asks(which) if self.asked.as_ref() != Some(which) || !self.prompted => return None,
                Now::Asks(_) => self.answering()?,
            };
            self.answered(model, now, heard);
        }
    }

    /// The line that does not want to wait for what is waited for. One from a pipe always waits. Where the server has the
    /// order, nobody knows yet what it will be asked next, and no line waits for that.
    fn interrupting(&mut self, what: Busy) -> Option<Heard> {
        if what != Busy::Loading {
            self.untaken(|heard| !turn::interrupts(heard));
        }
        self.heard.pop_front_if(|heard| self.hand && turn::interrupts(heard))
    }

    /// The line that answers the question that stands.
    fn answering(&mut self) -> Option<Heard> {
        if let Some(barred) = self.barred {
            self.untaken(|heard| heard.at() <= barred);
        }
        self.heard.pop_front()
    }

    /// One step of an intent: an event, a wait (`Err`), or nothing but that it is done.
    fn step(&mut self, intent: &Intent, model: &Model) -> Option<Result<Event, ()>> {
        let next = intent.next(model, &self.passed);
        if !matches!(next, Next::Key(_) | Next::Wait) {
            self.intents.pop_front();
        }
        self.keys += 1;
        if self.keys > KEYS_AT_MOST {
            self.intents.clear();
            self.out.push("Error: That could not be done here.".into());
            return None;
        }
        match next {
            Next::Key(key) | Next::Last(key) => Some(Ok(Event::Key(key, self.at))),
            Next::Paste(text) => Some(Ok(Event::Paste(text, self.at))),
            Next::Wait => Some(Err(())),
            Next::Done => {
                if let Intent::Checked(field, _) = intent {
                    self.out.extend(details::echo(&model.desk, field));
                }
                None
            }
            Next::Fails(why) => {
                self.intents.clear();
                self.out.push(format!("Error: {why}"));
                None
            }
            Next::Wrong(field, why) => {
                self.wrong(field, &why, model);
                None
            }
            Next::Listed => {
                if let Step::Home(state) = &model.step {
                    self.out.push(home::matched(state, &model.desk));
                    self.list = List::of(state.who.text());
                }
                self.intents.clear();
                None
            }
        }
    }

    /// The answer stays as it was typed, and is asked for again.
    fn wrong(&mut self, field: FieldId, why: &str, model: &Model) {
        self.intents.clear();
        self.out.push(format!("Error: {}", words::sentence(&words::said(why))));
        if matches!(model.step, Step::Details(_)) && model.overlay.is_none() {
            self.asked = Some(Which::Field(field.clone()));
            self.intents.push_back(Intent::Field(field));
        }
    }

    /// A line for the question that stands, or for what is waited for.
    fn answered(&mut self, model: &Model, now: Now, heard: Heard) {
        (self.prompted, self.unsaid, self.secret) = (false, true, false);
        self.intents.clear();
        self.place = turn::place(model);
        self.keys = 0;
        let (text, at) = match heard {
            Heard::Line(text, at) => (text, at),
            Heard::End(at) => {
                self.at = self.when(at, model);
                self.intents.push_back(Intent::Leave);
                return;
            }
            Heard::Garbled(_) => {
                return self.out.push("Error: That was no UTF-8 text, or too long. Nothing was taken.".into());
            }
        };
        self.at = self.when(at, model);
        let reply = match &now {
            Now::Busy(_) => Reply::does([if text.trim() == "<" { Intent::Key(Key::Esc) } else { Intent::Leave }]),
            Now::Asks(Which::SignIn(_)) if text.is_empty() => Reply::does([Intent::Key(Key::Esc)]),
            Now::Asks(Which::SignIn(_)) => Reply::does([Intent::Paste(text.to_string()), Intent::Key(Key::Enter)]),
            Now::Asks(Which::Field(field)) if field.masked() => {
                self.meant(&Which::Field(field.clone()), grammar::unseen(&text), model)
            }
            // As a box takes it: what is typed is held against what stands there.
            Now::Asks(which) => self.meant(which, grammar::read(&pasted(&text)), model),
        };
        if let (Now::Asks(Which::Field(field)), [Intent::Advance(from)]) = (&now, reply.intents.as_slice())
            && field == from
        {
            self.passed.push(field.clone());
        }
        if !reply.intents.is_empty() {
            // The same sentence, said once more, is an answer of its own.
            self.notice = None;
        }
        self.out.extend(reply.says);
        self.intents.extend(reply.intents);
        if let Some(list) = reply.list {
            self.list = list;
        }
        self.list.wanted |= reply.more;
        if reply.anew {
            self.asked = None;
        }
    }

    /// When a line was typed. A pipe has no hand whose pauses could tell that it has read something; it can submit
    /// nothing either.
    fn when(&self, at: Millis, model: &Model) -> Millis {
        let desk = &model.desk;
        if self.hand { at } else { at.max(desk.last_input).max(desk.drawn) + 1000 }
    }

    /// What means the same everywhere, else what it means here.
    fn meant(&self, which: &Which, typed: Answer, model: &Model) -> Reply {
        match typed {
            Answer::Leave => Reply::does([Intent::Leave]),
            Answer::Help => {
                let mut says = turn::help(which, model);
                if !matches!(which, Which::Field(field) if field.masked()) {
                    says.extend(HELP.iter().map(|line| (*line).to_owned()));
                }
                Reply { says, ..Reply::default() }
            }
            Answer::All => Reply { says: all(&model.desk), ..Reply::default() },
            Answer::Word(word) => worded(&word, model),
            Answer::Empty
            | Answer::Back
            | Answer::Field(_)
            | Answer::Search(_)
            | Answer::More
            | Answer::Onward
            | Answer::Clear
            | Answer::Used
            | Answer::Number(..)
            | Answer::Value(_) => turn::answer(which, model, typed, &self.list, self.hand),
        }
    }
}

/// What can be typed everywhere.
const HELP: [&str; 5] = [
    "< goes back and loses nothing. ! says all answers so far.",
    "/ and words search a list. m says more of it.",
    "q leaves; everything is kept. :reload asks the server again.",
    "A backslash before any of these signs makes it the answer: \\q.",
    "Enter alone takes what stands there.",
];

/// What is seldom done.
fn worded(word: &str, model: &Model) -> Reply {
    match word {
        "home" => Reply::does([Intent::Menu(Action::GoHome)]),
        "restore" => Reply::does([Intent::Menu(Action::Restore)]),
        "reload" => Reply::does([Intent::Key(Key::Ctrl('r'))]).anew(),
        "discard" => Reply::does([Intent::Menu(Action::Discard)]),
        "json" if matches!(model.step, Step::Review(_)) => Reply { says: overlay::body(model), ..Reply::default() },
        "q" | "quit" => Reply::does([Intent::Leave]),
        _ => Reply::error(&format!(":{word} means nothing here. ? says what does.")),
    }
}

/// All answers so far.
fn all(desk: &Desk) -> Vec<String> {
    let mut out = vec![sentence_of(desk)];
    out.extend(details::all(desk));
    out.push(format!("Reference {}.", desk.draft.number));
    out
}

fn sentence_of(desk: &Desk) -> String {
    if desk.draft.who.is_none() { "Nothing is answered so far.".into() } else { format!("{}.", subject(desk)) }
}

/// The order in a few words: type, for whom, which line.
fn subject(desk: &Desk) -> String {
    let kind = desk.draft.kind.map_or("No type yet", |k| k.id);
    let who = desk.draft.who.as_ref().and_then(|w| w.person()).map(Person::with_login).unwrap_or_default();
    let line = desk.draft.one(SlotId::Service).map(|l| format!(", line {}", dashed(&l.name))).unwrap_or_default();
    format!("{kind} for {who}{line}")
}
