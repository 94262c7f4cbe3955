//! What our calls look like on the wire, held against the documents.

use std::sync::Arc;
use std::time::Duration;

use chrono::DateTime;
use insta::assert_snapshot;

use super::account::{App, CustomMessage, OfficialAccount};
use super::menu::Button;
use super::mini::{Advice, MiniProgram};
use super::oauth::Scope;
use super::reply::Article;
use super::subscription::SubscriptionMessage;
use super::template::{MiniProgramPage, TemplateMessage};
use crate::clock::Clock;
use crate::entropy::Entropy;
use crate::tencent::call::{Caller, TimeOuts};
use crate::tencent::errcode::Class;
use crate::tencent::peer::Scribe;
use crate::tencent::token::NoShelf;

const TOKEN: (&str, &str) = (
    "/cgi-bin/stable_token",
    r#"{"access_token":"T","expires_in":7200}"#,
);
const DONE: &str = r#"{"errcode":0,"errmsg":"ok"}"#;

fn app(base: &str) -> App {
    App {
        app_id: "wx1".into(),
        secret: "S".into(),
        api_url: base.into(),
    }
}

fn clock() -> Clock {
    Clock::at(DateTime::from_timestamp(1_764_000_000, 0).unwrap())
}

async fn account(answers: &[(&str, &str)]) -> (OfficialAccount, Scribe) {
    let scribe = Scribe::answering(&[&[TOKEN], answers].concat()).await;
    let caller = Caller::new(TimeOuts::default()).unwrap();
    let open_url = "https://open.weixin.qq.com".into();
    let account = OfficialAccount::new(
        app(&scribe.base),
        open_url,
        caller,
        Arc::new(NoShelf),
        clock(),
    );
    (account, scribe)
}

async fn mini(answers: &[(&str, &str)]) -> (MiniProgram, Scribe) {
    let scribe = Scribe::answering(&[&[TOKEN], answers].concat()).await;
    let caller = Caller::new(TimeOuts::default()).unwrap();
    let mini = MiniProgram::new(app(&scribe.base), caller, Arc::new(NoShelf), clock());
    (mini, scribe)
}

fn button(name: &str, kind: &str) -> Button {
    Button {
        name: name.into(),
        kind: Some(kind.into()),
        key: Some("visit".into()),
        ..Button::default()
    }
}

