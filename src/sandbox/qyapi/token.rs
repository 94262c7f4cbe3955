//! GET /cgi-bin/gettoken (获取 `access_token`).

use serde_json::json;

use crate::sandbox::call::{Answer, Call, Refusal};

pub(super) fn issue(call: &Call) -> Answer {
    let sandbox = &call.sandbox;
    let wecom = &sandbox.settings().wecom;
    if call.query("corpid") != wecom.corp_id {
        return Err(Refusal::new(40013, "invalid corpid"));
    }
    if call.query("corpsecret") != wecom.secret {
        return Err(Refusal::new(40001, "invalid credential"));
    }
    let (now, entropy) = (sandbox.now(), sandbox.entropy());
    let (token, expires_in) = sandbox.state().tokens.current(&wecom.corp_id, now, entropy);
    Ok(json!({"errcode": 0, "errmsg": "ok", "access_token": token, "expires_in": expires_in}))
}
