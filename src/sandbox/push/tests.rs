//! A small service of its own hears what the box pushes, and answers well or badly.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::RawQuery;
use axum::routing::post;
use serde_json::{Value, json};

use super::super::call::query_pairs;
use super::super::people::Said;
use super::super::seal::Seal;
use super::super::testing::{Trial, against, card};
use super::super::xml;
use super::Deliveries;
use super::OUT_OF_SERVICE;
use super::Unpushed;

const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
const WECOM_KEY: &str = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";

fn account_seal() -> Seal {
    Seal::new(KEY, "account-token", "wx-account").unwrap()
}

fn wecom_seal() -> Seal {
    Seal::new(WECOM_KEY, "wecom-token", "corp").unwrap()
}

/// Checks a push as the documents say, and opens it.
fn opened(seal: &Seal, query: Option<&str>, body: &[u8]) -> Value {
    let pairs = query_pairs(query);
    let part = |name: &str| &pairs.iter().find(|(key, _)| key == name).unwrap().1;
    let outer = xml::read(std::str::from_utf8(body).unwrap()).unwrap();
    let encrypt = xml::text(&outer, "Encrypt");
    let signed = seal.sign(&[part("timestamp"), part("nonce"), encrypt]);
    assert_eq!(*part("msg_signature"), signed);
    xml::read(&seal.open(encrypt).unwrap()).unwrap()
}

/// A sealed reply.
fn reply(seal: &Seal, plain: &str) -> String {
    let encrypt = seal.close(plain, [5; 16]);
    let signature = seal.sign(&["1772000000", "n", &encrypt]);
    format!(
        "<xml><Encrypt><![CDATA[{encrypt}]]></Encrypt><MsgSignature>{signature}</MsgSignature>\
         <TimeStamp>1772000000</TimeStamp><Nonce>n</Nonce></xml>"
    )
}

/// A service that answers each message of the account with what `answer` makes of it.
fn account(answer: impl Fn(&Value) -> String + Clone + Send + Sync + 'static) -> Router {
    let told = async move |RawQuery(query): RawQuery, body: Bytes| {
        let query = query.as_deref();
        assert!(query.unwrap().contains("encrypt_type=aes&signature="));
        answer(&opened(&account_seal(), query, &body))
    };
    Router::new().route("/wechat", post(told))
}

fn text_to(told: &Value, from: &str, created: &str, text: &str) -> String {
    let to = xml::text(told, "FromUserName");
    format!(
        "<xml><ToUserName>{to}</ToUserName><FromUserName>{from}</FromUserName>\
         <CreateTime>{created}</CreateTime><MsgType>text</MsgType><Content>{text}</Content></xml>"
    )
}

#[tokio::test]
async fn a_tap_on_the_menu_is_told_and_answered_in_the_chat() {
    let service = account(|told| {
        let key = xml::text(told, "EventKey");
        assert_eq!((xml::text(told, "Event"), key), ("CLICK", "campus"));
        assert_eq!(xml::text(told, "ToUserName"), "gh_account");
        assert_eq!(xml::text(told, "CreateTime"), "1772000000");
        reply(
            &account_seal(),
            &text_to(told, "gh_account", "1772000000", "访客预约"),
        )
    });
    against(service, async |world: Trial| {
        let openid = world.follower("甲");
        let menu = json!({"button": [{"type": "click", "name": "校园", "key": "campus"}]});
        world.sandbox.state().menu = Some(menu);
        let pushed = world.sandbox.tap(&openid, "campus").await.unwrap();
        assert_eq!(
            (pushed.status, pushed.text.as_deref()),
            (200, Some("访客预约"))
        );
        assert!(!pushed.request.url.contains("signature"));
        let chat = world.sandbox.chat(&openid);
        let said = |text: &str| Said::Reply {
            msg_type: "text".into(),
            text: text.into(),
            articles: vec![],
        };
        assert_eq!(chat[0].what, said("访客预约"));
        let other = world.sandbox.tap(&openid, "other").await;
        assert!(matches!(other, Err(Unpushed::NoSuchKey)));
    })
    .await;
}

