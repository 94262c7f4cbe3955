//! The form of 丁香水榭小区访客登记, from JSON to what the action takes.

use serde::Deserialize;
use utoipa::ToSchema;

use super::fields::Fields;
use super::forms::face;
use super::problem::Problem;
use crate::actions::applications::Details;
use crate::actions::registrations::Registering;
use crate::domain::{HouseNumber, PersonName, Phone, Plate, Window};

/// 访客登记.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegisterIn {
    resident: ResidentIn,
    /// 开始时间: the first day, on campus.
    #[serde(default)]
    #[schema(example = "2026-03-02")]
    starts_on: String,
    /// 结束时间: the last day, still in.
    #[serde(default)]
    #[schema(example = "2026-03-02")]
    ends_on: String,
    visitor: RegisteredIn,
    /// The visitor consents to the use of the face photo; needed when there is one.
    #[serde(default)]
    consent: bool,
}

/// 被访住户信息.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResidentIn {
    /// 姓名.
    #[serde(default)]
    name: String,
    /// 手机号码.
    #[serde(default)]
    phone: String,
    /// 门牌号, however it is written.
    #[serde(default)]
    #[schema(example = "3栋2单元501室")]
    house: String,
}

/// 来访信息 of the visitor.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegisteredIn {
    /// 访客姓名.
    #[serde(default)]
    name: String,
    /// 手机号码.
    #[serde(default)]
    phone: String,
    /// 车牌号.
    plate: Option<String>,
    /// 人脸照, from `/api/photos`.
    face_photo: Option<String>,
}

impl RegisterIn {
    pub fn registering(&self) -> Result<Registering, Problem> {
        let mut f = Fields::default();
        let resident = &self.resident;
        let name = f.take("resident.name", PersonName::parse(&resident.name));
        let phone = f.take("resident.phone", Phone::parse(&resident.phone));
        let house = f.take("resident.house", HouseNumber::parse(&resident.house));
        let first = f.day("starts_on", &self.starts_on);
        let last = f.day("ends_on", &self.ends_on);
        let window = first
            .zip(last)
            .and_then(|(first, last)| f.take("ends_on", Window::of_days(first, last)));
        let visitor = self.visitor.details(&mut f, self.consent);
        let whole = name.zip(phone).zip(house).zip(window).zip(visitor);
        f.finish(
            whole.map(|((((name, phone), house), window), visitor)| Registering {
                name,
                phone,
                house,
                window,
                visitor,
            }),
        )
    }
}

impl RegisteredIn {
    fn details(&self, f: &mut Fields, consent: bool) -> Option<Details> {
        let name = f.take("visitor.name", PersonName::parse(&self.name));
        let phone = f.take("visitor.phone", Phone::parse(&self.phone));
        let plate = f.maybe("visitor.plate", self.plate.as_deref(), Plate::parse);
        let photo = self.face_photo.as_deref();
        let face_photo = face(f, "visitor.face_photo", photo, consent);
        name.zip(phone).map(|(name, phone)| Details {
            name,
            phone,
            document: None,
            face_photo,
            plate,
            items: None,
        })
    }
}
