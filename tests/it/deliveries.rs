//! What is owed to the outside is delivered, whatever the outside does.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use campus_pass::actions::people;
use campus_pass::domain::message::Lane;
use campus_pass::outbox::Worker;
use campus_pass::sandbox::FaultKind;
use campus_pass::store::receipts;
use insta::assert_snapshot;
use serde_json::json;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::harness::{App, Guest, Visit, shipped_templates};

const FROM: &str = "2026-03-02 14:00";
const UNTIL: &str = "2026-03-02 16:00";

/// A visit whose approval is not told to anybody yet.
async fn approved(app: &App, guest: &Guest<'_>) -> Visit {
    let visit = guest.book("刘明", FROM, UNTIL).await;
    app.deliver().await;
    app.approver("陈静").tap_approve(&visit).await;
    visit
}

async fn rejected(app: &App, guest: &Guest<'_>) -> Visit {
    let visit = guest.book("刘明", FROM, UNTIL).await;
    app.deliver().await;
    let decided = app.approver("陈静").decide(&visit, "reject", "不便").await;
    decided.expect(200);
    visit
}

/// How often the service made a call, by the end of its path.
fn calls(app: &App, path: &str) -> usize {
    let log = app.sandbox.log();
    log.iter().filter(|e| e.path.ends_with(path)).count()
}

#[tokio::test]
async fn what_wechat_refuses_for_ever_goes_by_sms() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    app.refusal("message/template/send", 43004, None);
    rejected(&app, &guest).await;
    app.deliver().await;
    assert_snapshot!(guest.sms().join("\n"), @"【重工校园通】您到校园区域的访客申请已拒绝。");
    assert_eq!(
        calls(&app, "/message/template/send"),
        1,
        "it is not asked again"
    );
    app.finish().await;
}

#[tokio::test]
async fn what_no_channel_takes_is_dead_with_its_reason_and_can_be_replayed() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    app.refusal("message/template/send", 40037, None);
    app.refusal("sms", "FailedOperation.PhoneNumberInBlacklist", None);
    rejected(&app, &guest).await;
    app.deliver().await;
    assert_eq!(guest.sms(), [""; 0]);
    assert_snapshot!(app.owed("dead").await.join("\n"), @"
    approval_waiting/1: refused with FailedOperation.PhoneNumberInBlacklist
    visit_rejected/0: refused with FailedOperation.PhoneNumberInBlacklist
    ");
    app.sandbox.clear_faults();
    let dead = campus_pass::store::outbox::list(&app.ctx.db.read, "dead", 10).await;
    for row in dead.unwrap() {
        let id = row.owed.id;
        assert!(
            campus_pass::actions::outbox::replay(&app.ctx, id)
                .await
                .unwrap()
        );
        assert!(
            !campus_pass::actions::outbox::replay(&app.ctx, id)
                .await
                .unwrap()
        );
    }
    app.deliver().await;
    assert_eq!(guest.templates().len(), 1);
    app.finish().await;
}

#[tokio::test]
async fn an_hour_without_wechat_and_wecom_costs_an_hour_and_no_message() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let other = app.guest("李四").await;
    let visit = guest.book("刘明", FROM, UNTIL).await;
    let overtaken = other.book("刘明", FROM, UNTIL).await;
    app.deliver().await;
    for visit in [&visit, &overtaken] {
        app.approver("陈静").tap_approve(visit).await;
    }
    app.fault("message/template/send", FaultKind::Http500, None);
    app.refusal("qy:message/send", -1, None);
    app.refusal("sms", "InternalError.Timeout", None);
    for round in 0..12 {
        app.deliver().await;
        app.later(300);
        if round == 6 {
            other.withdraw(&overtaken).await.expect(200);
        }
    }
    assert_eq!((guest.templates().len(), guest.sms().len()), (0, 0));
    assert_eq!(app.approver("刘明").texts(), [""; 0]);
    // What needs none of them goes on.
    assert_eq!(guest.look(&visit).await["stage"], "approved");

    app.sandbox.clear_faults();
    app.later(900);
    app.deliver().await;
    let templates = guest.templates();
    assert_eq!((templates.len(), guest.sms().len()), (2, 1));
    assert!(templates.iter().all(|message| message.suppressed == 0));
    assert_eq!(app.approver("刘明").texts().len(), 1);
    assert_eq!(
        (other.templates().len(), other.sms().len()),
        (0, 0),
        "what was overtaken is told to nobody"
    );
    app.finish().await;
}

#[tokio::test]
async fn a_template_whose_answer_was_lost_is_sent_again_and_shown_once() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    approved(&app, &guest).await;
    app.fault("message/template/send", FaultKind::LostAnswer, Some(2));
    app.deliver().await;
    assert_eq!(guest.templates().len(), 2, "WeChat has them");
    app.later(5);
    app.deliver().await;
    let suppressed: Vec<_> = guest.templates().iter().map(|m| m.suppressed).collect();
    assert_eq!(suppressed, [1, 1]);
    app.finish().await;
}

