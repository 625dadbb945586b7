//! Checking the answers of an order against what was asked: properties, acknowledgements and
//! address parts (WIRE 8). Errors about them name the id in their message and nowhere else (WIRE 4).

use jiff::Timestamp;
use jiff::civil::Date;
use regex::Regex;

use super::asker::Asker;
use super::body::{Agreement, Answer, Answers, Chosen, Part};
use super::records::{AddressPart, Country};
use super::reply::Problem;
use super::terms::{AcknowledgementSet, Item, Property, PropertySet};
use super::world::World;

/// Compiles a `regEx` of the world. Java's `\d` is ASCII, Rust's is not.
fn compiled(pattern: &str) -> Option<Regex> {
    Regex::new(&pattern.replace(r"\d", "[0-9]")).ok()
}

/// Whether the whole text has the form. Patterns that a linear engine cannot run (look-arounds)
/// are not held against anybody here; their properties carry `checks` in the world's data.
pub fn has_form(pattern: &str, text: &str) -> bool {
    compiled(&format!("^(?:{pattern})$")).is_none_or(|r| r.is_match(text))
}

fn property_problem(what: &str, message: String) -> Problem {
    Problem::new(format!("400-Property-{what}"), message)
}

/// The calendar day of a DATE answer, whatever its offset; none where it is no such date.
pub fn day(text: &str) -> Option<Date> {
    let (day, time) = text.split_once('T')?;
    let day: Date = (day.len() == 10).then(|| day.parse().ok())??;
    // A timestamp needs its offset; a day of its own calendar needs to exist.
    format!("{day}T{time}").parse::<Timestamp>().ok()?;
    Some(day)
}

fn text_problem(p: &Property, answer: &Answer) -> Option<String> {
    let id = &p.id;
    let Some(text) = &answer.text else {
        return Some(format!("{id} is a TEXT and needs its text."));
    };
    let length = text.chars().count();
    let (least, most) = (p.min_length.unwrap_or(0), p.max_length.unwrap_or(usize::MAX));
    if text.is_empty() {
        return Some(format!("{id} must not be sent empty."));
    }
    if length < least {
        return Some(format!("{id} is too short: {length} characters, at least {least} are needed."));
    }
    if length > most {
        return Some(format!("{id} is too long: {length} characters, at most {most} are taken."));
    }
    let formed = p.checks.iter().all(|c| compiled(c).is_none_or(|r| r.is_match(text)))
        && p.reg_ex.as_ref().is_none_or(|r| has_form(r, text));
    (!formed).then(|| format!("{id} is not of the form that is asked for."))
}

fn date_problem(p: &Property, answer: &Answer) -> Option<String> {
    match &answer.date {
        None => Some(format!("{} is a DATE and needs its date.", p.id)),
        Some(date) if day(date).is_none() => {
            Some(format!("{} holds \"{date}\", which is not a date of the calendar with a time and an offset.", p.id))
        }
        Some(_) => None,
    }
}

fn choice_problem(p: &Property, answer: &Answer, asker: &Asker<'_>) -> Option<String> {
    let id = &p.id;
    let Some(Chosen { id: chosen, other_text }) = &answer.choice else {
        return Some(format!("{id} is a CHOICE and needs its choice."));
    };
    let choices = asker.choices(p);
    let Some(choice) = choices.iter().find(|c| &c.id == chosen) else {
        return Some(format!("{id} has no choice \"{chosen}\"."));
    };
    match (choice.is_other, other_text.as_deref()) {
        (true, None | Some("")) => Some(format!("{id} needs otherText with the choice \"{chosen}\".")),
        (false, Some(_)) => Some(format!("{id} takes no otherText with the choice \"{chosen}\".")),
        (true, Some(_)) | (false, None) => None,
    }
}

