//! The kinds of field in WeChat's templates and what each takes. Source: 微信公众平台 类目模板消息,
//! "参数值内容限制说明"; a value outside is refused with 47003.

use super::{Facts, Words};

/// A field of a template with its words.
#[derive(Clone, Debug)]
pub struct Field {
    /// `thing1`.
    pub name: String,
    pub kind: FieldKind,
    pub words: Words,
    pub too_long: TooLong,
}

/// What is done with a value that is too long for its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TooLong {
    /// It ends in `…`.
    Cut,
    /// The channel is left, and the next one is taken.
    Refuse,
}

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

impl Field {
    /// The value of the field.
    ///
    /// # Errors
    /// [`Unfit`] when WeChat would refuse it.
    pub fn render(&self, facts: &Facts) -> Result<String, Unfit> {
        self.kind.fit(&self.words.render(facts), self.too_long)
    }
}

impl TooLong {
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "cut" => Some(Self::Cut),
            "refuse" => Some(Self::Refuse),
            _ => None,
        }
    }
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

    /// Whether a value that was cut still says something: half a number says something else.
    #[must_use]
    pub fn is_prose(self) -> bool {
        matches!(self, Self::Thing | Self::Name)
    }

    /// The value as the field takes it: line breaks become spaces, and what is too long is cut if it
    /// may be.
    ///
    /// # Errors
    /// [`Unfit`] when the field would refuse it.
    pub fn fit(self, value: &str, too_long: TooLong) -> Result<String, Unfit> {
        let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
        // Of the whole value: an ellipsis makes no name Chinese.
        let most = self.most(&value);
        let value = match too_long {
            TooLong::Cut => cut(&value, most),
            TooLong::Refuse => value,
        };
        let fits = !value.is_empty() && value.chars().count() <= most;
        if fits && self.takes(&value) {
            Ok(value)
        } else {
            Err(Unfit { kind: self })
        }
    }

    /// The most characters it takes; the form of a time is its length.
    fn most(self, value: &str) -> usize {
        match self {
            Self::Thing => 20,
            Self::Number | Self::Letter | Self::CharacterString => 32,
            Self::Time | Self::Date => usize::MAX,
            Self::PhoneNumber => 17,
            Self::CarNumber => 8,
            Self::Name if value.is_ascii() => 20,
            Self::Name => 10,
            Self::Phrase => 5,
        }
    }

    fn takes(self, value: &str) -> bool {
        let all = |fits: fn(char) -> bool| value.chars().all(fits);
        match self {
            Self::Thing | Self::Name => !value.chars().any(is_emoji),
            Self::Number => all(|c| c.is_ascii_digit() || c == '.'),
            Self::Letter => all(|c| c.is_ascii_alphabetic()),
            Self::CharacterString => all(|c| c.is_ascii_graphic() || c == ' '),
            Self::Time | Self::Date => is_time(value),
            Self::PhoneNumber => all(|c| c.is_ascii_digit() || "+-".contains(c)),
            Self::CarNumber => true,
            Self::Phrase => all(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)),
        }
    }
}

/// At most so many characters, of which the last says that there were more.
pub(super) fn cut(value: &str, most: usize) -> String {
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
        let long = "一二三四五六七八九十一二三四五六七八九十一";
        for (kind, value, refusing, cutting) in [
            (Thing, "计算机学院\n301", Some("计算机学院 301"), None),
            (
                Thing,
                long,
                None,
                Some("一二三四五六七八九十一二三四五六七八九…"),
            ),
            (Thing, "好😀", None, None),
            (Thing, " ", None, None),
            (Phrase, "已通过", Some("已通过"), None),
            (Phrase, "审批已经通过", None, None),
            (Phrase, "OK", None, None),
            (
                Time,
                "2026年03月02日 14:00",
                Some("2026年03月02日 14:00"),
                None,
            ),
            (Time, "2026-03-02", None, None),
            (Number, "3.5", Some("3.5"), None),
            (Number, "三", None, None),
            (CharacterString, "A 1", Some("A 1"), None),
            (CharacterString, "重庆", None, None),
            (CarNumber, "渝AD12345", Some("渝AD12345"), None),
            (CarNumber, "渝AD1234567", None, Some("渝AD1234…")),
            (
                Name,
                "买买提·艾合买提·阿不都",
                None,
                Some("买买提·艾合买提·…"),
            ),
            (
                Name,
                "Maimaiti Aihemaiti A.",
                None,
                Some("Maimaiti Aihemaiti …"),
            ),
        ] {
            let fit = |too_long| kind.fit(value, too_long).ok();
            assert_eq!(
                fit(TooLong::Refuse).as_deref(),
                refusing,
                "{kind:?} {value}"
            );
            let cut = fit(TooLong::Cut);
            assert_eq!(cut.as_deref(), cutting.or(refusing), "{kind:?} {value} cut");
        }
    }
}
