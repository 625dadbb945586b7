//! Published bodies are read and written back without loss, the layers keep apart, and the README's tables are true.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails there and then"
)]

use std::path::{Path, PathBuf};

use mobproc::app::keys::BINDINGS;
use mobproc::domain::choice::{Line, Person};
use mobproc::domain::field::Field;
use mobproc::domain::readers::collection;
use mobproc::domain::reply::{self, Resolved};
use mobproc::domain::text::Body;
use serde_json::Value;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn json(folder: &Path, name: &str) -> Value {
    let path = folder.join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap()
}

/// Every body of a folder is read with nothing important lost.
fn decode(folder: &Path) {
    let body = |name: &str| Body::from(json(folder, name));
    for name in ["new_activation", "suspend", "swap_devices", "update_features", "upgrade"] {
        let raw = json(folder, &format!("{name}.confirmation.json"));
        let read = Resolved::confirmation(Body::from(raw.clone()).view()).expect(name);
        let told: usize = raw["orderConfirmation"]["properties"]
            .as_array()
            .unwrap()
            .iter()
            .map(|g| g["fields"].as_array().unwrap().len())
            .sum();
        assert_eq!(read.properties.as_ref().unwrap().len(), told, "{name}");
        assert_eq!(read.holder.unwrap().id.as_str(), raw["orderConfirmation"]["accountHolder"]["id"].as_str().unwrap());
        assert_eq!(
            read.costs.map_or(0, |c| c.len()),
            raw["orderConfirmation"]["costSummary"].as_array().map_or(0, Vec::len)
        );
        let raw = json(folder, &format!("{name}.order.json"));
        let read = Resolved::order(Body::from(raw.clone()).view()).expect(name);
        assert_eq!(read.order_id.unwrap().as_str(), raw["order"]["orderId"].as_str().unwrap(), "{name}");
        assert!(read.submitted.is_some_and(|s| s.ends_with("UTC")), "{name}");
    }
    let review = Resolved::confirmation(body("new_activation.confirmation.json").view()).unwrap();
    assert_eq!((review.features.len(), review.accessories.len(), review.items().count()), (2, 2, 6));
    assert!(review.items().all(|i| i.price.is_some()) && review.ship.unwrap().parts.len() == 4);
    let people: Vec<_> = collection(body("employees.json").view(), "employees").filter_map(Person::read).collect();
    assert_eq!(people.len(), 2);
    assert!(people.iter().all(|p| p.login.is_some() && p.department.is_some()));
    let line = Line::read(body("service.json").view()).unwrap();
    assert!(line.lists("SUSPEND") && line.lists("UPGRADE") && line.device.is_some() && line.holder.is_some());
    assert_eq!(Field::read_groups(collection(body("properties.json").view(), "properties")).len(), 5);
    let region = body("region.json");
    assert_eq!(region.view().at("addressFormat").items().filter_map(|f| Field::read(f, None)).count(), 6);
    assert_eq!(collection(body("states.json").view(), "regions").count(), 3);
    let error = reply::errors(body("error.json").view(), true);
    assert_eq!((error.len(), error[0].id.as_deref()), (1, Some("tghwn")));
}

#[test]
fn every_fixture_is_read() {
    decode(&fixtures());
}

#[test]
#[cfg_attr(not(published_samples), ignore = "set MOBPROC_SAMPLES to a folder of published bodies")]
fn every_published_body_is_read() {
    let folder =
        std::env::var_os("MOBPROC_SAMPLES").expect("MOBPROC_SAMPLES was set when this was built; set it again");
    decode(Path::new(&folder));
}