fn answer_problem(p: &Property, answer: &Answer, asker: &Asker<'_>) -> Option<Problem> {
    if p.kind != answer.kind {
        let message = format!("{} is of type {}, not \"{}\".", p.id, p.kind, answer.kind);
        return Some(property_problem("Type", message));
    }
    let held = [("TEXT", answer.text.is_some()), ("DATE", answer.date.is_some()), ("CHOICE", answer.choice.is_some())];
    if held.iter().any(|(kind, there)| *there && *kind != p.kind) {
        let message = format!("{} holds more than its {}.", p.id, p.kind.to_lowercase());
        return Some(property_problem("Type", message));
    }
    let wrong = match p.kind.as_str() {
        "TEXT" => text_problem(p, answer),
        "DATE" => date_problem(p, answer),
        _ => choice_problem(p, answer, asker),
    };
    wrong.map(|message| property_problem("Value", message))
}

fn group_problems(set: &PropertySet, without: &[Item], answers: &Answers, asker: &Asker<'_>) -> Vec<Problem> {
    let Some(group) = set.groups.iter().find(|g| g.group_id == answers.group_id) else {
        let message = format!("\"{}\" is not a group of this order's properties.", answers.group_id);
        return vec![property_problem("Group", message)];
    };
    let mut problems = Vec::new();
    for (i, answer) in answers.fields.iter().enumerate() {
        let id = &answer.id;
        let twice = answers.fields.iter().take(i).any(|a| &a.id == id);
        let property = group.fields.iter().find(|p| &p.id == id && p.asked(without));
        match property {
            Some(_) if twice => {
                problems.push(property_problem("Twice", format!("{id} was passed in twice.")));
            }
            Some(p) => problems.extend(answer_problem(p, answer, asker)),
            None => {
                let message = format!("{id} is not a property of the group {}.", group.group_id);
                problems.push(property_problem("Unknown", message));
            }
        }
    }
    problems
}

/// Everything that is wrong with the properties of an order without some items.
pub fn properties(set: &PropertySet, without: &[Item], answers: &[Answers], asker: &Asker<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (i, group) in answers.iter().enumerate() {
        if answers.iter().take(i).any(|g| g.group_id == group.group_id) {
            let message = format!("The group \"{}\" was passed in twice.", group.group_id);
            problems.push(property_problem("Group", message));
        } else {
            problems.extend(group_problems(set, without, group, asker));
        }
    }
    let answered = |id: &str| answers.iter().flat_map(|g| &g.fields).any(|a| a.id == id);
    let asked = set.groups.iter().flat_map(|g| &g.fields);
    for p in asked.filter(|p| p.validation == "REQUIRED" && p.asked(without) && !answered(&p.id)) {
        problems.push(property_problem("Missing", format!("{} must be passed in.", p.id)));
    }
    problems
}

fn agreement_problem(set: Option<&AcknowledgementSet>, given: &Agreement) -> Option<String> {
    let id = &given.id;
    let Some(wanted) = set.iter().flat_map(|s| &s.acknowledgements).find(|w| &w.id == id) else {
        return Some(format!("{id} is not an acknowledgement that is asked for."));
    };
    if wanted.kind != given.kind {
        return Some(format!("{id} is of type {}, not \"{}\".", wanted.kind, given.kind));
    }
    match given.boolean {
        None => Some(format!("{id} is a BOOLEAN and needs its boolean.")),
        Some(false) if wanted.validation == "REQUIRED" => Some(format!("{id} must be acknowledged.")),
        Some(_) => None,
    }
}

/// Everything that is wrong with the acknowledgements of an order; none sent is a matter of what is required.
pub fn acknowledgements(set: Option<&AcknowledgementSet>, given: Option<&[Agreement]>) -> Vec<Problem> {
    let wrong = |what: &str, message: String| Problem::new(format!("400-Acknowledgement-{what}"), message);
    let mut problems = Vec::new();
    if given.is_some_and(<[Agreement]>::is_empty) {
        problems.push(wrong("Empty", "acknowledgements must not be sent empty.".into()));
    }
    let given = given.unwrap_or_default();
    for (i, agreement) in given.iter().enumerate() {
        if given.iter().take(i).any(|a| a.id == agreement.id) {
            problems.push(wrong("Twice", format!("{} was passed in twice.", agreement.id)));
        } else {
            problems.extend(agreement_problem(set, agreement).map(|m| wrong("Value", m)));
        }
    }
    for wanted in set.iter().flat_map(|s| &s.acknowledgements).filter(|w| w.validation == "REQUIRED") {
        if !given.iter().any(|a| a.id == wanted.id) {
            problems.push(wrong("Missing", format!("{} must be acknowledged.", wanted.id)));
        }
    }
    problems
}

