//! The ladder of the design: a module knows only what stands below it. And no file grows long.

use std::fs;
use std::path::{Path, PathBuf};

/// From the ground up. Modules on one rung do not know each other.
const LADDER: [&[&str]; 13] = [
    &["clock", "entropy", "ids", "sheet"],
    &["secret"],
    &["tencent"],
    &["domain", "wechat", "wecom", "cas", "sms", "sandbox"],
    &["config", "dialects"],
    &["cache", "menus", "store", "templates", "photos"],
    &["ctx"],
    &["outbox"],
    &["actions"],
    &["chat"],
    &["http", "jobs", "edge"],
    &["app"],
    &["cli"],
];

/// The most lines of a file before its tests.
const LONGEST: usize = 400;

#[test]
fn a_module_knows_only_what_stands_below_it() {
    let mut wrong = Vec::new();
    for file in sources() {
        let text = fs::read_to_string(&file).unwrap();
        let name = name(&file);
        wrong.extend(breaches(&name, &text));
        if !matches!(module_of(&name), "lib" | "main") && rung(module_of(&name)).is_none() {
            wrong.push(format!("{name}: {} has no rung", module_of(&name)));
        }
    }
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn no_file_is_longer_than_a_reader_can_hold() {
    let long = sources().into_iter().filter_map(|file| {
        let text = fs::read_to_string(&file).unwrap();
        let lines = text
            .lines()
            .take_while(|line| !line.starts_with("#[cfg(test)]"));
        let count = lines.count();
        (count > LONGEST).then(|| format!("{}: {count} lines", name(&file)))
    });
    assert_eq!(long.collect::<Vec<_>>(), [""; 0]);
}

/// The checker itself: what it must see, and what it must not.
#[test]
fn the_checker_sees_a_step_up_and_overlooks_comments() {
    let bad = "//! crate::http is above.\n\
        use crate::clock::Clock;\n\
        use crate::{ids::VisitId, http::Site};\n\
        use crate::{\n    secret::Masked,\n    outbox::{self, post},\n};\n\
        /* crate::cli::run */ fn f() {\n\
        \x20   let url = \"https://x\"; crate::store::begin(); // crate::jobs::x\n\
        \x20   crate::domain::pass::Pass\n\
        }\n";
    assert_eq!(
        breaches("src/domain/visit.rs", bad),
        [
            "src/domain/visit.rs:3 uses crate::http",
            "src/domain/visit.rs:6 uses crate::outbox",
            "src/domain/visit.rs:9 uses crate::store",
        ]
    );
    let peers = "use crate::templates::Templates;\nuse crate::sandbox::Sandbox;\n";
    assert_eq!(
        breaches("src/store/mod.rs", peers),
        ["src/store/mod.rs:1 uses crate::templates"]
    );
    let outside = "use crate::tencent::envelope::Envelope;\n";
    assert_eq!(
        breaches("src/sandbox/seal.rs", outside),
        ["src/sandbox/seal.rs:1 uses crate::tencent"],
        "the sandbox checks signatures with code of its own"
    );
}

/// Every use of a module that the file's own must not know.
fn breaches(name: &str, text: &str) -> Vec<String> {
    let own = module_of(name);
    let Some(height) = rung(own) else {
        return Vec::new();
    };
    // The sandbox shares nothing with the service but the ground, which is the first two.
    let most = if own == "sandbox" { 2 } else { height };
    let mut found = Vec::new();
    for (line, used) in uses(text) {
        let known = used == own || rung(&used).is_none_or(|of| of < most);
        if !known {
            found.push(format!("{name}:{line} uses crate::{used}"));
        }
    }
    found.dedup();
    found
}

/// The modules behind `crate::`, with the line on which each is named.
fn uses(text: &str) -> Vec<(usize, String)> {
    let text = without_comments(text);
    let mut found = Vec::new();
    for (at, _) in text.match_indices("crate::") {
        let inside_a_word = text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        if inside_a_word {
            continue;
        }
        let from = at + "crate::".len();
        let line = |at: usize| text[..at].matches('\n').count() + 1;
        if !text[from..].starts_with('{') {
            found.push((line(from), word(&text[from..])));
            continue;
        }
        let (mut depth, mut expects) = (0, false);
        for (offset, c) in text[from..].char_indices() {
            match c {
                '{' => (depth, expects) = (depth + 1, depth == 0),
                '}' => depth -= 1,
                ',' => expects = depth == 1,
                c if expects && (c.is_alphabetic() || c == '_') => {
                    found.push((line(from + offset), word(&text[from + offset..])));
                    expects = false;
                }
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
    }
    found
}

fn word(text: &str) -> String {
    text.chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect()
}

/// The text with comments blanked, line for line. `//` inside a string begins none.
fn without_comments(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let taken = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if c == '"' {
            let end = string_end(&rest[1..]);
            out.push_str("\"\"");
            end + 1
        } else {
            out.push(c);
            rest = &rest[c.len_utf8()..];
            continue;
        };
        let lines = rest[..taken].matches('\n').count();
        out.extend(std::iter::repeat_n('\n', lines));
        rest = &rest[taken..];
    }
    out
}

/// Where a string ends, past its closing quote. A raw string with quotes in it ends early, which
/// blanks no more than it should.
fn string_end(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            '\\' if !escaped => escaped = true,
            '"' if !escaped => return at + 1,
            _ => escaped = false,
        }
    }
    text.len()
}

/// `src/store/visits.rs` → `store`.
fn module_of(name: &str) -> &str {
    let inside = name.strip_prefix("src/").unwrap_or(name);
    let module = inside.split('/').next().unwrap_or_default();
    module.strip_suffix(".rs").unwrap_or(module)
}

fn rung(module: &str) -> Option<usize> {
    LADDER.iter().position(|rung| rung.contains(&module))
}

pub fn sources() -> Vec<PathBuf> {
    let (mut files, mut folders) = (Vec::new(), vec![root().join("src")]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    assert!(files.len() > 100, "the tree is somewhere else");
    files
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub fn name(file: &Path) -> String {
    file.strip_prefix(root()).unwrap().display().to_string()
}
