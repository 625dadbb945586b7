//! Step 1, who: a box that finds a person by anything known about them, and below it what is unfinished.
//!
//! ```text
//!  Who is the order for?     name, login, e-mail or phone number
//!  > edw pe_
//!  >  1  Edwards, Peter   peter.edwards.acme   Development   ACTIVE
//! ```

mod hunt;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::desk::Desk;
use super::input::TextBox;
use super::keys::{Action, Key};
use super::layout::NARROW;
use super::message::{Effect, Part};
use super::picker::{exact, find, stepped};
use super::{Ahead, Input, Move};
use crate::domain::cache::Progress;
use crate::domain::choice::{Choice, digits};
use crate::domain::directory::{Reading, by_number};
use crate::domain::ids::{Id, OrderKey};
use crate::domain::kept::Standing;
use crate::domain::kinds::{self, Kind};
use crate::domain::lookups;
use crate::domain::prefill::Given;
use crate::domain::search::{Query, Rows};
use crate::domain::text::thousands;
use hunt::Hunt;

/// The first screen.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// What is typed.
    pub who: TextBox,
    /// The highlighted entry.
    pub cursor: usize,
    /// Whether digits pick entries instead of being typed.
    pub in_list: bool,
    /// What can be picked now.
    pub entries: Vec<Entry>,
    /// How many entries there are before the list is cut for the screen, but for those that only resemble what is typed.
    pub total: usize,
    /// How many of the entries only resemble what is typed.
    pub similar: usize,
    /// What was searched for last, and what came of it.
    hunt: Option<Box<Hunt>>,
    /// Whether what is typed stands there from before: the first character takes its place.
    recalled: bool,
    /// Whom the highlight is on, whatever place that gets while more are found.
    anchor: Option<Ids>,
    /// The entries that were on the screen last.
    seen: Vec<Ids>,
}

/// What tells an entry from others: whom, and which line or draft.
type Ids = (Option<Id>, Option<Id>, Option<OrderKey>);

/// One thing that Enter can take here.
#[derive(Clone, Debug)]
pub enum Entry {
    /// A person that was found, perhaps by a line.
    Hit(Arc<Choice>, Option<Arc<Choice>>),
    /// The signed-in employee.
    Agent(Arc<Choice>),
    /// The person whom the present draft is for.
    Keep(Arc<Choice>),
    /// An order that was written down and has not ended.
    Unfinished(OrderKey),
    /// An order that was placed.
    Order(Arc<Choice>),
}

impl Entry {
    fn ids(&self) -> Ids {
        match self {
            Self::Hit(who, line) => (Some(who.id.clone()), line.as_ref().map(|l| l.id.clone()), None),
            Self::Agent(who) | Self::Keep(who) => (Some(who.id.clone()), None, None),
            Self::Unfinished(key) => (None, None, Some(*key)),
            Self::Order(order) => (None, Some(order.id.clone()), None),
        }
    }
}

