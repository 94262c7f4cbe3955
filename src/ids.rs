//! Ids: 63-bit numbers that grow with time, one type per table, strings in JSON (they are larger
//! than 2^53, which a browser's numbers cannot hold).
//!
//! Layout: `(ms − 1288834974657) << 22 | node << 12 | sequence`. It is the layout of the campus's own
//! 单据号: 1628957678243860481 decodes to 2023-02-24 11:19:09.720 in Chongqing, which the screen
//! shows as 11:19:10.

use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

const EPOCH_MS: i64 = 1_288_834_974_657;
const NODE_BITS: u32 = 10;
const SEQUENCE_BITS: u32 = 12;

/// The highest node number: a replica's share of the id space.
pub const MAX_NODE: u16 = (1 << NODE_BITS) - 1;

/// Makes ids for one replica. Two replicas with different node numbers never make the same id.
#[derive(Debug)]
pub struct Mint {
    node: i64,
    /// The last id without its node: milliseconds and sequence as one growing number.
    last: Mutex<i64>,
}

impl Mint {
    /// A mint for the replica `node`, at most [`MAX_NODE`]; higher bits are cut off.
    #[must_use]
    pub fn new(node: u16) -> Self {
        Self {
            node: i64::from(node & MAX_NODE),
            last: Mutex::new(0),
        }
    }

    /// The next id. More than 4,096 in a millisecond, or a clock that steps back, borrow from the
    /// milliseconds to come: the order holds and nobody waits.
    pub fn next<I: From<i64>>(&self, now: DateTime<Utc>) -> I {
        let earliest = (now.timestamp_millis() - EPOCH_MS).max(0) << SEQUENCE_BITS;
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last = earliest.max(*last + 1);
        let (ms, sequence) = (*last >> SEQUENCE_BITS, *last & ((1 << SEQUENCE_BITS) - 1));
        I::from(ms << (NODE_BITS + SEQUENCE_BITS) | self.node << SEQUENCE_BITS | sequence)
    }
}

/// When the id was made, to the millisecond.
#[must_use]
pub fn made_at(id: i64) -> DateTime<Utc> {
    let ms = (id >> (NODE_BITS + SEQUENCE_BITS)) + EPOCH_MS;
    DateTime::from_timestamp_millis(ms).unwrap_or(DateTime::UNIX_EPOCH)
}

/// The first id that can be made at that millisecond.
#[must_use]
pub fn first_at(at: DateTime<Utc>) -> i64 {
    (at.timestamp_millis() - EPOCH_MS).max(0) << (NODE_BITS + SEQUENCE_BITS)
}

/// And the last.
#[must_use]
pub fn last_at(at: DateTime<Utc>) -> i64 {
    first_at(at) | ((1 << (NODE_BITS + SEQUENCE_BITS)) - 1)
}

/// The text is no id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("不是有效的编号")]
pub struct NoId;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident,)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, utoipa::ToSchema)]
        #[schema(value_type = String, example = "1628957678243860481")]
        pub struct $name(i64);

        impl $name {
            /// The number, for the database.
            #[must_use]
            pub fn get(self) -> i64 {
                self.0
            }
        }

        impl From<i64> for $name {
            fn from(id: i64) -> Self {
                Self(id)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = NoId;

            fn from_str(text: &str) -> Result<Self, NoId> {
                parse(text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                parse(&text).map(Self).map_err(serde::de::Error::custom)
            }
        }
    )*};
}

/// Plain digits only: `+1` and `01` would be second names for the same row.
fn parse(text: &str) -> Result<i64, NoId> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
    if plain {
        text.parse().map_err(|_| NoId)
    } else {
        Err(NoId)
    }
}

ids! {
    /// 到访区域.
    AreaId,
    /// 来访事由.
    ReasonId,
    /// 部门.
    DepartmentId,
    /// A member of staff.
    StaffId,
    /// Somebody who comes through WeChat: an account, not a human in a visit.
    PersonId,
    /// 访客申请单; its number is the 单据号.
    VisitId,
    /// A human in a visit.
    VisitorId,
    /// 邀请.
    InvitationId,
    /// Somebody who was invited by name.
    InviteeId,
    /// 住户.
    ResidentId,
    /// 访客登记: what was typed about the resident of a visit.
    RegistrationId,
    /// One running of an invitation's clock.
    DeadlineId,
    /// One decision in the approval of a visit.
    StepId,
    /// 审批路线.
    RouteId,
    /// Somebody decides in another's place for a while.
    DelegationId,
    /// 抄送 by rule.
    GrantId,
    /// 通行凭证.
    PassId,
    /// 门禁 / 道闸.
    GateId,
    /// One scan at a gate and what was decided.
    PassageId,
    /// One message owed to one recipient.
    OutboxId,
    /// What a provider said of a message.
    ReceiptId,
    /// What somebody lets us send by one template.
    SubscriptionId,
    /// A login.
    SessionId,
    /// A code by SMS with which somebody logs in.
    LoginCodeId,
    /// A stored picture.
    PhotoId,
    /// A consent given by a person.
    ConsentId,
    /// A line in the audit.
    AuditId,
    /// An entry of 访客黑名单.
    EntryId,
    /// A visitor whom an entry fitted, where it was met.
    HitId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_handbooks_number_decodes_to_the_handbooks_time() {
        // 《访客预约进校操作手册》, the 单据号 on the approval screen.
        assert_eq!(
            made_at(1_628_957_678_243_860_481).to_rfc3339(),
            "2023-02-24T03:19:09.720+00:00"
        );
    }

    #[test]
    fn a_moment_has_a_first_id_and_a_last() {
        let id = 1_628_957_678_243_860_481;
        let at = made_at(id);
        assert!(first_at(at) <= id && id <= last_at(at));
        assert_eq!((made_at(first_at(at)), made_at(last_at(at))), (at, at));
        assert_eq!(
            made_at(last_at(at) + 1),
            at + chrono::Duration::milliseconds(1)
        );
    }

    #[test]
    fn ids_grow_even_when_the_clock_steps_back_or_stands_still() {
        let mint = Mint::new(3);
        let later = DateTime::from_timestamp_millis(1_700_000_000_000).unwrap_or_default();
        let mut last: i64 = mint.next(later);
        for n in 0..10_000 {
            let id = mint.next(later - chrono::Duration::milliseconds(n % 7));
            assert!(id > last, "{id} after {last}");
            assert_eq!(id >> SEQUENCE_BITS & i64::from(MAX_NODE), 3);
            last = id;
        }
    }

    #[test]
    fn only_plain_digits_name_an_id() {
        assert_eq!(
            "1628957678243860481".parse(),
            Ok(VisitId(1_628_957_678_243_860_481))
        );
        for text in [
            "",
            "01",
            "+1",
            "-1",
            " 1",
            "1e3",
            "9223372036854775808",
            "一",
        ] {
            assert_eq!(text.parse::<VisitId>(), Err(NoId), "{text}");
        }
    }
}
