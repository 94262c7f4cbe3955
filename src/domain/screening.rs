//! 访客黑名单: whom the campus refuses, wants looked at, or wants to hear of.
//!
//! An entry keeps the keyed hash of one mark of a person in its canonical form, and never the mark
//! itself, so that whoever holds the list cannot read it, and the same person is found however they
//! were typed. What fits a person here and now is one question: [`ruling`].

use std::cmp::Reverse;

use chrono::{DateTime, Utc};

use super::visitor::Visitor;
use super::{Cause, Fault, IdNumber, PersonName, Phone, Plate};
use crate::ids::{AreaId, EntryId, GateId, HitId, StaffId, VisitorId};
use crate::secret::{KeyRing, KeyedHash, Masked, Sealable};

/// By what somebody is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkKind {
    IdNumber,
    Phone,
    Plate,
    Name,
}

impl MarkKind {
    pub const ALL: [Self; 4] = [Self::IdNumber, Self::Phone, Self::Plate, Self::Name];

    /// Its short text in a column and in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::IdNumber => "id_number",
            Self::Phone => "phone",
            Self::Plate => "plate",
            Self::Name => "name",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// The word on the screen.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::IdNumber => "证件号",
            Self::Phone => "手机号",
            Self::Plate => "车牌号",
            Self::Name => "姓名",
        }
    }
}

/// A mark as an administrator types it.
#[derive(Clone, Debug)]
pub enum Mark {
    IdNumber(IdNumber),
    Phone(Phone),
    Plate(Plate),
    Name(PersonName),
}

impl Mark {
    /// # Errors
    /// When the text is no such mark.
    pub fn parse(kind: MarkKind, text: &str) -> Result<Self, Fault> {
        match kind {
            MarkKind::IdNumber => IdNumber::parse(text).map(Self::IdNumber),
            MarkKind::Phone => Phone::parse(text).map(Self::Phone),
            MarkKind::Plate => Plate::parse(text).map(Self::Plate),
            MarkKind::Name => PersonName::parse(text).map(Self::Name),
        }
    }

    #[must_use]
    pub fn kind(&self) -> MarkKind {
        match self {
            Self::IdNumber(_) => MarkKind::IdNumber,
            Self::Phone(_) => MarkKind::Phone,
            Self::Plate(_) => MarkKind::Plate,
            Self::Name(_) => MarkKind::Name,
        }
    }

    #[must_use]
    pub fn masked(&self) -> Masked {
        match self {
            Self::IdNumber(number) => number.masked(),
            Self::Phone(phone) => phone.masked(),
            Self::Plate(plate) => plate.masked(),
            Self::Name(name) => Masked::name(name.as_str()),
        }
    }

    /// What is kept of it.
    #[must_use]
    pub fn hash(&self, keys: &KeyRing) -> KeyedHash {
        match self {
            Self::IdNumber(number) => keys.keyed_hash(number),
            Self::Phone(phone) => keys.keyed_hash(phone),
            Self::Plate(plate) => keys.keyed_hash(plate),
            Self::Name(name) => keys.keyed_hash(&Spelling::of(name)),
        }
    }
}

/// The hashes of everything by which a visitor could be on the list.
#[must_use]
pub fn marks_of(keys: &KeyRing, visitor: &Visitor) -> Vec<KeyedHash> {
    let mut marks = vec![
        visitor.phone.hash.clone(),
        keys.keyed_hash(&Spelling::of(&visitor.name)),
    ];
    marks.extend(visitor.document.as_ref().map(|id| id.hash.clone()));
    marks.extend(visitor.plate.as_ref().map(|plate| keys.keyed_hash(plate)));
    marks
}

/// A name without what joins its parts, in capitals: 买买提·艾合买提 and 买买提 艾合买提 are one.
struct Spelling(String);

impl Spelling {
    fn of(name: &PersonName) -> Self {
        let letters = name.as_str().chars().filter(|c| c.is_alphabetic());
        Self(letters.flat_map(char::to_uppercase).collect())
    }
}

impl Sealable for Spelling {
    const PURPOSE: &'static str = "name";

    fn expose(&self) -> &str {
        &self.0
    }

    fn read_back(text: String) -> Option<Self> {
        Some(Self(text))
    }
}

/// What an entry does, from the mildest to the strictest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Guards and administrators are told.
    Notify,
    /// The approver is warned as well.
    Review,
    /// No application, no approval, no way in.
    Refuse,
}

impl Effect {
    pub const ALL: [Self; 3] = [Self::Notify, Self::Review, Self::Refuse];