fn part_problem(wanted: &AddressPart, children: &[&str], value: &str) -> Option<String> {
    let id = &wanted.id;
    let length = value.chars().count();
    if value.trim().is_empty() {
        return Some(format!("{id} must not be sent empty."));
    }
    if length < wanted.min_length || length > wanted.max_length {
        let (least, most) = (wanted.min_length, wanted.max_length);
        return Some(format!("{id} has {length} characters, it needs {least} to {most}."));
    }
    let among = |options: &Vec<super::records::AddressOption>| options.iter().any(|o| o.value == value);
    if !wanted.options.as_ref().is_none_or(among) {
        return Some(format!("{id} has no option \"{value}\"."));
    }
    if wanted.subdivision && !children.contains(&value) {
        return Some(format!("{id} \"{value}\" is not a part of the country."));
    }
    let formed = wanted.reg_ex.as_ref().is_none_or(|r| has_form(r, value));
    (!formed).then(|| format!("{id} is not of the form that is asked for."))
}

/// Everything that is wrong with an address in a country (WIRE 7, `shipTo`).
pub fn address(world: &World, country: &Country, parts: &[Part]) -> Vec<Problem> {
    let children = world.states.iter().filter(|s| s.parent_id == country.id).map(|s| s.abbreviation.as_str());
    let children: Vec<&str> = children.collect();
    let wrong = |what: &str, message: String| Problem::new(format!("400-Address-{what}"), message);
    let mut problems = Vec::new();
    let mut places = Vec::new();
    for (i, part) in parts.iter().enumerate() {
        let id = &part.id;
        let place = country.address_format.iter().position(|w| &w.id == id);
        let wanted = place.and_then(|p| country.address_format.get(p));
        match wanted {
            None => {
                let message = format!("{id} is not part of an address in {}.", country.name);
                problems.push(wrong("Unknown", message));
            }
            Some(_) if parts.iter().take(i).any(|p| &p.id == id) => {
                problems.push(wrong("Twice", format!("{id} was passed in twice.")));
            }
            Some(w) => problems.extend(part_problem(w, &children, &part.value).map(|m| wrong("Value", m))),
        }
        places.extend(place);
    }
    for w in country.address_format.iter().filter(|w| w.validation == "REQUIRED") {
        if !parts.iter().any(|p| p.id == w.id) {
            problems.push(wrong("Missing", format!("{} must be passed in.", w.id)));
        }
    }
    if problems.is_empty() && !places.is_sorted() {
        problems.push(wrong("Order", "The address is not in the order of its country.".into()));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_read_from_every_offset_and_only_where_it_exists() {
        for good in ["2016-12-22T00:00:00Z", "2016-12-22T00:00:00+00:00", "2016-12-22T00:00:00+09:00"] {
            assert_eq!(day(good), "2016-12-22".parse().ok(), "{good}");
        }
        for bad in ["2016-12-22", "12/22/2016", "2016-02-30T00:00:00Z", "2016-12-22T00:00:00", "", "T"] {
            assert_eq!(day(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_form_is_of_the_whole_text_and_of_ascii_digits() {
        assert!(has_form(r"\d{3}", "203"));
        assert!(!has_form(r"\d{3}", "2035"));
        assert!(!has_form(r"\d{3}", "٢٠٣"));
        assert!(has_form(r"^(\d+)+$", "1234"));
        assert!(has_form(r"(?=x)y", "no linear engine runs this"));
    }
}
