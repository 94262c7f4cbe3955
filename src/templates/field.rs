//! The kinds of field in WeChat's templates and what each takes. Source: 微信公众平台 类目模板消息,
//! "参数值内容限制说明"; a value outside is refused with 47003.

/// The kind is the name of the field without its number: `thing1` is a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// At most 20 characters.
    Thing,
    /// At most 32 digits, with a point.
    Number,
    /// At most 32 Latin letters.
    Letter,
    /// At most 32 of ASCII's visible characters.
    CharacterString,
    /// `2026年03月02日 14:00`.
    Time,
    /// `2026年03月02日`, with or without the time of day.
    Date,
    /// At most 17 of digits, `+` and `-`.
    PhoneNumber,
    /// At most 8 characters.
    CarNumber,
    /// At most 10 Chinese characters, or 20 Latin ones.
    Name,
    /// At most 5 Chinese characters.
    Phrase,
}

/// A value does not fit its field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("does not fit a field of kind {kind:?}")]
pub struct Unfit {
    pub kind: FieldKind,
}

impl FieldKind {
    /// The kind of a field by its name in the template.
    #[must_use]
    pub fn of(field: &str) -> Option<Self> {
        Some(match field.trim_end_matches(|c: char| c.is_ascii_digit()) {
            "thing" => Self::Thing,
            "number" => Self::Number,
            "letter" => Self::Letter,
            "character_string" => Self::CharacterString,
            "time" => Self::Time,
            "date" => Self::Date,
            "phone_number" => Self::PhoneNumber,
            "car_number" => Self::CarNumber,
            "name" => Self::Name,
            "phrase" => Self::Phrase,
            _ => return None,
        })
    }

    /// The value as the field takes it: line breaks become spaces, and a thing or a name that is too
    /// long is cut with an ellipsis. Other kinds lose their meaning when cut, and are refused.
    ///
    /// # Errors
    /// [`Unfit`] when the field would refuse it.
    pub fn fit(self, value: &str) -> Result<String, Unfit> {
        let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
        let value = match self {
            Self::Thing => cut(&value, 20),
            Self::Name if value.is_ascii() => cut(&value, 20),
            Self::Name => cut(&value, 10),
            _ => value,
        };
        if !value.is_empty() && self.takes(&value) {
            Ok(value)
        } else {
            Err(Unfit { kind: self })
        }
    }

    fn takes(self, value: &str) -> bool {
        let length = value.chars().count();
        let all = |fits: fn(char) -> bool| value.chars().all(fits);
        match self {
            Self::Thing | Self::Name => !value.chars().any(is_emoji),
            Self::Number => length <= 32 && all(|c| c.is_ascii_digit() || c == '.'),
            Self::Letter => length <= 32 && all(|c| c.is_ascii_alphabetic()),
            Self::CharacterString => length <= 32 && all(|c| c.is_ascii_graphic() || c == ' '),
            Self::Time | Self::Date => is_time(value),
            Self::PhoneNumber => length <= 17 && all(|c| c.is_ascii_digit() || "+-".contains(c)),
            Self::CarNumber => length <= 8,
            Self::Phrase => length <= 5 && all(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)),
        }
    }
}

fn cut(value: &str, most: usize) -> String {
    if value.chars().count() <= most {
        value.to_owned()
    } else {
        value.chars().take(most - 1).chain(['…']).collect()
    }
}

fn is_time(value: &str) -> bool {
    let date = value.get(.."2026年03月02日".len()).unwrap_or(value);
    let time = value
        .get("2026年03月02日".len()..)
        .unwrap_or_default()
        .trim_start();
    chrono::NaiveDate::parse_from_str(date, "%Y年%m月%d日").is_ok()
        && (time.is_empty() || chrono::NaiveTime::parse_from_str(time, "%H:%M").is_ok())
}

/// Pictographs, and what joins and colours them.
fn is_emoji(c: char) -> bool {
    matches!(c as u32, 0x1F000..=0x1FAFF | 0x2600..=0x27BF | 0xFE00..=0xFE0F | 0x200D | 0x20E3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_takes_what_wechat_takes() {
        use FieldKind::*;
        for (kind, value, fitted) in [
            (Thing, "计算机学院\n301", Some("计算机学院 301")),
            (
                Thing,
                "一二三四五六七八九十一二三四五六七八九十一",
                Some("一二三四五六七八九十一二三四五六七八九…"),
            ),
            (Thing, "好😀", None),
            (Thing, " ", None),
            (Phrase, "已通过", Some("已通过")),
            (Phrase, "审批已经通过", None),
            (Phrase, "OK", None),
            (Time, "2026年03月02日 14:00", Some("2026年03月02日 14:00")),
            (Time, "2026-03-02", None),
            (Number, "3.5", Some("3.5")),
            (Number, "三", None),
            (CharacterString, "A 1", Some("A 1")),
            (CharacterString, "重庆", None),
            (CarNumber, "渝AD12345", Some("渝AD12345")),
            (CarNumber, "渝AD1234567", None),
            (Name, "买买提·艾合买提·阿不都", Some("买买提·艾合买提·…")),
        ] {
            assert_eq!(kind.fit(value).ok().as_deref(), fitted, "{kind:?} {value}");
        }
    }
}
