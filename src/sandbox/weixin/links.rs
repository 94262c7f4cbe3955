//! The ways in from outside: /cgi-bin/qrcode/create (带参数的二维码), /wxa/getwxacodeunlimit (小程序码) and
//! `/wxa/generate_urllink` (URL Link).

use axum::http::header;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Duration, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{authorised, authorised_mini, respond};
use crate::sandbox::call::{Answer, Call, Refusal};
use crate::sandbox::library::MINI_PAGES;
use crate::sandbox::people::event;
use crate::sandbox::xml::Content;
use crate::sandbox::{Pushed, Sandbox, Unpushed};

/// Thirty days, the longest life of a temporary code and of a link.
const MOST_SECONDS: i64 = 2_592_000;
const MOST_DAYS: i64 = 30;
const SCENE_CHARS: usize = 64;
const MINI_SCENE_CHARS: usize = 32;
/// Besides letters and digits, in a mini-program code's scene.
const MINI_SCENE_SIGNS: &str = "!#$&'()*+,/:;=?@-._~";
/// A picture begins so.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// A code that was made, by what it says.
pub(in crate::sandbox) struct Scene {
    url: String,
    /// `scene_str`.
    text: String,
    ticket: String,
    until: DateTime<Utc>,
}

/// A link into the mini-program.
pub(in crate::sandbox) struct UrlLink {
    url: String,
    page: String,
    until: DateTime<Utc>,
}

#[derive(Deserialize)]
struct CreateCode {
    #[serde(default)]
    expire_seconds: i64,
    action_name: String,
    #[serde(default)]
    action_info: Value,
}

pub(super) fn create_code(call: &Call) -> Answer {
    authorised(call)?;
    let asked: CreateCode = call.json()?;
    let scene = asked.action_info["scene"]["scene_str"]
        .as_str()
        .unwrap_or_default();
    let fits = asked.action_name == "QR_STR_SCENE"
        && (1..=SCENE_CHARS).contains(&scene.chars().count())
        && (1..=MOST_SECONDS).contains(&asked.expire_seconds);
    if !fits {
        return Err(Refusal::new(40097, "invalid args"));
    }
    let sandbox = &call.sandbox;
    let made = Scene {
        url: format!("http://weixin.qq.com/q/{}", sandbox.entropy().token()),
        text: scene.to_owned(),
        ticket: format!("gQ{}", sandbox.entropy().token()),
        until: sandbox.now() + Duration::seconds(asked.expire_seconds),
    };
    let answer = json!({
        "ticket": made.ticket,
        "expire_seconds": asked.expire_seconds,
        "url": made.url,
    });
    sandbox.state().scenes.push(made);
    Ok(answer)
}

#[derive(Deserialize)]
struct DrawCode {
    #[serde(default)]
    scene: String,
    #[serde(default)]
    page: String,
}

/// The picture's bytes, or JSON that says why not.
pub(super) async fn draw_code(call: Call) -> Response {
    match drawn(&call) {
        Ok(picture) => ([(header::CONTENT_TYPE, "image/png")], picture).into_response(),
        Err(refusal) => respond(&call, Err(refusal)),
    }
}

fn drawn(call: &Call) -> Result<Vec<u8>, Refusal> {
    authorised_mini(call)?;
    let asked: DrawCode = call.json()?;
    let known = |c: char| c.is_ascii_alphanumeric() || MINI_SCENE_SIGNS.contains(c);
    let fits = (1..=MINI_SCENE_CHARS).contains(&asked.scene.len());
    if !fits || !asked.scene.chars().all(known) {
        return Err(Refusal::new(
            40169,
            "invalid length for scene, or the data is not json string",
        ));
    }
    published(&asked.page, 41030)?;
    Ok([
        PNG,
        asked.page.as_bytes(),
        b"?scene=",
        asked.scene.as_bytes(),
    ]
    .concat())
}

#[derive(Deserialize)]
struct MakeLink {
    #[serde(default)]
    path: String,
    #[serde(default)]
    query: String,
    #[serde(default)]
    expire_type: i64,
    #[serde(default)]
    expire_interval: i64,
}

pub(super) fn make_link(call: &Call) -> Answer {
    authorised_mini(call)?;
    let asked: MakeLink = call.json()?;
    published(&asked.path, 40165)?;
    if asked.expire_type != 1 || !(1..=MOST_DAYS).contains(&asked.expire_interval) {
        return Err(Refusal::new(
            85401,
            "time limit must be between 1min and 30 days",
        ));
    }
    let sandbox = &call.sandbox;
    let link = UrlLink {
        url: format!("https://wxaurl.cn/{}", &sandbox.entropy().token()[..11]),
        page: format!("{}?{}", asked.path, asked.query),
        until: sandbox.now() + Duration::days(asked.expire_interval),
    };
    let answer = json!({"errcode": 0, "errmsg": "ok", "url_link": link.url});
    sandbox.state().url_links.push(link);
    Ok(answer)
}

fn published(page: &str, errcode: i64) -> Result<(), Refusal> {
    let known = MINI_PAGES.contains(&page);
    known
        .then_some(())
        .ok_or_else(|| Refusal::new(errcode, "invalid page"))
}

