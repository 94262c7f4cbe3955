//! How an invitation ends: its time runs out, or whoever began it ends it sooner, or gives it longer.

use campus_pass::actions::lapses::{settle_due, warn_due};
use insta::assert_snapshot;
use serde_json::json;

use crate::harness::App;
use crate::invitations::{page, told};

#[tokio::test]
async fn the_time_runs_out_with_nobody_in_it() {
    let app = App::start().await;
    let host = app.approver("刘明");
    let (visit, link) = host.invite(2).await;
    let li = app.guest("李四").await;
    app.it_is("2026-03-02 10:44");
    assert_eq!(warn_due(&app.ctx).await.unwrap(), 0, "not yet");
    app.it_is("2026-03-02 10:45");
    for _ in 0..3 {
        warn_due(&app.ctx).await.unwrap();
        app.deliver().await;
    }
    assert_eq!(host.texts().len(), 1, "warned once");
    app.it_is("2026-03-02 11:00");
    // With no reader and no timer yet, whoever joins is told.
    assert_snapshot!(li.accept(&link).await.problem(), @"409 invitation_lapsed 邀请已失效");
    assert_snapshot!(told(&page(&app, &link).await), @"已失效 lapsed: empty ·, empty ·");
    app.deliver().await;
    assert_snapshot!(host.texts().join("\n"), @"
    您到访 校园区域（2026年03月02日 14:00 起）的邀请将于 03月02日11:00 失效，已有 0/2 人接受。单据号 [id]
    您到访 校园区域（2026年03月02日 14:00 起）的邀请已到时间，0/2 人接受，申请已失效。单据号 [id]
    ");
    assert_snapshot!(host.change(&visit, "extend", &json!({ "minutes": 60 })).await.problem(), @"409 invitation_lapsed 邀请已失效");
    assert_snapshot!(host.change(&visit, "submit", &json!({})).await.problem(), @"409 invitation_lapsed 邀请已失效");
    assert_snapshot!(host.change(&visit, "withdraw", &json!({})).await.problem(), @"409 visit_not_withdrawable 该申请已失效，不能撤销");
    app.finish().await;
}

#[tokio::test]
async fn the_time_runs_out_with_some_in_it_and_they_are_submitted() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    app.deliver().await;
    let (visit, link) = guest.invite("刘明", 5).await;
    app.guest("李四").await.accept(&link).await.expect(201);
    app.it_is("2026-03-02 10:59");
    assert_eq!(guest.look(&visit).await["stage"], "inviting");
    app.it_is("2026-03-02 11:05");
    // The approver is the first to look.
    let approver = app.approver("陈静");
    let todo = approver
        .get("/api/staff/approvals?box=todo")
        .await
        .expect(200);
    assert_eq!(todo["items"][0]["id"], visit.id.as_str());
    assert_eq!(
        todo["items"][0]["submitted_at"],
        "2026-03-02T11:00:00+08:00"
    );
    app.deliver().await;
    assert_eq!(approver.card(&visit).desc, "张小雨等2人 申请到访 校园区域");
    let lapse = guest.templates().pop().unwrap();
    assert_eq!(
        (lapse.title.as_str(), lapse.data[3].value.as_str()),
        ("访客申请结果通知", "审批中")
    );
    let late = app.guest("王五").await;
    assert_snapshot!(late.accept(&link).await.problem(), @"409 invitation_lapsed 邀请已失效");
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn nobody_reads_and_the_timer_settles_even_after_downtime() {
    let app = App::start().await;
    let host = app.approver("刘明");
    let (empty, _) = host.invite(2).await;
    let (some, link) = host.invite(2).await;
    let over = json!({ "capacity": 2, "minutes": 10080 });
    let (over, other) = host.invite_with(over).await;
    for (name, link) in [("李四", &link), ("王五", &other)] {
        app.guest(name).await.accept(link).await.expect(201);
    }
    // Down for two hours; then for days.
    app.it_is("2026-03-02 13:00");
    assert_eq!(settle_due(&app.ctx).await.unwrap(), 2);
    assert_eq!(settle_due(&app.ctx).await.unwrap(), 0, "once");
    app.deliver().await;
    let approver = app.approver("陈静");
    assert_eq!(approver.card(&some).buttons.len(), 3);
    assert_eq!(host.look(&empty).await["stage"], "lapsed");
    app.it_is("2026-03-05 09:00");
    assert_eq!(settle_due(&app.ctx).await.unwrap(), 1);
    app.deliver().await;
    assert_eq!(
        host.look(&over).await["stage"],
        "lapsed",
        "the visit's own end passed as well"
    );
    assert_eq!(
        approver.sms().len(),
        1,
        "nobody is asked about what is over"
    );
    app.finish().await;
}

#[tokio::test]
async fn the_initiator_submits_early_closes_places_and_withdraws() {
    let app = App::start().await;
    let host = app.approver("刘明");
    let nothing = json!({});
    let li = app.guest("李四").await;
    li.prove(&li.phone).await;

    let (early, link) = host.invite(3).await;
    assert_snapshot!(host.change(&early, "submit", &nothing).await.problem(), @"409 nobody_joined 还没有人接受邀请，不能提交");
    li.accept(&link).await.expect(201);
    host.change(&early, "submit", &nothing).await.expect(200);
    assert_eq!(host.look(&early).await["stage"], "pending");
    let late = app.guest("王五").await;
    assert_snapshot!(late.accept(&link).await.problem(), @"409 invitation_submitted 邀请已由发起人提交，不能再加入或更改");
    assert_snapshot!(host.change(&early, "close", &nothing).await.problem(), @"409 invitation_submitted 邀请已由发起人提交，不能再加入或更改");

    let named = json!([{ "name": "赵六", "phone": "13800000301" }]);
    let (closed, link) = host
        .invite_with(json!({ "capacity": 3, "invitees": named }))
        .await;
    app.deliver().await;
    li.accept(&link).await.expect(201);
    host.change(&closed, "close", &nothing).await.expect(200);
    assert_snapshot!(host.change(&closed, "close", &nothing).await.problem(), @"409 no_empty_place 没有可关闭的空名额");
    let places = host.look(&closed).await["invitation"]["places"].clone();
    assert_eq!(places.as_array().unwrap().len(), 2);
    let zhao = json!({ "invitee": places[1]["invitee"] });
    let full = host.change(&closed, "close", &zhao).await.expect(200);
    assert_eq!(
        [&full["stage"], &full["invitation"]["ending"]],
        ["pending", "full"],
        "what is left is all taken"
    );
    let (last, _) = host.invite(1).await;
    assert_snapshot!(host.change(&last, "close", &nothing).await.problem(), @"409 last_place 至少要保留一个名额，如不再邀请请撤销");

    let (withdrawn, link) = host.invite(3).await;
    li.accept(&link).await.expect(201);
    host.change(&withdrawn, "withdraw", &nothing)
        .await
        .expect(200);
    assert_snapshot!(late.accept(&link).await.problem(), @"409 invitation_withdrawn 邀请已由发起人撤销");
    assert_snapshot!(told(&page(&app, &link).await), @"已撤销 withdrawn: joined 李*, empty ·, empty ·");
    app.it_is("2026-03-02 12:00");
    settle_due(&app.ctx).await.unwrap();
    assert_eq!(
        host.look(&withdrawn).await["stage"],
        "withdrawn",
        "it stays withdrawn"
    );
    app.deliver().await;
    app.finish().await;
}

#[tokio::test]
async fn a_closed_name_and_a_taken_place_get_no_sms_any_more() {
    let app = App::start().await;
    let host = app.approver("刘明");
    let li = app.guest("李四").await;
    li.prove(&li.phone).await;
    let named = json!([
        { "name": "李四", "phone": li.phone }, { "name": "赵六", "phone": "13800000301" },
    ]);
    let (visit, link) = host
        .invite_with(json!({ "capacity": 4, "invitees": named }))
        .await;
    li.accept(&link).await.expect(201);
    let places = host.look(&visit).await["invitation"]["places"].clone();
    let zhao = json!({ "invitee": places[1]["invitee"] });
    host.change(&visit, "close", &zhao).await.expect(200);
    app.deliver().await;
    assert_eq!(app.owed("overtaken").await, ["invited/0", "invited/0"]);
    assert_eq!(app.sandbox.sms_to("13800000301").len() + li.sms().len(), 0);
    app.finish().await;
}

#[tokio::test]
async fn an_extension_gives_more_time_and_another_warning() {
    let app = App::start().await;
    let host = app.approver("刘明");
    let more = json!({ "capacity": 2, "minutes": 40 });
    let (visit, link) = host.invite_with(more).await;
    let lapses_at = async || page(&app, &link).await["invitation"]["lapses_at"].clone();
    assert_eq!(lapses_at().await, "2026-03-02T09:40:00+08:00");
    app.it_is("2026-03-02 09:30");
    warn_due(&app.ctx).await.unwrap();
    let extend = json!({ "minutes": 60 });
    host.change(&visit, "extend", &extend).await.expect(200);
    assert_eq!(lapses_at().await, "2026-03-02T10:40:00+08:00");
    app.deliver().await;
    assert_eq!(
        app.owed("overtaken").await,
        ["invitation_lapsing/0"],
        "it does not lapse then"
    );
    app.it_is("2026-03-02 10:30");
    warn_due(&app.ctx).await.unwrap();
    app.deliver().await;
    assert_snapshot!(host.texts().join("\n"), @"您到访 校园区域（2026年03月02日 14:00 起）的邀请将于 03月02日10:40 失效，已有 0/2 人接受。单据号 [id]");
    // A week at most, and never past the visit's own end.
    host.change(&visit, "extend", &json!({ "minutes": 10080 }))
        .await
        .expect(200);
    assert_eq!(lapses_at().await, "2026-03-02T16:00:00+08:00");
    app.guest("李四").await.accept(&link).await.expect(201);
    app.deliver().await;
    app.finish().await;
}
