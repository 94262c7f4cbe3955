//! What became of a message, told to the service as each provider tells it: a list in JSON, posted until
//! it is answered as documented.
//!
//! Sources: <https://www.tencentcloud.com/document/product/382/43547> (下发状态通知),
//! <https://help.aliyun.com/zh/sms/developer-reference/smsreport-2> (`SmsReport`, HTTP批量推送模式).

use chrono::{DateTime, FixedOffset, Utc};
use serde_json::{Value, json};

use super::{Sms, SmsProvider};
use crate::sandbox::push::DELIVERIES;
use crate::sandbox::{Exchange, Sandbox, Unpushed};

/// A report that the service is owed.
pub(super) struct Report {
    pub sms: Sms,
    pub arrived: bool,
}

impl Sandbox {
    /// Reports what became of messages, and says of how many.
    pub(in crate::sandbox) async fn report_sms(&self) -> Result<usize, Unpushed> {
        let mut reported = 0;
        loop {
            let Some(report) = self.state().sms.reports.pop_front() else {
                return Ok(reported);
            };
            self.report(&report).await?;
            reported += 1;
        }
    }

    async fn report(&self, report: &Report) -> Result<(), Unpushed> {
        let Some((path, key)) = self.address(report.sms.provider) else {
            return Ok(());
        };
        let (told, thanks) = (report.body(), report.sms.provider.thanks());
        let address = format!("{}{path}{key}", self.settings().service);
        let mut outcome = Err(Unpushed::NoAnswer);
        for _ in 0..DELIVERIES {
            let request = self.0.client.post(&address).body(told.to_string());
            let request = request.header("content-type", "application/json");
            let Ok(answer) = request.send().await else {
                continue;
            };
            let status = answer.status();
            let answer: Value = answer.json().await.unwrap_or_default();
            let entry = Exchange::to_the_service(
                self.now(),
                &format!("{path}…"),
                told.clone(),
                status.as_u16(),
                answer.clone(),
            );
            self.state().log.add(entry);
            if status.is_success() && answer == thanks {
                return Ok(());
            }
            outcome = Err(Unpushed::NotTaken);
        }
        outcome
    }

    /// Where a provider reports to, and the key that ends the address.
    fn address(&self, provider: SmsProvider) -> Option<(&'static str, &str)> {
        let accounts = &self.settings().sms;
        match provider {
            SmsProvider::Tencent => {
                let account = accounts.tencent.as_ref()?;
                Some(("/sms/tencent/report/", &account.report_key))
            }
            SmsProvider::Aliyun => {
                let account = accounts.aliyun.as_ref()?;
                Some(("/sms/aliyun/report/", &account.report_key))
            }
        }
    }
}

impl Report {
    fn body(&self) -> Value {
        let Self { sms, arrived } = self;
        let number = sms.phone.trim_start_matches("+86");
        let at = on_the_clock(sms.at);
        match sms.provider {
            SmsProvider::Tencent => json!([{
                "user_receive_time": at,
                "nationcode": "86",
                "mobile": number,
                "report_status": if *arrived { "SUCCESS" } else { "FAIL" },
                "errmsg": if *arrived { "DELIVRD" } else { "UNDELIV" },
                "description": if *arrived { "用户短信送达成功" } else { "用户短信送达失败" },
                "sid": sms.serial,
            }]),
            SmsProvider::Aliyun => json!([{
                "phone_number": number,
                "send_time": at,
                "report_time": at,
                "success": arrived,
                "err_code": if *arrived { "DELIVERED" } else { "MOBILE_NOT_ON_SERVICE" },
                "err_msg": if *arrived { "用户接收成功" } else { "手机关机、停机等" },
                "sms_size": "1",
                "biz_id": sms.serial,
                "out_id": "",
            }]),
        }
    }
}

impl SmsProvider {
    /// The answer to a report that was taken.
    fn thanks(self) -> Value {
        match self {
            Self::Tencent => json!({"result": 0, "errmsg": "OK"}),
            Self::Aliyun => json!({"code": 0, "msg": "接收成功"}),
        }
    }
}

/// Both write Beijing's time, without saying so.
fn on_the_clock(at: DateTime<Utc>) -> String {
    let beijing = FixedOffset::east_opt(8 * 3600).map(|zone| at.with_timezone(&zone));
    beijing.map_or_else(String::new, |at| at.format("%Y-%m-%d %H:%M:%S").to_string())
}
