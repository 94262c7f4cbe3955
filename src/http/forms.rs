//! The forms of the ways in, from JSON to what the actions take. Every fault of a form is told.

use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::actions::applications::{Details, Document, Wanted};
use crate::actions::invitations::Invited;
use crate::actions::visits::Booking;
use crate::domain::actors::Staff;
use crate::domain::invitation::{Capacity, Term};
use crate::domain::{AreaNote, Fault, IdNumber, Items, Note, PersonName, Phone, Plate, Window};
use crate::http::fields::Fields;
use crate::http::group::ContactIn;
use crate::http::problem::Problem;
use crate::ids::{PhotoId, StaffId};

/// A form with 到访信息 in front and more behind: serde cannot flatten one form into another and still
/// refuse unknown fields.
macro_rules! forms {
    ($($(#[$doc:meta])* $name:ident { $($(#[$more:meta])* $field:ident: $type:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(Deserialize, ToSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            /// 被访人, from `/api/hosts`. Staff may leave it out: then it is themselves.
            #[serde(default)]
            host: String,
            /// 到访区域, from `/api/areas`.
            #[serde(default)]
            area: String,
            /// 来访事由, from `/api/reasons`.
            #[serde(default)]
            reason: String,
            /// 开始时间, RFC 3339.
            #[serde(default)]
            #[schema(example = "2026-03-02T14:00:00+08:00")]
            starts_at: String,
            /// 结束时间, RFC 3339, still in.
            #[serde(default)]
            #[schema(example = "2026-03-02T16:00:00+08:00")]
            ends_at: String,
            /// 区域描述.
            area_note: Option<String>,
            /// 来访描述.
            note: Option<String>,
            $($(#[$more])* pub(super) $field: $type,)*
        }

        impl $name {
            /// 到访信息. `own` is the host when the form names none.
            pub(super) fn wanted(&self, f: &mut Fields, own: Option<StaffId>) -> Option<Wanted> {
                let times = [self.starts_at.as_str(), &self.ends_at];
                let notes = [self.area_note.as_deref(), self.note.as_deref()];
                wanted(f, own, [&self.host, &self.area, &self.reason], times, notes)
            }
        }
    )*};
}

forms! {
    /// 访客预约.
    BookVisitIn {
        visitor: VisitorIn,
        /// The visitor consents to the use of the face photo; needed when there is one.
        #[serde(default)]
        consent: bool,
        /// 邀请多人随行.
        companions: Option<CompanionsIn>,
    }
    /// 访客邀约.
    InviteIn {
        /// 来访人数, 1 to 100.
        #[serde(default)]
        #[schema(value_type = i64, example = 5)]
        capacity: Value,
        /// 邀请有效时长 in minutes, 1 to 10080; 120 when left out.
        #[serde(default)]
        #[schema(value_type = Option<i64>, example = 120)]
        minutes: Value,
        /// 短信邀请: each gets the link, and a place that only this phone can take.
        #[serde(default)]
        invitees: Vec<InviteeIn>,
    }
    /// 访客代约.
    ProxyIn {
        /// 1 to 100.
        #[serde(default)]
        visitors: Vec<VisitorIn>,
        /// The visitors consent to the use of their face photos; needed when there is one.
        #[serde(default)]
        consent: bool,
    }
    /// 团体通行. The host is the one in charge, 负责人.
    GroupIn {
        /// 总人数, 1 to 5000.
        #[serde(default)]
        #[schema(value_type = i64, example = 100)]
        headcount: Value,
        contact: ContactIn,
        /// 来访车辆, at most 500.
        #[serde(default)]
        plates: Vec<String>,
    }
    /// What staff correct of a visit that was returned.
    CorrectIn {}
}

/// How many come, and how long they have to say so.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CompanionsIn {
    /// 来访人数, 1 to 100, the visitor included.
    #[serde(default)]
    #[schema(value_type = i64, example = 5)]
    capacity: Value,
    /// 邀请有效时长 in minutes, 1 to 10080; 120 when left out.
    #[serde(default)]
    #[schema(value_type = Option<i64>, example = 120)]
    minutes: Value,
}

/// Somebody who is invited by name.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InviteeIn {
    /// 姓名.
    #[serde(default)]
    name: String,
    /// 手机号.
    #[serde(default)]
    phone: String,
}

