//! Every fact that a template may use is really there when the message is sent.

use std::fs;

use campus_pass::actions::lapses;
use campus_pass::domain::message::Kind;
use serde_json::json;

use crate::harness::{App, KNOWN, Visit, shipped_templates};

/// `number={number};area={area};` for every fact of a kind.
fn every_fact(kind: Kind) -> String {
    let facts = kind.facts().into_iter();
    let said: Vec<_> = facts.map(|fact| format!("{fact}={{{fact}}};")).collect();
    said.concat()
}

/// A template that says every fact by one channel.
fn template(kind: Kind) -> String {
    let all = every_fact(kind);
    let send =
        |to: &str, channel: &str| format!("[[send]]\nto = \"{to}\"\nchannels = [\"{channel}\"]\n");
    let text = |table: &str| format!("[{table}]\ntext = \"{all}\"\n");
    match kind {
        Kind::VisitApproved | Kind::VisitRejected | Kind::VisitReturned | Kind::GuestArrived => {
            send("host", "wecom_text") + &text("wecom_text")
        }
        Kind::ApprovalWaiting => {
            let buttons = "approve = \"同意\"\nreject = \"拒绝\"\nreturn = \"退回\"\n";
            let card = format!(
                "[wecom_card]\ntitle = \"t\"\ndescription = \"{all}\"\n\
                 rows = [[\"单据号\", \"{{number}}\"]]\nurl = \"{{approval_link}}\"\n"
            );
            send("approvers", "wecom_card") + &card + buttons
        }
        Kind::PassIssued => {
            let words = format!(
                "[template]\nid = \"pass_issued\"\nurl = \"http://x/?{all}\"\n[template.data]\n\
                 thing1 = \"{{host}}\"\nthing2 = \"{{area}}\"\ntime3 = \"{{starts_at}}\"\n\
                 time4 = \"{{ends_at}}\"\n"
            );
            send("visitor", "template") + &words
        }
        Kind::InvitationLapsing | Kind::InvitationLapsed => {
            send("initiator", "wecom_text") + &text("wecom_text")
        }
        // By SMS alone, which holds three facts at a time: a test of its own.
        Kind::Invited => by_sms(
            "invitee",
            "invited",
            &["submitter", "lapses_short", "invitation_token"],
        ),
        Kind::Registered => by_sms(
            "resident",
            "registered",
            &["visitor", "dates", "registration_token"],
        ),
        Kind::LoginCode => by_sms("caller", "login_code", &["login_code", "minutes"]),
        Kind::CardSettled => send("card_holder", "card_update") + &text("card_update"),
        Kind::ApprovalReminder => send("approvers", "wecom_text") + &text("wecom_text"),
        Kind::BlacklistHit => send("security", "wecom_text") + &text("wecom_text"),
        Kind::FollowerSeen => send("person", "user_info"),
        Kind::AnswerLate => {
            let words = format!(
                "[template]\nid = \"answer_late\"\nurl = \"http://x/?{all}\"\n[template.data]\n\
                 thing1 = \"a\"\nphrase2 = \"可查看\"\n"
            );
            send("person", "template") + &words
        }
    }
}

/// An SMS with these facts in its three places.
fn by_sms(to: &str, text: &str, facts: &[&str]) -> String {
    let param = |fact: &&str| {
        // Half a token opens nothing.
        let policy = if fact.ends_with("_token") || fact.ends_with("_code") {
            "refuse"
        } else {
            "cut"
        };
        format!("{{ text = \"{{{fact}}}\", policy = \"{policy}\" }}")
    };
    let params: Vec<_> = facts.iter().map(param).collect();
    format!(
        "[[send]]\nto = \"{to}\"\nchannels = [\"sms\"]\n[sms]\ntemplate = \"{text}\"\nparams = [{}]\n",
        params.join(", ")
    )
}

#[track_caller]
fn assert_says_all(kind: Kind, said: &str) {
    for fact in kind.facts() {
        let value = said.split(&format!("{fact}=")).nth(1);
        let value = value
            .and_then(|rest| rest.split(';').next())
            .unwrap_or_default();
        assert!(!value.is_empty(), "{kind:?} has no {fact}: {said}");
    }
}

