//! The `[sms]` table: who sends, who sends in their place, and what each of them knows us by. Only the
//! tables of the providers in use are read, so that nobody invents keys for the other.

use secrecy::SecretString;

use super::messages::{SMS_TEXTS, named};
use super::read::{Reader, filled};
use super::rules::{api, secret};
use super::sections::{Sms, SmsAccount, SmsProvider};
use crate::sms::Provider;

pub fn sms(r: &mut Reader, base: &str) -> Option<Sms> {
    let first = r.read("sms.provider", provider);
    let backup = r.read("sms.backup", |text| match text {
        "" => Ok(None),
        text => provider(text).map(Some),
    });
    if first.is_some() && backup == Some(first) {
        r.fault::<()>("sms.backup", "must not be the provider itself");
    }
    let backup = backup.flatten().filter(|backup| first != Some(*backup));
    let used = first.into_iter().chain(backup);
    let providers: Vec<_> = used.map(|provider| sender(r, base, provider)).collect();
    let daily_per_number = r.number("sms.daily_per_number");
    let daily_total = r.number("sms.daily_total");
    Some(Sms {
        providers: providers.into_iter().collect::<Option<_>>()?,
        daily_per_number: daily_per_number?,
        daily_total: daily_total?,
    })
}

fn provider(text: &str) -> Result<Provider, &'static str> {
    Provider::parse(text).ok_or("must be \"tencent\" or \"aliyun\"")
}

fn sender(r: &mut Reader, base: &str, provider: Provider) -> Option<SmsProvider> {
    let table = format!("sms.{}", provider.as_str());
    let (real, sandbox) = match provider {
        Provider::Tencent => ("https://sms.tencentcloudapi.com", "sms/tencent"),
        Provider::Aliyun => ("https://dysmsapi.aliyuncs.com", "sms/aliyun"),
    };
    let api = api(r, &format!("{table}.api"), real, base, sandbox);
    let account = match provider {
        Provider::Tencent => tencent(r),
        Provider::Aliyun => aliyun(r),
    };
    let sign_name = r.text(&format!("{table}.sign_name"));
    let report_key = r.secret(&format!("{table}.report_key"), report_key);
    let templates = named(r, &format!("{table}.templates"), &SMS_TEXTS, filled);
    Some(SmsProvider {
        account: account?,
        api: api?,
        sign_name: sign_name?,
        report_key: report_key?,
        templates: templates?.into_iter().collect(),
    })
}

fn tencent(r: &mut Reader) -> Option<SmsAccount> {
    let secret_id = r.secret("sms.tencent.secret_id", filled);
    let secret_key = r.secret("sms.tencent.secret_key", secret);
    let sdk_app_id = r.own("sms.tencent.sdk_app_id", filled);
    let region = r.text("sms.tencent.region");
    Some(SmsAccount::Tencent {
        secret_id: secret_id?,
        secret_key: secret_key?,
        sdk_app_id: sdk_app_id?,
        region: region?,
    })
}

fn aliyun(r: &mut Reader) -> Option<SmsAccount> {
    let access_key_id = r.secret("sms.aliyun.access_key_id", filled);
    let access_key_secret = r.secret("sms.aliyun.access_key_secret", secret);
    Some(SmsAccount::Aliyun {
        access_key_id: access_key_id?,
        access_key_secret: access_key_secret?,
    })
}

/// It stands in an address, and must not be guessed.
fn report_key(text: &str) -> Result<SecretString, &'static str> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    if matches!(text.len(), 16..=64) && text.bytes().all(plain) {
        Ok(text.to_owned().into())
    } else {
        Err("must be 16 to 64 letters, digits, _ or -")
    }
}