    /// Its short text in a column and in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Notify => "notify",
            Self::Review => "review",
            Self::Refuse => "refuse",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|effect| effect.as_str() == text)
    }

    /// The word on the screen.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Notify => "到访提醒",
            Self::Review => "重点核查",
            Self::Refuse => "禁止入校",
        }
    }

    /// What an approver reads beside the visitor. Why somebody is on the list is not theirs to know.
    #[must_use]
    pub fn alert(self) -> Option<&'static str> {
        match self {
            Self::Notify => None,
            Self::Review => Some("需重点核查，请与保卫处核实后再审批"),
            Self::Refuse => Some("暂不能通过审批，请联系保卫处"),
        }
    }
}

/// Where an entry counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    Everywhere,
    Area(AreaId),
}

impl Scope {
    #[must_use]
    pub fn holds(self, area: AreaId) -> bool {
        match self {
            Self::Everywhere => true,
            Self::Area(own) => own == area,
        }
    }

    /// The area, when it is one.
    #[must_use]
    pub fn area(self) -> Option<AreaId> {
        match self {
            Self::Everywhere => None,
            Self::Area(area) => Some(area),
        }
    }
}

impl From<Option<AreaId>> for Scope {
    fn from(area: Option<AreaId>) -> Self {
        area.map_or(Self::Everywhere, Self::Area)
    }
}

/// One line of the list.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub id: EntryId,
    pub kind: MarkKind,
    pub hash: KeyedHash,
    pub mask: Masked,
    pub scope: Scope,
    pub effect: Effect,
    pub cause: Cause,
    pub added_by: StaffId,
    pub added_at: DateTime<Utc>,
    /// From this moment on it does not count; none is for good.
    pub until: Option<DateTime<Utc>>,
    pub lifted_at: Option<DateTime<Utc>>,
    /// How many passes it revoked when it was added.
    pub revoked: i32,
}

/// Whether an entry counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryState {
    Active,
    /// Its term is over.
    Over,
    Lifted,
}

impl EntryState {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Over => "over",
            Self::Lifted => "lifted",
        }
    }
}

impl Entry {
    #[must_use]
    pub fn state(&self, now: DateTime<Utc>) -> EntryState {
        match (self.lifted_at, self.until) {
            (Some(_), _) => EntryState::Lifted,
            (None, Some(until)) if until <= now => EntryState::Over,
            (None, _) => EntryState::Active,
        }
    }
}

/// Of the entries that fit a person, the one that counts in this area at this moment: the strictest, and
/// of two that are alike the older.
#[must_use]
pub fn ruling<'a>(
    fitting: impl IntoIterator<Item = &'a Entry>,
    area: AreaId,
    now: DateTime<Utc>,
) -> Option<&'a Entry> {
    let counts = |entry: &&Entry| entry.scope.holds(area) && entry.state(now) == EntryState::Active;
    let counting = fitting.into_iter().filter(counts);
    counting.max_by_key(|entry| (entry.effect, Reverse(entry.id)))
}

/// Where somebody on the list was met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Applying, or being applied for.
    Application,
    Gate(GateId),
}

impl Place {
    /// Its two columns.
    #[must_use]
    pub fn as_columns(self) -> (&'static str, Option<i64>) {
        match self {
            Self::Application => ("application", None),
            Self::Gate(id) => ("gate", Some(id.get())),
        }
    }

    #[must_use]
    pub fn from_columns(place: &str, gate: Option<i64>) -> Option<Self> {
        match (place, gate) {
            ("application", None) => Some(Self::Application),
            ("gate", Some(id)) => Some(Self::Gate(id.into())),
            _ => None,
        }
    }
}