impl Sandbox {
    /// Scans a code of the account: a stranger is asked to follow and does, a follower comes into the
    /// chat. The account is told the scene.
    ///
    /// # Errors
    /// [`Unpushed`].
    pub async fn scan_code(&self, openid: &str, url: &str) -> Result<Pushed, Unpushed> {
        let now = self.now();
        let (scene, ticket) = {
            let state = self.state();
            let mut alive = state.scenes.iter().filter(|code| now < code.until);
            let code = alive
                .find(|code| code.url == url)
                .ok_or(Unpushed::NoSuchScene)?;
            (code.text.clone(), code.ticket.clone())
        };
        let followed = self.come_by_code(openid)?;
        let mut fields = if followed {
            event("SCAN", &scene)
        } else {
            event("subscribe", &format!("qrscene_{scene}"))
        };
        fields.push(("Ticket", Content::Text(ticket)));
        self.push_to_account(openid, fields).await
    }

    /// Where a URL link leads, while it does.
    #[must_use]
    pub fn open_link(&self, url: &str) -> Option<String> {
        let (state, now) = (self.state(), self.now());
        let mut alive = state.url_links.iter().filter(|link| now < link.until);
        let link = alive.find(|link| link.url == url)?;
        Some(link.page.clone())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use axum::Router;
    use axum::body::Body;
    use axum::http::Request;
    use axum::routing::post;
    use chrono::Duration;
    use serde_json::{Value, json};

    use crate::sandbox::testing::{Trial, against};

    fn code(scene: &str, seconds: i64) -> Value {
        json!({"expire_seconds": seconds, "action_name": "QR_STR_SCENE",
            "action_info": {"scene": {"scene_str": scene}}})
    }

    async fn create(world: &Trial, body: &Value) -> Value {
        let token = world.account_token().await;
        world
            .post(
                &format!("/weixin/cgi-bin/qrcode/create?access_token={token}"),
                body,
            )
            .await
    }

    #[tokio::test]
    async fn a_scene_comes_with_the_first_scan_and_with_every_later_one() {
        let count = Arc::new(Mutex::new(0));
        let counted = count.clone();
        let heard = async move || {
            *counted.lock().unwrap() += 1;
            "success"
        };
        let service = Router::new().route("/wechat", post(heard));
        against(service, async |world: Trial| {
            let made = create(&world, &code("i_abc", 60)).await;
            let openid = world.sandbox.add_person("甲").openid;
            let scan = format!("/control/people/{openid}/scan");
            let asked = json!({"url": made["url"]});
            let mut keys = Vec::new();
            for _ in 0..2 {
                world.post(&scan, &asked).await;
                let told = world.sandbox.log().pop().unwrap().request;
                keys.push(format!("{} {}", told["Event"], told["EventKey"]));
            }
            assert_eq!(
                keys,
                [r#""subscribe" "qrscene_i_abc""#, r#""SCAN" "i_abc""#]
            );
            world.later(Duration::seconds(60));
            let late = world.post(&scan, &asked).await;
            assert_eq!(late, json!({"detail": "no such code, or it has run out"}));
        })
        .await;
        assert_eq!(*count.lock().unwrap(), 2);
    }

    #[tokio::test]
    async fn a_code_lives_a_month_at_most_and_its_scene_has_64_characters() {
        let world = Trial::new();
        let mut number = code("1", 60);
        number["action_name"] = json!("QR_SCENE");
        for (errcode, body) in [
            (Value::Null, code(&"s".repeat(64), 2_592_000)),
            (json!(40097), code(&"s".repeat(65), 60)),
            (json!(40097), code("", 60)),
            (json!(40097), code("s", 2_592_001)),
            (json!(40097), code("s", 0)),
            (json!(40097), number),
        ] {
            assert_eq!(create(&world, &body).await["errcode"], errcode, "{body}");
        }
    }

    #[tokio::test]
    async fn the_ways_into_the_mini_program_have_their_rules() {
        let world = Trial::new();
        let token = world.mini_token().await;
        let draw = format!("/weixin/wxa/getwxacodeunlimit?access_token={token}");
        for (errcode, scene, page) in [
            (40169, "s".repeat(33), "pages/pass/pass"),
            (40169, String::new(), "pages/pass/pass"),
            (40169, "a b".into(), "pages/pass/pass"),
            (41030, "t=1".into(), "pages/none"),
        ] {
            let told = world
                .post(&draw, &json!({"scene": scene, "page": page}))
                .await;
            assert_eq!(told["errcode"], errcode, "{scene} {page}");
        }
        let body = json!({"scene": "t=1", "page": "pages/pass/pass"}).to_string();
        let request = Request::post(&draw).body(Body::from(body)).unwrap();
        let (status, _, json) = world.ask(request).await;
        assert_eq!((status, json), (200, Value::Null), "a picture is no JSON");

        let make = format!("/weixin/wxa/generate_urllink?access_token={token}");
        let link = |path: &str, days: i64| json!({"path": path, "query": "token=1", "expire_type": 1, "expire_interval": days});
        for (errcode, body) in [
            (40165, link("pages/none", 1)),
            (85401, link("pages/pass/pass", 31)),
            (85401, link("pages/pass/pass", 0)),
        ] {
            assert_eq!(world.post(&make, &body).await["errcode"], errcode, "{body}");
        }
        let answer = world.post(&make, &link("pages/pass/pass", 1)).await;
        let url = answer["url_link"].as_str().unwrap();
        let page = || world.sandbox.open_link(url);
        assert_eq!(page().as_deref(), Some("pages/pass/pass?token=1"));
        world.later(Duration::days(1));
        assert_eq!(page(), None);
    }
}
