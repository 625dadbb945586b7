//! Looking through the order list for a number (WIRE 6): there is no filter for it, so pages are read until the list was
//! certainly seen whole as far back as it matters.

use std::collections::HashSet;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::{Api, Manner};
use crate::domain::fault::Fault;
use crate::domain::ids::{Id, OrderNumber};
use crate::domain::lookups::Query;
use crate::domain::readers::collection;
use crate::domain::text::{Body, Clean, Untrusted};
use crate::domain::wish::Listed;

/// Orders a page; offsets are multiples of it, for one backend gives the page that *contains* the offset.
const PAGE: u64 = 50;
/// A longer list is not read to its end.
const AT_MOST: u64 = 50_000;
/// So often a look is begun anew when the list has moved under it.
const AGAIN: usize = 5;

/// What a look found.
#[derive(Clone, Debug, Default)]
pub struct Scan {
    /// Whether the list was certainly seen whole, as far back as was asked.
    pub complete: bool,
    /// How many pages were read.
    pub pages: u32,
    /// How many orders the list holds, as the server says.
    pub total: u64,
    /// The server's clock at the last page.
    pub date: Option<Timestamp>,
    /// The orders that carry the number.
    pub found: Vec<Listed>,
}

/// How far back a look goes, by the time of update.
#[derive(Clone, Copy, Debug)]
pub enum Back {
    /// Through the whole list.
    All,
    /// To that time of the server's clock.
    To(Timestamp),
    /// For so long before now, by the server's clock; through the whole list where it does not tell the time.
    For(Duration),
}

impl Back {
    fn since(self, now: Option<Timestamp>) -> Option<Timestamp> {
        match self {
            Self::All => None,
            Self::To(time) => Some(time),
            // A server's clock that is ahead must not make the look too short.
            Self::For(time) => now?.min(Timestamp::now()).checked_sub(time).ok(),
        }
    }
}

/// One reading of the list from its newest update backwards.
#[derive(Default)]
struct Reading {
    scan: Scan,
    ids: HashSet<Id>,
    first: Option<Head>,
    total: Option<u64>,
    last_update: Option<Timestamp>,
    /// Whether updates came in order, newest first.
    sorted: bool,
    /// How many items came, and whether each was another order that could be read, on pages that were full but the last.
    items: u64,
    gaps: bool,
    /// Whether everything from the wanted time on was read.
    reached: bool,
}

/// What the first page begins with; it moves with every update of any order.
#[derive(Clone, PartialEq)]
struct Head {
    total: Option<u64>,
    top: Option<(String, String)>,
}

impl Head {
    fn of(body: &Body) -> Self {
        let text = |item: Untrusted<'_>, name| item.at(name).bytes().unwrap_or_default();
        let top = collection(body.view(), "orders").next().map(|i| (text(i, "orderId"), text(i, "updated")));
        Self { total: total(body), top }
    }
}

fn total(body: &Body) -> Option<u64> {
    body.view().pointer("/orders/_meta/totalCount").count()
}

impl Api {
    /// Looks for a number among the orders of one employee, or of all; back to a time, or all.
    ///
    /// # Errors
    /// What kept a page from being read; nothing is known then.
    pub async fn scan(&self, number: &OrderNumber, employee: Option<&Id>, back: Back) -> Result<Scan, Fault> {
        // Whoever is asked for a secret first has his own time.
        self.token.get(self).await?;
        let until = Instant::now() + self.clients.limits.looking;
        let mut scan = Scan::default();
        for _ in 0..AGAIN {
            let reading = self.read_back(number, employee, back, until).await?;
            let pages = scan.pages + reading.pages;
            scan = Scan { pages, ..reading };
            if scan.complete || !scan.found.is_empty() || Instant::now() >= until {
                break;
            }
        }
        Ok(scan)
    }

    async fn read_back(
        &self,
        number: &OrderNumber,
        employee: Option<&Id>,
        back: Back,
        until: Instant,
    ) -> Result<Scan, Fault> {
        let mut reading = Reading { sorted: true, ..Reading::default() };
        let (mut offset, mut limit) = (0, PAGE);
        while offset < AT_MOST && Instant::now() < until {
            let body = self.page((number, employee), (offset, limit), until, &mut reading.scan).await?;
            let items = reading.take(&body, number, back.since(reading.scan.date));
            // A server that gives smaller pages than asked for is followed, so that none are skipped.
            let given = body.view().pointer("/orders/_meta/limit").count();
            limit = given.filter(|&given| given > 0 && given < limit).unwrap_or(limit);
            offset += limit;
            // Without a total the list ends with a page that is not full, or came whole at once.
            let last = reading.total.map_or(items != limit, |t| offset >= t);
            reading.gaps |= !last && items != limit;
            if reading.reached || items == 0 || last {
                reading.reached = (reading.reached || reading.whole(total(&body))) && reading.no_gaps();
                break;
            }
        }
        // What was updated meanwhile has moved to the front, perhaps from behind what was read: then the front shows it.
        if reading.reached && reading.scan.pages > 1 {
            let body = self.page((number, employee), (0, limit), until, &mut reading.scan).await?;
            reading.reached = reading.first == Some(Head::of(&body));
        }
        let total = reading.total.unwrap_or(reading.ids.len() as u64);
        Ok(Scan { complete: reading.reached, total, ..reading.scan })
    }

