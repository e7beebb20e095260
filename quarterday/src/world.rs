//! The world of an installation: one that is named, or one that is generated at the first start.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use chrono::{DateTime, Duration, NaiveTime, Utc};
use cloud::Lake;
use domain::{AssetList, Key, World};
use tokio::process::Command;

use crate::home::Home;
use crate::service::program;

/// What is generated when no world is named.
const SEED: u64 = 7;
const ASSETS: u32 = 30;
const POSTS_PER_SLOT: u32 = 240;
/// Days of the generated world before and after the day on which it is made.
const PAST_DAYS: i64 = 60;
const COMING_DAYS: i64 = 60;

/// A world that can be served.
#[derive(Debug, Clone)]
pub struct OpenWorld {
    /// Its folder.
    pub folder: PathBuf,
    /// Its description.
    pub world: World,
    /// Whether it was generated for this installation, around the day of its first start.
    pub generated: bool,
    assets: Vec<u8>,
}

/// Opens the world in `named`, else the one generated in `home`, which is made when missing.
///
/// # Errors
/// A file is missing or malformed; or the installation was filled from another world.
pub async fn open(home: &Home, named: Option<&Path>, now: DateTime<Utc>) -> anyhow::Result<OpenWorld> {
    let generated = home.join("world");
    let folder = match named {
        Some(folder) => folder
            .canonicalize()
            .with_context(|| format!("world {}: is the folder there?", folder.display()))?,
        None => {
            if !generated.join("world.json").is_file() {
                generate(home, &generated, now).await?;
            }
            generated.clone()
        }
    };
    let read = |name: &str| {
        let path = folder.join(name);
        fs::read(&path).with_context(|| {
            format!(
                "world file {}: a world needs world.json, assets.csv, posts, articles and bars",
                path.display()
            )
        })
    };
    let description = folder.join("world.json");
    let world: World =
        serde_json::from_slice(&read("world.json")?).with_context(|| description.display().to_string())?;
    let assets = read("assets.csv")?;
    AssetList::from_csv(&assets).with_context(|| folder.join("assets.csv").display().to_string())?;
    for name in ["posts.ndjson.zst", "articles.ndjson.zst", "bars.csv.zst"] {
        if !folder.join(name).is_file() {
            bail!(
                "world file {} is missing: an empty one is fine, but it must be there",
                folder.join(name).display()
            );
        }
    }
    belongs(home, &world.name)?;
    Ok(OpenWorld { generated: folder == generated, folder, world, assets })
}

/// One installation, one world: records of two would mix.
fn belongs(home: &Home, name: &str) -> anyhow::Result<()> {
    let path = home.join("world-name");
    match fs::read_to_string(&path) {
        Ok(known) if known == name => Ok(()),
        Ok(known) => bail!(
            "{} holds the world {known:?}, not {name:?}: name another --home, or start with `quarterday up --fresh`",
            home.root().display()
        ),
        Err(_) => fs::write(&path, name).with_context(|| path.display().to_string()),
    }
}

async fn generate(home: &Home, folder: &Path, now: DateTime<Utc>) -> anyhow::Result<()> {
    eprintln!("Generating a world of {ASSETS} assets …");
    // Made aside and renamed, so that an interrupted start leaves nothing half-made.
    let aside = home.join("world.new");
    if aside.exists() {
        fs::remove_dir_all(&aside).with_context(|| aside.display().to_string())?;
    }
    let start = (now.date_naive() - Duration::days(PAST_DAYS)).to_string();
    let output = Command::new(program("sandbox")?)
        .args(["generate", "--seed", &SEED.to_string(), "--days", &(PAST_DAYS + COMING_DAYS).to_string()])
        .args(["--assets", &ASSETS.to_string(), "--posts-per-slot", &POSTS_PER_SLOT.to_string()])
        .args(["--start", &start, "--out"])
        .arg(&aside)
        .output()
        .await
        .context("starting sandbox generate")?;
    if !output.status.success() {
        bail!("sandbox generate failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    fs::rename(&aside, folder).with_context(|| folder.display().to_string())
}

impl OpenWorld {
    /// Puts its assets where the stages look for them.
    ///
    /// # Errors
    /// The lake fails.
    pub async fn put_assets(&self, lake: &dyn Lake) -> anyhow::Result<()> {
        cloud::commit::put_object(lake, Key::AssetList, self.assets.clone(), 0).await?;
        Ok(())
    }

    /// What its clock shows when it is first served: our own time where it was generated around us, else a week before its
    /// end, so that there is something still to come.
    pub fn first_instant(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        if self.generated {
            return now;
        }
        let week_before_end = self.world.end - Duration::days(7);
        week_before_end.max(self.world.start + Duration::hours(6))
    }

    /// The first instant whose slots are worth running before `now`: all of a generated world, the last week of another.
    pub fn history_from(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        if self.generated {
            return self.world.start.date_naive().and_time(NaiveTime::MIN).and_utc();
        }
        (now - Duration::days(7)).max(self.world.start)
    }
}
