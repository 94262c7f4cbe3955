//! The invented campus of the sandbox: areas, reasons, staff and a gate, through the same actions as
//! the real one's, and its people's accounts in the outside world.

use anyhow::Context;

use crate::actions::campus::{
    NewMember, add_area, add_department, add_device, add_gate, add_member, add_reason,
};
use crate::app::Parts;
use crate::config::Settings;
use crate::ctx::Ctx;
use crate::domain::campus::{Direction, Role};
use crate::domain::{PersonName, Phone};
use crate::store::staff;

/// Name, department, WeCom userid, phone, roles. None of them exists.
const STAFF: [(&str, &str, &str, &str, &[Role]); 5] = [
    ("刘明", "信息中心", "liuming", "13900000001", &[Role::Host]),
    (
        "陈静",
        "信息中心",
        "chenjing",
        "13900000002",
        &[Role::Host, Role::Approver],
    ),
    (
        "王强",
        "机械工程学院",
        "wangqiang",
        "13900000003",
        &[Role::Host],
    ),
    (
        "赵敏",
        "机械工程学院",
        "zhaomin",
        "13900000004",
        &[Role::Host, Role::Approver],
    ),
    (
        "周岚",
        "保卫处",
        "zhoulan",
        "13900000005",
        &[Role::Guard, Role::Administrator],
    ),
];

const AREAS: [&str; 3] = ["校园区域", "图书馆", "丁香水榭小区"];
const REASONS: [&str; 5] = ["业务洽谈", "亲友来访", "讲座会议", "施工维修", "其他"];
/// The gate at which the sandbox's device stands.
const GATE: &str = "东门";
/// Somebody with WeChat, so that the sandbox's page has a phone to show.
const VISITOR: &str = "张小雨";

/// Seeds a database that has no staff yet. The outside world forgets at each start, so its people are
/// made each time.
pub async fn seed(parts: &Parts, settings: &Settings) -> anyhow::Result<()> {
    let ctx = &parts.site.ctx;
    if staff::count(&ctx.db.read).await? == 0 {
        campus(ctx, settings)
            .await
            .context("the sandbox's campus could not be seeded")?;
        tracing::info!("seeded the sandbox's campus");
    }
    if let Some(sandbox) = &parts.sandbox {
        for (name, _, userid, _, _) in STAFF {
            sandbox.add_staff(userid, name);
        }
        let visitor = sandbox.add_person(VISITOR);
        tracing::debug!(sandbox.person = visitor.openid, "somebody with WeChat");
    }
    Ok(())
}

async fn campus(ctx: &Ctx, settings: &Settings) -> anyhow::Result<()> {
    let mut first = None;
    for name in AREAS {
        let area = add_area(ctx, name).await?;
        first.get_or_insert(area);
    }
    for name in REASONS {
        add_reason(ctx, name).await?;
    }
    let area = first.context("there is an area")?;
    add_gate(ctx, GATE, area).await?;
    let sandbox = &settings.sandbox;
    add_device(
        ctx,
        sandbox.device.clone(),
        GATE,
        Direction::In,
        &sandbox.key,
    )
    .await?;
    let mut departments = std::collections::HashMap::new();
    for (name, department, userid, phone, roles) in STAFF {
        let id = match departments.get(department) {
            Some(id) => *id,
            None => {
                let id = add_department(ctx, department).await?;
                departments.insert(department, id);
                id
            }
        };
        let new = NewMember {
            name: PersonName::parse(name)?,
            department: id,
            wecom_userid: userid.to_owned(),
            phone: Phone::parse(phone)?,
            roles: roles.to_vec(),
        };
        add_member(ctx, new).await?;
    }
    Ok(())
}
