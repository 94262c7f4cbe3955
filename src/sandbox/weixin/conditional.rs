//! /cgi-bin/menu/addconditional, delconditional and trymatch (个性化菜单): menus by tag, newest first.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{authorised, menu};
use crate::sandbox::call::{Answer, Call, Refusal, ok};
use crate::sandbox::{Sandbox, Unpushed};

/// A menu for the people with a tag; it cannot be edited.
pub(in crate::sandbox) struct Conditional {
    menuid: i64,
    tag: i64,
    buttons: Value,
}

impl Conditional {
    /// As `menu/get` lists it, which still calls the tag a group.
    pub(super) fn listed(&self) -> Value {
        json!({
            "button": self.buttons,
            "matchrule": {"group_id": self.tag},
            "menuid": self.menuid,
        })
    }
}

pub(super) fn add(call: &Call) -> Answer {
    authorised(call)?;
    let asked: Value = call.json()?;
    if call.sandbox.menu().is_none() {
        return Err(Refusal::new(
            65303,
            "there is no selfmenu, please create selfmenu first",
        ));
    }
    let tag = tag(&asked["matchrule"])?;
    menu::check(&call.sandbox, &asked["button"])?;
    let menuid = call.sandbox.number();
    let added = Conditional {
        menuid,
        tag,
        buttons: asked["button"].clone(),
    };
    call.sandbox.state().conditional_menus.insert(0, added);
    Ok(json!({"menuid": menuid.to_string()}))
}

/// Tags are the only rule that is left: sex, place, language and client went in 2022.
fn tag(rule: &Value) -> Result<i64, Refusal> {
    let given = rule.as_object().into_iter().flatten();
    let given: Vec<_> = given
        .filter(|(_, value)| !value.is_null() && *value != "")
        .collect();
    if given.is_empty() {
        return Err(Refusal::new(65304, "match rule empty"));
    }
    if given.iter().any(|(name, _)| *name != "tag_id") {
        return Err(Refusal::new(
            65320,
            "match rule other than tag_id is not supported",
        ));
    }
    let tag = &rule["tag_id"];
    let tag = tag.as_i64().or_else(|| tag.as_str()?.parse().ok());
    tag.ok_or_else(|| Refusal::new(65304, "match rule empty"))
}

#[derive(Deserialize)]
struct Delete {
    menuid: Value,
}

pub(super) fn delete(call: &Call) -> Answer {
    authorised(call)?;
    let Delete { menuid } = call.json()?;
    let menuid = menuid.as_i64().or_else(|| menuid.as_str()?.parse().ok());
    let menus = &mut call.sandbox.state().conditional_menus;
    let place = menus.iter().position(|menu| Some(menu.menuid) == menuid);
    let place = place.ok_or_else(|| Refusal::new(65301, "not exist such menuid"))?;
    menus.remove(place);
    Ok(ok())
}

#[derive(Deserialize)]
struct TryMatch {
    user_id: String,
}

pub(super) fn try_match(call: &Call) -> Answer {
    authorised(call)?;
    let asked: TryMatch = call.json()?;
    if call.sandbox.state().people.find(&asked.user_id).is_none() {
        return Err(Refusal::new(65302, "there is no such user"));
    }
    let buttons = call.sandbox.menu_of(&asked.user_id);
    let buttons = buttons.ok_or_else(|| Refusal::new(46003, "menu no exist"))?;
    Ok(json!({"button": buttons}))
}

impl Sandbox {
    /// The buttons that somebody sees: of the newest menu for a tag of theirs, or of the default one.
    #[must_use]
    pub fn menu_of(&self, openid: &str) -> Option<Value> {
        let state = self.state();
        let menu = state.menu.as_ref()?;
        let tags = state
            .people
            .find(openid)
            .map_or(&[][..], |person| &person.tags);
        let mut theirs = state.conditional_menus.iter();
        let theirs = theirs.find(|menu| tags.contains(&menu.tag));
        Some(theirs.map_or(&menu["button"], |menu| &menu.buttons).clone())
    }

