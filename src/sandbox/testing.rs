//! A box on its own for the tests of its parts, called through its router as the service would call it.

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tower::ServiceExt;

use super::{
    AliyunSms, MiniProgram, OfficialAccount, Sandbox, SandboxSettings, SmsAccounts, TencentSms,
    WeCom,
};
use crate::clock::Clock;
use crate::entropy::Entropy;

pub(super) struct Trial {
    pub sandbox: Sandbox,
    pub clock: Clock,
}

/// Plays a story while `service` is the service that the box tells what happens.
pub(super) async fn against<T>(service: Router, story: impl AsyncFnOnce(Trial) -> T) -> T {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let serve = axum::serve(listener, service).into_future();
    tokio::select! {
        ended = serve => unreachable!("the service ended: {ended:?}"),
        told = story(Trial::with_service(&address)) => told,
    }
}

/// A card for an approver, ready for `message/send`.
pub(super) fn card(users: &str, task: &str) -> Value {
    json!({
        "touser": users,
        "msgtype": "template_card",
        "agentid": 1_000_002,
        "template_card": {
            "card_type": "button_interaction",
            "main_title": {"title": "访客申请单", "desc": "张* 申请来访"},
            "horizontal_content_list": [{"keyname": "到访区域", "value": "校园区域"}],
            "task_id": task,
            "button_list": [
                {"text": "同意", "style": 1, "key": "approve"},
                {"text": "拒绝", "type": 1, "url": "http://service.test/h5/staff/approvals/1"},
            ],
        },
    })
}

impl Trial {
    pub(super) fn new() -> Self {
        Self::with_service("http://service.test")
    }

    pub(super) fn with_service(service: &str) -> Self {
        Self::with(service, "sms-key")
    }

    pub(super) fn with_sms_key(key: &str) -> Self {
        Self::with("http://service.test", key)
    }

    fn with(service: &str, sms_key: &str) -> Self {
        let clock = Clock::at(DateTime::from_timestamp(1_772_000_000, 0).unwrap());
        let sandbox = Sandbox::new(SandboxSettings {
            clock: clock.clone(),
            entropy: Entropy::seeded(1),
            service: service.into(),
            here: "http://service.test/sandbox".into(),
            official_account: OfficialAccount {
                app_id: "wx-account".into(),
                original_id: "gh_account".into(),
                token: "account-token".into(),
                encoding_aes_key: "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG".into(),
                secret: "account-secret".into(),
            },
            mini_program: MiniProgram {
                app_id: "wx-mini".into(),
                original_id: "gh_mini".into(),
                token: "mini-token".into(),
                encoding_aes_key: "lWsXQ6h2GvY0bPpJcRk3oTz8nEfUyDa5i1mCqV9rSxK".into(),
                secret: "mini-secret".into(),
            },
            wecom: WeCom {
                corp_id: "corp".into(),
                agent_id: 1_000_002,
                token: "wecom-token".into(),
                encoding_aes_key: "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C".into(),
                secret: "wecom-secret".into(),
            },
            sms: SmsAccounts {
                tencent: Some(TencentSms {
                    secret_id: "AKIDtest".into(),
                    secret_key: sms_key.into(),
                    sdk_app_id: "1400006666".into(),
                    sign_name: "重庆工业职业技术学院".into(),
                    report_key: "tencents-reports".into(),
                }),
                aliyun: Some(AliyunSms {
                    access_key_id: "LTAItest".into(),
                    access_key_secret: sms_key.into(),
                    sign_name: "重庆工业职业技术学院".into(),
                    report_key: "aliyuns-reports".into(),
                }),
            },
        });
        sandbox.add_gate("G03", "东门 · 进", [7; 32]);
        Self { sandbox, clock }
    }

    pub(super) fn with_staff() -> Self {
        let world = Self::new();
        world.sandbox.add_staff("zhang", "张老师");
        world.sandbox.add_staff("li", "李老师");
        world
    }

    /// Somebody who follows the account already.
    pub(super) fn follower(&self, nickname: &str) -> String {
        let openid = self.sandbox.add_person(nickname).openid;
        self.sandbox
            .state()
            .people
            .find_mut(&openid)
            .unwrap()
            .follows = true;
        openid
    }

