//! POST /cgi-bin/stable_token (获取稳定版接口调用凭据), for the Official Account and the mini-program.

use serde::Deserialize;
use serde_json::json;

use crate::sandbox::Sandbox;
use crate::sandbox::call::{Answer, Call, Refusal};

#[derive(Deserialize)]
struct StableToken {
    #[serde(default)]
    grant_type: String,
    #[serde(default)]
    appid: String,
    #[serde(default)]
    secret: String,
    #[serde(default)]
    force_refresh: bool,
}

pub(super) fn stable(call: &Call) -> Answer {
    let asked: StableToken = call.json()?;
    if asked.grant_type != "client_credential" {
        return Err(Refusal::new(40002, "invalid grant_type"));
    }
    let sandbox = &call.sandbox;
    authenticated(sandbox, &asked.appid, &asked.secret)?;
    let (app, now, entropy) = (&asked.appid, sandbox.now(), sandbox.entropy());
    let tokens = &mut sandbox.state().tokens;
    let (access_token, expires_in) = if asked.force_refresh {
        tokens
            .forced(app, now, entropy)
            .map_err(|_| Refusal::new(45009, "reach max api daily quota limit"))?
    } else {
        tokens.current(app, now, entropy)
    };
    Ok(json!({"access_token": access_token, "expires_in": expires_in}))
}

/// Checks app id and secret of either app.
pub(super) fn authenticated(sandbox: &Sandbox, app: &str, secret: &str) -> Result<(), Refusal> {
    let (account, mini) = (
        &sandbox.settings().official_account,
        &sandbox.settings().mini_program,
    );
    let right = if app == account.app_id {
        &account.secret
    } else if app == mini.app_id {
        &mini.secret
    } else {
        return Err(Refusal::new(40013, "invalid appid"));
    };
    if secret == right {
        Ok(())
    } else {
        Err(Refusal::new(40125, "invalid appsecret"))
    }
}

#[cfg(test)]
mod tests {
    use chrono::Duration;
    use serde_json::{Value, json};

    use crate::sandbox::testing::Trial;

    async fn ask(world: &Trial, change: impl Fn(&mut Value)) -> Value {
        let mut asked = json!({"grant_type": "client_credential", "appid": "wx-account",
            "secret": "account-secret"});
        change(&mut asked);
        world.post("/weixin/cgi-bin/stable_token", &asked).await
    }

    #[tokio::test]
    async fn the_same_token_is_given_until_it_is_nearly_over() {
        let world = Trial::new();
        let first = ask(&world, |_| ()).await;
        assert_eq!(first["expires_in"], 7200);
        world.later(Duration::seconds(6000));
        let second = ask(&world, |_| ()).await;
        assert_eq!(second["access_token"], first["access_token"]);
        assert_eq!(second["expires_in"], 1200);
        let forced = ask(&world, |asked| asked["force_refresh"] = json!(true)).await;
        assert_ne!(forced["access_token"], first["access_token"]);
        let mini = ask(&world, |asked| {
            asked["appid"] = json!("wx-mini");
            asked["secret"] = json!("mini-secret");
        });
        assert!(mini.await["access_token"].is_string());
    }

    #[tokio::test]
    async fn who_is_not_the_account_gets_no_token() {
        let world = Trial::new();
        for (errcode, field, value) in [
            (40013, "appid", "wx-other"),
            (40125, "secret", "mini-secret"),
            (40002, "grant_type", "password"),
        ] {
            let answer = ask(&world, |asked| asked[field] = json!(value)).await;
            assert_eq!(answer["errcode"], errcode);
        }
        let log = world.sandbox.log();
        assert_eq!(
            (log[0].path.as_str(), log[0].errcode.clone()),
            ("/weixin/cgi-bin/stable_token", Some(json!(40013)),)
        );
        assert_eq!(log[0].request["secret"], "…");
    }

    #[tokio::test]
    async fn a_revoked_token_is_not_accepted() {
        let world = Trial::new();
        let token = world.account_token().await;
        let path =
            format!("/weixin/cgi-bin/template/get_all_private_template?access_token={token}");
        let listed = world.get(&path).await;
        assert_eq!(
            listed["template_list"][0]["content"],
            "被访人:{{thing1.DATA}}\n到访区域:{{thing2.DATA}}\n\
             开始时间:{{time3.DATA}}\n审批结果:{{phrase4.DATA}}\n"
        );
        world.sandbox.revoke_tokens();
        assert_eq!(world.get(&path).await["errcode"], 40001);
    }
}
