//! What a sheet says where the lists of the API have a short text, which each page puts in words itself: the
//! console's are these.

use crate::domain::gate::Reason;
use crate::domain::id_number::IdKind;
use crate::domain::message::Kind;
use crate::domain::screening::EntryState;
use crate::templates::Channel;

/// 证件类型.
pub fn document(kind: IdKind) -> &'static str {
    match kind {
        IdKind::Citizen => "居民身份证",
        IdKind::HongKongMacao => "港澳居民来往内地通行证",
        IdKind::Taiwan => "台湾居民来往大陆通行证",
        IdKind::Passport => "护照",
    }
}

/// Which way a scan went; a two-way device that does not say has none.
pub fn direction(way: &str) -> &'static str {
    match way {
        "in" => "进",
        "out" => "出",
        _ => "",
    }
}

/// What a gate said.
pub fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::BadCode => "二维码无效",
        Reason::StaleCode => "二维码已过期，需刷新",
        Reason::Unknown => "未找到预约",
        Reason::Blocked => "黑名单",
        Reason::Revoked => "凭证已撤销",
        Reason::Unapproved => "未审批通过",
        Reason::NotYet => "未到预约时间",
        Reason::Expired => "预约已过期",
        Reason::Area => "区域不符",
        Reason::Quota => "当日次数已满",
        Reason::Passback => "未出先入",
        Reason::UsedUp => "人数或次数已满",
        Reason::Unavailable => "系统不可用",
        Reason::Ok => "通过",
    }
}

/// What a message is about.
pub fn message(kind: Kind) -> &'static str {
    match kind {
        Kind::ApprovalWaiting => "待审批",
        Kind::ApprovalReminder => "审批提醒",
        Kind::VisitApproved => "预约通过",
        Kind::VisitRejected => "预约被拒绝",
        Kind::VisitReturned => "预约被退回",
        Kind::PassIssued => "通行凭证",
        Kind::GuestArrived => "访客到达",
        Kind::Invited => "受邀通知",
        Kind::Registered => "住户访客登记",
        Kind::InvitationLapsing => "邀请即将失效",
        Kind::InvitationLapsed => "邀请已失效",
        Kind::CardSettled => "审批卡片更新",
        Kind::FollowerSeen => "关注者资料",
        Kind::BlacklistHit => "黑名单到访",
        Kind::AnswerLate => "补发回复",
        Kind::LoginCode => "登录验证码",
    }
}

pub fn channel(channel: Channel) -> &'static str {
    match channel {
        Channel::Subscription => "订阅消息",
        Channel::Template => "模板消息",
        Channel::Sms => "短信",
        Channel::WecomCard => "企业微信卡片",
        Channel::WecomText => "企业微信",
        Channel::CardUpdate => "卡片更新",
        Channel::UserInfo => "用户资料",
    }
}

/// How far a message has come.
pub fn state(state: &str) -> &'static str {
    match state {
        "due" => "待发送",
        "sent" => "已发送",
        "dead" => "未送达",
        "overtaken" => "无需发送",
        _ => "",
    }
}

/// Whether an entry of the blacklist counts.
pub fn standing(state: EntryState) -> &'static str {
    match state {
        EntryState::Active => "生效中",
        EntryState::Over => "已到期",
        EntryState::Lifted => "已移出",
    }
}
