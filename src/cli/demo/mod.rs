//! One visit, played through the running service over HTTP: the menu, the booking, the approval, the
//! pass and the gate. The outside world is the sandbox beside it; its people's hands are its control
//! API. Every step prints what was asked and answered, and the first wrong answer ends the play.

mod campus;
mod stage;

use anyhow::{Context, ensure};
use chrono::{DateTime, Duration, Timelike, Utc};
use serde_json::{Value, json};

use crate::clock::Clock;
use crate::config::{Mode, Settings};
use crate::menus::apply;
use campus::Visitor;
use stage::{Stage, decided, says};

use super::menu;

/// The invented host and approver of `seed`.
const HOST: &str = "刘明";
const HOST_USERID: &str = "liuming";
const APPROVER_USERID: &str = "chenjing";
const APPROVER_PHONE: &str = "13900000002";

/// Plays it.
///
/// # Errors
/// The first thing that is not as it should be.
pub async fn play(settings: &Settings) -> anyhow::Result<()> {
    ensure!(
        settings.mode == Mode::Sandbox,
        "the demo plays with the sandbox's invented people only"
    );
    let stage = Stage::new(settings)?;
    stage
        .get("/healthz")
        .await
        .context("is the service running? `campus-pass serve` starts it")?;
    let begun = Clock::System.now();

    stage.title("菜单：menus/default.toml 经真实客户端推送到公众号");
    let account = menu::account(settings)?;
    let wanted = menu::wanted(settings)?;
    println!(
        "   → POST …/cgi-bin/menu/create {}",
        json!({ "button": wanted.default })
    );
    let left = apply(&account, &wanted).await?;
    ensure!(
        left.is_empty(),
        "the live menus differ from the files':\n{left}"
    );
    let live = stage.control_get("/menu").await?;
    println!("   ← {live}");
    says(&live, &["便捷CIPC", "重工校园通", "CAMPUS_PASS"])?;

    stage.title("访客点击 便捷CIPC → 重工校园通，收到加密回复");
    let visitor = Visitor::arrive(&stage, "演示访客").await?;
    let tapped = visitor.tap(&stage, "CAMPUS_PASS").await?;
    says(
        &tapped["text"],
        &["访客预约", "丁香水榭小区访客登记", "我的预约", "/h5/book"],
    )?;

    stage.title("访客登录小程序，上传证件照，选择被访人、区域和事由，提交预约");
    let visitor = visitor.log_in(&stage).await?;
    let choices = visitor.choose(&stage, HOST).await?;
    let now = Clock::System.now();
    let visit = visitor
        .book(&stage, &choices, now, now + Duration::hours(2))
        .await?;
    let repeated = visitor.repeat_last(&stage).await?;
    ensure!(
        repeated["id"] == visit["id"],
        "the same Idempotency-Key made a second visit"
    );

    stage.title("审批人收到企业微信卡片和短信，点击 同意");
    let card = stage.card(APPROVER_USERID, &visit).await?;
    says(&card, &["同意", "拒绝", "退回", HOST])?;
    stage.sms(APPROVER_PHONE, begun, "待审批").await?;
    let settled = stage.tap_card(APPROVER_USERID, &card).await?;
    says(&settled["card"]["replaced"], &["已通过"])?;
    let again = stage.tap_refused(APPROVER_USERID, &card).await?;
    says(&again, &["detail"])?;

    stage.title("通行凭证随审批签发：访客收到模板消息和短信，凭证页显示二维码");
    let told = visitor.template(&stage, "通行凭证").await?;
    let sms = stage.sms(visitor.phone(), begun, "/p/").await?;
    let link = sms["params"][0]
        .as_str()
        .context("the SMS carries the pass's token")?
        .to_owned();
    says(&told["url"], &[link.as_str()])?;
    let page = stage.get(&format!("/p/{link}")).await?;
    says(&page, &["<div id=\"app\">"])?;
    let pass = stage.get(&format!("/api/passes/{link}")).await?;
    ensure!(pass["state"] == "valid", "the pass is not valid");
    let code = pass["code"]
        .as_str()
        .context("the pass has a code")?
        .to_owned();
    says(&pass["qr_svg"], &["<svg"])?;

    gate(&stage, &visitor, &visit, &choices, &code, begun).await?;

    stage.title("以上对外调用都经真实 HTTP 到达沙箱");
    let log = stage.control_get("/log").await?;
    for path in [
        "stable_token",
        "template/send",
        "qyapi/cgi-bin/message/send",
        "sms/tencent",
    ] {
        let calls = calls(&log, path);
        ensure!(calls > 0, "no call to {path} reached the sandbox");
        println!("   {path}: {calls}");
    }
    stage.end();
    Ok(())
}

