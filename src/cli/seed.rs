//! The invented campus of the sandbox: areas, reasons, staff and gates, through the same actions as
//! the real one's, and its people's accounts in the outside world.

use std::collections::HashMap;

use anyhow::Context;

use crate::actions::campus::{
    NewMember, add_area, add_department, add_device, add_gate, add_member, add_quarter, add_reason,
};
use crate::actions::residents::{Import, Listed, import};
use crate::app::Parts;
use crate::config::Settings;
use crate::ctx::Ctx;
use crate::domain::campus::{DeviceId, DeviceKey, Direction, Role};
use crate::domain::resident::Quarter;
use crate::domain::{HouseNumber, PersonName, Phone};
use crate::store::staff;

/// Name, department, WeCom userid, phone, roles. None of them exists.
const STAFF: [(&str, &str, &str, &str, &[Role]); 8] = [
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
    ("吴芳", DESK, "wufang", "13900000006", &[Role::Approver]),
    (
        "冯静",
        "信息中心",
        "fengjing",
        "13900000007",
        &[Role::Reader],
    ),
    ("高峰", "保卫处", "gaofeng", "13900000008", &[Role::Guard]),
];

/// The residential quarter, its desk and its residents: name, phone, house number.
const QUARTER: &str = "丁香水榭小区";
const DESK: &str = "丁香水榭社区";
const RESIDENTS: [(&str, &str, &str); 3] = [
    ("王建国", "13900000101", "3栋2单元501"),
    ("李秀英", "13900000102", "5栋1单元302"),
    ("何伟", "13900000103", "A座1201"),
];

const AREAS: [&str; 3] = ["校园区域", "图书馆", QUARTER];
const REASONS: [&str; 5] = ["业务洽谈", "亲友来访", "讲座会议", "施工维修", "其他"];
/// The gate at which the sandbox's device stands.
const GATE: &str = "东门";
/// The quarter's own gate.
const QUARTER_GATE: &str = "丁香水榭门";
/// The sandbox's further devices: number, gate, way.
const DEVICES: [(&str, &str, Direction); 3] = [
    ("G02", QUARTER_GATE, Direction::In),
    ("G03", GATE, Direction::Out),
    ("G04", QUARTER_GATE, Direction::Out),
];
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
        let (first, key) = (&settings.sandbox.device, key_of(&settings.sandbox.key)?);
        sandbox.add_gate(first.as_str(), &place(GATE, Direction::In), key);
        for (id, gate, way) in DEVICES {
            sandbox.add_gate(id, &place(gate, way), key_of(&derived_key(ctx, id))?);
        }
        let visitor = sandbox.add_person(VISITOR);
        tracing::debug!(sandbox.person = visitor.openid, "somebody with WeChat");
    }
    Ok(())
}

async fn campus(ctx: &Ctx, settings: &Settings) -> anyhow::Result<()> {
    let (mut areas, mut reasons) = (HashMap::new(), HashMap::new());
    for name in AREAS {
        areas.insert(name, add_area(ctx, name).await?);
    }
    for name in REASONS {
        reasons.insert(name, add_reason(ctx, name).await?);
    }
    add_gate(ctx, GATE, areas[AREAS[0]]).await?;
    let sandbox = &settings.sandbox;
    add_device(
        ctx,
        sandbox.device.clone(),
        GATE,
        Direction::In,
        &sandbox.key,
    )
    .await?;
    let mut departments = HashMap::new();
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
    let quarter = Quarter {
        area: areas[QUARTER],
        desk: departments[DESK],
        reason: reasons["亲友来访"],
    };
    people_of(ctx, &quarter).await?;
    for (id, gate, way) in DEVICES {
        let device = DeviceId::parse(id).context("a device's number")?;
        add_device(ctx, device, gate, way, &derived_key(ctx, id)).await?;
    }
    Ok(())
}

/// The residential quarter with its gate and its residents.
async fn people_of(ctx: &Ctx, quarter: &Quarter) -> anyhow::Result<()> {
    add_quarter(ctx, quarter).await?;
    add_gate(ctx, QUARTER_GATE, quarter.area).await?;
    let mut list = Vec::new();
    for (name, phone, house) in RESIDENTS {
        list.push(Listed {
            name: PersonName::parse(name)?,
            phone: Phone::parse(phone)?,
            house: HouseNumber::parse(house)?,
        });
    }
    let how = Import {
        whole: true,
        dry_run: false,
    };
    import(ctx, "operator", &list, how).await?;
    Ok(())
}

/// Derived, since the sandbox forgets it at each start and the database does not.
fn derived_key(ctx: &Ctx, device: &str) -> DeviceKey {
    DeviceKey::new(ctx.keys.derive("sandbox gate", device))
}

fn key_of(key: &DeviceKey) -> anyhow::Result<[u8; 32]> {
    let bytes = key.bytes().try_into();
    bytes.map_err(|_| anyhow::anyhow!("a device's key is not of 32 bytes"))
}

fn place(gate: &str, way: Direction) -> String {
    let way = match way {
        Direction::In => "进",
        Direction::Out => "出",
        Direction::Both => "进出",
    };
    format!("{gate} · {way}")
}
