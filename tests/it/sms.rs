//! SMS by two providers: each alone, one in the other's place, and what they report later.

use axum::http::{Request, header};
use campus_pass::sandbox::{FaultKind, Sms, SmsProvider};
use campus_pass::sms::Provider;
use campus_pass::store::receipts;
use insta::assert_snapshot;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::harness::{Answer, App, Visit, body};

const FROM: &str = "2026-03-02 14:00";
const UNTIL: &str = "2026-03-02 16:00";
const BOTH: [(&str, &str); 1] = [("SMS__BACKUP", "aliyun")];
/// 陈静, who approves and so gets an SMS for each application.
const APPROVER: &str = "13900000002";

use SmsProvider::{Aliyun, Tencent};

/// Somebody books, and so one SMS is owed; the card goes along.
async fn booked(app: &App, name: &str) -> Visit {
    app.guest(name).await.book("刘明", FROM, UNTIL).await
}

fn sent(app: &App) -> Vec<SmsProvider> {
    let inbox = app.sandbox.sms_to(APPROVER).into_iter();
    inbox.map(|sms: Sms| sms.provider).collect()
}

fn asked(app: &App, provider: &str) -> usize {
    let log = app.sandbox.log().into_iter();
    log.filter(|e| e.path == format!("/sms/{provider}")).count()
}

/// What was said of a visit's SMS, without the serials.
async fn told(app: &App, visit: &Visit) -> Vec<String> {
    let id = visit.id.parse().unwrap();
    let all = receipts::of_visit(&app.ctx.db.read, id).await.unwrap();
    let sms = all.into_iter().filter(|receipt| receipt.channel == "sms");
    let line = |receipt: receipts::Receipt| {
        let number = receipt.provider_id.unwrap_or_default();
        let whose = number.split(':').next().unwrap().to_owned();
        format!("{whose} {}", receipt.outcome)
    };
    sms.map(line).collect()
}

#[tokio::test]
async fn each_provider_sends_and_reports() {
    for (provider, who) in [("tencent", Tencent), ("aliyun", Aliyun)] {
        let app = App::with(&[("SMS__PROVIDER", provider)]).await;
        let guest = app.guest("张小雨").await;
        let visit = guest.book("刘明", FROM, UNTIL).await;
        app.deliver().await;
        app.approver("陈静").tap_approve(&visit).await;
        app.deliver().await;
        assert_eq!(
            app.approver("陈静").sms(),
            ["【重工校园通】您有一条03月02日14:00的访客申请待审批，请在企业微信中处理。"]
        );
        assert_eq!(
            guest.sms(),
            [
                "【重工校园通】您的访客申请已通过，通行凭证：http://campus.test/p/[token] 凭二维码入校。"
            ]
        );
        assert_eq!(sent(&app), [who]);
        let mut told = told(&app, &visit).await;
        told.sort();
        let [accepted, delivered] = ["accepted", "delivered"].map(|s| format!("{provider} {s}"));
        let expected = [&accepted, &accepted, &delivered, &delivered].map(String::as_str);
        assert_eq!(told, expected);
        let channels = app.get("/readyz").await.expect(200)["channels"].clone();
        let of_sms: Vec<_> = channels.as_object().unwrap().iter().collect();
        let of_sms: Vec<_> = of_sms
            .into_iter()
            .filter(|(name, _)| name.starts_with("sms"))
            .collect();
        assert_eq!(of_sms, [(&format!("sms_{provider}"), &json!("up"))]);
        app.finish().await;
    }
}

#[tokio::test]
async fn what_is_not_the_numbers_fault_goes_by_the_backup_at_once() {
    let tencent = [
        "FailedOperation.InsufficientBalanceInSmsPackage",
        "FailedOperation.SignatureIncorrectOrUnapproved",
        "FailedOperation.TemplateIncorrectOrUnapproved",
        "LimitExceeded.PhoneNumberThirtySecondLimit",
        "LimitExceeded.AppDailyLimit",
        "InternalError.OtherError",
        "AuthFailure.SecretIdNotFound",
    ];
    let aliyun = [
        "isv.OUT_OF_SERVICE",
        "isv.SMS_SIGNATURE_ILLEGAL",
        "isv.SMS_TEMPLATE_ILLEGAL",
        "isv.BUSINESS_LIMIT_CONTROL",
        "isv.DAY_LIMIT_CONTROL",
        "isp.SYSTEM_ERROR",
        "InvalidAccessKeyId.NotFound",
    ];
    for (first, words, backup, who) in [
        ("tencent", tencent, "aliyun", Aliyun),
        ("aliyun", aliyun, "tencent", Tencent),
    ] {
        let app = App::with(&[("SMS__PROVIDER", first), ("SMS__BACKUP", backup)]).await;
        let call = format!("sms:{first}");
        for (n, word) in words.into_iter().enumerate() {
            app.refusal(&call, word, Some(1));
            booked(&app, "张小雨").await;
            app.deliver().await;
            assert_eq!(sent(&app), vec![who; n + 1], "{word}");
        }
        app.fault(&call, FaultKind::Http500, Some(1));
        booked(&app, "李四").await;
        app.deliver().await;
        assert_eq!(sent(&app).len(), words.len() + 1);
        // The first is asked again each time: what ailed it may be over.
        booked(&app, "李四").await;
        app.deliver().await;
        assert_ne!(sent(&app).last(), Some(&who));
        assert_eq!(asked(&app, first), words.len() + 2);
        app.finish().await;
    }
}

