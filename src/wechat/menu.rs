//! The menu under the conversation: two levels, one default menu, and others by tag.
//!
//! Source: <https://developers.weixin.qq.com/doc/offiaccount/Custom_Menus/Creating_Custom-Defined_Menu.html>.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::account::OfficialAccount;
use super::app::{Nothing, text_or_number};
use crate::tencent::call::CallError;

/// A button. A button with `sub_button` has a name and nothing else.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Button {
    pub name: String,
    /// `click`, `view`, `miniprogram`, `scancode_waitmsg`, …
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appid: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pagepath: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sub_button: Vec<Button>,
}

/// What stands in WeChat.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Menus {
    /// `None` when the account has no menu.
    pub default: Option<Vec<Button>>,
    /// Newest first: the first that matches is shown.
    pub conditional: Vec<ConditionalMenu>,
}

/// A menu for the people with one tag. Only tags select; everything else is refused (65320).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConditionalMenu {
    pub menu_id: String,
    pub tag_id: String,
    pub buttons: Vec<Button>,
}

impl OfficialAccount {
    /// Replaces the default menu. People see it when they open the conversation again, at the latest
    /// after 24 hours. Conditional menus stay.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn create_menu(&self, buttons: &[Button]) -> Result<(), CallError> {
        let body = json!({ "button": buttons });
        let _: Nothing = self.connection.post("/cgi-bin/menu/create", &body).await?;
        Ok(())
    }

    /// The menus as they were created by API.
    ///
    /// # Errors
    /// [`CallError`]; that there is no menu is none.
    pub async fn menus(&self) -> Result<Menus, CallError> {
        match self
            .connection
            .get::<GotMenus>("/cgi-bin/menu/get", &[])
            .await
        {
            Ok(got) => Ok(got.into()),
            Err(error) if error.errcode() == Some(NO_MENU) => Ok(Menus::default()),
            Err(error) => Err(error),
        }
    }

    /// Removes all menus, the conditional ones too.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn delete_menus(&self) -> Result<(), CallError> {
        let _: Nothing = self.connection.get("/cgi-bin/menu/delete", &[]).await?;
        Ok(())
    }

    /// Adds a menu for a tag, before all others; gives its `menuid`. It cannot be edited.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn add_conditional_menu(
        &self,
        tag_id: &str,
        buttons: &[Button],
    ) -> Result<String, CallError> {
        #[derive(Deserialize)]
        struct Added {
            #[serde(deserialize_with = "text_or_number")]
            menuid: String,
        }
        let body = json!({ "button": buttons, "matchrule": { "tag_id": tag_id } });
        let added: Added = self
            .connection
            .post("/cgi-bin/menu/addconditional", &body)
            .await?;
        Ok(added.menuid)
    }

    /// # Errors
    /// [`CallError`].
    pub async fn delete_conditional_menu(&self, menu_id: &str) -> Result<(), CallError> {
        let body = json!({ "menuid": menu_id });
        let _: Nothing = self
            .connection
            .post("/cgi-bin/menu/delconditional", &body)
            .await?;
        Ok(())
    }

    /// The buttons that one person sees, by openid.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn try_menu(&self, openid: &str) -> Result<Vec<Button>, CallError> {
        let body = json!({ "user_id": openid });
        let tried: Buttons = self
            .connection
            .post("/cgi-bin/menu/trymatch", &body)
            .await?;
        Ok(tried.button)
    }

    /// The names of the buttons in use, even of a menu made by hand in the console; none when menus
    /// are switched off.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn menu_in_use(&self) -> Result<Vec<String>, CallError> {
        let path = "/cgi-bin/get_current_selfmenu_info";
        let got: InUse = self.connection.get(path, &[]).await?;
        let buttons = got.selfmenu_info.filter(|_| got.is_menu_open == 1);
        let names = buttons.into_iter().flat_map(|menu| menu.button);
        Ok(names.map(|button| button.name).collect())
    }
}

const NO_MENU: i64 = 46003;

#[derive(Deserialize)]
struct Buttons {
    button: Vec<Button>,
}

/// Below the first level it is written in another way, which nobody here reads.
#[derive(Deserialize)]
struct InUse {
    is_menu_open: u8,
    selfmenu_info: Option<InUseButtons>,
}

#[derive(Deserialize)]
struct InUseButtons {
    #[serde(default)]
    button: Vec<InUseButton>,
}

#[derive(Deserialize)]
struct InUseButton {
    name: String,
}

#[derive(Deserialize)]
struct GotMenus {
    menu: Option<Buttons>,
    #[serde(default)]
    conditionalmenu: Vec<GotConditional>,
}

#[derive(Deserialize)]
struct GotConditional {
    button: Vec<Button>,
    matchrule: MatchRule,
    #[serde(deserialize_with = "text_or_number")]
    menuid: String,
}

/// It is asked for as `tag_id`, and older answers call it `group_id`.
#[derive(Deserialize)]
struct MatchRule {
    #[serde(alias = "group_id", deserialize_with = "text_or_number")]
    tag_id: String,
}

impl From<GotMenus> for Menus {
    fn from(got: GotMenus) -> Self {
        let conditional = |menu: GotConditional| ConditionalMenu {
            menu_id: menu.menuid,
            tag_id: menu.matchrule.tag_id,
            buttons: menu.button,
        };
        Self {
            default: got.menu.map(|menu| menu.button),
            conditional: got.conditionalmenu.into_iter().map(conditional).collect(),
        }
    }
}
