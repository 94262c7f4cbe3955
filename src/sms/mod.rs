//! SMS, by one of two providers. Both want a sign name and a template that they have approved, report
//! the delivery later, and have no key that would keep a repeated message from being sent twice.

use chrono::{DateTime, Utc};

use crate::tencent::call::{CallError, Code};

pub mod aliyun;
mod answer;
pub mod report;
pub mod tencent;

/// Who sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    Tencent,
    Aliyun,
}

impl Provider {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tencent => "tencent",
            Self::Aliyun => "aliyun",
        }
    }

    /// A serial with whose it is, for two providers may give the same.
    #[must_use]
    pub fn names(self, serial: &str) -> String {
        format!("{}:{serial}", self.as_str())
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let all = [Self::Tencent, Self::Aliyun];
        all.into_iter().find(|known| known.as_str() == text)
    }
}

/// One message to one phone.
#[derive(Clone, PartialEq, Eq)]
pub struct Sms {
    /// E.164: `+8613912340003`.
    pub phone: String,
    /// 签名, as it was approved, without 【】.
    pub sign: String,
    /// The provider's id or code of the template.
    pub template: String,
    /// The template's variables in its order; Tencent goes by the order, Aliyun by the name.
    pub params: Vec<(String, String)>,
}

/// The provider took the message: `serial` names it in the report of delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmsReceipt {
    pub serial: String,
}

/// A provider, ready to send.
#[derive(Clone, Debug)]
pub enum Gateway {
    Tencent(tencent::TencentCloud),
    Aliyun(aliyun::Aliyun),
}

impl Gateway {
    #[must_use]
    pub fn provider(&self) -> Provider {
        match self {
            Self::Tencent(_) => Provider::Tencent,
            Self::Aliyun(_) => Provider::Aliyun,
        }
    }

    /// # Errors
    /// [`CallError`]. Its classes are those of `WeChat`: `Wait` for a limit of the day or the number,
    /// `Configuration` for keys, sign and balance, `Never` for the number, the template and the rest.
    pub async fn send(&self, sms: &Sms, now: DateTime<Utc>) -> Result<SmsReceipt, CallError> {
        match self {
            Self::Tencent(gateway) => gateway.send(sms, now).await,
            Self::Aliyun(gateway) => gateway.send(sms, now).await,
        }
    }

    /// Whether another provider may be asked after this failure: not when the message may have gone
    /// out, and not when it was refused for the number's sake.
    #[must_use]
    pub fn leaves_open(&self, error: &CallError) -> bool {
        let numbers = match self {
            Self::Tencent(_) => tencent::NUMBERS,
            Self::Aliyun(_) => aliyun::NUMBERS,
        };
        match error {
            CallError::Refused {
                code: Code::Named(name),
                ..
            } => !numbers.contains(&name.as_str()),
            _ => !may_have_gone_out(error),
        }
    }
}

/// Whether a failure leaves it open that the message is on its way.
#[must_use]
pub fn may_have_gone_out(error: &CallError) -> bool {
    match error {
        CallError::Unknown | CallError::Malformed => true,
        CallError::Refused { .. } | CallError::Unreachable => false,
    }
}
