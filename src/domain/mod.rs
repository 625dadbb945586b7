//! Orders, and everything that is known about them without a clock, IO or a terminal.

pub mod attempt;
pub mod cache;
pub mod cautions;
pub mod choice;
pub mod compare;
pub mod date;
pub mod draft;
pub mod fault;
pub mod field;
pub mod ids;
pub mod ingredients;
pub mod journal;
pub mod kept;
pub mod kinds;
pub mod lookups;
pub mod money;
pub mod pattern;
pub mod prefill;
pub mod readers;
pub mod reply;
pub mod request;
pub mod rows;
pub mod slots;
pub mod text;
pub mod tracking;
pub mod wish;
