//! What a sheet says where the lists of the API have a short text, which each page puts in words itself.

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
        Reason::StaleCode => "二维码已过期",
        Reason::Unknown => "没有通行凭证",
        Reason::Blocked => "在黑名单中",
        Reason::Revoked => "通行凭证已作废",
        Reason::Unapproved => "未通过审批",
        Reason::NotYet => "未到访问时间",
        Reason::Expired => "已过访问时间",
        Reason::Area => "不在可通行区域",
        Reason::Quota => "已达当日次数",
        Reason::Passback => "重复进出",
        Reason::UsedUp => "人数或次数已满",
        Reason::Unavailable => "系统繁忙",
        Reason::Ok => "放行",
    }
}

/// What a message is about.
pub fn message(kind: Kind) -> &'static str {
    match kind {
        Kind::ApprovalWaiting => "待审批",
        Kind::ApprovalReminder => "审批提醒",
        Kind::VisitApproved => "审批通过",
        Kind::VisitRejected => "审批拒绝",
        Kind::VisitReturned => "审批退回",
        Kind::PassIssued => "通行凭证",
        Kind::GuestArrived => "访客到达",
        Kind::Invited => "邀约",
        Kind::Registered => "小区登记",
        Kind::InvitationLapsing => "邀约即将失效",
        Kind::InvitationLapsed => "邀约已失效",
        Kind::CardSettled => "更新审批卡片",
        Kind::FollowerSeen => "关注公众号",
        Kind::BlacklistHit => "黑名单预警",
        Kind::AnswerLate => "迟到的回复",
        Kind::LoginCode => "登录验证码",
    }
}

pub fn channel(channel: Channel) -> &'static str {
    match channel {
        Channel::Subscription => "订阅消息",
        Channel::Template => "模板消息",
        Channel::Sms => "短信",
        Channel::WecomCard => "企业微信卡片",
        Channel::WecomText => "企业微信文本",
        Channel::CardUpdate => "企业微信卡片更新",
        Channel::UserInfo => "用户信息",
    }
}

/// How far a message has come.
pub fn state(state: &str) -> &'static str {
    match state {
        "due" => "待发送",
        "sent" => "已发送",
        "dead" => "发送失败",
        "overtaken" => "不再需要",
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