#[tokio::test]
async fn a_card_whose_answer_was_lost_is_sent_again_shown_once_and_can_be_settled() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let visit = guest.book("刘明", FROM, UNTIL).await;
    app.fault("qy:message/send", FaultKind::LostAnswer, Some(1));
    app.deliver().await;
    app.later(5);
    app.deliver().await;
    let desk = json!(app.sandbox.work_messages("chenjing"));
    assert_eq!(
        (desk.as_array().unwrap().len(), &desk[0]["suppressed"]),
        (1, &json!(1))
    );
    guest.withdraw(&visit).await.expect(200);
    app.deliver().await;
    assert_eq!(
        app.approver("陈静").card(&visit).replaced.as_deref(),
        Some("已撤销")
    );
    app.finish().await;
}

#[tokio::test]
async fn a_card_whose_answer_was_lost_can_be_tapped_before_it_is_sent_again() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let visit = guest.book("刘明", FROM, UNTIL).await;
    app.fault("qy:message/send", FaultKind::LostAnswer, Some(1));
    app.deliver().await;
    let approver = app.approver("陈静");
    assert_eq!(
        approver.tap_approve(&visit).await.as_deref(),
        Some("已通过")
    );
    app.later(60);
    app.deliver().await;
    assert_eq!(guest.look(&visit).await["stage"], "approved");
    assert_eq!(app.owed("overtaken").await, ["approval_waiting/0"]);
    assert_eq!(approver.card(&visit).buttons, []);
    app.finish().await;
}

#[tokio::test]
async fn an_sms_whose_answer_was_lost_may_come_twice_and_says_so() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    approved(&app, &guest).await;
    app.fault("sms", FaultKind::LostAnswer, Some(1));
    app.deliver().await;
    app.later(5);
    app.deliver().await;
    assert_eq!(guest.sms().len(), 2, "a pass link is worth a second one");
    let sent = app.owed("sent").await;
    assert!(
        sent.contains(&"pass_issued/0 doubtful".to_owned()),
        "{sent:?}"
    );
    app.finish().await;
}

#[tokio::test]
async fn an_sms_that_its_template_holds_is_not_sent_twice() {
    let words = shipped_templates("hold", "approval_waiting", |text| {
        text.replace("[\"sms\"]", "[\"sms\"]\non_unknown = \"hold\"")
    });
    let folder = words.to_str().unwrap();
    let app = App::with(&[("SERVER__MESSAGE_TEMPLATES", folder)]).await;
    let guest = app.guest("张小雨").await;
    app.fault("sms", FaultKind::LostAnswer, Some(1));
    guest.book("刘明", FROM, UNTIL).await;
    app.deliver().await;
    app.later(60);
    app.deliver().await;
    assert_eq!(app.approver("陈静").sms().len(), 1);
    app.finish_owing(&["approval_waiting/1: it may have been sent, and is not sent twice"])
        .await;
    std::fs::remove_dir_all(words).unwrap();
}

#[tokio::test]
async fn a_refused_token_is_fetched_once_and_the_message_goes_out() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    approved(&app, &guest).await;
    let before = (calls(&app, "/stable_token"), calls(&app, "/gettoken"));
    app.sandbox.revoke_tokens();
    app.deliver().await;
    assert_eq!(guest.templates().len(), 2, "at once, not later");
    assert_eq!(app.approver("刘明").texts().len(), 1);
    let after = (calls(&app, "/stable_token"), calls(&app, "/gettoken"));
    assert_eq!((after.0 - before.0, after.1 - before.1), (1, 1));
    app.finish().await;
}

#[tokio::test]
async fn a_pass_that_was_withdrawn_before_it_was_told_is_not_told() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let visit = approved(&app, &guest).await;
    guest.withdraw(&visit).await.expect(200);
    app.deliver().await;
    assert_eq!((guest.templates().len(), guest.sms().len()), (0, 0));
    assert_eq!(app.approver("刘明").texts(), [""; 0]);
    let mut overtaken = app.owed("overtaken").await;
    overtaken.sort();
    assert_eq!(
        overtaken,
        [
            "pass_issued/0",
            "pass_issued/1",
            "visit_approved/0",
            "visit_approved/1"
        ]
    );
    app.finish().await;
}

#[tokio::test]
async fn the_days_budget_of_sms_to_one_number_is_kept() {
    let app = App::with(&[("SMS__DAILY_PER_NUMBER", "2")]).await;
    let guest = app.guest("张小雨").await;
    for _ in 0..3 {
        guest.book("刘明", FROM, UNTIL).await;
        app.deliver().await;
    }
    let approver = app.approver("陈静");
    assert_eq!(approver.sms().len(), 2);
    // Another number is another matter, and so is the next day on campus.
    guest.book("王强", FROM, UNTIL).await;
    app.deliver().await;
    assert_eq!(app.approver("赵敏").sms().len(), 1);
    app.it_is("2026-03-03 00:00");
    let other = app.guest("李四").await;
    other
        .book("刘明", "2026-03-03 14:00", "2026-03-03 15:00")
        .await;
    app.deliver().await;
    assert_eq!(approver.sms().len(), 3);
    app.finish_owing(&["approval_waiting/1: the day's budget of this channel is spent"])
        .await;
}