/// What is built for Linux, tests apart: `name vVERSION`, each once.
fn crates() -> Vec<String> {
    let tree = std::process::Command::new(env!("CARGO"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["tree", "--locked", "--offline", "--edges", "normal,build", "--prefix", "none"])
        .args(["--target", "x86_64-unknown-linux-gnu"])
        .output()
        .unwrap();
    let (listed, said) = (String::from_utf8_lossy(&tree.stdout), String::from_utf8_lossy(&tree.stderr));
    assert!(tree.status.success(), "{said}");
    let mut crates: Vec<_> =
        listed.lines().map(|l| l.split(' ').take(2).collect::<Vec<_>>().join(" ")).filter(|c| !c.is_empty()).collect();
    crates.sort();
    crates.dedup();
    crates
}

#[test]
fn no_more_crates_are_built_than_were_agreed_and_one_tls_provider_is_among_them() {
    let crates = crates();
    assert!(crates.len() <= 240, "{} crates", crates.len());
    let named = |name: &str| crates.iter().filter(|c| c.split(' ').next() == Some(name)).count();
    assert_eq!((named("mobproc"), named("rustls"), named("ring")), (1, 1, 1));
    for barred in ["openssl", "openssl-sys", "native-tls", "aws-lc-rs", "aws-lc-sys", "h2", "chrono"] {
        assert_eq!(named(barred), 0, "{barred}");
    }
}

/// Where what clippy.toml bars is done all the same: the doors for foreign text, and the program's end.
const DOORS: [(&str, usize); 11] = [
    ("api/call.rs", 2),
    ("commands/ask.rs", 1),
    ("domain/kept.rs", 2),
    ("domain/text.rs", 2),
    ("lib.rs", 1),
    ("main.rs", 1),
    ("out.rs", 4),
    ("runtime/watchdog.rs", 1),
    ("store/mend.rs", 1),
    ("store/rows.rs", 1),
    ("view/mod.rs", 1),
];

#[test]
fn foreign_text_has_no_other_doors_than_these() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found: Vec<(String, usize)> = Vec::new();
    for (path, code) in sources("") {
        let doors = code.matches("clippy::disallowed_").count();
        let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
        // The head of each root denies all of them.
        let doors = doors - code.matches("deny(clippy::disallowed_macros, clippy::disallowed_methods)").count() * 2;
        if doors > 0 {
            found.push((name, doors));
        }
    }
    found.sort();
    let known: Vec<_> = DOORS.iter().map(|(name, doors)| ((*name).to_owned(), *doors)).collect();
    assert_eq!(found, known);
    for root in ["lib.rs", "main.rs"] {
        let code = std::fs::read_to_string(root_of(root)).unwrap();
        assert!(code.contains("deny(clippy::disallowed_macros, clippy::disallowed_methods)"), "{root} denies nothing");
    }
}

fn root_of(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(file)
}

fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let text = std::fs::read_to_string(&path).unwrap();
                let code = text.split("#[cfg(test)]").next().unwrap().to_owned();
                found.push((path, code));
            }
        }
    }
    assert!(!found.is_empty(), "{folder}");
    found
}

/// What the pure layers have no use for.
const OUTSIDE: [&str; 11] = [
    "tokio",
    "reqwest",
    "crossterm",
    "std::fs",
    "std::io",
    "std::env",
    "std::process",
    "Instant",
    "SystemTime",
    "getrandom",
    "Timestamp::now",
];

/// What each layer must not name.
const RULES: [(&str, &[&str]); 8] = [
    (
        "domain",
        &[
            "crate::app",
            "crate::view",
            "crate::plain",
            "crate::api",
            "crate::runtime",
            "crate::sandbox",
            "crate::profile",
            "ratatui",
        ],
    ),
    (
        "app",
        &["crate::view", "crate::plain", "crate::api", "crate::runtime", "crate::sandbox", "crate::profile", "ratatui"],
    ),
    (
        "plain",
        &["crate::view", "crate::api", "crate::runtime", "crate::sandbox", "crate::profile", "ratatui", "crate::store"],
    ),
    ("view", &["crate::plain", "crate::api", "crate::runtime", "crate::sandbox", "crate::profile"]),
    ("api", &["crate::app", "crate::view", "crate::runtime", "crate::sandbox"]),
    (
        "store",
        &[
            "crate::app",
            "crate::view",
            "crate::api",
            "crate::runtime",
            "crate::sandbox",
            "crate::profile",
            "reqwest",
            "crossterm",
            "tokio::task",
            "tokio::spawn",
            "tokio::time",
            "ratatui",
        ],
    ),
    (
        "log",
        &["crate::app", "crate::view", "crate::api", "crate::runtime", "crate::sandbox", "crate::profile", "tokio"],
    ),
    (
        "sandbox",
        &[
            "crate::app",
            "crate::view",
            "crate::api",
            "crate::runtime",
            "crate::profile",
            "domain::kinds",
            "domain::slots",
            "domain::request",
            "domain::rows",
        ],
    ),
];

