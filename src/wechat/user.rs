//! Followers, and the codes that make followers.
//!
//! Sources: <https://developers.weixin.qq.com/doc/offiaccount/User_Management/Get_users_basic_information_UnionID.html>,
//! <https://developers.weixin.qq.com/doc/offiaccount/Account_Management/Generating_a_Parametric_QR_Code.html>.

use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use super::account::OfficialAccount;
use crate::tencent::call::CallError;

/// What WeChat tells of a person.
#[derive(Clone, PartialEq, Eq)]
pub struct Follower {
    pub openid: String,
    pub follows: bool,
    /// The same in all apps of one open-platform account; absent when there is none.
    pub unionid: Option<String>,
}

/// A QR code that brings its scene into [`Event::Subscribe`](super::event::Event::Subscribe) or
/// [`Event::Scan`](super::event::Event::Scan).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct SceneCode {
    /// For `https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket=`.
    pub ticket: String,
    /// What the code says; we draw it ourselves.
    pub url: String,
}

/// The longest life of a temporary scene code.
const MAX_SCENE_SECONDS: u64 = 2_592_000;

impl OfficialAccount {
    /// # Errors
    /// [`CallError`]; 40003 for an openid of another app.
    pub async fn follower(&self, openid: &str) -> Result<Follower, CallError> {
        #[derive(Deserialize)]
        struct Info {
            subscribe: u8,
            openid: String,
            unionid: Option<String>,
        }
        let query = [("openid", openid), ("lang", "zh_CN")];
        let info: Info = self.connection.get("/cgi-bin/user/info", &query).await?;
        Ok(Follower {
            openid: info.openid,
            follows: info.subscribe == 1,
            unionid: info.unionid,
        })
    }

    /// Makes a temporary code. The scene is at most 64 characters; the life at most 30 days, and cut
    /// to that.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn create_scene_code(
        &self,
        scene: &str,
        life: Duration,
    ) -> Result<SceneCode, CallError> {
        let body = json!({
            "expire_seconds": life.as_secs().min(MAX_SCENE_SECONDS),
            "action_name": "QR_STR_SCENE",
            "action_info": { "scene": { "scene_str": scene } },
        });
        self.connection.post("/cgi-bin/qrcode/create", &body).await
    }
}
