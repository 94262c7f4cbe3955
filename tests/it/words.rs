//! Every fact that a template may use is really there when the message is sent.

use std::fs;

use campus_pass::domain::message::Kind;

use crate::harness::{App, Visit};

/// `number={number};area={area};` for every fact of a kind.
fn every_fact(kind: Kind) -> String {
    let facts = kind.facts().iter();
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
        Kind::CardSettled => send("card_holder", "card_update") + &text("card_update"),
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
    app.finish().await;
    fs::remove_dir_all(folder).unwrap();
}