impl State {
    /// As it was left, for whoever comes back: the answers behind a second slash were given.
    #[must_use]
    pub fn recalled(self) -> Self {
        let parts: Vec<_> = self.who.text().splitn(3, '/').collect();
        let who = match (self.parts().0, parts.as_slice()) {
            (Some(_), [code, who, _]) => TextBox::new(&format!("{code}/{who}")),
            _ => self.who.clone(),
        };
        // Its answer may have come while another screen was there.
        let hunt = self.hunt.filter(|hunt| hunt.whole);
        Self { recalled: !who.is_empty(), who, in_list: false, hunt, ..self }
    }
    /// Whether the box has focus.
    #[must_use]
    pub fn typing(&self) -> bool {
        !self.in_list
    }
    /// The type that is typed before a slash, and whom is typed behind it.
    #[must_use]
    pub fn parts(&self) -> (Option<&'static Kind>, &str) {
        let (kind, who, _) = self.segments();
        (kind, who)
    }
    /// The same, and the answers behind a second slash, where there is one.
    fn segments(&self) -> (Option<&'static Kind>, &str, Option<&str>) {
        let text = self.who.text();
        match text.split_once('/').map(|(code, rest)| (kinds::find(code.trim()), rest)) {
            Some((Some(kind), rest)) => match rest.split_once('/') {
                Some((who, answers)) => (Some(kind), who, Some(answers)),
                None => (Some(kind), rest, None),
            },
            Some((None, _)) | None => (None, text, None),
        }
    }
    /// How many match, where that is not one, and none of them exactly.
    #[must_use]
    pub fn several(&self) -> Option<usize> {
        let hit = |e: &Entry| match e {
            Entry::Hit(who, line) => exact(line.as_ref().unwrap_or(who), self.parts().1),
            Entry::Keep(who) => exact(who, self.parts().1),
            Entry::Order(order) => exact(order, self.parts().1),
            Entry::Agent(_) | Entry::Unfinished(_) => false,
        };
        let sure = self.entries.iter().filter(|e| hit(e)).count() == 1 && self.entries.first().is_some_and(hit);
        // What only resembles what was typed is none of those that are meant; nor is what the highlight is not on.
        let one = self.total == 1 && self.cursor == 0 || self.total == 0 && self.similar == 0;
        (!one && (!sure || self.cursor > 0)).then_some(self.total)
    }
    /// Lays the entries out anew: people and lines keep coming while this screen is up.
    pub fn refresh(&mut self, desk: &mut Desk) {
        let query = self.parts().1.trim().to_owned();
        let mut entries = match &*query {
            "" => standing(desk),
            command if command.starts_with(':') => Vec::new(),
            _ => {
                self.search(&query, desk);
                self.hunt.as_ref().map(|hunt| hunt.hits.clone()).unwrap_or_default()
            }
        };
        let sought = self.hunt.as_ref().filter(|_| !query.is_empty() && !query.starts_with(':'));
        self.similar = sought.map_or(0, |hunt| hunt.similar);
        let beyond = sought.map_or(0, |hunt| hunt.fits + hunt.similar - hunt.hits.len().min(hunt.fits + hunt.similar));
        if sought.is_some() {
            let at = entries.len() - self.similar;
            let orders = orders(desk, &query, settled(desk, &query) && entries.is_empty());
            entries.splice(at..at, orders);
        }
        if self.recalled {
            entries = entries.into_iter().map(|entry| kept(entry, desk)).collect();
        }
        self.total = entries.len() - self.similar + beyond;
        self.entries = entries;
        self.keep_highlight();
    }
    /// While rows keep coming, the highlight stays on whom it was put on, or on who was first. Where nobody is that any more,
    /// it is on the first again, and not on whoever has come to its place.
    fn keep_highlight(&mut self) {
        let place = self.anchor.as_ref().and_then(|ids| self.entries.iter().position(|e| e.ids() == *ids));
        self.cursor = match (&self.anchor, place) {
            (_, Some(place)) => place,
            (Some(_), None) => 0,
            (None, None) => self.cursor.min(self.entries.len().saturating_sub(1)),
        };
        if !self.searching() && (place.is_none() || self.anchor.is_none()) {
            let sought = !self.parts().1.trim().is_empty();
            self.anchor = self.entries.get(self.cursor).filter(|_| self.cursor > 0 || sought).map(Entry::ids);
        }
    }
    /// Whether the entries are others than those that were on the screen last.
    #[must_use]
    pub fn unseen(&self) -> bool {
        self.seen.len() != self.entries.len() || self.seen.iter().zip(&self.entries).any(|(ids, e)| *ids != e.ids())
    }
    /// The entries are on the screen.
    pub fn painted(&mut self) {
        self.seen = self.entries.iter().map(Entry::ids).collect();
    }
    /// Whether the row at a place is on the screen, where it would be taken.
    fn sees(&self, at: usize) -> bool {
        let ids = self.entries.get(at).map(Entry::ids);
        ids.is_none() || self.seen.get(at) == ids.as_ref()
    }

    /// Whether the row at a place only resembles what is typed.
    #[must_use]
    pub fn resembles(&self, at: usize) -> bool {
        at + self.similar >= self.entries.len() && at < self.entries.len()
    }
    /// Whom the highlight stands on.
    #[must_use]
    pub fn highlighted(&self) -> Option<&Arc<Choice>> {
        match self.entries.get(self.cursor)? {
            Entry::Hit(who, _) | Entry::Agent(who) | Entry::Keep(who) => Some(who),
            Entry::Unfinished(_) | Entry::Order(_) => None,
        }
    }

    /// Whether Enter must wait: nobody is found yet, and more people are on their way; or the search is not over.
    #[must_use]
    pub fn waits(&self, input: &Input, desk: &Desk) -> bool {
        let query = self.parts().1.trim();
        if query.is_empty() || self.who.text().starts_with(':') {
            return false;
        }
        // Whoever is known for sure is not waited for.
        let lines = by_number(query) && desk.lines.underway() && (self.entries.is_empty() || self.several().is_some());
        let loading = desk.people.underway() || lines;
        let blind = loading && (self.entries.is_empty() || !desk.ahead.is_empty());
        match input {
            Input::Do(Action::Accept) => blind || self.searching(),
            Input::Do(_) | Input::Type(_) | Input::Paste(_) | Input::Answer(_) => false,
        }
    }

