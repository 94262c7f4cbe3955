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
