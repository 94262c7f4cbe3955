//! GET /cgi-bin/user/info (获取用户基本信息).

use serde_json::json;

use super::authorised;
use crate::sandbox::call::{Answer, Call, Refusal};

pub(super) fn info(call: &Call) -> Answer {
    authorised(call)?;
    let state = call.sandbox.state();
    let person = state.people.find(call.query("openid"));
    let person = person.ok_or_else(|| Refusal::new(40003, "invalid openid"))?;
    if !person.follows {
        return Ok(json!({"subscribe": 0, "openid": person.openid, "unionid": person.unionid}));
    }
    Ok(json!({
        "subscribe": 1,
        "openid": person.openid,
        "language": "zh_CN",
        "subscribe_time": person.followed_at.map_or(0, |at| at.timestamp()),
        "unionid": person.unionid,
        "remark": "",
        "groupid": 0,
        "tagid_list": person.tags,
        "subscribe_scene": "ADD_SCENE_QR_CODE",
        "qr_scene": 0,
        "qr_scene_str": "",
    }))
}
