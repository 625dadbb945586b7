//! What orders answered last, field by field, among what is known beside orders. Nothing hangs on it: what is lost is
//! offered no more.

use super::{Store, Trouble};

/// How the names of these entries begin; the server and the field follow.
pub(super) const LAST: &str = "user:last used ";

impl Store {
    /// What the orders of a server answered last: field and value.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn last_used(&mut self, server: &str) -> Result<Vec<(String, String)>, Trouble> {
        let begins = format!("{LAST}{server}\n");
        self.using(|store| {
            let sql = "SELECT substr(k, length(?1) + 1), v FROM meta WHERE substr(k, 1, length(?1)) = ?1";
            let mut all = store.conn.prepare(sql)?;
            let all = all.query_map([&begins], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(all.collect::<Result<Vec<_>, _>>()?)
        })
    }

    /// Keeps what an order of a server has answered; what it did not answer stays as it was.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub fn keep_last_used(&mut self, server: &str, all: &[(String, String)]) -> Result<(), Trouble> {
        self.write(|tx| {
            for (field, value) in all {
                let name = format!("{LAST}{server}\n{field}");
                tx.execute("INSERT OR REPLACE INTO meta(k, v) VALUES (?1, ?2)", [&name, value])?;
            }
            Ok(())
        })
    }
}
