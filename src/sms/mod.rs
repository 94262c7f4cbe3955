//! SMS, by one of two providers. Both want a sign name and a template that they have approved, report
//! the delivery later, and have no key that would keep a repeated message from being sent twice.

use chrono::{DateTime, Utc};

use crate::tencent::call::CallError;

pub mod aliyun;
mod answer;
pub mod tencent;

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
    /// # Errors
    /// [`CallError`]. Its classes are those of `WeChat`: `Wait` for a limit of the day or the number,
    /// `Configuration` for keys, sign and balance, `Never` for the number, the template and the rest.
    pub async fn send(&self, sms: &Sms, now: DateTime<Utc>) -> Result<SmsReceipt, CallError> {
        match self {
            Self::Tencent(gateway) => gateway.send(sms, now).await,
            Self::Aliyun(gateway) => gateway.send(sms, now).await,
        }
    }
}