    pub(super) fn later(&self, by: Duration) {
        self.clock.set(self.clock.now() + by);
    }

    pub(super) async fn get(&self, path: &str) -> Value {
        self.ask(Request::get(path).body(Body::empty()).unwrap())
            .await
            .2
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Value {
        let request = Request::post(path).header("content-type", "application/json");
        self.ask(request.body(body.to_string().into()).unwrap())
            .await
            .2
    }

    /// Opens a page in a browser: status and where it leads.
    pub(super) async fn visit(&self, path: &str) -> (u16, String) {
        let (status, location, _) = self
            .ask(Request::get(path).body(Body::empty()).unwrap())
            .await;
        (status, location)
    }

    pub(super) async fn ask(&self, request: Request<Body>) -> (u16, String, Value) {
        let response = self.sandbox.router().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let location = response.headers().get("location");
        let location = location
            .map_or("", |location| location.to_str().unwrap())
            .to_owned();
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 20)
            .await
            .unwrap_or_default();
        (
            status,
            location,
            serde_json::from_slice(&bytes).unwrap_or_default(),
        )
    }

    pub(super) async fn account_token(&self) -> String {
        let asked = json!({"grant_type": "client_credential", "appid": "wx-account",
            "secret": "account-secret"});
        let answer = self.post("/weixin/cgi-bin/stable_token", &asked).await;
        answer["access_token"].as_str().unwrap().to_owned()
    }

    pub(super) async fn mini_token(&self) -> String {
        let asked = json!({"grant_type": "client_credential", "appid": "wx-mini",
            "secret": "mini-secret"});
        let answer = self.post("/weixin/cgi-bin/stable_token", &asked).await;
        answer["access_token"].as_str().unwrap().to_owned()
    }

    pub(super) async fn wecom_token(&self) -> String {
        let path = "/qyapi/cgi-bin/gettoken?corpid=corp&corpsecret=wecom-secret";
        self.get(path).await["access_token"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// WeCom's `message/send`.
    pub(super) async fn send(&self, message: &Value) -> Value {
        let token = self.wecom_token().await;
        self.post(
            &format!("/qyapi/cgi-bin/message/send?access_token={token}"),
            message,
        )
        .await
    }

    /// A signed `SendSms`.
    pub(super) async fn sms(&self, message: &Value) -> Value {
        self.ask(self.sms_request(message, self.clock.now()))
            .await
            .2
    }

    pub(super) fn sms_request(&self, message: &Value, at: DateTime<Utc>) -> Request<Body> {
        let body = message.to_string();
        let account = self.sandbox.settings().sms.tencent.as_ref().unwrap();
        let (timestamp, authorization) =
            super::sms::tc3_authorization(account, at, body.as_bytes());
        Request::post("/sms/tencent")
            .header("host", "gateway.test")
            .header("content-type", "application/json; charset=utf-8")
            .header("x-tc-action", "SendSms")
            .header("x-tc-version", "2021-01-11")
            .header("x-tc-region", "ap-guangzhou")
            .header("x-tc-timestamp", timestamp)
            .header("authorization", authorization)
            .body(body.into())
            .unwrap()
    }

    /// A signed `SendSms` of Aliyun's.
    pub(super) fn aliyun_request(
        &self,
        query: &[(String, String)],
        nonce: &str,
        at: DateTime<Utc>,
    ) -> Request<Body> {
        let mut url = reqwest::Url::parse("http://gateway.test/sms/aliyun").unwrap();
        url.query_pairs_mut().extend_pairs(query);
        let account = self.sandbox.settings().sms.aliyun.as_ref().unwrap();
        let headers = super::sms::acs3_authorization(account, at, nonce, query);
        let path = format!("{}?{}", url.path(), url.query().unwrap_or_default());
        let request = headers
            .into_iter()
            .fold(Request::post(path), |request, (name, value)| {
                request.header(name, value)
            });
        request.body(Body::empty()).unwrap()
    }
}
