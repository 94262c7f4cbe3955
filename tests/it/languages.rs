//! A refusal in the language of whoever asks: every code has its English, which is found by its code alone.

use std::collections::BTreeSet;
use std::fs;

use axum::http::{Method, header};
use campus_pass::http::language::english;
use insta::assert_snapshot;

use crate::architecture::{name, sources};
use crate::harness::{App, TOLD_TO_MACHINES, json_body};

#[tokio::test]
async fn a_form_is_refused_in_the_language_of_whoever_sends_it_field_by_field() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let mut form = guest
        .form("刘明", "2026-03-02 14:00", "2026-03-02 13:00")
        .await;
    form["visitor"]["phone"] = "123".into();
    form["host"] = "".into();
    let send = async |language: &str| {
        let request = guest.request(Method::POST, "/api/visits");
        let request = request.header(header::ACCEPT_LANGUAGE, language);
        app.send(json_body(request, &form)).await
    };
    let answer = send("en-GB,en;q=0.9,zh;q=0.1").await;
    assert_eq!(answer.header("content-language"), "en");
    assert_eq!(answer.header("vary"), "accept-language");
    assert_snapshot!(answer.problem(), @"
    422 invalid Please check what is marked.
      host host_required Please choose your host.
      ends_at window_reversed The end must be after the start.
      visitor.phone phone_invalid A mainland mobile number has 11 digits.
    ");
    let answer = send("fr-FR,zh-CN;q=0.9,en;q=0.8").await;
    assert_eq!(answer.header("content-language"), "zh-CN");
    assert_snapshot!(answer.problem(), @"
    422 invalid 请检查填写的内容
      host host_required 请选择被访人
      ends_at window_reversed 结束时间必须晚于开始时间
      visitor.phone phone_invalid 手机号应为11位大陆手机号码
    ");
    app.deliver().await;
    app.finish().await;
}

#[test]
fn every_code_that_the_source_names_has_its_english_and_no_other_has() {
    let named: BTreeSet<_> = { sources().into_iter() }
        .filter(|file| !skipped(&name(file)))
        .flat_map(|file| codes(&fs::read_to_string(file).unwrap()))
        .filter(|code| !TOLD_TO_MACHINES.contains(&code.as_str()))
        .collect();
    assert!(named.len() > 150, "the codes are written otherwise");
    let text = include_str!("../../src/http/english.txt");
    let lines: Vec<_> = text
        .lines()
        .map(|line| line.split(": ").next().unwrap())
        .collect();
    assert!(lines.is_sorted(), "in order, so that each is found");
    let told: BTreeSet<_> = lines.into_iter().map(str::to_owned).collect();
    let missing: Vec<_> = named.difference(&told).collect();
    assert_eq!(missing, [""; 0], "codes without English");
    let idle: Vec<_> = told.difference(&named).collect();
    assert_eq!(idle, [""; 0], "English of no code");
    for code in &told {
        let said = english(code).unwrap();
        assert!(!said.is_empty() && code != said, "{code}");
    }
}

/// The reader of the test above: what it must find, and what it must not take for a code.
#[test]
fn a_code_is_found_however_it_is_written() {
    let found = |text: &str| codes(text).into_iter().collect::<Vec<_>>().join(" ");
    let said = "\"请填写(1)\"";
    for (text, expected) in [
        (format!("Fault::new(\n  \"a_b\",\n {said},\n)"), "a_b"),
        (format!("Problem::field(\"file\", \"c\", {said})"), "c"),
        ("Self::field(&of(n, \"x\"), \"d\", said)".to_owned(), "d"),
        ("Self::field(field, code, said)".to_owned(), ""),
        (
            format!("Self::new(StatusCode::CONFLICT, \"e\", {said})"),
            "e",
        ),
        ("Self::new(status, \"f\")".to_owned(), ""),
        ("Problem { code: \"g\", detail }".to_owned(), "g"),
        (
            "let code = match x {\n  A => \"h\",\n  B => \"i\",\n};\n \"j\"".to_owned(),
            "h i",
        ),
        (
            "fn code(&self) -> &str {\n    match self {\n  A | B => \"k\",\n    }\n}".to_owned(),
            "k",
        ),
        (
            "let (field, code) = match x {\n A => (\"starts_at\", \"l\"),\n};".to_owned(),
            "l",
        ),
        (
            format!("let (code, said) = match x {{\n A => (\"n\", {said}),\n}};"),
            "n",
        ),
        ("#[cfg(test)]\nFault::new(\"m\", \"\")".to_owned(), ""),
    ] {
        assert_eq!(found(&text), expected, "{text}");
    }
}

/// The sandbox stands for others, and speaks with their codes.
fn skipped(name: &str) -> bool {
    name.starts_with("src/sandbox/") || name.ends_with("/tests.rs")
}

/// Each way to write a refusal, and which of its arguments is the code.
const WAYS: [(&str, usize); 5] = [
    ("Fault::new(", 0),
    ("Reason::new(", 0),
    ("conflict(", 0),
    ("::field(", 1),
    ("::new(StatusCode::", 1),
];

fn codes(text: &str) -> BTreeSet<String> {
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = one_line.replace("::new( StatusCode::", "::new(StatusCode::");
    let mut found = BTreeSet::new();
    for (way, place) in WAYS {
        for (at, _) in text.match_indices(way) {
            let inside = &text[at + way.len()..];
            found.extend(arguments(inside).get(place).and_then(|text| word(text)));
        }
    }
    for (at, opening) in text.match_indices("code: \"") {
        found.extend(word(&text[at + opening.len() - 1..]));
    }
    for way in [
        "let code = match",
        "code) = match",
        "(code, said) = match",
        "fn code(",
    ] {
        for (at, _) in text.match_indices(way) {
            let arms = block(&text[at..]).split("=>").skip(1);
            let last = arms.map(|arm| arm.split('"').rfind(|text| is_word(text)));
            found.extend(last.flatten().map(str::to_owned));
        }
    }
    found
}

/// What stands between the first brace and the one that closes it.
fn block(text: &str) -> &str {
    let from = text.find('{').map_or(text.len(), |at| at + 1);
    let mut depth = 1;
    let end = text[from..].find(|c| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        depth == 0
    });
    &text[from..end.map_or(text.len(), |end| from + end)]
}

/// The arguments of a call, from behind its bracket.
fn arguments(text: &str) -> Vec<&str> {
    let (mut found, mut from, mut depth, mut quoted) = (Vec::new(), 0, 0, false);
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            _ if quoted => {}
            '(' | '[' | '{' => depth += 1,
            ',' if depth == 0 => {
                found.push(&text[from..at]);
                from = at + 1;
            }
            ')' | ']' | '}' if depth == 0 => {
                found.push(&text[from..at]);
                break;
            }
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
    }
    found
}

/// The word that a literal is.
fn word(text: &str) -> Option<String> {
    let inside = text.trim().strip_prefix('"')?.split('"').next()?;
    is_word(inside).then(|| inside.to_owned())
}

fn is_word(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    !text.is_empty() && text.chars().all(plain)
}
