//! SMS: two providers, each with its own signature, words and rules, and the phones that what they take
//! arrives on. Each number's provider tells the service later what became of a message.

mod acs3;
mod aliyun;
mod report;
mod tc3;
mod tencent;

use std::collections::{HashMap, HashSet, VecDeque};

use axum::Router;
use axum::response::Response;
use chrono::{DateTime, Duration, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::Sandbox;
use super::library::SMS_TEMPLATES;
use report::Report;

#[cfg(test)]
pub(super) use acs3::authorization as acs3_authorization;
#[cfg(test)]
pub(super) use tc3::authorization as tc3_authorization;

/// The campus's accounts at the providers; calls to one that is not here know no key.
#[derive(Clone, Default)]
pub struct SmsAccounts {
    pub tencent: Option<TencentSms>,
    pub aliyun: Option<AliyunSms>,
}

#[derive(Clone)]
pub struct TencentSms {
    pub secret_id: String,
    pub secret_key: String,
    pub sdk_app_id: String,
    pub sign_name: String,
    /// Ends the address to which deliveries are reported.
    pub report_key: String,
}

#[derive(Clone)]
pub struct AliyunSms {
    pub access_key_id: String,
    pub access_key_secret: String,
    pub sign_name: String,
    /// As [`TencentSms::report_key`].
    pub report_key: String,
}

/// Who sent a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SmsProvider {
    Tencent,
    Aliyun,
}

/// A message on a phone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Sms {
    pub at: DateTime<Utc>,
    pub provider: SmsProvider,
    /// With +86.
    pub phone: String,
    pub template: String,
    pub params: Vec<String>,
    /// As the phone shows it.
    pub text: String,
    pub serial: String,
}

/// What the phone companies carry.
#[derive(Default)]
pub(super) struct Network {
    /// What was taken, and whether the phone showed it.
    carried: Vec<(Sms, bool)>,
    /// Phones that are out of service.
    off: HashSet<String>,
    /// Whether the accounts have the limits that a new one has.
    new_account: bool,
    /// The nonces of Aliyun's calls.
    nonces: HashMap<String, DateTime<Utc>>,
    /// What the service is not told yet.
    reports: VecDeque<Report>,
}

/// How many in how long, and the word for one more.
type Limit = (Duration, usize, &'static str);

/// Why variables do not make a text.
enum Unfit {
    Template,
    Count,
    Format,
    Long,
    Link,
}

pub(super) fn router() -> Router<Sandbox> {
    tencent::router().merge(aliyun::router())
}

/// The answer of the provider behind `call` when it refuses with a word of its own.
pub(super) fn refused(sandbox: &Sandbox, call: &str, asked: &[u8], word: &str) -> Value {
    match call {
        "sms:aliyun" => aliyun::refused(sandbox, word),
        _ => tencent::refused_by_all(sandbox, asked, word),
    }
}

/// The text that a phone shows. Both providers have approved the same texts, under numbers of their own.
fn render(
    sandbox: &Sandbox,
    number: &str,
    params: &[String],
    longest: usize,
) -> Result<String, Unfit> {
    let known = SMS_TEMPLATES.iter().find(|(known, _)| *known == number);
    let (_, template) = known.ok_or(Unfit::Template)?;
    if params.len() != variables(template) {
        return Err(Unfit::Count);
    }
    let mut text = template.replace("{service}", &sandbox.settings().service);
    for (place, param) in params.iter().enumerate() {
        if param.is_empty() || param.contains(['\n', '\r']) {
            return Err(Unfit::Format);
        }
        if param.chars().count() > longest {
            return Err(Unfit::Long);
        }
        let marks = ["://", "www.", ".com", ".cn"];
        if marks.iter().any(|mark| param.contains(mark)) {
            return Err(Unfit::Link);
        }
        text = text.replace(&format!("{{{}}}", place + 1), param);
    }
    Ok(text)
}

fn variables(template: &str) -> usize {
    template.matches('{').count() - template.matches("{service}").count()
}

/// `+86` and eleven digits, from any form that the providers take.
fn mainland(phone: &str) -> Option<String> {
    let digits = ["+86", "0086", "86"]
        .iter()
        .find_map(|code| phone.strip_prefix(code));
    let digits = digits.filter(|digits| digits.len() == 11).unwrap_or(phone);
    let right = digits.len() == 11
        && digits.starts_with('1')
        && digits.bytes().all(|digit| digit.is_ascii_digit());
    right.then(|| format!("+86{digits}"))
}

impl Network {
    /// The word of the first limit that one more like `sms` would break. `alike` says which count.
    fn over(
        &self,
        limits: &[Limit],
        sms: &Sms,
        alike: impl Fn(&Sms) -> bool,
    ) -> Option<&'static str> {
        let broken = limits.iter().find(|(within, most, _)| {
            let lately = self.carried.iter().filter(|(before, _)| {
                let same = before.provider == sms.provider && before.phone == sms.phone;
                same && sms.at - before.at < *within && alike(before)
            });
            lately.count() >= *most
        });
        broken.map(|(_, _, word)| *word)
    }

    /// Takes a message to its phone, and owes its report.
    fn carry(&mut self, sms: Sms) {
        let arrived = !self.off.contains(&sms.phone);
        let report = Report {
            sms: sms.clone(),
            arrived,
        };
        self.reports.push_back(report);
        self.carried.push((sms, arrived));
    }
}

impl Sandbox {
    /// What a phone got, oldest first; every phone when `phone` is empty. With or without +86.
    #[must_use]
    pub fn sms_to(&self, phone: &str) -> Vec<Sms> {
        let number = mainland(phone).unwrap_or_default();
        let state = self.state();
        let shown = state.sms.carried.iter().filter(|(_, arrived)| *arrived);
        let mine = shown.filter(|(sms, _)| phone.is_empty() || sms.phone == number);
        mine.map(|(sms, _)| sms.clone()).collect()
    }

    /// Takes a phone out of service, or back: what is sent to it meanwhile is reported as failed.
    pub fn switch_phone(&self, phone: &str, on: bool) {
        let number = mainland(phone).unwrap_or_default();
        let off = &mut self.state().sms.off;
        if on {
            off.remove(&number);
        } else {
            off.insert(number);
        }
    }

    /// Gives the accounts the limits of a new one, which the campus has had raised.
    pub fn limit_sms(&self) {
        self.state().sms.new_account = true;
    }

    /// A provider takes a message, unless its `limit` has a word against it.
    fn carry(
        &self,
        sms: Sms,
        limit: impl Fn(&Network, &Sms) -> Option<&'static str>,
    ) -> Result<(), &'static str> {
        let network = &mut self.state().sms;
        if let Some(word) = limit(network, &sms) {
            return Err(word);
        }
        network.carry(sms);
        self.wake();
        Ok(())
    }
}

/// A JSON answer with a status of its own.
fn answered(status: axum::http::StatusCode, value: &Value) -> Response {
    let mut response = super::call::json_response(value);
    *response.status_mut() = status;
    response
}

/// What a provider's support asks for.
fn request_id(sandbox: &Sandbox) -> String {
    let [a, b] = [0; 2].map(|_: u8| u64::from_le_bytes(sandbox.entropy().bytes()));
    let (a, b) = (format!("{a:016x}"), format!("{b:016x}"));
    format!(
        "{}-{}-{}-{}-{}",
        &a[..8],
        &a[8..12],
        &a[12..],
        &b[..4],
        &b[4..]
    )
}
