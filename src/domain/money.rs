//! Money: exact decimals with a currency and a recurrence (WIRE 9). Pure.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::text::{Clean, Untrusted};

/// Currencies that are written without decimals.
const WHOLE: [&str; 8] = ["JPY", "KRW", "VND", "CLP", "ISK", "HUF", "XOF", "XAF"];

/// When an amount is charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Recurrence {
    /// Once, with the order.
    Once,
    /// Every month.
    Monthly,
}

/// A price or a total as the server gave it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// The exact amount.
    pub amount: Decimal,
    /// ISO code, or blank where the server named none.
    pub currency: Clean,
    /// Once or monthly.
    pub recurrence: Recurrence,
}

impl Money {
    /// Reads `{amount, currencyCode, recurrence}`; without an amount there is no price.
    #[must_use]
    pub fn read(from: Untrusted<'_>) -> Option<Self> {
        let monthly = from.at("recurrence").text().is_some_and(|r| r.eq_ignore_ascii_case("MONTHLY"));
        Some(Self {
            amount: from.at("amount").decimal()?,
            currency: from.at("currencyCode").text().unwrap_or_default(),
            recurrence: if monthly { Recurrence::Monthly } else { Recurrence::Once },
        })
    }
    /// The amount with its currency's decimals: `38.69`, `4500`.
    #[must_use]
    pub fn digits(&self) -> String {
        digits(self.amount, &self.currency)
    }
    /// `38.69 USD monthly`, for a picker's row.
    #[must_use]
    pub fn spoken(&self) -> String {
        let when = match self.recurrence {
            Recurrence::Once => "once",
            Recurrence::Monthly => "monthly",
        };
        let currency = if self.currency.is_empty() { String::new() } else { format!(" {}", self.currency) };
        format!("{}{currency} {when}", self.digits())
    }
}

/// The amount with its currency's decimals; never fewer than the server gave.
#[must_use]
pub fn digits(amount: Decimal, currency: &str) -> String {
    let least = if WHOLE.contains(&currency) { 0 } else { 2 };
    let mut shown = amount.normalize();
    if shown.scale() < least {
        shown.rescale(least);
    }
    shown.to_string()
}

/// Sums by currency and recurrence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals(BTreeMap<(Clean, Recurrence), Decimal>);

impl Totals {
    /// Adds the amounts up.
    pub fn of<'a>(amounts: impl IntoIterator<Item = &'a Money>) -> Self {
        let mut sums = BTreeMap::new();
        for m in amounts {
            let sum = sums.entry((m.currency.clone(), m.recurrence)).or_insert(Decimal::ZERO);
            *sum = sum.checked_add(m.amount).unwrap_or(*sum);
        }
        Self(sums)
    }
    /// The currencies that occur, in order.
    #[must_use]
    pub fn currencies(&self) -> Vec<Clean> {
        let mut all: Vec<Clean> = self.0.keys().map(|(c, _)| c.clone()).collect();
        all.dedup();
        all
    }
    /// Whether they say the same: what is nothing need not be said.
    #[must_use]
    pub fn agrees(&self, other: &Self) -> bool {
        let something =
            |t: &Self| t.0.iter().filter(|(_, sum)| !sum.is_zero()).map(|(k, s)| (k.clone(), *s)).collect::<Vec<_>>();
        something(self) == something(other)
    }
    /// The sum of one kind, where there is any.
    #[must_use]
    pub fn get(&self, currency: &Clean, recurrence: Recurrence) -> Option<Decimal> {
        self.0.get(&(currency.clone(), recurrence)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::text::Body;

    fn money(json: serde_json::Value) -> Money {
        Money::read(Body::from(json).view()).unwrap()
    }

    #[test]
    fn amounts_show_the_decimals_of_their_currency() {
        assert_eq!(money(serde_json::json!({"amount": 300, "currencyCode": "USD"})).digits(), "300.00");
        assert_eq!(money(serde_json::json!({"amount": 0.1, "currencyCode": "USD"})).digits(), "0.10");
        assert_eq!(money(serde_json::json!({"amount": 4500, "currencyCode": "JPY"})).digits(), "4500");
        assert_eq!(money(serde_json::json!({"amount": "1.2345", "currencyCode": "USD"})).digits(), "1.2345");
    }
    #[test]
    fn a_sum_of_nothing_is_no_difference() {
        let free = money(serde_json::json!({"amount": 0, "currencyCode": "USD", "recurrence": "MONTHLY"}));
        let paid = money(serde_json::json!({"amount": 1, "currencyCode": "USD", "recurrence": "ONETIME"}));
        assert!(Totals::of([&paid, &free]).agrees(&Totals::of([&paid])));
        assert!(!Totals::of([&paid, &paid]).agrees(&Totals::of([&paid])));
    }
    #[test]
    fn sums_keep_currencies_and_recurrences_apart() {
        let usd = money(serde_json::json!({"amount": 0.1, "currencyCode": "USD", "recurrence": "ONETIME"}));
        let more = money(serde_json::json!({"amount": 0.2, "currencyCode": "USD", "recurrence": "ONETIME"}));
        let monthly = money(serde_json::json!({"amount": 5, "currencyCode": "GBP", "recurrence": "MONTHLY"}));
        let sums = Totals::of([&usd, &more, &monthly]);
        assert_eq!(sums.currencies(), vec![Clean::new("GBP"), Clean::new("USD")]);
        assert_eq!(sums.get(&Clean::new("USD"), Recurrence::Once).unwrap().to_string(), "0.3");
        assert_eq!(sums.get(&Clean::new("USD"), Recurrence::Monthly), None);
    }
}