/// At the gate: in time, again, forged, too early, too late, revoked.
async fn gate(
    stage: &Stage,
    visitor: &Visitor,
    visit: &Value,
    choices: &Value,
    code: &str,
    begun: DateTime<Utc>,
) -> anyhow::Result<()> {
    let now = Clock::System.now();
    stage.title("门禁扫码：开门；同一次扫描重发得到同一答复；伪造的二维码不开门");
    let nonce = format!("demo-{}", now.timestamp_millis());
    let opened = stage.scan(code, Some(&nonce)).await?;
    decided(&opened, 1, "ok")?;
    let repeated = stage.scan_as(&opened).await?;
    ensure!(
        repeated["body"] == opened["body"],
        "a repeated scan got another answer"
    );
    let mut forged = code.to_owned();
    forged.replace_range(40..41, if &code[40..41] == "A" { "B" } else { "A" });
    decided(&stage.scan(&forged, None).await?, 0, "bad_code")?;
    let arrived = stage.work_text(HOST_USERID, begun, "进入").await?;
    says(&arrived["content"], &["演示访客"])?;

    stage.title("太早、太晚和已撤销的凭证不开门");
    let tomorrow = now + Duration::days(1);
    let early = visitor
        .approved(stage, choices, tomorrow, tomorrow + Duration::hours(1))
        .await?;
    decided(&stage.scan(&early.code, None).await?, 0, "not_yet")?;
    let now = Clock::System.now();
    let end = now.with_nanosecond(0).unwrap_or(now) + Duration::seconds(5);
    let late = visitor
        .approved(stage, choices, now - Duration::hours(1), end)
        .await?;
    Stage::wait_until(end + Duration::seconds(1)).await;
    decided(&stage.scan(&late.code, None).await?, 0, "expired")?;
    visitor.withdraw(stage, visit).await?;
    decided(&stage.scan(code, None).await?, 0, "revoked")?;
    Ok(())
}

fn calls(log: &Value, path: &str) -> usize {
    let all = log.as_array().map(Vec::as_slice).unwrap_or_default();
    all.iter()
        .filter(|call| call["path"].as_str().is_some_and(|p| p.contains(path)))
        .count()
}

/// A picture of a document: grey, but a picture.
fn picture() -> anyhow::Result<Vec<u8>> {
    let mut png = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_pixel(320, 200, image::Rgb([180, 190, 200]))
        .write_to(&mut png, image::ImageFormat::Png)?;
    Ok(png.into_inner())
}

/// The body of a booking.
fn booking(choices: &Value, starts_at: &str, ends_at: &str, phone: &str, photo: &Value) -> Value {
    json!({
        "host": choices["host"], "area": choices["area"], "reason": choices["reason"],
        "starts_at": starts_at, "ends_at": ends_at,
        "visitor": {
            "name": "演示访客", "phone": phone,
            // The specimen number of GB 11643.
            "id_number": "11010519491231002X",
            "id_photo": photo, "plate": "渝AD12345", "items": "笔记本电脑",
        },
    })
}