/// 基本信息 and 备案信息.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VisitorIn {
    /// 姓名.
    #[serde(default)]
    name: String,
    /// 手机号.
    #[serde(default)]
    phone: String,
    /// 证件号.
    #[serde(default)]
    id_number: String,
    /// 证件照, from `/api/photos`; staff's from `/api/staff/photos`.
    #[serde(default)]
    id_photo: String,
    /// 人脸照, from the same.
    face_photo: Option<String>,
    /// 车牌号.
    plate: Option<String>,
    /// 携带物品.
    items: Option<String>,
}

/// 接受邀请.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptIn {
    visitor: VisitorIn,
    /// The visitor consents to the use of the face photo; needed when there is one.
    #[serde(default)]
    consent: bool,
}

impl BookVisitIn {
    pub fn booking(&self) -> Result<Booking, Problem> {
        let mut f = Fields::default();
        let visit = self.wanted(&mut f, None);
        let visitor = details(&mut f, "visitor", &self.visitor, self.consent);
        let asked = self.companions.as_ref();
        let companions = asked.and_then(|with| {
            let CompanionsIn { capacity, minutes } = with;
            invited(&mut f, "companions.", capacity, minutes, &[])
        });
        f.finish(visit.zip(visitor).map(|(visit, visitor)| Booking {
            visit,
            visitor,
            companions,
        }))
    }
}

impl InviteIn {
    pub fn invitation(&self, by: &Staff) -> Result<(Wanted, Invited), Problem> {
        let mut f = Fields::default();
        let wanted = self.wanted(&mut f, by.as_host());
        let invited = invited(&mut f, "", &self.capacity, &self.minutes, &self.invitees);
        f.finish(wanted.zip(invited))
    }
}

impl ProxyIn {
    pub fn proxy(&self, by: &Staff) -> Result<(Wanted, Vec<Details>), Problem> {
        let mut f = Fields::default();
        let wanted = self.wanted(&mut f, by.as_host());
        let count = i64::try_from(self.visitors.len()).unwrap_or(i64::MAX);
        f.take("visitors", Capacity::parse(count));
        let mut people: Vec<Details> = Vec::new();
        for (number, visitor) in self.visitors.iter().enumerate() {
            let field = format!("visitors[{number}]");
            let Some(details) = details(&mut f, &field, visitor, self.consent) else {
                continue;
            };
            let number = |d: &Details| d.document.as_ref().map(|d| d.number.clone());
            if people.iter().any(|p| number(p) == number(&details)) {
                let twice = Fault::new("id_number_twice", "该证件号重复填写，请检查");
                f.fault(&format!("{field}.id_number"), twice);
            }
            people.push(details);
        }
        f.finish(wanted.map(|wanted| (wanted, people)))
    }
}

impl CorrectIn {
    pub fn correction(&self, by: &Staff) -> Result<Wanted, Problem> {
        let mut f = Fields::default();
        let wanted = self.wanted(&mut f, by.as_host());
        f.finish(wanted)
    }
}

impl AcceptIn {
    pub fn details(&self) -> Result<Details, Problem> {
        let mut f = Fields::default();
        let details = details(&mut f, "visitor", &self.visitor, self.consent);
        f.finish(details)
    }
}

/// 邀请有效时长 of an extension.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExtendIn {
    /// How many minutes more, 1 to 10080.
    #[serde(default)]
    #[schema(value_type = i64, example = 60)]
    minutes: Value,
}

impl ExtendIn {
    pub fn term(&self) -> Result<Term, Problem> {
        let mut f = Fields::default();
        let term = f.take("minutes", Term::parse(whole(&self.minutes)));
        f.finish(term)
    }
}