    /// Gives somebody these tags of the account, and no others.
    ///
    /// # Errors
    /// [`Unpushed::NoSuchPerson`].
    pub fn tag(&self, openid: &str, tags: &[i64]) -> Result<(), Unpushed> {
        let mut state = self.state();
        let person = state.people.find_mut(openid);
        person.ok_or(Unpushed::NoSuchPerson)?.tags = tags.to_vec();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::sandbox::testing::Trial;

    async fn call(world: &Trial, name: &str, body: Value) -> Value {
        let token = world.account_token().await;
        let path = format!("/weixin/cgi-bin/menu/{name}?access_token={token}");
        world.post(&path, &body).await
    }

    fn click(name: &str) -> Value {
        json!([{"type": "click", "name": name, "key": "k"}])
    }

    fn rule(tag: &str) -> Value {
        json!({"tag_id": tag})
    }

    #[tokio::test]
    async fn the_newest_menu_that_fits_a_tag_is_shown() {
        let world = Trial::new();
        let openid = world.follower("甲");
        call(&world, "create", json!({"button": click("全部")})).await;
        for (name, tag) in [("旧", "101"), ("新", "102")] {
            let menu = json!({"button": click(name), "matchrule": rule(tag)});
            assert!(call(&world, "addconditional", menu).await["menuid"].is_string());
        }
        let shown = async || {
            let tried = call(&world, "trymatch", json!({"user_id": openid})).await;
            tried["button"][0]["name"].as_str().unwrap().to_owned()
        };
        for (tags, name) in [
            (vec![], "全部"),
            (vec![101], "旧"),
            (vec![102], "新"),
            (vec![101, 102], "新"),
            (vec![7], "全部"),
        ] {
            let path = format!("/control/people/{openid}/tags");
            world.post(&path, &json!({"tags": tags})).await;
            assert_eq!(shown().await, name, "{tags:?}");
            let seen = world.get(&format!("/control/people/{openid}/menu")).await;
            assert_eq!(seen[0]["name"], name);
        }
        let token = world.account_token().await;
        let info = format!("/weixin/cgi-bin/user/info?access_token={token}&openid={openid}");
        assert_eq!(world.get(&info).await["tagid_list"], json!([7]));

        let get = format!("/weixin/cgi-bin/menu/get?access_token={token}");
        let listed = world.get(&get).await["conditionalmenu"].clone();
        assert_eq!(listed[0]["matchrule"], json!({"group_id": 102}));
        let newest = json!({"menuid": listed[0]["menuid"]});
        assert_eq!(
            call(&world, "delconditional", newest.clone()).await["errcode"],
            0
        );
        assert_eq!(
            call(&world, "delconditional", newest).await["errcode"],
            65301
        );
        world.sandbox.tag(&openid, &[102, 101]).unwrap();
        assert_eq!(shown().await, "旧");
        // Deleting takes them all.
        world.get(&get.replace("menu/get", "menu/delete")).await;
        assert_eq!(world.get(&get).await["errcode"], 46003);
        call(&world, "create", json!({"button": click("全部")})).await;
        assert_eq!(world.get(&get).await["conditionalmenu"], Value::Null);
    }

    #[tokio::test]
    async fn a_menu_for_a_tag_against_the_rules_has_the_documented_number() {
        let world = Trial::new();
        let menu = |rule: Value| json!({"button": click("a"), "matchrule": rule});
        let early = call(&world, "addconditional", menu(rule("101"))).await;
        assert_eq!(early["errcode"], 65303);
        call(&world, "create", json!({"button": click("全部")})).await;
        let long = json!({"button": click(&"长".repeat(6)), "matchrule": rule("101")});
        for (errcode, body) in [
            (65304, menu(json!({}))),
            (65304, menu(rule(""))),
            (65320, menu(json!({"sex": "1"}))),
            (65320, menu(json!({"tag_id": "101", "language": "zh_CN"}))),
            (40018, long),
        ] {
            let answer = call(&world, "addconditional", body.clone()).await;
            assert_eq!(answer["errcode"], errcode, "{body}");
        }
        let stranger = call(&world, "trymatch", json!({"user_id": "nobody"})).await;
        assert_eq!(stranger["errcode"], 65302);
    }
}