#[tokio::test]
async fn a_provider_that_cannot_be_reached_gives_way_and_readiness_tells_of_it() {
    let app = App::with(&[BOTH[0], ("SMS__TENCENT__API", "http://127.0.0.1:1")]).await;
    let visit = booked(&app, "张小雨").await;
    app.deliver().await;
    assert_eq!(sent(&app), [Aliyun]);
    assert_eq!(
        told(&app, &visit).await,
        ["aliyun accepted", "aliyun delivered"]
    );
    let channels = app.get("/readyz").await.expect(200)["channels"].clone();
    assert_eq!(channels["sms_tencent"], json!({"down": "not reachable"}));
    assert_eq!(channels["sms_aliyun"], "up");
    app.finish().await;
}

#[tokio::test]
async fn what_is_the_numbers_fault_is_not_tried_elsewhere() {
    let dead = "approval_waiting/1: refused with";
    for (first, backup, word) in [
        (
            "tencent",
            "aliyun",
            "FailedOperation.PhoneNumberInBlacklist",
        ),
        (
            "tencent",
            "aliyun",
            "InvalidParameterValue.IncorrectPhoneNumber",
        ),
        ("aliyun", "tencent", "isv.MOBILE_NUMBER_ILLEGAL"),
    ] {
        let app = App::with(&[("SMS__PROVIDER", first), ("SMS__BACKUP", backup)]).await;
        app.refusal("sms", word, None);
        booked(&app, "张小雨").await;
        app.deliver().await;
        assert_eq!((asked(&app, first), asked(&app, backup)), (1, 0), "{word}");
        app.finish_owing(&[&format!("{dead} {word}")]).await;
    }
}

#[tokio::test]
async fn a_lost_answer_is_not_taken_for_a_message_that_was_not_sent() {
    let app = App::with(&BOTH).await;
    app.fault("sms:tencent", FaultKind::LostAnswer, Some(1));
    booked(&app, "张小雨").await;
    app.deliver().await;
    assert_eq!((sent(&app), asked(&app, "aliyun")), (vec![Tencent], 0));
    assert_eq!(
        app.owed("due").await,
        ["approval_waiting/1 doubtful: the answer was lost"]
    );
    // What may come twice anyway may come by the other one.
    app.refusal("sms:tencent", "InternalError.OtherError", None);
    app.later(5);
    app.deliver().await;
    assert_eq!(sent(&app), [Tencent, Aliyun]);
    assert!(
        app.owed("sent")
            .await
            .contains(&"approval_waiting/1 doubtful".to_owned())
    );
    app.finish().await;
}

#[tokio::test]
async fn an_answer_lost_by_the_backup_leaves_the_message_in_doubt() {
    let app = App::with(&BOTH).await;
    app.refusal("sms:tencent", "InternalError.OtherError", Some(1));
    app.fault("sms:aliyun", FaultKind::LostAnswer, Some(1));
    booked(&app, "张小雨").await;
    app.deliver().await;
    assert_eq!(
        app.owed("due").await,
        ["approval_waiting/1 doubtful: the answer was lost"]
    );
    app.later(5);
    app.deliver().await;
    assert_eq!(sent(&app), [Aliyun, Tencent]);
    app.finish().await;
}

#[tokio::test]
async fn when_both_are_down_it_goes_out_as_soon_as_one_is_back() {
    let app = App::with(&BOTH).await;
    // A used-up quota would wait ten minutes, and a wrong template for ever; the other is only busy.
    for word in [
        "LimitExceeded.AppDailyLimit",
        "FailedOperation.TemplateIncorrectOrUnapproved",
    ] {
        app.refusal("sms:tencent", word, None);
        app.refusal("sms:aliyun", "isp.SYSTEM_ERROR", None);
        let visit = booked(&app, "张小雨").await;
        app.deliver().await;
        assert_eq!(
            app.owed("due").await,
            ["approval_waiting/1: the provider is busy"]
        );
        assert_eq!(told(&app, &visit).await, [""; 0]);
        app.sandbox.clear_faults();
        app.refusal("sms:tencent", word, None);
        app.later(5);
        app.deliver().await;
        assert_eq!(
            told(&app, &visit).await,
            ["aliyun accepted", "aliyun delivered"]
        );
        app.sandbox.clear_faults();
    }
    app.finish().await;
}

