//! `staff import`: who works on campus and what they may do, from the personnel office's list.

use clap::Subcommand;

use super::assembled;
use super::list::{List, ListOptions};
use crate::actions::registers::RegisterError;
use crate::actions::staff::{COLUMNS, Entered, Import, employed, import};
use crate::config::Settings;
use crate::secret::Masked;

#[derive(Subcommand)]
pub enum StaffCommand {
    /// Take a list of staff in: a sheet of Excel (.xlsx) or a CSV whose first row names the columns 姓名, 手机号,
    /// 部门, 企业微信账号 and 角色 (or name, phone, department, userid, roles). 角色 is any of 被访人, 审批人, 抄送人,
    /// 门岗 and 管理员, with spaces between; nothing in it takes all rights away. Whoever has the 企业微信账号
    /// already is changed to what the list says; departments that are new are made. A row with a fault stops
    /// all of it; doing it twice changes nothing.
    Import(ListOptions),
}

pub async fn run(settings: Settings, command: StaffCommand) -> anyhow::Result<()> {
    let StaffCommand::Import(options) = command;
    let list = List::read(&options, &COLUMNS, employed)?;
    let ctx = assembled(&settings).await?.site.ctx.clone();
    let how = Import {
        dry_run: options.dry_run || list.stopped,
        whole: !options.skip_faulty,
    };
    let imported = import(&ctx, "operator", list.rows(), how).await?;
    list.tell(list.rows().zip(&imported.0).map(|(employed, came)| {
        let came = match came {
            Entered::Added => "added",
            Entered::Changed => "changed",
            Entered::Unchanged => "unchanged",
            Entered::Refused => "refused, as the last administrator:",
        };
        let name = Masked::name(employed.name.as_str());
        format!("{came} {name} {}", employed.department)
    }));
    if how.whole && imported.0.contains(&Entered::Refused) {
        anyhow::bail!("nothing was imported: {}", RegisterError::LastAdministrator);
    }
    list.end(imported, &options)
}