    /// Goes on with what was given from outside, as soon as the person is known.
    pub fn from_outside(&mut self, desk: &mut Desk) -> Move {
        let Some(prefill) = desk.prefill.clone().filter(|_| desk.draft.who.is_none()) else { return Move::Stay };
        if let Some(wanted) = &prefill.employee {
            return self.named(wanted, desk);
        }
        let Some(wanted) = &prefill.service else {
            return Move::Stay;
        };
        if self.who.is_empty() && self.entries.is_empty() {
            self.who = TextBox::new(wanted);
        }
        desk.read(Part::Lines);
        if matches!(desk.lines.reading, Reading::Not | Reading::Underway { .. }) {
            return Move::Stay;
        }
        // Whoever types something else has taken over.
        if self.who.text() != wanted {
            return Move::Stay;
        }
        let dialled = digits(wanted);
        let meant = |c: &&Arc<Choice>| {
            c.id.as_str() == wanted || c.line().is_some_and(|l| !dialled.is_empty() && digits(&l.number) == dialled)
        };
        let found = desk.lines.table.find(&Query::new(wanted), &BTreeMap::new());
        let lines: Vec<_> = found.rows.iter().filter(meant).cloned().collect();
        let [only] = lines.as_slice() else {
            if lines.is_empty() {
                desk.complain(&format!(
                    "No line has the number or id {wanted}. Choose for whom; everything else given is kept."
                ));
            } else {
                desk.warn(&format!("{wanted} names {} lines: choose one.", lines.len()));
            }
            // It was looked for, and is once more among the lines of whoever is chosen.
            if let Some(prefill) = &mut desk.prefill {
                desk.draft.pending.extend(prefill.service.take().as_deref().map(Given::service));
            }
            return Move::Stay;
        };
        let Some(holder) = only.line().and_then(|l| l.holder.clone()) else { return Move::Stay };
        chosen(desk, &Arc::new(holder.into_choice()), Some(only), None)
    }

    /// The employee of that platform id, asked for by it: nobody waits for the whole directory.
    fn named(&mut self, wanted: &str, desk: &mut Desk) -> Move {
        let gone = |state: &mut Self, desk: &mut Desk, why: &str| {
            desk.complain(&format!(
                "There is no employee {wanted}{why}. Choose for whom; everything else given is kept."
            ));
            if let Some(prefill) = &mut desk.prefill {
                prefill.employee = None;
                desk.draft.pending.extend(prefill.service.take().as_deref().map(Given::service));
            }
            state.who = TextBox::new(wanted);
            Move::Stay
        };
        // Whoever types something has taken over.
        if !self.who.is_empty() {
            return Move::Stay;
        }
        let Some(id) = Id::new(wanted) else { return gone(self, desk, "") };
        let key = lookups::PERSON.of("/employees", &id, "", None);
        match desk.cache.progress(&key) {
            None => desk.want(vec![key]),
            Some(Progress::Loading { .. }) => desk.say(&format!("Looking for employee {wanted}.")),
            Some(Progress::Failed(fault)) => {
                let why = format!(": {}", fault.to_string().trim_end_matches('.'));
                return gone(self, desk, &why);
            }
            Some(Progress::Ready(found)) => match found.choices().first().cloned() {
                Some(who) => {
                    desk.hush();
                    return chosen(desk, &who, None, None);
                }
                None => return gone(self, desk, ""),
            },
        }
        Move::Stay
    }