#[test]
fn the_layers_keep_apart() {
    for (layer, barred) in RULES {
        let pure = matches!(layer, "domain" | "app" | "view" | "plain");
        for (path, code) in sources(layer) {
            for (at, line) in code.lines().enumerate().filter(|(_, l)| !l.trim_start().starts_with("//")) {
                let found = barred.iter().chain(OUTSIDE.iter().filter(|_| pure)).find(|b| line.contains(**b));
                assert!(found.is_none(), "{}:{}: {line}", path.display(), at + 1);
            }
        }
    }
}

#[test]
fn foreign_text_enters_through_one_door_and_orders_are_posted_in_one_place() {
    let mut posts = Vec::new();
    for layer in ["domain", "app", "view", "plain", "api", "runtime", "log"] {
        for (path, code) in sources(layer) {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            for barred in ["serde_json::from_", ".json::<", "from_str::<Value"] {
                // What the program itself wrote down comes back through the same door: ids and clean text read themselves so.
                let ours = ["text.rs", "kept.rs", "journal.rs"].contains(&name.as_str());
                assert!(!code.contains(barred) || ours, "{}: {barred}", path.display());
            }
            posts.extend(code.matches("Method::POST").map(|_| format!("{layer}/{name}")));
        }
    }
    assert_eq!(posts, ["api/submit.rs"]);
}

#[test]
fn the_readmes_key_table_is_the_key_map() {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    for binding in BINDINGS.iter().filter(|b| !b.keys.is_empty()) {
        let keys: Vec<_> = binding.keys.iter().map(|k| format!("`{}`", k.name())).collect();
        let row = format!("| {} | {} |", keys.join(" "), binding.label);
        assert!(readme.contains(&row), "the README lacks this row:\n{row}");
    }
}

/// Every `.rs` file below a folder of the package, as one text.
fn everything_below(folder: &str) -> String {
    let mut all = String::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                all += &std::fs::read_to_string(&path).unwrap();
            }
        }
    }
    all
}

#[test]
fn every_promise_of_the_security_page_names_a_test_that_is_there() {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("SECURITY.md")).unwrap();
    let code = everything_below("tests") + &everything_below("src");
    let named: Vec<_> = page.split('`').skip(1).step_by(2).filter(|n| n.matches('_').count() > 2).collect();
    assert!(named.len() > 20, "{named:?}");
    for name in named {
        assert!(code.contains(&format!("fn {name}()")), "there is no test {name}");
    }
}

#[test]
fn no_statement_is_put_together_from_values() {
    let constant = regex::Regex::new(r"\{([A-Z_]+|old|only)\}|'\{\}'|SELECT \{\} FROM").unwrap();
    for (path, code) in sources("store") {
        for (at, line) in code.lines().enumerate() {
            let statement = ["SELECT ", "INSERT ", "UPDATE ", "DELETE "].iter().any(|s| line.contains(s));
            // Constants are put in, and two conditions that the program itself holds.
            let literal = line.split('"').nth(1).unwrap_or(line);
            let part = constant.replace_all(literal, "");
            assert!(!(statement && part.contains('{')), "{}:{}: {line}", path.display(), at + 1);
        }
    }
}
