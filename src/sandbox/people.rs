//! The people with a phone in their hand: what WeChat knows of them, and the account's chat on their screen.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Sandbox;
use super::push::{Pushed, Unpushed};
use super::weixin::Windows;
use super::xml::Content;
use crate::entropy::Entropy;

/// Somebody with WeChat.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Person {
    /// How the Official Account knows them: 28 characters.
    pub openid: String,
    /// How the mini-program knows them.
    pub mini_openid: String,
    /// How the whole open platform knows them.
    pub unionid: String,
    pub nickname: String,
    pub follows: bool,
    /// Follows, but refuses the account's messages (拒收).
    pub blocks: bool,
    pub followed_at: Option<DateTime<Utc>>,
    /// The account's tags (标签) on this person.
    pub tags: Vec<i64>,
    #[serde(skip)]
    pub chat: Vec<ChatLine>,
    /// For customer service.
    #[serde(skip)]
    pub(super) windows: Windows,
}

/// One line of the account's chat, oldest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ChatLine {
    pub at: DateTime<Utc>,
    #[serde(flatten)]
    pub what: Said,
}

/// What a line of the chat says.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Said {
    /// The person wrote it.
    Mine { text: String },
    /// The account's answer; `text` is what the screen shows of it, links and all.
    Reply {
        msg_type: String,
        text: String,
        articles: Vec<Article>,
    },
    /// A message of customer service (客服消息).
    Custom {
        text: String,
        articles: Vec<Article>,
    },
    /// A template message.
    Template(TemplateMessage),
    /// WeChat's own line when the account does not answer as it must.
    Fault { text: String },
}

/// One entry of news.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Article {
    pub title: String,
    pub description: String,
    pub url: String,
}

/// A template message as it arrived.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct TemplateMessage {
    /// A number beyond 2^53, as text.
    pub msgid: String,
    pub template_id: String,
    pub title: String,
    pub url: Option<String>,
    pub data: Vec<TemplateLine>,
    /// How many times it was sent again with the same `client_msg_id` and not shown.
    pub suppressed: u32,
}

/// One field of a template message.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct TemplateLine {
    pub name: String,
    pub label: String,
    pub value: String,
}

impl Sandbox {
    /// Somebody new with WeChat, who does not follow the account yet.
    #[must_use]
    pub fn add_person(&self, nickname: &str) -> Person {
        self.state().people.add(nickname, self.entropy())
    }

    /// Everybody with WeChat.
    #[must_use]
    pub fn people(&self) -> Vec<Person> {
        self.state().people.all().to_vec()
    }

    /// Somebody's chat with the account, oldest line first; empty for a stranger.
    #[must_use]
    pub fn chat(&self, openid: &str) -> Vec<ChatLine> {
        let state = self.state();
        state
            .people
            .find(openid)
            .map(|person| person.chat.clone())
            .unwrap_or_default()
    }

    /// What `wx.login` gives to the mini-program on this phone: a code that works once.
    ///
    /// # Errors
    /// [`Unpushed::NoSuchPerson`].
    pub fn mini_code(&self, openid: &str) -> Result<String, Unpushed> {
        self.change(openid, |_| ())?;
        let app = &self.settings().mini_program.app_id;
        Ok(self
            .state()
            .codes
            .issue(app, openid, self.now(), self.entropy()))
    }

    /// Follows the account, which is told.
    ///
    /// # Errors
    /// [`Unpushed`].
    pub async fn follow(&self, openid: &str) -> Result<Pushed, Unpushed> {
        let now = self.now();
        self.change(openid, |person| {
            person.follows = true;
            person.followed_at = Some(now);
            person.windows.open_by_gesture(now);
        })?;
        self.push_to_account(openid, event("subscribe", "")).await
    }

    /// Stops following the account, which is told.
    ///
    /// # Errors
    /// [`Unpushed`].
    pub async fn unfollow(&self, openid: &str) -> Result<Pushed, Unpushed> {
        self.change(openid, |person| {
            person.follows = false;
            person.followed_at = None;
            person.windows = Windows::default();
        })?;
        self.push_to_account(openid, event("unsubscribe", "")).await
    }

    /// Refuses the account's messages (拒收) or takes them again; nobody is told.
    ///
    /// # Errors
    /// [`Unpushed::NoSuchPerson`].
    pub fn block(&self, openid: &str, blocks: bool) -> Result<(), Unpushed> {
        self.change(openid, |person| person.blocks = blocks)
    }

