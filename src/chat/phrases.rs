//! All words of the conversation. Links are `<a>`, the one tag that WeChat shows in a text.

use crate::ctx::Ctx;
use crate::domain::actors::Guest;
use crate::domain::pass::Pass;
use crate::domain::window::short_time;
use crate::store::visit_facts::VisitFacts;

/// The answer to the menu button 重工校园通.
pub fn entrance(ctx: &Ctx) -> String {
    format!(
        "重工校园通\n{}\n{}\n{}",
        link(ctx, "访客预约", "/h5/book"),
        link(ctx, "丁香水榭小区访客登记", "/h5/register"),
        records(ctx)
    )
}

pub fn records(ctx: &Ctx) -> String {
    link(ctx, "我的预约", "/h5/book?tab=records")
}

/// To somebody who is not known to be staff; the page asks WeCom who they are.
pub fn approvals(ctx: &Ctx) -> String {
    format!(
        "请在企业微信中打开：\n{}",
        link(ctx, "访客审批", "/h5/staff")
    )
}

/// What waits for an approver, newest first.
pub fn waiting(ctx: &Ctx, waiting: &[VisitFacts]) -> String {
    if waiting.is_empty() {
        return format!("没有待处理的申请。\n{}", link(ctx, "访客审批", "/h5/staff"));
    }
    let line = |facts: &VisitFacts| {
        let name = format!("{} {}", facts.area.name, times(ctx, facts));
        link(
            ctx,
            &name,
            &format!("/h5/staff/approvals/{}", facts.visit.id),
        )
    };
    let mut lines = vec!["待处理（请在企业微信中打开）：".to_owned()];
    lines.extend(waiting.iter().map(line));
    lines.join("\n")
}

/// How an application stands that a member of staff may see.
pub fn visit_to_approve(ctx: &Ctx, facts: &VisitFacts) -> String {
    let page = format!("/h5/staff/approvals/{}", facts.visit.id);
    let stage = facts.visit.stage.word();
    format!("访客申请单{stage}。\n{}", link(ctx, "查看", &page))
}

/// To staff in the WeCom application.
pub fn staff_help(ctx: &Ctx) -> String {
    format!(
        "您可以回复：\n审批 —— 查看待处理\n单据号 —— 查询该申请的进度\n{}",
        link(ctx, "访客审批", "/h5/staff")
    )
}

/// Before the passes for a gate whose code was scanned.
pub fn gate(name: &str, passes: &str) -> String {
    format!("{name}\n{passes}")
}

/// The first words to a new follower.
pub fn welcome(ctx: &Ctx) -> String {
    format!(
        "欢迎关注重庆工业职业技术学院。来访请先预约：\n{}",
        entrance(ctx)
    )
}

/// The way to somebody else's invitation.
pub fn invitation(ctx: &Ctx, token: &str) -> String {
    link(ctx, "接受邀请", &format!("/i/{token}"))
}

/// The way to a pass whose code was scanned.
pub fn shared_pass(ctx: &Ctx, token: &str) -> String {
    link(ctx, "打开通行证", &format!("/p/{token}"))
}

pub fn help() -> &'static str {
    "您可以回复：\n预约 —— 预约进校\n我的预约 —— 查看申请\n我的通行证 —— 打开二维码\n单据号 —— 查询该申请的进度"
}

/// One pass of one's own.
pub fn pass(ctx: &Ctx, facts: &VisitFacts, pass: &Pass) -> String {
    let token = ctx
        .keys
        .link_token("pass", pass.id.get(), pass.link_generation);
    let name = format!("{} {}", facts.area.name, times(ctx, facts));
    link(ctx, &name, &format!("/p/{}", token.reveal()))
}

pub fn no_passes(ctx: &Ctx) -> String {
    format!(
        "您没有可用的通行证。\n{}",
        link(ctx, "访客预约", "/h5/book")
    )
}

/// How one's own application stands.
pub fn visit(ctx: &Ctx, guest: &Guest, facts: &VisitFacts) -> String {
    let page = format!("/h5/visits/{}", facts.visit.id);
    let (_, stage) = facts.stage_for(guest.into());
    format!(
        "您到{}的申请{stage}（{}）。\n{}",
        facts.area.name,
        times(ctx, facts),
        link(ctx, "查看", &page)
    )
}

pub fn no_visit() -> &'static str {
    "没有找到您的这份申请，请核对单据号。"
}

fn times(ctx: &Ctx, facts: &VisitFacts) -> String {
    let (now, window) = (ctx.clock.now(), &facts.visit.window);
    format!(
        "{} 至 {}",
        short_time(window.from(), now),
        short_time(window.until(), now)
    )
}

fn link(ctx: &Ctx, name: &str, path: &str) -> String {
    format!("<a href=\"{}{path}\">{name}</a>", ctx.policy.public_url)
}
