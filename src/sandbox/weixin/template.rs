//! /cgi-bin/message/template/send and /cgi-bin/template/get_all_private_template (模板消息).

use std::collections::HashMap;

use chrono::Duration;
use serde::Deserialize;
use serde_json::json;

use super::{authorised, fields};
use crate::sandbox::Sandbox;
use crate::sandbox::call::{Answer, Call, Refusal};
use crate::sandbox::library::{Field, TEMPLATES, Template};
use crate::sandbox::people::{Said, TemplateLine, TemplateMessage};
use crate::sandbox::push::{Door, Push};
use crate::sandbox::xml::Content;

/// How long WeChat remembers a `client_msg_id`.
const REMEMBERED: Duration = Duration::minutes(10);

#[derive(Deserialize)]
struct Send {
    #[serde(default)]
    touser: String,
    #[serde(default)]
    template_id: String,
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    client_msg_id: Option<String>,
    #[serde(default)]
    data: HashMap<String, Datum>,
}

#[derive(Deserialize)]
pub(super) struct Datum {
    value: String,
}

pub(super) fn send(call: &Call) -> Answer {
    authorised(call)?;
    let asked: Send = call.json()?;
    let template = Template::find(&asked.template_id, TEMPLATES)
        .ok_or_else(|| Refusal::new(40037, "invalid template_id"))?;
    let sandbox = &call.sandbox;
    let blocks = {
        let state = sandbox.state();
        let person = state.people.find(&asked.touser);
        let person = person.ok_or_else(|| Refusal::new(40003, "invalid openid"))?;
        if !person.follows {
            return Err(Refusal::new(43004, "require subscribe"));
        }
        person.blocks
    };
    let data = lines(template, &asked.data)?;
    let url = asked.url.filter(|url| !url.is_empty());
    if url
        .as_ref()
        .is_some_and(|url| !url.starts_with("http://") && !url.starts_with("https://"))
    {
        return Err(Refusal::new(40039, "invalid url size"));
    }
    let msgid = sandbox.number();
    remember(sandbox, asked.client_msg_id, msgid)?;
    if !blocks {
        let message = TemplateMessage {
            msgid: msgid.to_string(),
            template_id: template.id.to_owned(),
            title: template.title.to_owned(),
            url,
            data,
            suppressed: 0,
        };
        let now = sandbox.now();
        sandbox
            .state()
            .people
            .show(&asked.touser, now, Said::Template(message));
    }
    let status = if blocks {
        "failed:user block"
    } else {
        "success"
    };
    sandbox.queue(job_finished(asked.touser, msgid, status));
    Ok(json!({"errcode": 0, "errmsg": "ok", "msgid": msgid}))
}

pub(super) fn list(call: &Call) -> Answer {
    authorised(call)?;
    let listed = TEMPLATES.iter().map(|template| {
        json!({
            "template_id": template.id,
            "title": template.title,
            "primary_industry": "教育",
            "deputy_industry": "院校",
            "content": template.content(),
            "example": "",
        })
    });
    Ok(json!({"template_list": listed.collect::<Vec<_>>()}))
}

/// The message's fields in the template's order. A field that the template does not have would be
/// dropped without a word by WeChat; here it is refused, because it is a mistake all the same.
pub(super) fn lines(
    template: &Template,
    data: &HashMap<String, Datum>,
) -> Result<Vec<TemplateLine>, Refusal> {
    let wrong = |name: &str, what: &str| {
        Refusal::new(47003, format!("argument invalid! data.{name}.value {what}"))
    };
    if let Some(name) = data
        .keys()
        .find(|name| template.fields.iter().all(|f| f.name != **name))
    {
        return Err(wrong(name, "is not in the template"));
    }
    let line = |field: &Field| {
        let value = data.get(field.name).map_or("", |datum| &datum.value);
        if value.is_empty() {
            return Err(wrong(field.name, "is empty"));
        }
        if !fields::fits(field.kind(), value) {
            return Err(wrong(field.name, "invalid"));
        }
        Ok(TemplateLine {
            name: field.name.to_owned(),
            label: field.label.to_owned(),
            value: value.to_owned(),
        })
    };
    template.fields.iter().map(line).collect()
}

/// Refuses a message whose `client_msg_id` was there within ten minutes, and counts it.
fn remember(sandbox: &Sandbox, id: Option<String>, msgid: i64) -> Result<(), Refusal> {
    let Some(id) = id.filter(|id| !id.is_empty()) else {
        return Ok(());
    };
    let now = sandbox.now();
    let mut state = sandbox.state();
    state
        .client_msg_ids
        .retain(|_, (at, _)| now - *at < REMEMBERED);
    if let Some((_, first)) = state.client_msg_ids.get(&id).cloned() {
        state.people.count_suppressed(&first);
        return Err(Refusal::new(40241, "duplicate client_msg_id"));
    }
    state.client_msg_ids.insert(id, (now, msgid.to_string()));
    Ok(())
}