#[tokio::test]
async fn the_budget_counts_what_went_out_or_may_have_whoever_sent_it() {
    let app = App::with(&[BOTH[0], ("SMS__DAILY_PER_NUMBER", "3")]).await;
    // Refused by both: nothing is spent.
    app.refusal("sms:tencent", "InternalError.OtherError", None);
    app.refusal("sms:aliyun", "isp.SYSTEM_ERROR", Some(1));
    booked(&app, "张小雨").await;
    app.deliver().await;
    // By the backup: one. Lost there, and sent again: two.
    app.later(60);
    app.fault("sms:aliyun", FaultKind::LostAnswer, Some(1));
    app.deliver().await;
    app.later(60);
    app.deliver().await;
    booked(&app, "李四").await;
    app.deliver().await;
    assert_eq!(sent(&app), [Aliyun; 3]);
    booked(&app, "赵六").await;
    app.deliver().await;
    assert_eq!(sent(&app), [Aliyun; 3]);
    app.finish_owing(&["approval_waiting/1: the day's budget of this channel is spent"])
        .await;
}

/// Posts to the address that a provider was given.
async fn report(app: &App, provider: Provider, told: impl Into<String>) -> Answer {
    let mut providers = app.settings.sms.providers.iter();
    let ours = providers.find(|sms| sms.account.provider() == provider);
    let key = ours.unwrap().report_key.expose_secret();
    post(
        app,
        &format!("/sms/{}/report/{key}", provider.as_str()),
        told,
    )
    .await
}

async fn post(app: &App, path: &str, told: impl Into<String>) -> Answer {
    let request = Request::post(path).header(header::CONTENT_TYPE, "application/json");
    app.send(body(request, told.into())).await
}

fn tencents(serial: &str, status: &str, word: &str) -> Value {
    json!({"user_receive_time": "2026-03-02 09:00:01", "nationcode": "86", "mobile": APPROVER,
        "report_status": status, "errmsg": word, "description": "…", "sid": serial})
}

fn aliyuns(serial: &str, success: bool, word: &str) -> Value {
    json!({"phone_number": APPROVER, "send_time": "2026-03-02 09:00:00",
        "report_time": "2026-03-02 09:00:01", "success": success, "err_code": word,
        "err_msg": "…", "sms_size": "1", "biz_id": serial, "out_id": ""})
}

#[tokio::test]
async fn a_phone_that_is_out_of_service_is_reported() {
    for (provider, word) in [("tencent", "UNDELIV"), ("aliyun", "MOBILE_NOT_ON_SERVICE")] {
        let app = App::with(&[("SMS__PROVIDER", provider)]).await;
        app.sandbox.switch_phone(APPROVER, false);
        let visit = booked(&app, "张小雨").await;
        app.deliver().await;
        let failed = format!("{provider} failed: {word}");
        assert_eq!(
            told(&app, &visit).await,
            [format!("{provider} accepted"), failed]
        );
        assert_eq!(sent(&app), []);
        app.sandbox.switch_phone(APPROVER, true);
        booked(&app, "张小雨").await;
        app.deliver().await;
        assert_eq!(sent(&app).len(), 1);
        app.finish().await;
    }
}

#[tokio::test]
async fn a_list_of_reports_lands_once_however_often_it_comes() {
    for (provider, word) in [
        (Provider::Tencent, "DELIVRD"),
        (Provider::Aliyun, "DELIVERED"),
    ] {
        let app = App::with(&[("SMS__PROVIDER", provider.as_str())]).await;
        let visits = [booked(&app, "张小雨").await, booked(&app, "李四").await];
        app.deliver().await;
        let serials: Vec<_> = app
            .sandbox
            .sms_to(APPROVER)
            .into_iter()
            .map(|sms| sms.serial)
            .collect();
        let list = |word: &str, good: bool| {
            let one = |serial: &String| match provider {
                Provider::Tencent => tencents(serial, if good { "SUCCESS" } else { "FAIL" }, word),
                Provider::Aliyun => aliyuns(serial, good, word),
            };
            json!(serials.iter().map(one).collect::<Vec<_>>()).to_string()
        };
        let accepted = format!("{} accepted", provider.as_str());
        let delivered = format!("{} delivered", provider.as_str());
        let failed = format!("{} failed: LATER", provider.as_str());
        let thanks = match provider {
            Provider::Tencent => json!({"result": 0, "errmsg": "OK"}),
            Provider::Aliyun => json!({"code": 0, "msg": "接收成功"}),
        };
        for minutes in [0, 1, 20] {
            app.later(minutes * 60);
            campus_pass::actions::outbox::forget(&app.ctx)
                .await
                .unwrap();
            assert_eq!(
                report(&app, provider, list(word, true)).await.expect(200),
                thanks
            );
        }
        for visit in &visits {
            assert_eq!(told(&app, visit).await, [accepted.as_str(), &delivered]);
        }
        // Something else said of the same message is something new.
        report(&app, provider, list("LATER", false))
            .await
            .expect(200);
        for visit in &visits {
            assert_eq!(
                told(&app, visit).await,
                [accepted.as_str(), &delivered, &failed]
            );
        }
        app.finish().await;
    }
}