#[tokio::test]
async fn following_is_told_and_welcomed() {
    let service = account(|told| match xml::text(told, "Event") {
        "subscribe" => reply(
            &account_seal(),
            &text_to(told, "gh_account", "1772000000", "欢迎"),
        ),
        event => {
            assert_eq!(event, "unsubscribe");
            "success".to_owned()
        }
    });
    against(service, async |world: Trial| {
        let openid = world.sandbox.add_person("甲").openid;
        let silent = world.sandbox.say(&openid, "你好").await;
        assert!(matches!(silent, Err(Unpushed::NotFollowing)));
        let welcome = world.sandbox.follow(&openid).await.unwrap();
        assert_eq!(welcome.text.as_deref(), Some("欢迎"));
        let info = async || {
            let token = world.account_token().await;
            let path = "/weixin/cgi-bin/user/info?access_token";
            world.get(&format!("{path}={token}&openid={openid}")).await["subscribe"].clone()
        };
        assert_eq!(info().await, 1);
        let gone = world.sandbox.unfollow(&openid).await.unwrap();
        assert_eq!((gone.status, gone.reply), (200, None));
        assert_eq!(info().await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_reply_that_wechat_would_not_take_shows_its_fault_line() {
    for (fault, answer) in [
        (
            "the reply is no XML",
            (|_| "ok".to_owned()) as fn(&Value) -> String,
        ),
        ("the reply has no Encrypt", |told| {
            text_to(told, "gh_account", "1772000000", "x")
        }),
        ("the reply's MsgSignature is wrong", |told| {
            let seal = account_seal();
            let text = text_to(told, "gh_account", "1772000000", "x");
            reply(&seal, &text).replace("<Nonce>n", "<Nonce>m")
        }),
        ("it is sealed for another app id", |told| {
            let seal = Seal::new(KEY, "account-token", "wx-other").unwrap();
            reply(&seal, &text_to(told, "gh_account", "1772000000", "x"))
        }),
        ("the reply is from somebody else", |told| {
            reply(
                &account_seal(),
                &text_to(told, "gh_other", "1772000000", "x"),
            )
        }),
        ("the reply's CreateTime is not in seconds", |told| {
            reply(
                &account_seal(),
                &text_to(told, "gh_account", "1772000000000", "x"),
            )
        }),
    ] {
        against(account(answer), async |world: Trial| {
            let openid = world.follower("甲");
            let pushed = world.sandbox.say(&openid, "你好]]>").await.unwrap();
            assert_eq!(pushed.fault.as_deref(), Some(fault));
            let last = world.sandbox.chat(&openid).pop().unwrap().what;
            assert_eq!(
                last,
                Said::Fault {
                    text: OUT_OF_SERVICE.into()
                }
            );
        })
        .await;
    }
}

#[tokio::test]
async fn a_service_that_breaks_off_is_told_three_times() {
    let count = Arc::new(AtomicU32::new(0));
    let counted = count.clone();
    let broken = async move || {
        counted.fetch_add(1, Ordering::SeqCst);
        let cut = futures::stream::once(async { Err::<Bytes, _>(std::io::Error::other("cut")) });
        axum::body::Body::from_stream(cut)
    };
    let service = Router::new().route("/wechat", post(broken));
    against(service, async |world: Trial| {
        let openid = world.follower("甲");
        let answer = world.sandbox.say(&openid, "你好").await;
        assert!(matches!(answer, Err(Unpushed::NoAnswer)));
    })
    .await;
    assert_eq!(count.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn the_fate_of_a_template_message_is_told_afterwards() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let heard = told.clone();
    let service = account(move |event| {
        heard
            .lock()
            .unwrap()
            .push(xml::text(event, "Status").to_owned());
        assert_eq!(xml::text(event, "Event"), "TEMPLATESENDJOBFINISH");
        assert!(xml::text(event, "MsgID").parse::<i64>().unwrap() > 1 << 53);
        String::new()
    });
    against(service, async |world: Trial| {
        let openid = world.follower("甲");
        let token = world.account_token().await;
        let path = format!("/weixin/cgi-bin/message/template/send?access_token={token}");
        let field = |value: &str| json!({"value": value});
        let message = json!({"touser": openid, "template_id": "TPL-VISIT-RESULT", "data": {
            "thing1": field("张老师"), "thing2": field("校园"), "phrase4": field("已通过"),
            "time3": field("2026年03月02日 14:00")}});
        assert_eq!(world.post(&path, &message).await["errcode"], 0);
        world.sandbox.block(&openid, true).unwrap();
        assert_eq!(world.post(&path, &message).await["errcode"], 0);
        assert_eq!(world.sandbox.push_queued().await.unwrap(), 2);
        assert_eq!(world.sandbox.templates_to(&openid).len(), 1);
    })
    .await;
    assert_eq!(*told.lock().unwrap(), ["success", "failed:user block"]);
}

#[tokio::test]
async fn a_reply_can_change_the_whole_card() {
    let answer = async |RawQuery(query): RawQuery, body: Bytes| {
        let told = opened(&wecom_seal(), query.as_deref(), &body);
        let to = xml::text(&told, "FromUserName");
        // developer.work.weixin.qq.com/document/path/90241, 更新点击用户的整张卡片, 按钮交互型.
        let plain = format!(
            "<xml><ToUserName>{to}</ToUserName><FromUserName>corp</FromUserName>\
             <CreateTime>1772000000</CreateTime><MsgType>update_template_card</MsgType><TemplateCard>\
             <CardType>button_interaction</CardType><MainTitle><Title>已处理</Title></MainTitle>\
             <HorizontalContentList><KeyName>到访区域</KeyName><Value>校园区域</Value>\
             </HorizontalContentList><HorizontalContentList><KeyName>审批人</KeyName>\
             <Value>张老师</Value></HorizontalContentList><CardAction><Type>1</Type>\
             <Url>http://service.test/h5</Url></CardAction><ButtonList><Text>查看</Text>\
             <Style>2</Style><Key>look</Key></ButtonList></TemplateCard></xml>"
        );
        reply(&wecom_seal(), &plain)
    };
    against(
        Router::new().route("/wecom", post(answer)),
        async |world: Trial| {
            world.sandbox.add_staff("zhang", "张老师");
            world.send(&card("zhang", "visit-1")).await;
            let tapped = world.sandbox.tap_card("zhang", "visit-1", "approve");
            let (_, card) = tapped.await.unwrap();
            assert_eq!((card.title.as_str(), card.details.len()), ("已处理", 2));
            assert_eq!(card.details[1].value, "张老师");
            assert_eq!(card.buttons[0].key.as_deref(), Some("look"));
            assert_eq!(card.url.as_deref(), Some("http://service.test/h5"));
            assert_eq!(world.sandbox.cards_of("zhang"), [card]);
        },
    )
    .await;
}

#[tokio::test]
async fn a_tap_on_a_card_changes_the_card_of_whoever_tapped() {
    let answer = async |RawQuery(query): RawQuery, body: Bytes| {
        let told = opened(&wecom_seal(), query.as_deref(), &body);
        assert_eq!(xml::text(&told, "Event"), "template_card_event");
        assert_eq!(xml::text(&told, "TaskId"), "visit-1");
        assert_eq!(xml::text(&told, "AgentID"), "1000002");
        assert!(!xml::text(&told, "ResponseCode").is_empty());
        let to = xml::text(&told, "FromUserName");
        let plain = format!(
            "<xml><ToUserName>{to}</ToUserName><FromUserName>corp</FromUserName>\
             <CreateTime>1772000000</CreateTime><MsgType>update_button</MsgType>\
             <Button><ReplaceName>已同意</ReplaceName></Button></xml>"
        );
        reply(&wecom_seal(), &plain)
    };
    against(
        Router::new().route("/wecom", post(answer)),
        async |world: Trial| {
            world.sandbox.add_staff("zhang", "张老师");
            world.sandbox.add_staff("li", "李老师");
            world.send(&card("zhang|li", "visit-1")).await;
            let (_, mine) = world
                .sandbox
                .tap_card("zhang", "visit-1", "approve")
                .await
                .unwrap();
            assert_eq!(mine.replaced.as_deref(), Some("已同意"));
            assert_eq!(world.sandbox.cards_of("li")[0].replaced, None);
            let again = world.sandbox.tap_card("zhang", "visit-1", "approve").await;
            assert!(matches!(again, Err(Unpushed::NoSuchButton)));
            let log = world.sandbox.log();
            assert_eq!(log.last().unwrap().request["ResponseCode"], "…");
        },
    )
    .await;
}

#[tokio::test]
async fn reports_wait_while_they_are_held_and_go_out_in_the_order_that_was_asked_for() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let heard = told.clone();
    let service = account(move |event| {
        heard
            .lock()
            .unwrap()
            .push(xml::text(event, "MsgID").to_owned());
        String::new()
    });
    against(service, async |world: Trial| {
        let openid = world.follower("甲");
        let token = world.account_token().await;
        let path = format!("/weixin/cgi-bin/message/template/send?access_token={token}");
        let field = |value: &str| json!({"value": value});
        let message = json!({"touser": openid, "template_id": "TPL-VISIT-RESULT", "data": {
            "thing1": field("张老师"), "thing2": field("校园"), "phrase4": field("已通过"),
            "time3": field("2026年03月02日 14:00")}});
        let mut sent = Vec::new();
        world.sandbox.deliver_as(Deliveries {
            held: true,
            ..Deliveries::default()
        });
        for _ in 0..2 {
            let answer = world.post(&path, &message).await;
            sent.push(answer["msgid"].to_string());
        }
        assert_eq!(world.sandbox.push_queued().await.unwrap(), 0);
        world.sandbox.deliver_as(Deliveries {
            reversed: true,
            repeats: 1,
            held: false,
        });
        assert_eq!(world.sandbox.push_queued().await.unwrap(), 2);
        let [first, second] = [&sent[0], &sent[1]];
        assert_eq!(
            *told.lock().unwrap(),
            [second, second, first, first].map(String::as_str)
        );
    })
    .await;
}

#[tokio::test]
async fn a_repeat_that_gets_another_answer_is_a_fault() {
    let count = Arc::new(AtomicU32::new(0));
    let service = account(move |told| {
        let n = count.fetch_add(1, Ordering::SeqCst);
        let text = text_to(told, "gh_account", "1772000000", &n.to_string());
        reply(&account_seal(), &text)
    });
    against(service, async |world: Trial| {
        let openid = world.follower("甲");
        world.sandbox.deliver_as(Deliveries {
            repeats: 1,
            ..Deliveries::default()
        });
        let pushed = world.sandbox.say(&openid, "你好").await.unwrap();
        assert_eq!(pushed.fault.as_deref(), Some("a repeat got another answer"));
    })
    .await;
}
