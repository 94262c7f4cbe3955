//! All words of the conversation. Links are `<a>`, the one tag that WeChat shows in a text.

use crate::ctx::Ctx;

/// The answer to the menu button 重工校园通.
pub fn entrance(ctx: &Ctx) -> String {
    let link = |name: &str, path: &str| format!("<a href=\"{}\">{name}</a>", ctx.link(path));
    [
        "重工校园通".to_owned(),
        link("访客预约", "/h5/book"),
        link("丁香水榭小区访客登记", "/h5/register"),
        link("我的预约", "/h5/book?tab=records"),
    ]
    .join("\n")
}

/// The first words to a new follower.
pub fn welcome(ctx: &Ctx) -> String {
    format!(
        "欢迎关注重庆工业职业技术学院。来访请先预约：\n{}",
        entrance(ctx)
    )
}
