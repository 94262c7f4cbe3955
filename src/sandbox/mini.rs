//! What people do in the mini-program, of which the service is told (消息推送).

use serde::Deserialize;
use utoipa::ToSchema;

use super::push::{Door, Push};
use super::subscriptions::{Answered, App, SentMessage};
use super::xml::Content;
use super::{Pushed, Sandbox, Unpushed};

/// Something that happens in the mini-program.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum MiniPush {
    /// The person answered the question whether these may be sent: each acceptance buys one message.
    SubscribeMsgPopupEvent { list: Vec<Answered> },
    /// The person changed an answer in the settings; a no voids what was granted.
    SubscribeMsgChangeEvent { list: Vec<Answered> },
    /// Messages were delivered, or not.
    SubscribeMsgSentEvent { list: Vec<SentMessage> },
    /// The person writes to the customer service.
    Text { text: String },
}

impl Sandbox {
    /// Does something in the mini-program; the service is told.
    ///
    /// # Errors
    /// [`Unpushed`].
    pub async fn mini_push(&self, openid: &str, push: &MiniPush) -> Result<Pushed, Unpushed> {
        let text = match push {
            MiniPush::SubscribeMsgPopupEvent { list } => {
                return self.subscribe(openid, App::Mini, list).await;
            }
            MiniPush::SubscribeMsgChangeEvent { list } => {
                return self.change_subscriptions(openid, App::Mini, list).await;
            }
            MiniPush::SubscribeMsgSentEvent { list } => {
                return self.report_subscriptions(openid, App::Mini, list).await;
            }
            MiniPush::Text { text } => text,
        };
        let from = {
            let state = self.state();
            let person = state.people.find(openid).ok_or(Unpushed::NoSuchPerson)?;
            person.mini_openid.clone()
        };
        let fields = vec![
            ("MsgType", Content::Text("text".to_owned())),
            ("Content", Content::Text(text.clone())),
            ("MsgId", Content::Number(self.number())),
        ];
        let door = Door::Mini;
        self.push(Push { door, from, fields }).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use axum::Router;
    use axum::body::Bytes;
    use axum::extract::RawQuery;
    use axum::routing::post;
    use serde_json::{Value, json};

    use crate::sandbox::call::query_pairs;
    use crate::sandbox::seal::Seal;
    use crate::sandbox::testing::{Trial, against};

    /// A service that checks a push as the documents say, opens it and keeps it.
    fn service(heard: Arc<Mutex<Vec<Value>>>) -> Router {
        let key = "lWsXQ6h2GvY0bPpJcRk3oTz8nEfUyDa5i1mCqV9rSxK";
        let answer = async move |RawQuery(query): RawQuery, body: Bytes| {
            let seal = Seal::new(key, "mini-token", "wx-mini").unwrap();
            let pairs = query_pairs(query.as_deref());
            let part = |name: &str| pairs.iter().find(|(key, _)| key == name).unwrap().1.clone();
            let outer: Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(outer["ToUserName"], "gh_mini");
            let sealed = outer["Encrypt"].as_str().unwrap();
            let (timestamp, nonce) = (part("timestamp"), part("nonce"));
            assert_eq!(
                part("msg_signature"),
                seal.sign(&[&timestamp, &nonce, sealed])
            );
            assert_eq!(part("signature"), seal.sign(&[&timestamp, &nonce]));
            assert_eq!(part("encrypt_type"), "aes");
            let told: Value = serde_json::from_str(&seal.open(sealed).unwrap()).unwrap();
            let said = if told["Content"] == "坏" {
                "ok"
            } else {
                "success"
            };
            heard.lock().unwrap().push(told);
            said
        };
        Router::new().route("/mini", post(answer))
    }

    #[tokio::test]
    async fn what_happens_in_the_mini_program_is_told_in_json() {
        let heard = Arc::new(Mutex::new(Vec::new()));
        against(service(heard.clone()), async |world: Trial| {
            let person = world.sandbox.add_person("甲");
            let path = format!("/control/people/{}/mini-push", person.openid);
            let grant = |template: &str| json!({"template_id": template, "accepts": true});
            let pushed = async |push: Value| world.post(&path, &push).await;
            let kind = "subscribe_msg_popup_event";
            let popup = pushed(json!({"kind": kind, "list": [grant("t1"), grant("t2")]})).await;
            assert_eq!((&popup["status"], &popup["fault"]), (&json!(200), &Value::Null));
            let kind = "subscribe_msg_change_event";
            pushed(json!({"kind": kind, "list": [{"template_id": "t1", "accepts": false}]})).await;
            let report = json!({"template_id": "t1", "msgid": "1864323726461255680",
                "error_code": 0});
            pushed(json!({"kind": "subscribe_msg_sent_event", "list": [report]})).await;
            let bad = pushed(json!({"kind": "text", "text": "坏"})).await;
            assert_eq!(bad["fault"], "the reply is not success");
            let heard = heard.lock().unwrap();
            let lists: Vec<_> = heard.iter().map(|told| told["List"].clone()).collect();
            let list = |template: &str, status: &str| {
                json!({"TemplateId": template, "SubscribeStatusString": status, "PopupScene": "0"})
            };
            assert_eq!(lists[0], json!([list("t1", "accept"), list("t2", "accept")]));
            assert_eq!(lists[1], list("t1", "reject"));
            assert_eq!(lists[2]["MsgID"], "1864323726461255680");
            assert_eq!(heard[3]["FromUserName"], person.mini_openid);
        })
        .await;
    }
}
