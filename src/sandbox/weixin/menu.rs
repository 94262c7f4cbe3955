//! /cgi-bin/menu/create, get and delete (自定义菜单): two levels, and lengths in bytes. Menus for tags are
//! in [`conditional`](super::conditional).

use serde_json::{Value, json};

use super::authorised;
use super::conditional::Conditional;
use crate::sandbox::Sandbox;
use crate::sandbox::call::{Answer, Call, Refusal, ok};

/// The kinds of button that the documents list.
const KINDS: &[&str] = &[
    "article_id",
    "article_view_limited",
    "click",
    "location_select",
    "media_id",
    "miniprogram",
    "pic_photo_or_album",
    "pic_sysphoto",
    "pic_weixin",
    "scancode_push",
    "scancode_waitmsg",
    "view",
];

/// What the numbers are on one level: the first level's codes end where the second's begin.
struct Level {
    most: usize,
    name_bytes: usize,
    errcode: Errcodes,
}

struct Errcodes {
    count: i64,
    kind: i64,
    name: i64,
    key: i64,
    url: i64,
    domain: i64,
}

const FIRST: Level = Level {
    most: 3,
    name_bytes: 16,
    errcode: Errcodes {
        count: 40016,
        kind: 40017,
        name: 40018,
        key: 40019,
        url: 40020,
        domain: 40055,
    },
};
const SECOND: Level = Level {
    most: 5,
    name_bytes: 60,
    errcode: Errcodes {
        count: 40023,
        kind: 40024,
        name: 40025,
        key: 40026,
        url: 40027,
        domain: 40054,
    },
};
/// The default menu's number; the documents' own example.
const DEFAULT_ID: i64 = 208_396_938;
const KEY_BYTES: usize = 128;
const URL_BYTES: usize = 1024;

pub(super) fn create(call: &Call) -> Answer {
    authorised(call)?;
    let menu: Value = call.json()?;
    check(&call.sandbox, &menu["button"])?;
    call.sandbox.state().menu = Some(json!({"button": menu["button"]}));
    Ok(ok())
}

pub(super) fn current(call: &Call) -> Answer {
    authorised(call)?;
    let menu = call.sandbox.menu();
    let mut menu = menu.ok_or_else(|| Refusal::new(46003, "menu no exist"))?;
    menu["menuid"] = json!(DEFAULT_ID);
    let state = call.sandbox.state();
    let others: Vec<_> = state
        .conditional_menus
        .iter()
        .map(Conditional::listed)
        .collect();
    if others.is_empty() {
        return Ok(json!({"menu": menu}));
    }
    Ok(json!({"menu": menu, "conditionalmenu": others}))
}

/// What is in use, in the form that differs from all others: below the first level stands a `list`.
pub(super) fn in_use(call: &Call) -> Answer {
    authorised(call)?;
    let Some(menu) = call.sandbox.menu() else {
        return Ok(json!({"is_menu_open": 0}));
    };
    let mut buttons = menu["button"].clone();
    for button in buttons.as_array_mut().into_iter().flatten() {
        let under = button["sub_button"].take();
        if !under.is_null() {
            button["sub_button"] = json!({"list": under});
        }
    }
    Ok(json!({"is_menu_open": 1, "selfmenu_info": {"button": buttons}}))
}

pub(super) fn delete(call: &Call) -> Answer {
    authorised(call)?;
    let mut state = call.sandbox.state();
    state.menu = None;
    state.conditional_menus.clear();
    Ok(ok())
}

impl Sandbox {
    /// The menu as it was created, `{"button": […]}`.
    #[must_use]
    pub fn menu(&self) -> Option<Value> {
        self.state().menu.clone()
    }

    /// Whether a click button of the menu that this person sees has this key.
    pub(in crate::sandbox) fn menu_has_key(&self, openid: &str, key: &str) -> bool {
        fn any(buttons: &Value, key: &str) -> bool {
            buttons.as_array().into_iter().flatten().any(|button| {
                (button["type"] == "click" && button["key"] == key)
                    || any(&button["sub_button"], key)
            })
        }
        self.menu_of(openid)
            .is_some_and(|buttons| any(&buttons, key))
    }
}

/// The rules of a whole menu, whomever it is for.
pub(super) fn check(sandbox: &Sandbox, buttons: &Value) -> Result<(), Refusal> {
    check_buttons(sandbox, buttons, &FIRST)
}

fn check_buttons(sandbox: &Sandbox, buttons: &Value, level: &Level) -> Result<(), Refusal> {
    let buttons = buttons.as_array().map_or(&[][..], Vec::as_slice);
    if !(1..=level.most).contains(&buttons.len()) {
        return Err(Refusal::new(level.errcode.count, "invalid button size"));
    }
    buttons
        .iter()
        .try_for_each(|button| check_button(sandbox, button, level))
}