    async fn page(
        &self,
        (number, employee): (&OrderNumber, Option<&Id>),
        (offset, limit): (u64, u64),
        until: Instant,
        scan: &mut Scan,
    ) -> Result<Body, Fault> {
        let query = Query::new("/orders", None, employee)
            .with("employee", employee.map(Id::as_str))
            .with("sortBy", Some("UPDATED_DATE"))
            .with("sortAscending", Some("false"));
        let paging = [("limit", limit.to_string()), ("offset", offset.to_string())];
        let (body, date) = self.get_dated(&query, &paging, number, Manner { until: Some(until), many: false }).await?;
        scan.pages += 1;
        scan.date = date.or(scan.date);
        let list = body.view().at("orders");
        if !list.at("items").is_array() && !list.is_array() && !body.view().is_array() {
            return Err(Fault::Garbled { why: Clean::new("there is no list of orders in it") });
        }
        Ok(body)
    }
}

impl Reading {
    /// Takes a page; how many items it had.
    fn take(&mut self, body: &Body, number: &OrderNumber, since: Option<Timestamp>) -> u64 {
        self.first.get_or_insert_with(|| Head::of(body));
        if self.total.is_none() {
            self.total = total(body);
        }
        let mut count = 0;
        for item in collection(body.view(), "orders") {
            count += 1;
            self.items += 1;
            let updated: Option<Timestamp> = item.at("updated").text().and_then(|t| t.parse().ok());
            self.sorted &= match (updated, self.last_update) {
                (Some(now), Some(before)) => now <= before,
                (Some(_), None) => true,
                (None, _) => false,
            };
            self.last_update = updated.or(self.last_update);
            let Some(listed) = Listed::read(item) else { continue };
            if self.ids.insert(listed.id.clone()) && listed.number == number.as_str() {
                self.scan.found.push(listed);
            }
        }
        // Only where the server really sorts does the first one that is too old end the reading.
        self.reached |= self.sorted && since.zip(self.last_update).is_some_and(|(since, last)| last < since);
        count
    }
    /// Whether each item was another order that could be read: where one came twice, another one was passed over.
    fn no_gaps(&self) -> bool {
        !self.gaps && self.ids.len() as u64 == self.items
    }
    /// Whether every order of the list was seen: as many different ones as there are.
    fn whole(&self, last_total: Option<u64>) -> bool {
        match (self.total, last_total) {
            (Some(first), Some(last)) => first == last && self.ids.len() as u64 == first,
            (None, None) => self.no_gaps(),
            (Some(_), None) | (None, Some(_)) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn page(ids: &[u32], total: Option<u64>) -> Body {
        let day = |id: &u32| format!("2026-11-{:02}T10:00:00Z", 24 - id);
        let items: Vec<_> = ids.iter().map(|id| json!({"orderId": id.to_string(), "updated": day(id)})).collect();
        Body::from(json!({"orders": {"items": items, "_meta": {"totalCount": total}}}))
    }
    fn read(pages: &[Body], since: Option<&str>) -> Reading {
        let mut reading = Reading { sorted: true, ..Reading::default() };
        for body in pages {
            reading.take(body, &OrderNumber::from_random(1), since.and_then(|t| t.parse().ok()));
        }
        reading
    }

    #[test]
    fn a_list_is_whole_where_every_order_came_once_and_the_total_stayed() {
        assert!(read(&[page(&[1, 2], Some(3)), page(&[3], Some(3))], None).whole(Some(3)));
        assert!(!read(&[page(&[1, 2], Some(3)), page(&[2], Some(3))], None).whole(Some(3)), "one was passed over");
        assert!(!read(&[page(&[1, 2], Some(3)), page(&[3], Some(4))], None).whole(Some(4)), "the total moved");
        assert!(!read(&[page(&[1, 2], None), page(&[2], None)], None).whole(None), "no total, and one came twice");
        let unreadable = Body::from(json!({"orders": {"items": [{"orderId": null}], "_meta": {"totalCount": 0}}}));
        assert!(!read(&[unreadable], None).no_gaps());
    }
    #[test]
    fn what_is_old_enough_ends_the_reading_only_where_the_server_sorts() {
        let since = Some("2026-11-21T00:00:00Z");
        assert!(read(&[page(&[1, 2, 4], Some(9))], since).reached);
        assert!(!read(&[page(&[1, 4, 2], Some(9))], since).reached);
        let twice = read(&[page(&[1, 2], Some(9)), page(&[2, 4], Some(9))], since);
        assert!(twice.reached && !twice.no_gaps(), "one that came twice hides another");
    }
}