/// WeChat reports each message's fate some time after it was accepted.
fn job_finished(openid: String, msgid: i64, status: &str) -> Push {
    Push {
        door: Door::Wechat,
        from: openid,
        fields: vec![
            ("MsgType", Content::Text("event".to_owned())),
            ("Event", Content::Text("TEMPLATESENDJOBFINISH".to_owned())),
            ("MsgID", Content::Number(msgid)),
            ("Status", Content::Text(status.to_owned())),
        ],
    }
}

impl Sandbox {
    /// The template messages that reached somebody, oldest first.
    #[must_use]
    pub fn templates_to(&self, openid: &str) -> Vec<TemplateMessage> {
        let state = self.state();
        let person = state.people.find(openid);
        person
            .map(|person| person.templates().cloned().collect())
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use chrono::Duration;
    use serde_json::{Value, json};

    use crate::sandbox::testing::Trial;

    fn message(openid: &str) -> Value {
        json!({
            "touser": openid,
            "template_id": "TPL-VISIT-RESULT",
            "url": "http://service.test/h5/visits/1",
            "client_msg_id": "m1",
            "data": {
                "thing1": {"value": "张老师"},
                "thing2": {"value": "校园区域"},
                "time3": {"value": "2026年03月02日 14:00"},
                "phrase4": {"value": "已通过"},
            },
        })
    }

    async fn send(world: &Trial, message: &Value) -> Value {
        let token = world.account_token().await;
        world
            .post(
                &format!("/weixin/cgi-bin/message/template/send?access_token={token}"),
                message,
            )
            .await
    }

    #[tokio::test]
    async fn a_message_arrives_once_for_each_client_msg_id() {
        let world = Trial::new();
        let openid = world.follower("甲");
        let answer = send(&world, &message(&openid)).await;
        assert_eq!(answer["errcode"], 0);
        assert!(answer["msgid"].as_i64().unwrap() > 1 << 53);
        assert_eq!(send(&world, &message(&openid)).await["errcode"], 40241);
        world.later(Duration::minutes(10));
        assert_eq!(send(&world, &message(&openid)).await["errcode"], 0);

        let arrived = world.sandbox.templates_to(&openid);
        assert_eq!(
            arrived.iter().map(|m| m.suppressed).collect::<Vec<_>>(),
            [1, 0]
        );
        let line = &arrived[0].data[3];
        assert_eq!(
            (line.label.as_str(), line.value.as_str()),
            ("审批结果", "已通过")
        );
    }

    #[tokio::test]
    async fn what_wechat_refuses_is_refused_with_its_number() {
        let world = Trial::new();
        let openid = world.follower("甲");
        let stranger = world.sandbox.add_person("乙").openid;
        let changed = |pointer: &str, value: Value| {
            let mut message = message(&openid);
            *message.pointer_mut(pointer).unwrap() = value;
            message
        };
        for (errcode, message) in [
            (40003, changed("/touser", json!("nobody"))),
            (43004, changed("/touser", json!(stranger))),
            (40037, changed("/template_id", json!("TPL"))),
            (47003, changed("/data/thing1/value", json!("字".repeat(21)))),
            (47003, changed("/data/phrase4/value", json!("OK"))),
            (47003, changed("/data/time3/value", json!(""))),
            (47003, changed("/data", json!({"thing1": {"value": "a"}}))),
            (47003, changed("/data/thing1", json!({"value": "一\n二"}))),
            (47001, json!([])),
        ] {
            assert_eq!(
                send(&world, &message).await["errcode"],
                errcode,
                "{message}"
            );
        }
        assert!(world.sandbox.templates_to(&openid).is_empty());
    }

    #[tokio::test]
    async fn without_a_good_token_nothing_is_sent() {
        let world = Trial::new();
        let openid = world.follower("甲");
        let path =
            |token: &str| format!("/weixin/cgi-bin/message/template/send?access_token={token}");
        assert_eq!(
            world.post(&path(""), &message(&openid)).await["errcode"],
            41001
        );
        assert_eq!(
            world.post(&path("x"), &message(&openid)).await["errcode"],
            40001
        );
        let token = world.account_token().await;
        world.later(Duration::seconds(7200));
        let answer = world.post(&path(&token), &message(&openid)).await;
        assert_eq!(answer["errcode"], 42001);
        assert!(
            answer["errmsg"]
                .as_str()
                .unwrap()
                .starts_with("access_token expired rid: ")
        );
    }
}