#[tokio::test]
async fn the_days_budget_of_sms_in_all_is_kept() {
    let app = App::with(&[("SMS__DAILY_TOTAL", "1")]).await;
    let guest = app.guest("张小雨").await;
    guest.book("刘明", FROM, UNTIL).await;
    app.deliver().await;
    guest.book("王强", FROM, UNTIL).await;
    app.deliver().await;
    let inboxes = ["陈静", "赵敏", "孙丽"].map(|name| app.approver(name).sms().len());
    assert_eq!(inboxes, [1, 0, 0]);
    let spent = "approval_waiting/1: the day's budget of this channel is spent";
    app.finish_owing(&[spent, spent]).await;
}

#[tokio::test]
async fn wechats_report_lands_beside_the_message() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let outcomes = async |visit: &Visit| {
        let id = visit.id.parse().unwrap();
        let all = receipts::of_visit(&app.ctx.db.read, id).await.unwrap();
        let mut lines: Vec<_> = all
            .iter()
            .map(|receipt| format!("{} {}", receipt.channel, receipt.outcome))
            .collect();
        lines.sort();
        lines.join("\n")
    };
    let visit = rejected(&app, &guest).await;
    app.deliver().await;
    assert_snapshot!(outcomes(&visit).await, @"
    card_update accepted
    sms accepted
    sms delivered
    template accepted
    template delivered
    wecom_card accepted
    wecom_text accepted
    ");
    app.sandbox.block(&guest.person.openid, true).unwrap();
    let visit = rejected(&app, &guest).await;
    app.deliver().await;
    assert_snapshot!(outcomes(&visit).await, @"
    card_update accepted
    sms accepted
    sms delivered
    template accepted
    template failed: user block
    wecom_card accepted
    wecom_text accepted
    ");
    app.finish().await;
}

#[tokio::test]
async fn somebody_who_does_not_follow_hears_by_sms_alone() {
    let app = App::start().await;
    let guest = app.stranger("张小雨").await;
    approved(&app, &guest).await;
    app.deliver().await;
    assert_eq!((guest.templates().len(), guest.sms().len()), (0, 1));
    app.finish_owing(&[
        "visit_approved/0: does not follow the account",
        "pass_issued/1: does not follow the account",
    ])
    .await;
}

#[tokio::test]
async fn a_follower_and_a_user_of_the_mini_program_turn_out_to_be_one_person() {
    let app = App::start().await;
    let guest = app.stranger("张小雨").await;
    let visit = guest.book("刘明", FROM, UNTIL).await;
    app.deliver().await;
    app.sandbox.follow(&guest.person.openid).await.unwrap();
    app.deliver().await;
    // Session, visit and picture went along, and now templates arrive.
    assert_eq!(guest.look(&visit).await["stage"], "pending");
    app.approver("陈静").tap_approve(&visit).await;
    app.deliver().await;
    assert_eq!((guest.templates().len(), guest.sms().len()), (2, 1));
    guest.book("刘明", FROM, UNTIL).await;
    app.deliver().await;
    app.finish().await;
}

/// Eight workers, more rows than one takes at once: each row is called for once.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn workers_at_once_never_deliver_a_row_twice() {
    const ROUNDS: usize = 14;
    const WORKERS: usize = 8;
    let app = App::start().await;
    let overlaps = Arc::new(AtomicUsize::new(0));
    for round in 0..ROUNDS {
        app.later(3600);
        for _ in 0..48 {
            let person = app.sandbox.add_person("路人");
            people::meet(&app.ctx, &person.openid).await.unwrap();
        }
        let (start, inside) = (
            Arc::new(Barrier::new(WORKERS)),
            Arc::new(AtomicUsize::new(0)),
        );
        let mut workers = JoinSet::new();
        for worker in 0..WORKERS {
            let (ctx, clients) = (app.ctx.clone(), app.clients.clone());
            let (start, inside, overlaps) = (start.clone(), inside.clone(), overlaps.clone());
            workers.spawn(async move {
                start.wait().await;
                if inside.fetch_add(1, Ordering::SeqCst) > 0 {
                    overlaps.fetch_add(1, Ordering::SeqCst);
                }
                let worker = Worker::new(&format!("worker-{worker}"), Lane::Account, 1000);
                let taken = worker.deliver_due(&ctx, &clients).await.unwrap().taken;
                inside.fetch_sub(1, Ordering::SeqCst);
                taken
            });
        }
        let taken: usize = workers.join_all().await.into_iter().sum();
        app.deliver().await;
        let now = app.ctx.clock.now();
        let log = app.sandbox.log().into_iter();
        let asked = log
            .filter(|e| e.at == now && e.path.ends_with("/user/info"))
            .count();
        assert_eq!(asked, 48, "round {round}, of which {taken} by the eight");
    }
    let overlaps = overlaps.load(Ordering::SeqCst);
    assert!(
        overlaps >= ROUNDS * (WORKERS - 1) / 2,
        "only {overlaps} overlapped"
    );
    app.finish().await;
}
