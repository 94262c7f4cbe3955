//! An application that comes back more than once, and the cards and withdrawals that cross it.

use insta::assert_snapshot;

use crate::harness::{App, Delivery};

#[tokio::test]
async fn what_is_returned_twice_is_told_twice_and_an_old_card_decides_nothing_new() {
    let app = App::start().await;
    let guest = app.guest("张小雨").await;
    let visit = guest
        .book("刘明", "2026-03-02 14:00", "2026-03-02 16:00")
        .await;
    app.deliver().await;
    let approver = app.approver("陈静");
    let old_card = approver.card(&visit).task_id;
    let path = format!("/api/visits/{}", visit.id);
    for round in 1..=2 {
        approver
            .decide(&visit, "return", "请补充")
            .await
            .expect(200);
        app.deliver().await;
        let returned = guest
            .templates()
            .iter()
            .filter(|t| t.data[3].value == "已退回")
            .count();
        assert_eq!(returned, round, "each return is told");
        let form = guest
            .form("刘明", "2026-03-02 15:00", "2026-03-02 17:00")
            .await;
        guest.put(&path, &form).await.expect(200);
        app.later(1);
        app.deliver().await;
    }

    // The first card is still in somebody's hand; what it showed was returned.
    let tapped = Delivery::of_card(&app, "chenjing", &old_card, "approve")
        .send(&app)
        .await;
    assert_eq!(tapped.status, 200);
    assert_eq!(
        guest.look(&visit).await["stage"],
        "pending",
        "nobody agreed to the new times"
    );
    assert_snapshot!(approver.tap_approve(&visit).await.unwrap_or_default(), @"已通过");
    app.deliver().await;
    assert_eq!(guest.look(&visit).await["stage"], "approved");
    app.finish().await;
}

#[tokio::test]
async fn scans_and_a_withdrawal_at_once_never_stand_in_each_others_way() {
    let app = App::start().await;
    for round in 0..10 {
        let guest = app
            .guest(["赵一", "钱二", "孙三", "李四", "周五"][round % 5])
            .await;
        let visit = guest
            .book("刘明", "2026-03-02 08:00", "2026-03-02 16:00")
            .await;
        app.deliver().await;
        app.approver("陈静").tap_approve(&visit).await;
        app.deliver().await;
        let code = guest.code(&visit).await;
        let gate = app.gate("G01");
        let (one, two, withdrawn, three) = tokio::join!(
            gate.scan(&code),
            gate.scan(&code),
            guest.withdraw(&visit),
            gate.scan(&code),
        );
        assert_eq!(withdrawn.status, 200, "round {round}");
        for scan in [one, two, three] {
            let decided = scan.contains(r#""r":"ok""#) || scan.contains(r#""r":"revoked""#);
            assert!(decided, "round {round}: {scan}");
        }
        assert!(
            gate.scan(&code).await.contains(r#""r":"revoked""#),
            "round {round}"
        );
        // WeCom takes 30 messages a minute for one member.
        app.later(61);
        app.deliver().await;
    }
    app.finish().await;
}
