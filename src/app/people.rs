//! What the desk knows of people and their lines: when they are read, what is told of that, and who comes first.

use super::desk::Desk;
use super::home::latest;
use super::message::{Effect, Part};
use crate::domain::cache::Progress;
use crate::domain::choice::{Line, Person};
use crate::domain::directory::{Directory, Lines, Listed, People, Reading};
use crate::domain::ids::Id;
use crate::domain::journal::State;
use crate::domain::lookups::{self, LookupKey};

/// So many people who were ordered for are remembered in a search.
const ORDERED_FOR: usize = 100;

impl Desk {
    /// Has a directory read that was never asked for.
    pub fn read(&mut self, part: Part) {
        let reading = match part {
            Part::People => &mut self.people.reading,
            Part::Lines => &mut self.lines.reading,
        };
        if *reading == Reading::Not {
            *reading = Reading::Underway { total: None };
            self.effects.push(Effect::Read(part));
        }
    }
    /// Has the directories looked at again that are not being read now.
    pub fn read_again(&mut self) {
        for (underway, asked, part) in [
            (self.people.underway(), true, Part::People),
            (self.lines.underway(), self.lines.reading != Reading::Not, Part::Lines),
        ] {
            if asked && !underway {
                self.effects.push(Effect::Read(part));
            }
        }
    }
    /// That is known of everybody now.
    pub fn people_are(&mut self, now: People) {
        let before = std::mem::replace(&mut self.people, now.clone());
        self.known(Person::LABEL, &before, &now);
    }
    /// That is known of everybody's lines now.
    pub fn lines_are(&mut self, now: Lines) {
        let before = std::mem::replace(&mut self.lines, now.clone());
        self.known(Line::LABEL, &before, &now);
    }
    /// More is known of a directory.
    fn known<R>(&mut self, label: &str, before: &Directory<R>, now: &Directory<R>) {
        let asked = !now.underway() && self.asked_again();
        if before.reading == now.reading {
            let stale = now.as_of.filter(|_| asked || before.as_of.is_none());
            if let Some(since) = stale.filter(|_| now.reading == Reading::Whole) {
                let when = self.session.when(since, self.today);
                self.warn(&format!("The {label} could not be read anew; those of {when} stay in use. ^R tries again."));
            }
            return;
        }
        let result = match &now.reading {
            Reading::Not | Reading::Underway { .. } => return,
            Reading::Whole => Ok(None),
            Reading::Failed(fault) => Err((**fault).clone()),
        };
        // In a form only what the form needs is complained of.
        if self.draft.kind.is_none() {
            if result.is_err() {
                self.drop_ahead();
            }
            self.report(label, &result, now.unreadable);
        }
    }
    /// Who was ordered for before, the latest first.
    #[must_use]
    pub fn ordered_for(&self) -> Vec<Id> {
        let mut all: Vec<Id> = Vec::new();
        let sent = self.ledger.iter().filter(|s| s.unresolved() || s.state == State::Accepted);
        let listed = latest(self).iter().filter_map(|o| o.placed()?.holder.as_ref());
        for who in sent.filter_map(|s| s.who.as_ref()).chain(listed) {
            if all.len() < ORDERED_FOR && !all.contains(&who.id) {
                all.push(who.id.clone());
            }
        }
        all
    }

    /// Somebody is chosen whose lines came while the highlight rested on them: only now it is told what they lack.
    pub(super) fn tell_of_lines(&mut self, key: &LookupKey) {
        if matches!(self.cache.progress(key), Some(Progress::Failed(_))) {
            return self.cache.forget(key);
        }
        let unreadable = self.cache.unreadable(key);
        if self.cache.ready(key).is_some() && unreadable > 0 {
            self.report(lookups::LINES.label, &Ok(None), unreadable);
        }
    }
}