    /// Taps the click button of the menu that has this key.
    ///
    /// # Errors
    /// [`Unpushed`].
    pub async fn tap(&self, openid: &str, key: &str) -> Result<Pushed, Unpushed> {
        self.must_follow(openid)?;
        if !self.menu_has_key(openid, key) {
            return Err(Unpushed::NoSuchKey);
        }
        let now = self.now();
        self.change(openid, |person| person.windows.open_by_gesture(now))?;
        self.push_to_account(openid, event("CLICK", key)).await
    }

    /// Writes to the account.
    ///
    /// # Errors
    /// [`Unpushed`].
    pub async fn say(&self, openid: &str, text: &str) -> Result<Pushed, Unpushed> {
        self.must_follow(openid)?;
        let now = self.now();
        self.change(openid, |person| person.windows.open_by_message(now))?;
        let said = Said::Mine {
            text: text.to_owned(),
        };
        self.state().people.show(openid, now, said);
        let fields = vec![
            ("MsgType", Content::Text("text".to_owned())),
            ("Content", Content::Text(text.to_owned())),
            ("MsgId", Content::Number(self.number())),
        ];
        self.push_to_account(openid, fields).await
    }

    /// Comes into the chat by a code, as a new follower if need be; says whether they followed before.
    pub(super) fn come_by_code(&self, openid: &str) -> Result<bool, Unpushed> {
        let now = self.now();
        let mut followed = false;
        self.change(openid, |person| {
            followed = person.follows;
            person.follows = true;
            person.followed_at = person.followed_at.or(Some(now));
            person.windows.open_by_gesture(now);
        })?;
        Ok(followed)
    }

    /// Only a follower sees the menu and the chat.
    fn must_follow(&self, openid: &str) -> Result<(), Unpushed> {
        let state = self.state();
        let person = state.people.find(openid).ok_or(Unpushed::NoSuchPerson)?;
        person.follows.then_some(()).ok_or(Unpushed::NotFollowing)
    }

    fn change(&self, openid: &str, change: impl FnOnce(&mut Person)) -> Result<(), Unpushed> {
        let mut state = self.state();
        let person = state
            .people
            .find_mut(openid)
            .ok_or(Unpushed::NoSuchPerson)?;
        change(person);
        Ok(())
    }
}

/// An event with a key.
pub(super) fn event(name: &str, key: &str) -> Vec<(&'static str, Content)> {
    vec![
        ("MsgType", Content::Text("event".to_owned())),
        ("Event", Content::Text(name.to_owned())),
        ("EventKey", Content::Text(key.to_owned())),
    ]
}

/// Everybody with WeChat, in the order in which they came.
#[derive(Default)]
pub(super) struct People(Vec<Person>);

impl People {
    pub(super) fn add(&mut self, nickname: &str, entropy: &Entropy) -> Person {
        let id = || format!("o{}", &entropy.token()[..27]);
        let person = Person {
            openid: id(),
            mini_openid: id(),
            unionid: id(),
            nickname: nickname.to_owned(),
            follows: false,
            blocks: false,
            followed_at: None,
            tags: Vec::new(),
            chat: Vec::new(),
            windows: Windows::default(),
        };
        self.0.push(person.clone());
        person
    }

    pub(super) fn all(&self) -> &[Person] {
        &self.0
    }

    pub(super) fn find(&self, openid: &str) -> Option<&Person> {
        self.0.iter().find(|person| person.openid == openid)
    }

    pub(super) fn find_mut(&mut self, openid: &str) -> Option<&mut Person> {
        self.0.iter_mut().find(|person| person.openid == openid)
    }

    /// Counts that a template message was sent again and not shown again.
    pub(super) fn count_suppressed(&mut self, msgid: &str) {
        for line in self.0.iter_mut().flat_map(|person| &mut person.chat) {
            match &mut line.what {
                Said::Template(message) if message.msgid == msgid => message.suppressed += 1,
                Said::Template(_)
                | Said::Custom { .. }
                | Said::Mine { .. }
                | Said::Reply { .. }
                | Said::Fault { .. } => {}
            }
        }
    }

    /// Puts a line into somebody's chat.
    pub(super) fn show(&mut self, openid: &str, at: DateTime<Utc>, what: Said) {
        if let Some(person) = self.find_mut(openid) {
            person.chat.push(ChatLine { at, what });
        }
    }
}

impl Person {
    /// The template messages of the chat, oldest first.
    pub(super) fn templates(&self) -> impl Iterator<Item = &TemplateMessage> {
        self.chat.iter().filter_map(|line| match &line.what {
            Said::Template(message) => Some(message),
            Said::Custom { .. } | Said::Mine { .. } | Said::Reply { .. } | Said::Fault { .. } => {
                None
            }
        })
    }
}
