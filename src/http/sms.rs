//! `/sms/…/report/{key}`: the providers of SMS tell what became of messages. They sign nothing, so the
//! address that they were given ends in a key.

use axum::extract::State;
use data_encoding::HEXLOWER;
use secrecy::ExposeSecret;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::extract::{Json, Path, Raw, read};
use super::problem::Problem;
use super::state::Site;
use crate::actions::outbox;
use crate::sms::Provider;
use crate::sms::report::{AliyunReport, Outcome, Report, TencentReport};
use crate::templates::Channel;

/// The largest list of reports: some thousands.
pub const MOST_REPORTS: usize = 1024 * 1024;

pub async fn tencent(
    State(site): State<Site>,
    Path(key): Path<String>,
    Raw(body): Raw,
) -> Result<Json<Value>, Problem> {
    report::<TencentReport>(&site, Provider::Tencent, &key, &body).await?;
    Ok(Json(json!({ "result": 0, "errmsg": "OK" })))
}

pub async fn aliyun(
    State(site): State<Site>,
    Path(key): Path<String>,
    Raw(body): Raw,
) -> Result<Json<Value>, Problem> {
    report::<AliyunReport>(&site, Provider::Aliyun, &key, &body).await?;
    Ok(Json(json!({ "code": 0, "msg": "接收成功" })))
}

/// Keeps a list of reports. One that cannot be read is refused as a whole, before any is kept.
async fn report<R: DeserializeOwned + Into<Report>>(
    site: &Site,
    provider: Provider,
    key: &str,
    body: &[u8],
) -> Result<(), Problem> {
    let mut keys = site.doors.report_keys.iter();
    let expected = keys.find(|(of, _)| *of == provider);
    let known = expected.is_some_and(|(_, expected)| {
        bool::from(expected.expose_secret().as_bytes().ct_eq(key.as_bytes()))
    });
    if !known {
        tracing::warn!(
            sms.provider = provider.as_str(),
            "a report with a wrong key"
        );
        return Err(Problem::not_found());
    }
    let told = read::<Vec<R>>(body)?.into_iter();
    let reports: Vec<_> = told.map(|told| ours(provider, told.into())).collect();
    // The providers give their reports no number: the same list is the same delivery.
    let hash = HEXLOWER.encode(&Sha256::digest(body));
    let delivery = format!("sms:{}:{hash}", provider.as_str());
    outbox::report(&site.ctx, &delivery, Channel::Sms, &reports).await?;
    Ok(())
}

fn ours(provider: Provider, told: Report) -> outbox::Report {
    outbox::Report {
        provider_id: provider.names(&told.serial),
        outcome: match told.outcome {
            Outcome::Delivered => "delivered".to_owned(),
            Outcome::Failed(why) => format!("failed: {why}"),
        },
    }
}
