//! POST /wxa/business/getuserphonenumber (手机号快速验证), and the button that gives the code for it.

use serde::Deserialize;
use serde_json::json;

use super::authorised_mini;
use crate::sandbox::call::{Answer, Call, Refusal};
use crate::sandbox::{Sandbox, Unpushed};

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    code: String,
}

pub(super) fn number(call: &Call) -> Answer {
    authorised_mini(call)?;
    let asked: Asked = call.json()?;
    let sandbox = &call.sandbox;
    let (purpose, now) = (purpose(sandbox), sandbox.now());
    let taken = sandbox.state().codes.take(&purpose, &asked.code, now);
    // One number for what is made up, spent or too old.
    let phone = taken.map_err(|_| Refusal::new(40029, "invalid code"))?;
    Ok(json!({
        "errcode": 0,
        "errmsg": "ok",
        "phone_info": {
            "phoneNumber": phone,
            "purePhoneNumber": phone,
            "countryCode": "86",
            "watermark": {
                "timestamp": now.timestamp(),
                "appid": sandbox.settings().mini_program.app_id,
            },
        },
    }))
}

impl Sandbox {
    /// What the phone button gives to the mini-program when somebody lets it have this number: a
    /// code that works once, for five minutes.
    ///
    /// # Errors
    /// [`Unpushed::NoSuchPerson`].
    pub fn phone_code(&self, openid: &str, phone: &str) -> Result<String, Unpushed> {
        let (purpose, now, entropy) = (purpose(self), self.now(), self.entropy());
        let mut state = self.state();
        state.people.find(openid).ok_or(Unpushed::NoSuchPerson)?;
        let phone = phone.strip_prefix("+86").unwrap_or(phone);
        Ok(state.codes.issue(&purpose, phone, now, entropy))
    }
}

/// It is not the code of `wx.login`.
fn purpose(sandbox: &Sandbox) -> String {
    format!("{} phone", sandbox.settings().mini_program.app_id)
}

#[cfg(test)]
mod tests {
    use chrono::Duration;
    use serde_json::json;

    use crate::sandbox::testing::Trial;

    #[tokio::test]
    async fn a_phone_is_told_once_within_five_minutes_and_to_the_mini_program_only() {
        let world = Trial::new();
        let openid = world.sandbox.add_person("甲").openid;
        let button = format!("/control/people/{openid}/phone-code");
        let code = async || {
            let given = world.post(&button, &json!({"phone": "13912340003"})).await;
            given["code"].clone()
        };
        let token = world.mini_token().await;
        let ask = async |token: &str, code: &serde_json::Value| {
            let path = format!("/weixin/wxa/business/getuserphonenumber?access_token={token}");
            world.post(&path, &json!({ "code": code })).await
        };
        let first = code().await;
        let told = ask(&token, &first).await;
        assert_eq!(told["phone_info"]["purePhoneNumber"], "13912340003");
        assert_eq!(told["phone_info"]["countryCode"], "86");
        assert_eq!(ask(&token, &first).await["errcode"], 40029);

        let login = json!(world.sandbox.mini_code(&openid).unwrap());
        assert_eq!(ask(&token, &login).await["errcode"], 40029);
        let account = world.account_token().await;
        assert_eq!(ask(&account, &code().await).await["errcode"], 40001);
        let late = code().await;
        world.later(Duration::seconds(301));
        assert_eq!(ask(&token, &late).await["errcode"], 40029);
        let stranger = button.replace(&openid, "nobody");
        let refused = world
            .post(&stranger, &json!({"phone": "13912340003"}))
            .await;
        assert_eq!(refused, json!({"detail": "no such person"}));
    }
}
