//! `/sms/…/report/{key}`: the providers of SMS tell what became of messages. They sign nothing, so the
//! address that they were given ends in a key.

use axum::extract::State;
use secrecy::ExposeSecret;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use subtle::ConstantTimeEq;

use super::extract::{Json, Path, Raw, read};
use super::problem::Problem;
use super::state::Site;
use crate::actions;
use crate::sms::Provider;
use crate::sms::report::{AliyunReport, Report, TencentReport};

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
    let ours = keys.find(|(of, _)| *of == provider);
    let known = ours
        .is_some_and(|(_, ours)| bool::from(ours.expose_secret().as_bytes().ct_eq(key.as_bytes())));
    if !known {
        tracing::warn!(
            sms.provider = provider.as_str(),
            "a report with a wrong key"
        );
        return Err(Problem::not_found());
    }
    for told in read::<Vec<R>>(body)? {
        actions::outbox::report_sms(&site.ctx, provider, &told.into()).await?;
    }
    Ok(())
}
