//! Deliveries to `/wechat` and `/wecom` made by hand, to have one thing in them wrong. The right ones
//! are the sandbox's, which seals with code of its own.

use axum::body::Body;
use axum::http::Request;
use campus_pass::config::Settings;
use campus_pass::tencent::envelope::{EncodingAesKey, Envelope};
use campus_pass::tencent::signature::sign;
use secrecy::ExposeSecret;

use super::{Answer, App};

/// What is sent; every part can be set to something else.
#[derive(Clone)]
pub struct Delivery {
    pub path: &'static str,
    pub token: String,
    pub key: EncodingAesKey,
    pub receive_id: String,
    pub timestamp: i64,
    pub plain: String,
}

impl Delivery {
    pub fn to_account(app: &App, plain: &str) -> Self {
        let Settings {
            official_account: oa,
            ..
        } = &app.settings;
        Self {
            path: "/wechat",
            token: oa.token.expose_secret().to_owned(),
            key: oa.encoding_aes_key.clone(),
            receive_id: oa.app_id.clone(),
            timestamp: app.ctx.clock.now().timestamp(),
            plain: plain.to_owned(),
        }
    }

    pub fn to_mini(app: &App, plain: &str) -> Self {
        let mini = &app.settings.mini_program;
        Self {
            path: "/mini",
            token: mini.token.expose_secret().to_owned(),
            key: mini.encoding_aes_key.clone(),
            receive_id: mini.app_id.clone(),
            ..Self::to_account(app, plain)
        }
    }

    pub fn to_wecom(app: &App, plain: &str) -> Self {
        let wecom = &app.settings.wecom;
        Self {
            path: "/wecom",
            token: wecom.token.expose_secret().to_owned(),
            key: wecom.encoding_aes_key.clone(),
            receive_id: wecom.corp_id.clone(),
            ..Self::to_account(app, plain)
        }
    }

    /// An event of WeCom: somebody touches a card.
    pub fn of_card(app: &App, userid: &str, task: &str, key: &str) -> Self {
        let corp = &app.settings.wecom.corp_id;
        let at = app.ctx.clock.now().timestamp();
        let plain = format!(
            "<xml><ToUserName>{corp}</ToUserName><FromUserName>{userid}</FromUserName>\
             <CreateTime>{at}</CreateTime><MsgType>event</MsgType>\
             <Event>template_card_event</Event><EventKey>{key}</EventKey><TaskId>{task}</TaskId>\
             <CardType>button_interaction</CardType><ResponseCode>R</ResponseCode>\
             <AgentID>1000002</AgentID></xml>"
        );
        Self::to_wecom(app, &plain)
    }

    pub fn sealed(&self) -> String {
        let envelope = Envelope {
            key: self.key.clone(),
            receive_id: self.receive_id.clone(),
        };
        envelope.seal(self.plain.as_bytes(), [5; 16])
    }

    /// The path with a query that signs `covered`.
    pub fn address(&self, covered: &str) -> String {
        let (timestamp, nonce) = (self.timestamp.to_string(), "42");
        let signature = sign(&[&self.token, &timestamp, nonce]);
        let msg_signature = sign(&[&self.token, &timestamp, nonce, covered]);
        format!(
            "{}?timestamp={timestamp}&nonce={nonce}&signature={signature}\
             &msg_signature={msg_signature}&encrypt_type=aes",
            self.path
        )
    }

    pub async fn send(&self, app: &App) -> Answer {
        let sealed = self.sealed();
        let body = format!("<xml><ToUserName>x</ToUserName><Encrypt>{sealed}</Encrypt></xml>");
        self.send_body(app, &sealed, body).await
    }

    /// Signs `covered` and sends `body`.
    pub async fn send_body(&self, app: &App, covered: &str, body: String) -> Answer {
        let request = Request::post(self.address(covered)).body(Body::from(body));
        app.send(request.unwrap()).await
    }
}
