//! WeCom cards that reach some of the approvers and not all.

use std::fs;

use crate::harness::{App, Delivery, Visit, shipped_templates};

const FROM: &str = "2026-03-02 14:00";
const UNTIL: &str = "2026-03-02 16:00";

/// A campus whose approvers get an SMS only when the card does not reach them.
async fn card_before_sms(name: &str) -> (App, std::path::PathBuf) {
    let words = shipped_templates(name, "approval_waiting", |text| {
        let both = text.replace("[\"wecom_card\"]", "[\"wecom_card\", \"sms\"]");
        both.replace("[[send]]\nto = \"approvers\"\nchannels = [\"sms\"]\n", "")
    });
    let own = [("SERVER__MESSAGE_TEMPLATES", words.to_str().unwrap())];
    (App::with(&own).await, words)
}

async fn waiting(app: &App) -> Visit {
    let guest = app.guest("张小雨").await;
    let visit = guest.book("王强", FROM, UNTIL).await;
    app.deliver().await;
    visit
}

/// How many cards and SMS each of the two approvers got.
fn reached(app: &App) -> [(usize, usize); 2] {
    ["赵敏", "孙丽"].map(|name| {
        let approver = app.approver(name);
        (
            app.sandbox.cards_of(approver.userid).len(),
            approver.sms().len(),
        )
    })
}

#[tokio::test]
async fn whom_a_card_does_not_reach_hears_by_sms_and_the_others_are_not_told_twice() {
    // Gone from WeCom (81013), and there without a licence (0 with `unlicenseduser`).
    for gone in [true, false] {
        let (app, words) = card_before_sms(if gone { "gone" } else { "unlicensed" }).await;
        if gone {
            app.sandbox.remove_staff("sunli");
        } else {
            app.sandbox.unlicense("sunli");
        }
        let visit = waiting(&app).await;
        assert_eq!(reached(&app), [(1, 0), (0, 1)], "gone: {gone}");
        let zhao = app.approver("赵敏");
        assert_eq!(zhao.tap_approve(&visit).await.as_deref(), Some("已通过"));
        // Nobody tries to change a card that never lay on a desk.
        let before = app.sandbox.log().len();
        app.deliver().await;
        let log = app.sandbox.log();
        let updates = log[before..].iter();
        let updates = updates.filter(|exchange| exchange.path.ends_with("update_template_card"));
        assert_eq!(updates.count(), 0, "gone: {gone}");
        app.finish().await;
        fs::remove_dir_all(words).unwrap();
    }
}

#[tokio::test]
async fn a_second_tap_of_ones_own_changes_nothing_and_says_what_was_decided() {
    let app = App::start().await;
    let visit = waiting(&app).await;
    let zhao = app.approver("赵敏");
    let task = zhao.card(&visit).task_id;
    assert_eq!(zhao.tap_approve(&visit).await.as_deref(), Some("已通过"));
    app.deliver().await;
    // Another phone of hers still shows the buttons.
    for seconds in [1, 3600] {
        app.later(seconds);
        let again = Delivery::of_card(&app, "zhaomin", &task, "approve")
            .send(&app)
            .await;
        assert_eq!(again.status.as_u16(), 200);
        assert!(
            again.text().contains("<Encrypt>"),
            "it is told: {}",
            again.text()
        );
    }
    app.deliver().await;
    let seen = zhao
        .get(&format!("/api/staff/approvals/{}", visit.id))
        .await;
    let steps = seen.expect(200)["steps"].clone();
    assert_eq!(steps.as_array().unwrap().len(), 1);
    assert_eq!(app.owed("dead").await, [""; 0]);
    app.finish().await;
}