    /// Takes an input.
    pub fn on(&mut self, input: Input, desk: &mut Desk) -> Move {
        match input {
            Input::Do(Action::Accept) if self.who.text().starts_with(':') => return self.command(desk),
            Input::Do(Action::Accept) => return self.accept(desk),
            Input::Do(Action::Next | Action::Previous) => self.in_list = !self.in_list && !self.entries.is_empty(),
            Input::Do(Action::Back) => self.in_list = false,
            Input::Do(action) if action.moves() => {
                self.recalled = false;
                self.cursor = stepped(self.cursor, action, self.entries.len(), page(desk));
                self.anchor = self.entries.get(self.cursor).map(Entry::ids);
            }
            Input::Do(Action::Clear) => {
                self.recalled = false;
                self.edit(TextBox::clear);
            }
            Input::Do(Action::Reload) => {
                desk.reload(None);
                desk.read_again();
                desk.effects.push(Effect::List);
            }
            Input::Do(Action::GoHome) => return Move::Shelve,
            Input::Do(Action::Restore) => desk.effects.push(Effect::Restore),
            Input::Do(_) | Input::Answer(_) => {}
            Input::Type(Key::Char(c)) if self.in_list => match c {
                '1'..='9' => {
                    let at = page(desk) * (self.cursor / page(desk)) + c as usize - '1' as usize;
                    if !self.sees(at) {
                        desk.refuse("The rows have just moved: choose again.");
                        return Move::Stay;
                    }
                    return self.take(at, desk);
                }
                '/' => self.in_list = false,
                _ => {}
            },
            Input::Type(key) => {
                self.replaced(matches!(key, Key::Char(_)));
                self.edit(|b| {
                    b.key(key);
                });
            }
            Input::Paste(text) => {
                self.in_list = false;
                self.replaced(true);
                self.edit(|b| {
                    b.paste(&text);
                });
            }
        }
        Move::Stay
    }

    /// What stands there from before gives way to what is typed, and stays for whoever moves in it.
    fn replaced(&mut self, by_text: bool) {
        if std::mem::take(&mut self.recalled) && by_text {
            self.edit(TextBox::clear);
        }
    }
    /// What begins with a colon, as other programs have it; nobody must know it.
    fn command(&mut self, desk: &mut Desk) -> Move {
        let command = self.who.text().trim().to_owned();
        let does = match command.as_str() {
            ":q" => Action::Leave,
            ":help" => Action::Menu,
            ":plain" => Action::Plain,
            ":drafts" => Action::Next,
            _ => {
                desk.complain(&format!(
                    "There is no command {command}. There are :q, :help, :drafts and :plain; ^U clears."
                ));
                return Move::Stay;
            }
        };
        self.edit(TextBox::clear);
        self.refresh(desk);
        if does != Action::Next {
            return Move::Does(does);
        }
        match self.entries.iter().position(|e| matches!(e, Entry::Unfinished(_))) {
            Some(at) => (self.in_list, self.cursor) = (true, at),
            None => desk.say("No draft is unfinished."),
        }
        Move::Stay
    }
    /// The answers behind the second slash are for what is missing, one by one, and then for the review.
    fn feed(&self, desk: &mut Desk) {
        let answers = self.segments().2.unwrap_or_default();
        let answers: Vec<_> = answers.split(';').map(str::trim).filter(|a| !a.is_empty()).collect();
        if !answers.is_empty() {
            let answers = answers.into_iter().map(|a| Ahead::Answer(a.to_owned()));
            let fed: Vec<_> = answers.chain([Ahead::Key(Key::Ctrl('o'))]).collect();
            // What was typed behind it comes behind it.
            desk.ahead.splice(0..0, fed);
        }
    }

    /// Takes the highlighted row. Where it has not been on the screen, it must be the only one that is meant.
    fn accept(&mut self, desk: &mut Desk) -> Move {
        let sought = !self.parts().1.trim().is_empty();
        match self.several().filter(|_| sought && !self.sees(self.cursor)) {
            Some(several) => {
                desk.refuse(&choose_one(several));
                Move::Stay
            }
            None => self.take(self.cursor, desk),
        }
    }
    fn edit(&mut self, change: impl FnOnce(&mut TextBox)) {
        let before = self.who.text().to_owned();
        change(&mut self.who);
        if self.who.text() != before {
            (self.cursor, self.anchor) = (0, None);
        }
    }

    fn take(&mut self, at: usize, desk: &mut Desk) -> Move {
        self.refresh(desk);
        let kind = self.parts().0;
        let step = self.takes(at, kind, desk);
        if matches!(step, Move::Details(_)) {
            self.feed(desk);
        }
        step
    }
    fn takes(&mut self, at: usize, kind: Option<&'static Kind>, desk: &mut Desk) -> Move {
        match self.entries.get(at).cloned() {
            Some(Entry::Unfinished(key)) => {
                desk.effects.push(Effect::Open(key, false));
                Move::Stay
            }
            Some(Entry::Order(order)) => Move::Order(order.id.clone()),
            Some(Entry::Hit(who, line)) => chosen(desk, &who, line.as_ref(), kind),
            Some(Entry::Agent(who) | Entry::Keep(who)) => chosen(desk, &who, None, kind),
            None => {
                desk.complain(&self.nobody(desk));
                Move::Stay
            }
        }
    }

