//! What the providers tell of a message later: a JSON list, posted to an address that they were given.

use serde::Deserialize;

use super::answer::plain;

/// What became of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// As in [`super::SmsReceipt`].
    pub serial: String,
    pub outcome: Outcome,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Delivered,
    /// The phone company's word for why not: `UNDELIV`, `MOBILE_NOT_ON_SERVICE`.
    Failed(String),
}

/// Tencent Cloud's 下发状态通知: <https://www.tencentcloud.com/document/product/382/43547>.
#[derive(Deserialize)]
pub struct TencentReport {
    sid: String,
    report_status: ReportStatus,
    #[serde(default)]
    errmsg: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum ReportStatus {
    Success,
    Fail,
}

impl From<TencentReport> for Report {
    fn from(report: TencentReport) -> Self {
        Self {
            outcome: match report.report_status {
                ReportStatus::Success => Outcome::Delivered,
                ReportStatus::Fail => Outcome::Failed(plain(&report.errmsg)),
            },
            serial: printable(&report.sid),
        }
    }
}

/// Aliyun's `SmsReport`: <https://help.aliyun.com/zh/sms/developer-reference/smsreport-2>.
#[derive(Deserialize)]
pub struct AliyunReport {
    biz_id: String,
    success: bool,
    #[serde(default)]
    err_code: String,
}

impl From<AliyunReport> for Report {
    fn from(report: AliyunReport) -> Self {
        Self {
            outcome: if report.success {
                Outcome::Delivered
            } else {
                Outcome::Failed(plain(&report.err_code))
            },
            serial: printable(&report.biz_id),
        }
    }
}

/// The serials that we were given are short and printable; what is not cannot be one of them, and need
/// not trouble a database.
fn printable(serial: &str) -> String {
    let printable = serial.chars().filter(char::is_ascii_graphic);
    printable.take(100).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one<R: serde::de::DeserializeOwned + Into<Report>>(json: &str) -> Report {
        let mut all: Vec<R> = serde_json::from_str(json).unwrap();
        all.remove(0).into()
    }

    #[test]
    fn the_documents_examples_are_read() {
        let tencent = r#"[{"user_receive_time": "2015-10-17 08:03:04", "nationcode": "86",
            "mobile": "13xxxxxxxxx", "report_status": "SUCCESS", "errmsg": "DELIVRD",
            "description": "用户短信送达成功", "sid": "xxxxxxx"}]"#;
        let delivered = |serial: &str| Report {
            serial: serial.to_owned(),
            outcome: Outcome::Delivered,
        };
        assert_eq!(one::<TencentReport>(tencent), delivered("xxxxxxx"));
        let aliyun = r#"[{"phone_number": "1381111****", "send_time": "2017-01-01 00:00:00",
            "report_time": "2017-01-01 00:00:00", "success": true, "err_code": "DELIVERED",
            "err_msg": "用户接收成功", "sms_size": "1", "biz_id": "12345********",
            "out_id": "67890**"}]"#;
        assert_eq!(one::<AliyunReport>(aliyun), delivered("12345********"));
    }

    #[test]
    fn a_serial_is_short_and_printable() {
        let long = "9".repeat(1000);
        let told = format!(r#"[{{"report_status": "SUCCESS", "sid": "26^19:\u0000{long}"}}]"#);
        let serial = one::<TencentReport>(&told).serial;
        assert_eq!(serial, format!("26^19:{}", "9".repeat(94)));
    }

    #[test]
    fn a_failure_keeps_the_word_and_nothing_that_could_break_a_line() {
        let failed = |word: &str| Outcome::Failed(word.to_owned());
        let tencent = r#"[{"report_status": "FAIL", "errmsg": "MK:00\n01", "sid": "1"}]"#;
        assert_eq!(one::<TencentReport>(tencent).outcome, failed("MK0001"));
        let aliyun = r#"[{"success": false, "err_code": "SP_UNKNOWN_ERROR", "biz_id": "1"}]"#;
        assert_eq!(
            one::<AliyunReport>(aliyun).outcome,
            failed("SP_UNKNOWN_ERROR")
        );
    }
}