fn wanted(
    f: &mut Fields,
    own: Option<StaffId>,
    [host, area, reason]: [&str; 3],
    [starts_at, ends_at]: [&str; 2],
    [area_note, note]: [Option<&str>; 2],
) -> Option<Wanted> {
    let no_host = Fault::new("host_required", "请选择被访人");
    let host = match own {
        Some(own) if host.is_empty() => Some(own),
        _ => f.id("host", host, no_host),
    };
    let no_area = Fault::new("area_required", "请选择到访区域");
    let area = f.id("area", area, no_area);
    let no_reason = Fault::new("reason_required", "请选择来访事由");
    let reason = f.id("reason", reason, no_reason);
    let starts_at = f.time("starts_at", starts_at);
    let ends_at = f.time("ends_at", ends_at);
    let window = starts_at
        .zip(ends_at)
        .and_then(|(from, until)| f.take("ends_at", Window::new(from, until)));
    let area_note = f.maybe("area_note", area_note, AreaNote::parse);
    let note = f.maybe("note", note, Note::parse);
    let whole = host.zip(area).zip(reason).zip(window);
    whole.map(|(((host, area), reason), window)| Wanted {
        host,
        area,
        reason,
        area_note,
        note,
        window,
    })
}

fn invited(
    f: &mut Fields,
    prefix: &str,
    capacity: &Value,
    minutes: &Value,
    invitees: &[InviteeIn],
) -> Option<Invited> {
    let capacity = f.take(
        &format!("{prefix}capacity"),
        Capacity::parse(whole(capacity)),
    );
    let term = match minutes {
        Value::Null => Some(Term::default()),
        minutes => f.take(&format!("{prefix}minutes"), Term::parse(whole(minutes))),
    };
    let mut named = Vec::new();
    for (number, invitee) in invitees.iter().enumerate() {
        let field = |name: &str| format!("{prefix}invitees[{number}].{name}");
        let name = f.take(&field("name"), PersonName::parse(&invitee.name));
        let phone = f.take(&field("phone"), Phone::parse(&invitee.phone));
        named.extend(name.zip(phone));
    }
    let (capacity, term) = capacity.zip(term)?;
    if named.len() > usize::try_from(capacity.get()).unwrap_or(0) {
        let many = Fault::new("invitees_too_many", "受邀人员不能多于来访人数");
        f.fault(&format!("{prefix}invitees"), many);
    }
    Some(Invited {
        capacity,
        term,
        named,
    })
}

/// A whole number; whatever else is there is out of every range.
pub(super) fn whole(value: &Value) -> i64 {
    value.as_i64().unwrap_or(-1)
}

fn details(f: &mut Fields, at: &str, form: &VisitorIn, consent: bool) -> Option<Details> {
    let field = |name: &str| format!("{at}.{name}");
    let name = f.take(&field("name"), PersonName::parse(&form.name));
    let phone = f.take(&field("phone"), Phone::parse(&form.phone));
    let id_number = f.take(&field("id_number"), IdNumber::parse(&form.id_number));
    let no_photo = Fault::new("photo_required", "请上传与证件号对应的证件照");
    let id_photo = f.id(&field("id_photo"), &form.id_photo, no_photo);
    let face_photo = face(f, &field("face_photo"), form.face_photo.as_deref(), consent);
    let plate = f.maybe(&field("plate"), form.plate.as_deref(), Plate::parse);
    let items = f.maybe(&field("items"), form.items.as_deref(), Items::parse);
    let whole = name.zip(phone).zip(id_number).zip(id_photo);
    whole.map(|(((name, phone), number), photo)| Details {
        name,
        phone,
        document: Some(Document { number, photo }),
        face_photo,
        plate,
        items,
    })
}

/// 人脸照, which nobody need give, and which needs a consent.
pub fn face(f: &mut Fields, field: &str, photo: Option<&str>, consent: bool) -> Option<PhotoId> {
    let face = f.maybe(field, photo, |text| {
        let unknown = Fault::new("photo_unknown", "请重新上传人脸照");
        text.parse().map_err(|_| unknown)
    });
    if face.is_some() && !consent {
        let needed = Fault::new("consent_required", "使用人脸照需要您的同意");
        f.fault("consent", needed);
    }
    face
}