    fn nobody(&self, desk: &Desk) -> String {
        match &desk.people.reading {
            Reading::Underway { .. } => {
                let count = thousands(desk.people.table.len());
                format!("Not among the {count} people loaded so far; wait, or type more.")
            }
            Reading::Failed(fault) => {
                format!("People cannot be loaded. {}", fault.spoken(crate::domain::fault::During::Reading))
            }
            Reading::Whole | Reading::Not if self.who.is_empty() => {
                "Type a name, login, e-mail or phone number.".into()
            }
            Reading::Whole | Reading::Not => {
                "Nobody fits that: a name, login, e-mail, department or number is looked for by its beginning. ^U clears.".into()
            }
        }
    }
}

/// Why nobody is chosen where so many match.
#[must_use]
pub fn choose_one(several: usize) -> String {
    match several {
        0 => "Nothing fits exactly: choose one.".into(),
        several => format!("{} match: choose one.", thousands(several)),
    }
}

/// How many entries fit on the screen, so that digits mean what is seen.
#[must_use]
pub fn page(desk: &Desk) -> usize {
    usize::from(desk.size.1).saturating_sub(if desk.size.0 < NARROW { 9 } else { 12 }).max(1)
}

/// The person is known, perhaps with a line and a type: on to the first question that is open.
fn chosen(desk: &mut Desk, who: &Arc<Choice>, line: Option<&Arc<Choice>>, kind: Option<&'static Kind>) -> Move {
    let outside = desk.prefill.is_some();
    desk.choose(who, line);
    match kind {
        Some(kind) if super::kind::refusal(desk, kind).is_none() => {
            desk.draft.kind = Some(kind);
            Move::Details(None)
        }
        Some(kind) => {
            if let Some(why) = super::kind::refusal(desk, kind) {
                desk.complain(&format!("{} cannot be ordered here: {why}.", kind.label));
            }
            Move::Kind
        }
        // A draft that is "the same for somebody else" has its type already.
        None if desk.draft.kind.is_some() && (desk.draft.touched() || outside) => Move::Details(None),
        None => Move::Kind,
    }
}

/// The person of the present draft, among those who are found again.
fn kept(entry: Entry, desk: &Desk) -> Entry {
    match entry {
        Entry::Hit(who, None) if desk.draft.actor() == Some(&who.id) => Entry::Keep(who),
        other => other,
    }
}

/// Whether everything has come that is searched for that, or cannot come.
fn settled(desk: &Desk, query: &str) -> bool {
    let ended = |reading: &Reading| matches!(reading, Reading::Whole | Reading::Failed(_));
    ended(&desk.people.reading) && (!by_number(query) || ended(&desk.lines.reading))
}

/// What stands there before anything is typed.
fn standing(desk: &Desk) -> Vec<Entry> {
    let keep = desk.draft.who.clone().map(Entry::Keep);
    let agent = || desk.agent().map(|p| Entry::Agent(Arc::new(p.clone().into_choice())));
    let first = keep.or_else(agent);
    let entry = |s: &Standing| Entry::Unfinished(s.key);
    let unresolved = desk.unfinished().filter(|s| s.unresolved()).map(entry);
    let drafts = desk.unfinished().filter(|s| !s.unresolved()).map(entry);
    unresolved.chain(first).chain(drafts).chain(latest(desk).iter().cloned().map(Entry::Order)).collect()
}

/// The latest orders of everybody, as far as they have come.
#[must_use]
pub fn latest(desk: &Desk) -> &[Arc<Choice>] {
    lookups::ORDERS.key(&desk.nobody()).map(|k| desk.cache.rows(&k)).unwrap_or_default()
}

/// Orders by id, reference or holder's name; a number that is none of the latest can be looked up all the same.
fn orders(desk: &Desk, query: &str, nothing_else: bool) -> Vec<Entry> {
    let typed = query.trim();
    let mut found = if by_number(query) { find(latest(desk), query) } else { Rows::default() };
    // One that only resembles what was typed is another order.
    found.rows.truncate(found.sure);
    let found = found.rows;
    let number = typed.len() >= 6 && typed.bytes().all(|b| b.is_ascii_digit());
    let other = Id::new(typed).filter(|_| number && nothing_else && found.is_empty()).map(|id| {
        let name = crate::domain::text::Clean::new(&format!("look up order {id}"));
        Arc::new(Choice::plain(id, name))
    });
    found.into_iter().chain(other).map(Entry::Order).collect()
}
