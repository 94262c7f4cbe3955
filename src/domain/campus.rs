//! The campus's own register: areas, reasons, departments, staff, gates and their devices.

use chrono::{DateTime, Utc};

use super::limits::Limits;
use super::rules::Rules;
use super::{PersonName, Phone};
use crate::ids::{AreaId, DepartmentId, GateId, ReasonId, StaffId};
use crate::secret::{KeyedHash, Masked, Sealable, Sealed};

/// 到访区域.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Area {
    pub id: AreaId,
    pub name: String,
    /// Its bit in the signed codes, so that a gate without a network knows where a pass is good.
    pub slot: Slot,
    /// Whether it can be chosen for a new visit.
    pub open: bool,
    pub limits: Limits,
    pub rules: Rules,
}

/// A bit of 64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot(u8);

impl Slot {
    /// `None` past 63.
    #[must_use]
    pub fn new(slot: i16) -> Option<Self> {
        u8::try_from(slot).ok().filter(|slot| *slot < 64).map(Self)
    }

    #[must_use]
    pub fn get(self) -> i16 {
        i16::from(self.0)
    }

    /// The set that holds only this area.
    #[must_use]
    pub fn alone(self) -> AreaSet {
        AreaSet(1 << self.0)
    }
}

/// Up to 64 areas as bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AreaSet(pub u64);

impl AreaSet {
    #[must_use]
    pub fn holds(self, slot: Slot) -> bool {
        self.0 >> slot.0 & 1 == 1
    }
}

/// 来访事由.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purpose {
    pub id: ReasonId,
    pub name: String,
    pub open: bool,
}

/// What a member of staff may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Host,
    Approver,
    Reader,
    Guard,
    Administrator,
}

impl Role {
    pub const ALL: [Self; 5] = [
        Self::Host,
        Self::Approver,
        Self::Reader,
        Self::Guard,
        Self::Administrator,
    ];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Approver => "approver",
            Self::Reader => "reader",
            Self::Guard => "guard",
            Self::Administrator => "administrator",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

/// Somebody who works on campus.
#[derive(Clone, Debug)]
pub struct Member {
    pub id: StaffId,
    pub name: PersonName,
    pub department: DepartmentId,
    pub department_name: String,
    pub wecom_userid: String,
    pub phone: SealedPhone,
    pub roles: Vec<Role>,
}

impl Member {
    #[must_use]
    pub fn is(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// Whether they may do nothing any more, and so not even log in.
    #[must_use]
    pub fn has_left(&self) -> bool {
        self.roles.is_empty()
    }
}

/// A phone as it is kept: sealed, with the hash it is found by and the mask it is shown as.
#[derive(Clone, Debug)]
pub struct SealedPhone {
    pub sealed: Sealed<Phone>,
    pub hash: KeyedHash,
    pub mask: Masked,
}

impl SealedPhone {
    /// What stands in place of one that is not kept any more: it opens to nothing, and nobody is found by it.
    #[must_use]
    pub fn forgotten() -> Self {
        Self {
            sealed: Sealed::from_column(String::new()),
            hash: KeyedHash::from_column(String::new()),
            mask: Masked::from_column(String::new()),
        }
    }
}

/// 门禁 or 道闸.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gate {
    pub id: GateId,
    pub name: String,
    pub area: AreaId,
    pub slot: Slot,
    pub area_name: String,
    pub open: bool,
    /// Those of its area.
    pub rules: Rules,
}

/// Which way a device lets people through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    In,
    Out,
    /// Two-way: the scan itself says which.
    Both,
}

impl Direction {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
            Self::Both => "both",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::In, Self::Out, Self::Both]
            .into_iter()
            .find(|way| way.as_str() == text)
    }
}

/// The number painted on a device: 1 to 32 of `[A-Za-z0-9_-]`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DeviceId(String);

impl DeviceId {
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
        (matches!(text.len(), 1..=32) && text.bytes().all(fits)).then(|| Self(text.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for DeviceId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A device's 256-bit key in hexadecimal, as it is typed into the device.
#[derive(Clone, PartialEq, Eq)]
pub struct DeviceKey(String);

impl DeviceKey {
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(data_encoding::HEXLOWER.encode(&bytes))
    }

    /// The bytes that sign.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        data_encoding::HEXLOWER_PERMISSIVE
            .decode(self.0.as_bytes())
            .unwrap_or_default()
    }
}

impl Sealable for DeviceKey {
    const PURPOSE: &'static str = "device_key";

    fn expose(&self) -> &str {
        &self.0
    }

    fn read_back(text: String) -> Option<Self> {
        let bytes = data_encoding::HEXLOWER_PERMISSIVE
            .decode(text.as_bytes())
            .ok()?;
        (bytes.len() == 32).then_some(Self(text))
    }
}

/// A device at a gate.
#[derive(Clone, Debug)]
pub struct Device {
    pub id: DeviceId,
    pub gate: Gate,
    pub direction: Direction,
    pub key: Sealed<DeviceKey>,
    /// The one before, and until when it is good.
    pub old_key: Option<(Sealed<DeviceKey>, DateTime<Utc>)>,
    pub habits: Habits,
}

/// What a device does by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Habits {
    /// Whether its lane tells when somebody has really gone through; until then nobody has.
    pub reports_passed: bool,
    /// In how many milliseconds it reads the same code again at the soonest. Of a code that many share, what
    /// comes sooner is the same person.
    pub repeat_ms: i32,
}

impl Default for Habits {
    fn default() -> Self {
        Self {
            reports_passed: false,
            repeat_ms: 1000,
        }
    }
}
