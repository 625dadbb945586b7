//! Everybody of the sandbox, and what somebody would type to find one of them: the same in every run.

use std::error::Error;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use mobproc::domain::choice::Person;
use mobproc::domain::readers::collection;
use mobproc::domain::search::{Chunk, Table, digits};
use mobproc::domain::text::Body;
use mobproc::sandbox::{Options, Sandbox};

use crate::Failed;

/// What the people are made from, and the queries.
const SEED: u64 = 7;
/// How many of them a page has.
const PAGE: usize = 8_192;

/// A sandbox within this process, and what runs it.
pub struct Company {
    pub sandbox: Sandbox,
    pub runtime: tokio::runtime::Runtime,
}

impl Company {
    /// So many people; every answer takes so long.
    pub fn of(employees: u32, latency: Duration, longest_page: u32) -> Result<Self, Failed> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let options =
            Options { employees, seed: SEED, latency, longest_page: Some(longest_page), ..Options::default() };
        let sandbox = runtime.block_on(async { Sandbox::start(listener, options) })?;
        Ok(Self { sandbox, runtime })
    }
    /// The bytes of a page of employees.
    pub fn page(&self, offset: usize, limit: usize) -> Result<Vec<u8>, Failed> {
        get(self.sandbox.addr(), &format!("/mobproc/v1/employees?offset={offset}&limit={limit}"))
    }
}

/// The body of a reply.
pub fn get(addr: SocketAddr, path: &str) -> Result<Vec<u8>, Failed> {
    let mut stream = TcpStream::connect(addr)?;
    let headers = "Authorization: Bearer some-token\r\nX-TNGO-TENANT: ACME\r\nclient_id: mobproc\r\n";
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {addr}\r\n{headers}Connection: close\r\n\r\n")?;
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply)?;
    let end = reply.windows(4).position(|w| w == b"\r\n\r\n").ok_or("no headers came")?;
    if !reply.starts_with(b"HTTP/1.1 200") {
        return Err(String::from_utf8_lossy(&reply[..end]).into_owned().into());
    }
    Ok(reply.split_off(end + 4))
}

/// Everybody, as the lines that a table keeps: as many to a text as a chunk holds.
pub fn lines(count: usize) -> Result<Vec<String>, Failed> {
    let company = Company::of(u32::try_from(count)?, Duration::ZERO, u32::try_from(PAGE)?)?;
    let mut all = Vec::new();
    for offset in (0..count).step_by(PAGE) {
        let body = Body::parse(&company.page(offset, PAGE.min(count - offset))?)?;
        let mut page = Table::<Person>::default();
        collection(body.view(), "employees").filter_map(Person::read).for_each(|p| page.add(&p));
        let lines = page.chunks().iter().flat_map(|c| c.lines()).map(|line| format!("{line}\n"));
        all.push(lines.collect());
    }
    Ok(all)
}

/// The table of these texts.
pub fn table(texts: &[String]) -> Table<Person> {
    Table::of(texts.iter().map(|t| Arc::new(Chunk::of_lines::<Person>(t.clone()))).collect())
}

/// Numbers that look like chance, the same in every run.
pub struct Chance(u64);

impl Chance {
    pub fn new() -> Self {
        Self(SEED)
    }
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % most.max(1) as u64).unwrap_or(0)
    }
}

/// So many things that somebody would type, each to find a person of these.
pub fn queries(texts: &[String], count: usize) -> Result<Vec<String>, Box<dyn Error>> {
    let mut chance = Chance::new();
    let mut found = Vec::new();
    while found.len() < count {
        let text = &texts[chance.below(texts.len())];
        let chunk = Chunk::of_lines::<Person>(text.clone());
        let who: Person = chunk.record(chance.below(chunk.len())).ok_or("nobody")?;
        let typed = typed(&who, found.len() % 7, &mut chance);
        // What is empty, or a mark of its own on the first screen, is nobody's name.
        if typed.chars().count() >= 3 && !typed.contains(['/', ':']) {
            found.push(typed);
        }
    }
    Ok(found)
}

fn typed(who: &Person, how: usize, chance: &mut Chance) -> String {
    let begin = |text: &str, count: usize| text.chars().take(count).collect::<String>().to_lowercase();
    let login = who.login.as_deref().unwrap_or_default();
    match how {
        0 => begin(&who.last, 8),
        1 => format!("{} {}", begin(&who.last, 6), begin(&who.first, 1)),
        2 => format!("{} {}", begin(&who.first, 3), begin(&who.last, 4)),
        3 => login.to_lowercase(),
        4 => digits(who.phone.as_deref().unwrap_or_default()),
        5 => slipped(&begin(&who.last, 8), chance),
        _ => {
            let department = who.department.as_deref().unwrap_or_default();
            format!("{} {}", begin(&who.last, 3), begin(department, 5))
        }
    }
}

/// Two letters in the wrong order.
fn slipped(word: &str, chance: &mut Chance) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    if letters.len() >= 4 {
        let at = 1 + chance.below(letters.len() - 2);
        letters.swap(at, at + 1);
    }
    letters.into_iter().collect()
}