#[tokio::test]
async fn reports_with_a_wrong_key_are_not_found() {
    let app = App::with(&BOTH).await;
    let visit = booked(&app, "张小雨").await;
    app.refusal("sms:tencent", "InternalError.OtherError", Some(1));
    app.deliver().await;
    let before = told(&app, &visit).await;
    let serial = app.sandbox.sms_to(APPROVER)[0].serial.clone();
    let forged = json!([aliyuns(&serial, false, "FORGED")]).to_string();
    let keys: Vec<_> = app.settings.sms.providers.iter().collect();
    let tencents_key = keys[0].report_key.expose_secret();
    let half = &keys[1].report_key.expose_secret()[..16];
    for key in ["x", half, tencents_key, "%00", "%FF"] {
        let refused = post(&app, &format!("/sms/aliyun/report/{key}"), &*forged).await;
        assert_eq!(refused.problem(), "404 not_found 没有找到", "{key}");
    }
    // With a key of its own, a provider says nothing of the other's messages.
    let others = json!([tencents(&serial, "FAIL", "FORGED")]).to_string();
    report(&app, Provider::Tencent, others).await.expect(200);
    assert_eq!(told(&app, &visit).await, before);
    app.finish().await;

    let app = App::start().await;
    let shipped = campus_pass::config::SHIPPED;
    let aliyuns_table = &shipped[shipped.find("[sms.aliyun]").unwrap()..];
    let key = aliyuns_table.split("report_key = \"").nth(1).unwrap();
    let key = key.split('"').next().unwrap();
    let refused = post(&app, &format!("/sms/aliyun/report/{key}"), "[]").await;
    assert_snapshot!(refused.problem(), @"404 not_found 没有找到");
    app.finish().await;
}

#[tokio::test]
async fn reports_that_cannot_be_read_are_refused_as_a_whole_and_of_strangers_forgotten() {
    let app = App::start().await;
    let visit = booked(&app, "张小雨").await;
    app.sandbox.switch_phone(APPROVER, false);
    app.deliver().await;
    let before = told(&app, &visit).await;
    let accepted = receipts::of_visit(&app.ctx.db.read, visit.id.parse().unwrap()).await;
    let mut numbers = accepted
        .unwrap()
        .into_iter()
        .filter_map(|receipt| receipt.provider_id);
    let serial = numbers.find_map(|number| number.strip_prefix("tencent:").map(str::to_owned));
    let good = tencents(&serial.unwrap(), "SUCCESS", "DELIVRD");
    let mut without = good.clone();
    without.as_object_mut().unwrap().remove("sid");
    let mut strange = good.clone();
    strange["report_status"] = json!("PERHAPS");
    let refused = async |told: String| report(&app, Provider::Tencent, told).await.problem();
    assert_snapshot!(refused(String::new()).await, @"400 malformed 请求内容不是有效的JSON");
    assert_snapshot!(refused(format!("[{good}")).await, @"400 malformed 请求内容不是有效的JSON");
    assert_snapshot!(refused(good.to_string()).await, @"
    422 invalid 请检查填写的内容
      . field_type 字段类型不正确
    ");
    assert_snapshot!(refused(json!([good, without]).to_string()).await, @"
    422 invalid 请检查填写的内容
      [1].sid field_type 缺少字段：sid
    ");
    assert_snapshot!(refused(json!([good, strange]).to_string()).await, @"
    422 invalid 请检查填写的内容
      [1].report_status field_type 字段类型不正确
    ");
    assert_snapshot!(refused(" ".repeat(1024 * 1024 + 1)).await, @"413 too_large 请求内容过大");
    assert_eq!(told(&app, &visit).await, before);

    for strange in ["2619:1", "", "\0", &"9".repeat(10_000)] {
        let told = json!([tencents(strange, "SUCCESS", "DELIVRD")]).to_string();
        report(&app, Provider::Tencent, told).await.expect(200);
    }
    report(&app, Provider::Tencent, "[]").await.expect(200);
    assert_eq!(told(&app, &visit).await, before);
    app.finish().await;
}
