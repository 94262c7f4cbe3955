//! Facts that nobody brought about: to try words at start, and to show them to their writer.

use super::Facts;
use crate::domain::message::Kind;

/// Facts as hard as they come. What people write is long and mixed: it fits only a field that takes
/// whatever they write.
pub fn hard(kind: Kind) -> Facts {
    facts(kind, |_| "计算机学院 A301 室")
}

/// Facts as they usually are.
pub fn usual(kind: Kind) -> Facts {
    facts(kind, |fact| match fact {
        "submitter" | "visitors" | "visitor" | "invitee" => "张小雨",
        "host" => "刘明",
        "department" => "信息中心",
        "area" => "校园区域",
        "reason" => "业务洽谈",
        "comment" => "请走东门",
        "cause" => "扰乱秩序",
        _ => "计算机学院 A301 室",
    })
}

fn facts(kind: Kind, written: fn(&str) -> &'static str) -> Facts {
    let value = |fact: &str| match fact {
        "number" => "7000000000000000001",
        "starts_at" | "ends_at" | "lapses_at" => "2026年03月02日 14:00",
        "starts_short" | "arrived_at" | "met_at" | "lapses_short" => "03月02日14:00",
        "days" => "3天",
        "dates" => "03-02至03-04",
        "joined" => "2",
        "capacity" | "minutes" => "5",
        "result" => "已通过",
        "mark" => "手机号 139****0003",
        "effect" => "禁止入校",
        "place" => "在东门刷码",
        "pass_token" | "invitation_token" | "registration_token" => "AAAAAAAAAAAAAAAAAAAAAA",
        "login_code" => "042815",
        "pass_code" => "K7Q2MP",
        link if link.ends_with("_link") => "https://pass.example.edu/p/AAAAAAAAAAAAAAAAAAAAAA",
        other => written(other),
    };
    let facts = kind.facts().into_iter();
    facts.map(|fact| (fact, value(fact).to_owned())).collect()
}