/// Somebody on the list was met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    pub id: HitId,
    pub entry: EntryId,
    pub visitor: VisitorId,
    pub place: Place,
    pub at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::NamedKey;

    fn keys() -> KeyRing {
        let key = NamedKey {
            id: "k".into(),
            bytes: [1; 32],
        };
        KeyRing::new(key, vec![], [2; 32], [3; 32])
    }

    #[test]
    fn a_person_is_one_however_they_are_typed() {
        use MarkKind::{IdNumber, Name, Phone, Plate};
        let hash = |kind, text| Mark::parse(kind, text).unwrap().hash(&keys());
        // The number is the specimen of GB 11643-1999, of 15 and of 18 digits; the two last digits of a
        // 回乡证 count its re-issues (国家移民管理局, 港澳居民来往内地通行证 of 2012).
        for (kind, listed, typed) in [
            (IdNumber, "11010519491231002X", "110105491231002"),
            (IdNumber, "11010519491231002X", "11010519491231002x"),
            (
                IdNumber,
                "11010519491231002X",
                "１１０１０５１９４９１２３１００２Ｘ",
            ),
            (IdNumber, "11010519491231002X", " 110105 19491231 002X "),
            (IdNumber, "H1234567801", "H1234567802"),
            (IdNumber, "h12345678", "H1234567899"),
            (Phone, "13912340003", "+86 139-1234-0003"),
            (Phone, "１３９１２３４０００３", "008613912340003"),
            (Plate, "渝A12345", "渝a·12345"),
            (Plate, "渝AD12345", "渝A-D1 2345"),
            (Plate, "渝A12345", " 渝Ａ１２３４５"),
            (Name, "刘明", " 刘 明 "),
            (Name, "刘明", "\u{3000}刘明"),
            (Name, "买买提·艾合买提", "买买提•艾合买提"),
            (Name, "买买提·艾合买提", "买买提．艾合买提"),
            (Name, "买买提・艾合买提", "买买提艾合买提"),
            (Name, "Anna O'Neil-Smith", "ＡＮＮＡ oneil smith"),
        ] {
            assert_eq!(hash(kind, listed), hash(kind, typed), "{listed} {typed}");
        }
        for (kind, listed, other) in [
            (IdNumber, "H12345678", "M12345678"),
            (IdNumber, "H12345678", "H12345679"),
            (Plate, "渝A12345", "渝B12345"),
            (Name, "刘明", "刘鸣"),
        ] {
            assert_ne!(hash(kind, listed), hash(kind, other), "{listed} {other}");
        }
    }

    #[test]
    fn equal_digits_of_two_kinds_are_not_one_mark() {
        let phone = Mark::parse(MarkKind::Phone, "13912340003").unwrap();
        let plate = Plate::read_back("使123456".to_owned()).unwrap();
        let spelled = Spelling::read_back("使123456".to_owned()).unwrap();
        assert_ne!(keys().keyed_hash(&plate), keys().keyed_hash(&spelled));
        assert_eq!(phone.masked().as_str(), "139****0003");
        let fault = Mark::parse(MarkKind::Name, "张3").map(|mark| mark.kind());
        assert_eq!(fault.map_err(|f| f.code), Err("name_invalid"));
    }

    fn at(hour: u32) -> DateTime<Utc> {
        let day = chrono::NaiveDate::from_ymd_opt(2026, 3, 2).unwrap();
        day.and_hms_opt(hour, 0, 0).unwrap().and_utc()
    }

    fn entry(id: i64, effect: Effect, scope: Scope) -> Entry {
        Entry {
            id: id.into(),
            kind: MarkKind::Phone,
            hash: KeyedHash::from_column("x".to_owned()),
            mask: Masked::phone("13912340003"),
            scope,
            effect,
            cause: Cause::parse("扰乱秩序").unwrap(),
            added_by: 1.into(),
            added_at: at(1),
            until: None,
            lifted_at: None,
            revoked: 0,
        }
    }

    #[test]
    fn the_strictest_that_counts_here_and_now_rules() {
        use Effect::{Notify, Refuse, Review};
        let (here, there) = (Scope::Area(5.into()), Scope::Area(6.into()));
        let until = |hour, entry: Entry| Entry {
            until: Some(at(hour)),
            ..entry
        };
        let lifted = |entry: Entry| Entry {
            lifted_at: Some(at(2)),
            ..entry
        };
        let everywhere = Scope::Everywhere;
        let table = [
            ("nothing", vec![], None),
            ("one", vec![entry(1, Notify, everywhere)], Some(1)),
            (
                "the strictest",
                vec![
                    entry(1, Review, here),
                    entry(2, Refuse, everywhere),
                    entry(3, Notify, here),
                ],
                Some(2),
            ),
            (
                "the older of two",
                vec![entry(2, Review, here), entry(1, Review, here)],
                Some(1),
            ),
            ("another area", vec![entry(1, Refuse, there)], None),
            (
                "the milder here",
                vec![entry(1, Refuse, there), entry(2, Review, here)],
                Some(2),
            ),
            (
                "until later",
                vec![until(4, entry(1, Refuse, here))],
                Some(1),
            ),
            ("until now", vec![until(3, entry(1, Refuse, here))], None),
            ("lifted", vec![lifted(entry(1, Refuse, here))], None),
        ];
        for (what, entries, expected) in table {
            let ruling = ruling(&entries, 5.into(), at(3)).map(|entry| entry.id);
            assert_eq!(ruling, expected.map(EntryId::from), "{what}");
        }
    }
}
