//! Texts without what differs from run to run, for snapshots.

/// Takes out the listener's address, ids, link tokens, signed codes and ids of requests.
pub fn plain(text: &str, base: &str) -> String {
    let text = text.replace(base, "http://campus.test");
    let mut out = String::new();
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        out.push_str(named(&rest[..end]));
        let between = rest[end..].find(is_word).map_or(rest.len(), |at| end + at);
        out.push_str(&rest[end..between]);
        rest = &rest[between..];
    }
    out
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

fn named(word: &str) -> &str {
    let all = |fits: fn(&u8) -> bool| word.bytes().all(|b| fits(&b));
    let mixed = word.bytes().any(|b| b.is_ascii_uppercase());
    match word.len() {
        16..=19 if all(u8::is_ascii_digit) => "[id]",
        22 if mixed => "[token]",
        24 if all(u8::is_ascii_hexdigit) => "[request]",
        148 => "[code]",
        _ => word,
    }
}

#[test]
fn only_what_differs_is_taken_out() {
    let told = "http://127.0.0.1:1/p/abcdefghijklmnopqrSTUV 单据号1628957678243860481，visit_not_withdrawable 2026";
    assert_eq!(
        plain(told, "http://127.0.0.1:1"),
        "http://campus.test/p/[token] 单据号[id]，visit_not_withdrawable 2026"
    );
}
