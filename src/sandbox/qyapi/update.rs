//! POST /cgi-bin/message/update_template_card (更新模版卡片消息): once for each `response_code`, within
//! 72 hours.

use chrono::Duration;
use serde::Deserialize;
use serde_json::{Value, json};

use super::card::{Card, invalid};
use super::{authorised, own_agent};
use crate::sandbox::call::{Answer, Call};

/// What a response code is a code for.
pub(super) const PURPOSE: &str = "update_template_card";
const LIFE: Duration = Duration::hours(72);

#[derive(Deserialize)]
struct Update {
    #[serde(default)]
    userids: Vec<String>,
    #[serde(default)]
    atall: u8,
    #[serde(default)]
    agentid: i64,
    #[serde(default)]
    response_code: String,
    #[serde(default)]
    button: Option<NewButton>,
    #[serde(default)]
    template_card: Value,
}

#[derive(Deserialize)]
struct NewButton {
    replace_name: String,
}

pub(super) fn update(call: &Call) -> Answer {
    authorised(call)?;
    let asked: Update = call.json()?;
    own_agent(call, asked.agentid)?;
    let new_card = match (&asked.button, asked.template_card.is_null()) {
        (Some(button), true) if !button.replace_name.is_empty() => None,
        (None, false) => Some(asked.template_card),
        (Some(_) | None, _) => return Err(invalid("one of button and template_card")),
    };
    let sandbox = &call.sandbox;
    let mut state = sandbox.state();
    let code = &asked.response_code;
    let taken = state.codes.take_within(LIFE, PURPOSE, code, sandbox.now());
    let task = taken.map_err(|_| invalid("response_code is invalid, used or expired"))?;
    let new_card = new_card
        .map(|mut card| {
            // A card that replaces another belongs to the same task, said or not.
            card["task_id"] = json!(task);
            Card::from_json(&card)
        })
        .transpose()?;
    let users = match asked.atall {
        1 => state.desks.holders(&task),
        _ => asked.userids,
    };
    let mut invalid_users = Vec::new();
    for user in users {
        match (state.desks.card_mut(&user, &task), &new_card, &asked.button) {
            (Some(card), Some(new), _) => *card = new.clone(),
            (Some(card), None, Some(button)) => card.replace_buttons(&button.replace_name),
            (Some(_), None, None) => {}
            (None, _, _) => invalid_users.push(user),
        }
    }
    Ok(json!({"errcode": 0, "errmsg": "ok", "invaliduser": invalid_users}))
}

#[cfg(test)]
mod tests {
    use chrono::Duration;
    use serde_json::{Value, json};

    use crate::sandbox::testing::{Trial, card};

    async fn update(world: &Trial, body: &Value) -> Value {
        let token = world.wecom_token().await;
        let path = "/qyapi/cgi-bin/message/update_template_card?access_token=";
        world.post(&format!("{path}{token}"), body).await
    }

    fn replace(code: &Value, words: &str) -> Value {
        json!({"userids": ["zhang", "ghost"], "agentid": 1_000_002, "response_code": code,
            "button": {"replace_name": words}})
    }

    #[tokio::test]
    async fn a_response_code_changes_the_card_once() {
        let world = Trial::with_staff();
        let code = world.send(&card("zhang|li", "visit-1")).await["response_code"].clone();
        let answer = update(&world, &replace(&code, "已同意")).await;
        assert_eq!(
            answer,
            json!({"errcode": 0, "errmsg": "ok", "invaliduser": ["ghost"]})
        );
        let mine = &world.sandbox.cards_of("zhang")[0];
        assert_eq!(
            (mine.replaced.as_deref(), mine.buttons.len()),
            (Some("已同意"), 0)
        );
        assert_eq!(world.sandbox.cards_of("li")[0].replaced, None);
        assert_eq!(
            update(&world, &replace(&code, "已拒绝")).await["errcode"],
            40058
        );
        assert_eq!(
            world.sandbox.cards_of("zhang")[0].replaced.as_deref(),
            Some("已同意")
        );
    }

    #[tokio::test]
    async fn a_response_code_lives_three_days() {
        let world = Trial::with_staff();
        let code = world.send(&card("zhang", "visit-1")).await["response_code"].clone();
        world.later(Duration::hours(72) + Duration::seconds(1));
        assert_eq!(
            update(&world, &replace(&code, "已同意")).await["errcode"],
            40058
        );
    }

    #[tokio::test]
    async fn a_whole_card_can_be_replaced_for_everybody() {
        let world = Trial::with_staff();
        let sent = card("zhang|li", "visit-1");
        let code = world.send(&sent).await["response_code"].clone();
        let mut new = sent["template_card"].clone();
        new["main_title"]["title"] = json!("已处理");
        new["replace_text"] = json!("已由张老师同意");
        let body =
            json!({"atall": 1, "agentid": 1_000_002, "response_code": code, "template_card": new});
        assert_eq!(update(&world, &body).await["errcode"], 0);
        for user in ["zhang", "li"] {
            let card = &world.sandbox.cards_of(user)[0];
            assert_eq!(
                (card.title.as_str(), card.replaced.as_deref()),
                ("已处理", Some("已由张老师同意"))
            );
        }
    }
}
