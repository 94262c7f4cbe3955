//! What may stand in a field of a template message, by its kind (模板消息, 参数值内容限制说明).

use chrono::NaiveDate;

/// Whether a value may stand in a field of this kind.
pub(super) fn fits(kind: &str, value: &str) -> bool {
    let length = value.chars().count();
    let all = |test: fn(char) -> bool| value.chars().all(test);
    if value.trim().is_empty() || value.contains(['\n', '\r', '\t']) || value.chars().any(is_emoji)
    {
        return false;
    }
    match kind {
        "thing" => length <= 20,
        "number" => {
            length <= 32 && value.parse::<f64>().is_ok() && all(|c| c.is_ascii_digit() || c == '.')
        }
        "letter" => length <= 32 && all(|c| c.is_ascii_alphabetic()),
        "character_string" => length <= 32 && all(|c| c.is_ascii_graphic()),
        "time" => value
            .split('~')
            .all(|part| is_time_of_day(part) || is_time(part)),
        "date" => value.split('~').all(|part| is_date(part) || is_time(part)),
        "phone_number" => length <= 17 && all(|c| c.is_ascii_digit() || "+-() ".contains(c)),
        "car_number" => length <= 8 && is_plate(value),
        "name" => (length <= 10 && all(is_chinese)) || (length <= 20 && all(|c| !is_chinese(c))),
        "phrase" => length <= 5 && all(is_chinese),
        _ => false,
    }
}

/// `2026年03月02日 14:00`, with or without seconds.
fn is_time(text: &str) -> bool {
    text.trim()
        .split_once(' ')
        .is_some_and(|(date, time)| is_date(date) && is_time_of_day(time))
}

fn is_date(text: &str) -> bool {
    NaiveDate::parse_from_str(text.trim(), "%Y年%m月%d日").is_ok()
}

fn is_time_of_day(text: &str) -> bool {
    let parsed = |form| chrono::NaiveTime::parse_from_str(text.trim(), form).is_ok();
    parsed("%H:%M") || parsed("%H:%M:%S")
}

/// The first and the last character may be Chinese, the rest are letters and digits.
fn is_plate(text: &str) -> bool {
    let characters: Vec<char> = text.chars().collect();
    characters.iter().enumerate().all(|(place, &c)| {
        let at_an_end = place == 0 || place + 1 == characters.len();
        c.is_ascii_alphanumeric() || (at_an_end && is_chinese(c))
    })
}

fn is_chinese(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '〇')
}

fn is_emoji(c: char) -> bool {
    matches!(c, '\u{1f000}'..='\u{1faff}' | '\u{2600}'..='\u{27bf}' | '\u{2b00}'..='\u{2bff}'
        | '\u{fe0f}' | '\u{200d}' | '\u{20e3}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_field_has_its_rule() {
        let twenty = "字".repeat(20);
        let long = "字".repeat(21);
        for (kind, good, bad) in [
            (
                "thing",
                vec!["张老师", "校园 A-1", twenty.as_str()],
                vec![long.as_str(), "", " ", "一\n二", "好👍", "☀"],
            ),
            (
                "number",
                vec!["12", "1.5"],
                vec!["1e3", "一", "inf", "1.2.3"],
            ),
            ("letter", vec!["abc"], vec!["ab1", "字"]),
            (
                "character_string",
                vec!["A-1_x", "1628957678243860481"],
                vec!["字", "a b"],
            ),
            (
                "time",
                vec![
                    "2026年03月02日 14:00",
                    "2026年3月2日 14:00:59",
                    "14:00",
                    "14:00~18:00",
                ],
                vec![
                    "2026-03-02 14:00",
                    "2026年02月30日 14:00",
                    "2026年03月02日",
                    "24:00",
                ],
            ),
            (
                "date",
                vec!["2026年03月02日", "2026年03月02日 14:00"],
                vec!["03月02日", "14:00"],
            ),
            (
                "phone_number",
                vec!["+86-13912340003"],
                vec!["139123400031391234", "tel"],
            ),
            (
                "car_number",
                vec!["渝AA12345", "渝A1234学"],
                vec!["渝A·12345", "渝AA123456"],
            ),
            (
                "name",
                vec!["张三", "Zhang San"],
                vec!["一二三四五六七八九十一", "张San"],
            ),
            (
                "phrase",
                vec!["已通过"],
                vec!["一二三四五六", "OK", "通过1"],
            ),
            ("unheard_of", vec![], vec!["x"]),
        ] {
            for value in good {
                assert!(fits(kind, value), "{kind} takes {value}");
            }
            for value in bad {
                assert!(!fits(kind, value), "{kind} refuses {value}");
            }
        }
    }
}
