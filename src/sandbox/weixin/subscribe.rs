//! /cgi-bin/message/subscribe/send and bizsend (订阅消息, 订阅通知): one grant of the person buys one
//! message, nothing protects from sending twice, and the fate is told afterwards.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::json;

use super::template::{Datum, lines};
use super::{authorised, authorised_mini};
use crate::sandbox::call::{Answer, Call, Refusal};
use crate::sandbox::library::{MINI_TEMPLATES, NOTICES, Template};
use crate::sandbox::subscriptions::{App, Notice, fate};

#[derive(Deserialize)]
struct Send {
    #[serde(default)]
    touser: String,
    #[serde(default)]
    template_id: String,
    #[serde(default)]
    page: Option<String>,
    #[serde(default)]
    data: HashMap<String, Datum>,
}

pub(super) fn to_mini(call: &Call) -> Answer {
    authorised_mini(call)?;
    send(call, App::Mini)
}

pub(super) fn to_account(call: &Call) -> Answer {
    authorised(call)?;
    send(call, App::Account)
}

/// GET /wxaapi/newtmpl/gettemplate: one path for both apps, told apart by the token.
pub(super) fn list(call: &Call) -> Answer {
    let templates = match authorised(call) {
        Ok(()) => NOTICES,
        Err(_) => {
            authorised_mini(call)?;
            MINI_TEMPLATES
        }
    };
    let listed = templates.iter().map(|template| {
        json!({
            "priTmplId": template.id,
            "title": template.title,
            "content": template.content(),
            "example": "",
            "type": 2,
        })
    });
    Ok(json!({"errcode": 0, "errmsg": "ok", "data": listed.collect::<Vec<_>>()}))
}

fn send(call: &Call, app: App) -> Answer {
    let asked: Send = call.json()?;
    let templates = match app {
        App::Mini => MINI_TEMPLATES,
        App::Account => NOTICES,
    };
    let template = Template::find(&asked.template_id, templates)
        .ok_or_else(|| Refusal::new(40037, "invalid template_id"))?;
    let sandbox = &call.sandbox;
    let (msgid, now) = (sandbox.number(), sandbox.now());
    let mut state = sandbox.state();
    let known = state.people.all().iter().any(|person| match app {
        App::Mini => person.mini_openid == asked.touser,
        App::Account => person.openid == asked.touser,
    });
    if !known {
        return Err(Refusal::new(40003, "invalid openid"));
    }
    let data = lines(template, &asked.data)?;
    if !state.subscriptions.spend(&asked.touser, template.id) {
        return Err(Refusal::new(43101, "user refuse to accept the msg"));
    }
    let notice = Notice {
        at: now,
        app,
        msgid: msgid.to_string(),
        template_id: template.id.to_owned(),
        title: template.title.to_owned(),
        page: asked.page,
        data,
    };
    state.subscriptions.show(&asked.touser, notice);
    drop(state);
    sandbox.queue(fate(app, &asked.touser, template.id, msgid));
    Ok(json!({"errcode": 0, "errmsg": "ok", "msgid": msgid}))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::sandbox::testing::Trial;

    fn message(openid: &str, template: &str) -> Value {
        let field = |value: &str| json!({ "value": value });
        json!({
            "touser": openid,
            "template_id": template,
            "page": "pages/visit/visit?id=1",
            "data": {
                "thing1": field("张老师"), "thing2": field("校园区域"),
                "time3": field("2026年03月02日 14:00"), "phrase4": field("已通过"),
            },
        })
    }

    #[tokio::test]
    async fn a_grant_buys_one_message_of_its_app_and_template() {
        let world = Trial::new();
        let person = world.sandbox.add_person("甲");
        let (mini, account) = (world.mini_token().await, world.account_token().await);
        let sent = async |name: &str, token: &str, message: &Value| {
            let path = "/weixin/cgi-bin/message/subscribe";
            let path = format!("{path}/{name}?access_token={token}");
            world.post(&path, message).await["errcode"].clone()
        };
        let to_mini = message(&person.mini_openid, "SUB-VISIT-RESULT");
        let to_account = message(&person.openid, "NTF-VISIT-RESULT");
        assert_eq!(sent("send", &mini, &to_mini).await, 43101);
        world.sandbox.grant(&person.mini_openid, "SUB-VISIT-RESULT");
        assert_eq!(sent("bizsend", &account, &to_account).await, 43101);
        assert_eq!(sent("send", &mini, &to_mini).await, 0);
        assert_eq!(sent("send", &mini, &to_mini).await, 43101);
        world.sandbox.grant(&person.openid, "NTF-VISIT-RESULT");
        assert_eq!(sent("bizsend", &account, &to_account).await, 0);
        let notices = format!("/control/people/{}/notices", person.openid);
        let shown = world.get(&notices).await;
        assert_eq!(shown.as_array().unwrap().len(), 2);
        assert_eq!(
            [&shown[0]["app"], &shown[1]["data"][3]["value"]],
            ["mini", "已通过"]
        );

        // Neither app's token is the other's, and neither knows the other's people and templates.
        world.sandbox.grant(&person.mini_openid, "SUB-VISIT-RESULT");
        let mut long = to_mini.clone();
        long["data"]["thing1"]["value"] = json!("字".repeat(21));
        let foreign = message(&person.openid, "SUB-VISIT-RESULT");
        let unknown = message(&person.mini_openid, "NTF-VISIT-RESULT");
        for (errcode, name, token, message) in [
            (40001, "send", &account, &to_mini),
            (40001, "bizsend", &mini, &to_account),
            (40003, "send", &mini, &foreign),
            (40037, "send", &mini, &unknown),
            (47003, "send", &mini, &long),
            (0, "send", &mini, &to_mini),
        ] {
            assert_eq!(
                sent(name, token, message).await,
                errcode,
                "{name} {message}"
            );
        }
        let listed = async |token: &str| {
            let path = format!("/weixin/wxaapi/newtmpl/gettemplate?access_token={token}");
            world.get(&path).await["data"][0]["priTmplId"].clone()
        };
        assert_eq!(listed(&mini).await, "SUB-VISIT-RESULT");
        assert_eq!(listed(&account).await, "NTF-VISIT-RESULT");
    }
}
