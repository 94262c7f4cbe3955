//! What our calls look like on the wire, held against the documents.

use std::sync::Arc;
use std::time::Duration;

use chrono::DateTime;
use insta::assert_snapshot;

use super::application::{Application, Credentials};
use super::card::{Button, ButtonAction, ButtonStyle, Card, Foot};
use super::message::{CardUpdate, Message};
use super::oauth::SignedIn;
use crate::clock::Clock;
use crate::tencent::call::{Caller, TimeOuts};
use crate::tencent::errcode::Class;
use crate::tencent::peer::Scribe;
use crate::tencent::token::NoShelf;

const TOKEN: (&str, &str) = (
    "/cgi-bin/gettoken",
    r#"{"errcode":0,"errmsg":"ok","access_token":"T","expires_in":7200}"#,
);

async fn application(answers: &[(&str, &str)]) -> (Application, Scribe) {
    let scribe = Scribe::answering(&[&[TOKEN], answers].concat()).await;
    let credentials = Credentials {
        corp_id: "ww1".into(),
        agent_id: 1_000_002,
        secret: "S".into(),
        api_url: scribe.base.clone(),
        open_url: "https://open.weixin.qq.com".into(),
    };
    let caller = Caller::new(TimeOuts::default()).unwrap();
    let clock = Clock::at(DateTime::from_timestamp(1_764_000_000, 0).unwrap());
    let application = Application::new(credentials, caller, Arc::new(NoShelf), clock);
    (application, scribe)
}

fn card() -> Card {
    Card {
        title: "访客申请单".into(),
        description: String::new(),
        subtitle: "刘* 的来访".into(),
        rows: vec![("区域".into(), "校园区域".into())],
        url: None,
        task_id: "visit-1-1".into(),
        foot: Foot::Buttons(vec![Button {
            text: "同意".into(),
            style: ButtonStyle::Primary,
            action: ButtonAction::Key("approve".into()),
        }]),
    }
}

#[tokio::test]
async fn a_text_is_sent_once_within_the_interval_and_names_who_did_not_get_it() {
    let answer =
        r#"{"errcode":0,"errmsg":"ok","invaliduser":"x|y","unlicenseduser":"z","msgid":"m1"}"#;
    let (application, scribe) = application(&[("/cgi-bin/message/send", answer)]).await;
    let text = Message::Text("客人已到".into());
    let hour = Some(Duration::from_hours(1));
    let sent = application
        .send(&["liuming", "x"], &text, hour)
        .await
        .ok()
        .unwrap();
    assert_eq!((sent.message_id.as_str(), sent.response_code), ("m1", None));
    assert_eq!(sent.invalid_users, ["x", "y", "z"]);
    assert_snapshot!(scribe.asked()[0].line, @"GET /cgi-bin/gettoken?corpid=ww1&corpsecret=S");
    assert_snapshot!(scribe.last(), @r#"
    POST /cgi-bin/message/send?access_token=T
    {"agentid":1000002,"duplicate_check_interval":3600,"enable_duplicate_check":1,"msgtype":"text","text":{"content":"客人已到"},"touser":"liuming|x"}
    "#);
}

#[tokio::test]
async fn a_card_is_sent_and_changed_by_the_code_it_returned() {
    let answers = [
        (
            "/cgi-bin/message/send",
            r#"{"errcode":0,"errmsg":"ok","invaliduser":"","msgid":"m1","response_code":"R"}"#,
        ),
        (
            "/cgi-bin/message/update_template_card",
            r#"{"errcode":0,"errmsg":"ok","invaliduser":["wang"]}"#,
        ),
    ];
    let (application, scribe) = application(&answers).await;
    let sent = application
        .send(&["liuming"], &Message::Card(card()), None)
        .await
        .ok()
        .unwrap();
    assert_eq!(
        (sent.response_code.as_deref(), sent.invalid_users.len()),
        (Some("R"), 0)
    );
    assert_snapshot!(scribe.last(), @r#"
    POST /cgi-bin/message/send?access_token=T
    {"agentid":1000002,"msgtype":"template_card","template_card":{"button_list":[{"key":"approve","style":1,"text":"同意"}],"card_type":"button_interaction","horizontal_content_list":[{"keyname":"区域","value":"校园区域"}],"main_title":{"title":"访客申请单"},"sub_title_text":"刘* 的来访","task_id":"visit-1-1"},"touser":"liuming"}
    "#);

    let others = ["wang", "zhao"];
    let approved = CardUpdate::ReplaceButtons("已由刘明同意".into());
    let invalid = application
        .update_card(&others, "R", &approved)
        .await
        .unwrap();
    assert_eq!(invalid, ["wang"]);
    assert_snapshot!(scribe.last(), @r#"
    POST /cgi-bin/message/update_template_card?access_token=T
    {"agentid":1000002,"button":{"replace_name":"已由刘明同意"},"response_code":"R","userids":["wang","zhao"]}
    "#);

    let card = Card {
        foot: Foot::Replaced("已拒绝".into()),
        ..card()
    };
    application
        .update_card(&others, "R", &CardUpdate::ReplaceCard(card))
        .await
        .unwrap();
    assert_snapshot!(scribe.last(), @r#"
    POST /cgi-bin/message/update_template_card?access_token=T
    {"agentid":1000002,"response_code":"R","template_card":{"button_list":[{"key":"replaced","style":2,"text":"已拒绝"}],"card_type":"button_interaction","horizontal_content_list":[{"keyname":"区域","value":"校园区域"}],"main_title":{"title":"访客申请单"},"replace_text":"已拒绝","sub_title_text":"刘* 的来访","task_id":"visit-1-1"},"userids":["wang","zhao"]}
    "#);
}

#[tokio::test]
async fn nobody_to_send_to_is_never() {
    let answer = r#"{"errcode":81013,"errmsg":"user & party & tag all invalid, hint: [1_2_3]"}"#;
    let (application, _scribe) = application(&[("/cgi-bin/message/send", answer)]).await;
    let error = application
        .send(&["x"], &Message::Text("?".into()), None)
        .await
        .err()
        .unwrap();
    assert_eq!(error.class(), Some(Class::Never));
}

#[tokio::test]
async fn a_member_signs_in_and_an_outsider_is_told_apart() {
    let path = "/cgi-bin/auth/getuserinfo";
    let (application, scribe) = application(&[(path, r#"{"errcode":0,"userid":"liuming"}"#)]).await;
    assert_snapshot!(application.authorize_url("https://campus.example/staff", "s1"), @"https://open.weixin.qq.com/connect/oauth2/authorize?appid=ww1&redirect_uri=https%3A%2F%2Fcampus.example%2Fstaff&response_type=code&scope=snsapi_base&state=s1&agentid=1000002#wechat_redirect");
    let who = application.exchange_code("c0de").await;
    assert_eq!(who, Ok(SignedIn::Member("liuming".into())));
    assert_snapshot!(scribe.last(), @"GET /cgi-bin/auth/getuserinfo?access_token=T&code=c0de");

    let (application, _scribe) =
        self::application(&[(path, r#"{"errcode":0,"openid":"o1"}"#)]).await;
    assert_eq!(
        application.exchange_code("c0de").await,
        Ok(SignedIn::Outsider)
    );
}