#[tokio::test]
async fn every_message_knows_what_its_kind_says_it_knows() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let folder = folder.join(format!("words_{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    for kind in Kind::ALL {
        let file = folder.join(format!("{}.toml", kind.as_str()));
        fs::write(file, template(kind)).unwrap();
    }
    let app = App::with(&[("SERVER__MESSAGE_TEMPLATES", folder.to_str().unwrap())]).await;
    let guest = app.guest("张小雨").await;
    let (approver, host) = (app.approver("陈静"), app.approver("刘明"));
    let book = async || -> Visit {
        let visit = guest
            .book("刘明", "2026-03-02 09:00", "2026-03-02 16:00")
            .await;
        app.deliver().await;
        visit
    };
    for (kind, decision) in [
        (Kind::VisitRejected, "reject"),
        (Kind::VisitReturned, "return"),
        (Kind::VisitApproved, "approve"),
    ] {
        let visit = book().await;
        assert_says_all(Kind::ApprovalWaiting, &approver.card(&visit).desc);
        approver
            .decide(&visit, decision, "请走东门")
            .await
            .expect(200);
        app.deliver().await;
        assert_says_all(kind, host.texts().last().unwrap());
        assert_says_all(Kind::CardSettled, &approver.card(&visit).replaced.unwrap());
        if decision == "approve" {
            let told = guest.templates().pop().unwrap();
            assert_says_all(Kind::PassIssued, &told.url.unwrap());
            app.gate("G01").scan(&guest.code(&visit).await).await;
            app.deliver().await;
            assert_says_all(Kind::GuestArrived, host.texts().last().unwrap());
        }
    }
    let admin = app.approver("吴敏");
    admin.list("phone", &guest.phone, "notify").await;
    book().await;
    assert_says_all(Kind::BlacklistHit, admin.texts().last().unwrap());
    host.invite(2).await;
    app.it_is("2026-03-02 10:50");
    lapses::warn_due(&app.ctx).await.unwrap();
    app.deliver().await;
    assert_says_all(Kind::InvitationLapsing, host.texts().last().unwrap());
    app.it_is("2026-03-02 11:00");
    lapses::settle_due(&app.ctx).await.unwrap();
    app.deliver().await;
    assert_says_all(Kind::InvitationLapsed, host.texts().last().unwrap());
    app.finish().await;
    fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn the_sms_of_an_invitation_knows_what_it_says_it_knows() {
    for facts in Kind::Invited.facts().chunks(3) {
        let mut three = facts.to_vec();
        three.resize(3, "number");
        let folder = shipped_templates("invited", "invited", |_| {
            by_sms("invitee", "invited", &three)
        });
        let app = App::with(&[("SERVER__MESSAGE_TEMPLATES", folder.to_str().unwrap())]).await;
        let named = json!([{ "name": "李四", "phone": "13800000099" }]);
        let more = json!({ "capacity": 1, "invitees": named });
        app.approver("刘明").invite_with(more).await;
        app.deliver().await;
        // The sandbox, as the gateway does, refuses a place that stays empty.
        let sms = app.sandbox.sms_to("13800000099");
        assert_eq!(sms.len(), 1, "{facts:?}");
        app.finish().await;
        fs::remove_dir_all(folder).unwrap();
    }
}

#[tokio::test]
async fn the_sms_of_a_registration_knows_what_it_says_it_knows() {
    for facts in Kind::Registered.facts().chunks(3) {
        let mut three = facts.to_vec();
        three.resize(3, "number");
        let folder = shipped_templates("registered", "registered", |_| {
            by_sms("resident", "registered", &three)
        });
        let app = App::with(&[("SERVER__MESSAGE_TEMPLATES", folder.to_str().unwrap())]).await;
        app.guest("张小雨").await.register(KNOWN).await;
        app.deliver().await;
        let sms = app.sandbox.sms_to("13900000101");
        assert_eq!(sms.len(), 1, "{facts:?}");
        app.finish().await;
        fs::remove_dir_all(folder).unwrap();
    }
}