#[tokio::test]
async fn a_token_is_asked_for_in_the_stable_way_and_without_force() {
    let (account, scribe) = account(&[]).await;
    account.sign_in().await.unwrap();
    account.sign_in().await.unwrap();
    assert_eq!(scribe.asked().len(), 1);
    assert_snapshot!(scribe.last(), @r#"
    POST /cgi-bin/stable_token
    {"appid":"wx1","grant_type":"client_credential","secret":"S"}
    "#);
}

#[tokio::test]
async fn a_refused_token_is_fetched_anew_once_and_the_call_made_once_more() {
    let refusal = r#"{"errcode":42001,"errmsg":"access_token expired rid: 1-2"}"#;
    let (account, scribe) = account(&[("/cgi-bin/menu/delete", refusal)]).await;
    let error = account.delete_menus().await.unwrap_err();
    assert_eq!(error.class(), Some(Class::Token));
    let lines: Vec<String> = scribe.asked().into_iter().map(|asked| asked.line).collect();
    assert_snapshot!(lines.join("\n"), @"
    POST /cgi-bin/stable_token
    GET /cgi-bin/menu/delete?access_token=T
    POST /cgi-bin/stable_token
    GET /cgi-bin/menu/delete?access_token=T
    ");
}

#[tokio::test]
async fn a_menu_is_created_and_read_back() {
    let got = r#"{"menu":{"button":[{"name":"便捷CIPC","sub_button":[
        {"type":"click","name":"重工校园通","key":"visit","sub_button":[]}]}],"menuid":208396938},
        "conditionalmenu":[{"button":[{"type":"click","name":"重工校园通","key":"visit","sub_button":[]}],
        "matchrule":{"group_id":2},"menuid":208396993}]}"#;
    let answers = [
        ("/cgi-bin/menu/create", DONE),
        ("/cgi-bin/menu/get", got),
        ("/cgi-bin/menu/addconditional", r#"{"menuid":"208379533"}"#),
        ("/cgi-bin/menu/delconditional", DONE),
        ("/cgi-bin/menu/trymatch", r#"{"button":[]}"#),
    ];
    let (account, scribe) = account(&answers).await;
    let menu = vec![Button {
        name: "便捷CIPC".into(),
        sub_button: vec![button("重工校园通", "click")],
        ..Button::default()
    }];
    account.create_menu(&menu).await.unwrap();
    assert_snapshot!(scribe.last(), @r#"
    POST /cgi-bin/menu/create?access_token=T
    {"button":[{"name":"便捷CIPC","sub_button":[{"key":"visit","name":"重工校园通","type":"click"}]}]}
    "#);

    let menus = account.menus().await.unwrap();
    assert_eq!(menus.default, Some(menu));
    assert_eq!(menus.conditional[0].tag_id, "2");
    assert_eq!(menus.conditional[0].menu_id, "208396993");

    let added = account
        .add_conditional_menu("2", &[button("访客", "click")])
        .await
        .unwrap();
    assert_eq!(added, "208379533");
    assert_snapshot!(scribe.last(), @r#"
    POST /cgi-bin/menu/addconditional?access_token=T
    {"button":[{"key":"visit","name":"访客","type":"click"}],"matchrule":{"tag_id":"2"}}
    "#);
    account.delete_conditional_menu(&added).await.unwrap();
    assert_snapshot!(scribe.last(), @r#"
    POST /cgi-bin/menu/delconditional?access_token=T
    {"menuid":"208379533"}
    "#);
    assert_eq!(account.try_menu("o1").await.unwrap(), []);
    assert_snapshot!(scribe.last(), @r#"
    POST /cgi-bin/menu/trymatch?access_token=T
    {"user_id":"o1"}
    "#);
}

#[tokio::test]
async fn an_account_without_a_menu_has_none() {
    let none = r#"{"errcode":46003,"errmsg":"menu no exist rid: 1-2"}"#;
    let (account, _scribe) = account(&[("/cgi-bin/menu/get", none)]).await;
    assert_eq!(account.menus().await.unwrap().default, None);
}

#[tokio::test]
async fn a_template_message_carries_what_makes_it_idempotent() {
    let sent = r#"{"errcode":0,"errmsg":"ok","msgid":200228332}"#;
    let (account, scribe) = account(&[("/cgi-bin/message/template/send", sent)]).await;
    let message = TemplateMessage {
        to: "o1".into(),
        template_id: "t1".into(),
        url: Some("https://campus.example/p/abc".into()),
        mini_program: Some(MiniProgramPage {
            app_id: "wx2".into(),
            path: "pages/visit".into(),
        }),
        client_msg_id: Some("m-1".into()),
        data: vec![
            ("thing1".into(), "校园区域".into()),
            ("time2".into(), "2026年03月02日 14:00".into()),
        ],
    };
    assert_eq!(account.send_template(&message).await, Ok(200_228_332));
    assert_snapshot!(scribe.last(), @r#"
    POST /cgi-bin/message/template/send?access_token=T
    {"client_msg_id":"m-1","data":{"thing1":{"value":"校园区域"},"time2":{"value":"2026年03月02日 14:00"}},"miniprogram":{"appid":"wx2","pagepath":"pages/visit"},"template_id":"t1","touser":"o1","url":"https://campus.example/p/abc"}
    "#);
}

#[tokio::test]
async fn the_templates_of_the_account_are_listed() {
    let listed = r#"{"template_list":[{"template_id":"t1","title":"访客通知","primary_industry":"",
        "deputy_industry":"","content":"{{thing1.DATA}}","example":""}]}"#;
    let path = "/cgi-bin/template/get_all_private_template";
    let (account, scribe) = account(&[(path, listed)]).await;
    let templates = account.templates().await.unwrap();
    assert_eq!(templates[0].content, "{{thing1.DATA}}");
    assert_snapshot!(scribe.last(), @"GET /cgi-bin/template/get_all_private_template?access_token=T");
}

#[tokio::test]
async fn subscription_messages_go_by_the_door_of_their_app() {
    let message = SubscriptionMessage {
        to: "o1".into(),
        template_id: "t1".into(),
        page: Some("pages/visit?id=1".into()),
        mini_program: None,
        data: vec![("phrase1".into(), "已通过".into())],
    };
    let listed = r#"{"errcode":0,"data":[{"priTmplId":"t1","title":"审批","content":"结果:{{phrase1.DATA}}\n","example":"","type":2}]}"#;
    let sent = r#"{"errcode":0,"errmsg":"ok","msgid":2258374827384}"#;
    let (account, scribe) = account(&[("/cgi-bin/message/subscribe/bizsend", sent)]).await;
    let id = account.send_subscription(&message).await;
    assert_eq!(id, Ok(Some("2258374827384".into())));
    assert_snapshot!(scribe.last(), @r#"
    POST /cgi-bin/message/subscribe/bizsend?access_token=T
    {"data":{"phrase1":{"value":"已通过"}},"page":"pages/visit?id=1","template_id":"t1","touser":"o1"}
    "#);

    let answers = [
        (
            "/cgi-bin/message/subscribe/send",
            r#"{"errcode":43101,"errmsg":"user refuse"}"#,
        ),
        ("/wxaapi/newtmpl/gettemplate", listed),
    ];
    let (mini, scribe) = mini(&answers).await;
    let error = mini.send_subscription(&message).await.unwrap_err();
    assert_eq!(error.class(), Some(Class::Never));
    assert_snapshot!(scribe.last(), @r#"
    POST /cgi-bin/message/subscribe/send?access_token=T
    {"data":{"phrase1":{"value":"已通过"}},"page":"pages/visit?id=1","template_id":"t1","touser":"o1"}
    "#);
    assert_eq!(
        mini.subscription_templates().await.unwrap()[0].template_id,
        "t1"
    );
}

#[tokio::test]
async fn customer_service_sends_words_and_articles() {
    let (account, scribe) = account(&[("/cgi-bin/message/custom/send", DONE)]).await;
    account
        .send_custom("o1", &CustomMessage::Text("你好".into()))
        .await
        .unwrap();
    assert_snapshot!(scribe.last(), @r#"
    POST /cgi-bin/message/custom/send?access_token=T
    {"msgtype":"text","text":{"content":"你好"},"touser":"o1"}
    "#);
    let article = Article {
        title: "访客预约".into(),
        description: String::new(),
        pic_url: String::new(),
        url: "https://campus.example/h5/".into(),
    };
    account
        .send_custom("o1", &CustomMessage::Article(article))
        .await
        .unwrap();
    assert_snapshot!(scribe.last(), @r#"
    POST /cgi-bin/message/custom/send?access_token=T
    {"msgtype":"news","news":{"articles":[{"description":"","picurl":"","title":"访客预约","url":"https://campus.example/h5/"}]},"touser":"o1"}
    "#);
}

#[tokio::test]
async fn followers_and_scene_codes() {
    let answers = [
        (
            "/cgi-bin/user/info",
            r#"{"subscribe":1,"openid":"o1","unionid":"u1","subscribe_time":1}"#,
        ),
        (
            "/cgi-bin/qrcode/create",
            r#"{"ticket":"K","expire_seconds":60,"url":"http://weixin.qq.com/q/x"}"#,
        ),
    ];
    let (account, scribe) = account(&answers).await;
    let follower = account.follower("o1").await.unwrap();
    assert_eq!(
        (follower.follows, follower.unionid.as_deref()),
        (true, Some("u1"))
    );
    assert_snapshot!(scribe.last(), @"GET /cgi-bin/user/info?access_token=T&openid=o1&lang=zh_CN");
    let code = account
        .create_scene_code("gate-东门", Duration::from_hours(1000))
        .await
        .unwrap();
    assert_eq!(code.url, "http://weixin.qq.com/q/x");
    assert_snapshot!(scribe.last(), @r#"
    POST /cgi-bin/qrcode/create?access_token=T
    {"action_info":{"scene":{"scene_str":"gate-东门"}},"action_name":"QR_STR_SCENE","expire_seconds":2592000}
    "#);
}

#[tokio::test]
async fn a_browser_is_sent_to_sign_in_and_its_code_exchanged_once() {
    let exchanged = r#"{"access_token":"A","expires_in":7200,"refresh_token":"R","openid":"o1",
        "scope":"snsapi_base"}"#;
    let (account, scribe) = account(&[("/sns/oauth2/access_token", exchanged)]).await;
    let back = "https://campus.example/h5/访客?a=1&b=2";
    assert_snapshot!(account.authorize_url(back, Scope::Base, "st ate"), @"https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx1&redirect_uri=https%3A%2F%2Fcampus.example%2Fh5%2F%E8%AE%BF%E5%AE%A2%3Fa%3D1%26b%3D2&response_type=code&scope=snsapi_base&state=st%20ate#wechat_redirect");
    let signed_in = account.exchange_code("c0de").await;
    assert_eq!(signed_in.ok().map(|who| who.openid).as_deref(), Some("o1"));
    assert_snapshot!(scribe.last(), @"GET /sns/oauth2/access_token?appid=wx1&secret=S&code=c0de&grant_type=authorization_code");

    let used = r#"{"errcode":40163,"errmsg":"code been used, rid: 1-2"}"#;
    let (account, _scribe) = self::account(&[("/sns/oauth2/access_token", used)]).await;
    let error = account.exchange_code("c0de").await.err().unwrap();
    assert_eq!(
        (error.errcode(), error.class()),
        (Some(40163), Some(Class::Never))
    );
}

#[tokio::test]
async fn a_page_is_signed_with_a_ticket_that_is_kept() {
    let ticket =
        r#"{"errcode":0,"errmsg":"ok","ticket":"sM4AOVdWfPE4DxkXGEs8VA","expires_in":7200}"#;
    let (account, scribe) = account(&[("/cgi-bin/ticket/getticket", ticket)]).await;
    let now = clock().now();
    let url = "https://campus.example/h5/";
    let sign = async |url: &str| account.sign_page(url, &Entropy::seeded(1), now).await;
    let first = sign(&format!("{url}#top")).await.unwrap();
    assert_eq!(first, sign(url).await.unwrap());
    assert_eq!(scribe.asked().len(), 2);
    assert_snapshot!(scribe.last(), @"GET /cgi-bin/ticket/getticket?access_token=T&type=jsapi");
}

#[tokio::test]
async fn a_person_logs_in_and_shows_a_phone() {
    let phone = r#"{"errcode":0,"errmsg":"ok","phone_info":{"phoneNumber":"13912340003",
        "purePhoneNumber":"13912340003","countryCode":86,"watermark":{"timestamp":1,"appid":"wx1"}}}"#;
    let answers = [
        (
            "/sns/jscode2session",
            r#"{"openid":"o1","session_key":"K==","unionid":"u1"}"#,
        ),
        ("/wxa/business/getuserphonenumber", phone),
    ];
    let (mini, scribe) = mini(&answers).await;
    let who = mini.log_in("c0de").await.ok().unwrap();
    assert_eq!(
        (who.openid.as_str(), who.unionid.as_deref()),
        ("o1", Some("u1"))
    );
    assert_snapshot!(scribe.last(), @"GET /sns/jscode2session?appid=wx1&secret=S&js_code=c0de&grant_type=authorization_code");
    let phone = mini.phone("ph0ne").await.ok().unwrap();
    assert_eq!(
        (phone.number.as_str(), phone.country_code.as_str()),
        ("13912340003", "86")
    );
    assert_snapshot!(scribe.last(), @r#"
    POST /wxa/business/getuserphonenumber?access_token=T
    {"code":"ph0ne"}
    "#);
}

#[tokio::test]
async fn the_ways_into_the_mini_program_are_made() {
    let answers = [
        ("/wxa/getwxacodeunlimit", "PNG"),
        (
            "/wxa/generate_urllink",
            r#"{"errcode":0,"url_link":"https://wxaurl.cn/x"}"#,
        ),
        (
            "/wxa/msg_sec_check",
            r#"{"errcode":0,"result":{"suggest":"risky","label":20001}}"#,
        ),
    ];
    let (mini, scribe) = mini(&answers).await;
    assert_eq!(
        mini.draw_code("i=abc", "pages/invitation").await.unwrap(),
        b"PNG"
    );
    assert_snapshot!(scribe.last(), @r#"
    POST /wxa/getwxacodeunlimit?access_token=T
    {"page":"pages/invitation","scene":"i=abc"}
    "#);
    assert_eq!(
        mini.url_link("pages/pass", "t=abc", 90).await.unwrap(),
        "https://wxaurl.cn/x"
    );
    assert_snapshot!(scribe.last(), @r#"
    POST /wxa/generate_urllink?access_token=T
    {"expire_interval":30,"expire_type":1,"path":"pages/pass","query":"t=abc"}
    "#);
    assert_eq!(mini.check_text("o1", "携带物品").await, Ok(Advice::Risky));
    assert_snapshot!(scribe.last(), @r#"
    POST /wxa/msg_sec_check?access_token=T
    {"content":"携带物品","openid":"o1","scene":2,"version":2}
    "#);
}

/// Futures of calls move between the threads of the runtime.
#[test]
fn calls_may_be_awaited_by_any_thread() {
    fn movable<F: Send>(_: impl Fn(&'static OfficialAccount) -> F) {}
    movable(OfficialAccount::menus);
    movable(OfficialAccount::templates);
    movable(|account| account.create_menu(&[]));
    movable(|account| account.exchange_code(""));
}
