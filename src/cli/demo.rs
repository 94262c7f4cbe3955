use crate::config::Settings;
pub async fn play(_: &Settings) -> anyhow::Result<()> {
    Ok(())
}