fn check_button(sandbox: &Sandbox, button: &Value, level: &Level) -> Result<(), Refusal> {
    let (text, errcode) = (
        |name: &str| button[name].as_str().unwrap_or_default(),
        &level.errcode,
    );
    if !(1..=level.name_bytes).contains(&text("name").len()) {
        return Err(Refusal::new(errcode.name, "invalid button name size"));
    }
    let under = &button["sub_button"];
    if under.as_array().is_some_and(|under| !under.is_empty()) {
        return if level.most == FIRST.most {
            check_buttons(sandbox, under, &SECOND)
        } else {
            Err(Refusal::new(40022, "invalid sub button level"))
        };
    }
    let kind = text("type");
    if !KINDS.contains(&kind) {
        return Err(Refusal::new(errcode.kind, "invalid button type"));
    }
    match kind {
        "view" | "miniprogram" => {
            if !(1..=URL_BYTES).contains(&text("url").len()) {
                return Err(Refusal::new(errcode.url, "invalid button url size"));
            }
            if !text("url").starts_with("http://") && !text("url").starts_with("https://") {
                return Err(Refusal::new(errcode.domain, "invalid button url domain"));
            }
            if kind == "miniprogram" && text("appid") != sandbox.settings().mini_program.app_id {
                return Err(Refusal::new(45064, "no permission to use weapp in menu"));
            }
            Ok(())
        }
        "media_id" | "article_id" | "article_view_limited" => Ok(()),
        _ if (1..=KEY_BYTES).contains(&text("key").len()) => Ok(()),
        _ => Err(Refusal::new(errcode.key, "invalid button key size")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::sandbox::testing::Trial;

    #[tokio::test]
    async fn a_menu_is_kept_and_taken_away() {
        let world = Trial::new();
        let token = world.account_token().await;
        let menu = json!({"button": [
            {"name": "便捷CIPC", "sub_button": [{"type": "click", "name": "重工校园通", "key": "campus"}]},
        ]});
        let none = world
            .get(&format!("/weixin/cgi-bin/menu/get?access_token={token}"))
            .await;
        assert_eq!(none["errcode"], 46003);
        let create = format!("/weixin/cgi-bin/menu/create?access_token={token}");
        assert_eq!(world.post(&create, &menu).await["errcode"], 0);
        let kept = world
            .get(&format!("/weixin/cgi-bin/menu/get?access_token={token}"))
            .await;
        assert_eq!(kept["menu"]["button"], menu["button"]);
        let openid = world.follower("甲");
        assert!(world.sandbox.menu_has_key(&openid, "campus"));
        assert!(!world.sandbox.menu_has_key(&openid, "other"));
        let in_use = format!("/weixin/cgi-bin/get_current_selfmenu_info?access_token={token}");
        assert_eq!(
            world.get(&in_use).await,
            json!({"is_menu_open": 1, "selfmenu_info": {"button": [{"name": "便捷CIPC",
                "sub_button": {"list": menu["button"][0]["sub_button"]}}]}})
        );
        world
            .get(&format!("/weixin/cgi-bin/menu/delete?access_token={token}"))
            .await;
        assert_eq!(world.sandbox.menu(), None);
        assert_eq!(world.get(&in_use).await, json!({"is_menu_open": 0}));
    }

    #[tokio::test]
    async fn a_menu_against_the_rules_has_the_documented_number() {
        let world = Trial::new();
        let token = world.account_token().await;
        let click = |name: &str| json!({"type": "click", "name": name, "key": "k"});
        let sub = |buttons: serde_json::Value| json!([{"name": "菜单", "sub_button": buttons}]);
        let long = "长".repeat(6);
        for (errcode, buttons) in [
            (40016, json!([])),
            (40016, json!(vec![click("a"); 4])),
            (40017, json!([{"type": "tap", "name": "a", "key": "k"}])),
            (40018, json!([click(&long)])),
            (40018, json!([click("")])),
            (
                40019,
                json!([{"type": "click", "name": "a", "key": "k".repeat(129)}]),
            ),
            (40020, json!([{"type": "view", "name": "a", "url": ""}])),
            (
                40055,
                json!([{"type": "view", "name": "a", "url": "ftp://x"}]),
            ),
            (40022, sub(sub(json!([click("a")])))),
            (40023, sub(json!(vec![click("a"); 6]))),
            (40024, sub(json!([{"name": "a"}]))),
            (40025, sub(json!([click(&"长".repeat(21))]))),
            (40026, sub(json!([{"type": "click", "name": "a"}]))),
            (
                40027,
                sub(json!([{"type": "view", "name": "a", "url": "h".repeat(1025)}])),
            ),
            (
                45064,
                json!([{"type": "miniprogram", "name": "a", "url": "http://x", "appid": "wx0"}]),
            ),
            (0, sub(json!([click(&long)]))),
        ] {
            let path = format!("/weixin/cgi-bin/menu/create?access_token={token}");
            let answer = world.post(&path, &json!({"button": buttons})).await;
            assert_eq!(answer["errcode"], errcode, "{buttons}");
        }
    }
}
