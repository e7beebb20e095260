//! `kill -9` in the middle: the same command again gives the bytes of an undisturbed run.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::Slot;
use tests::installation::Installation;
use tests::{processes, world};

struct Scene {
    _folder: tempfile::TempDir,
    world: std::path::PathBuf,
    slot: Slot,
    undisturbed: BTreeMap<String, String>,
}

fn scene() -> Scene {
    let folder = tempfile::tempdir().unwrap();
    let world = world::generate(folder.path());
    let slot = world::slot(&world, 4);
    let calm = Installation::new();
    calm.run_well(&world, slot);
    Scene { world, slot, undisturbed: calm.objects(), _folder: folder }
}

/// Kills a program of a run at several moments after it is first seen. The run finds out by itself and goes on.
fn killed_at(scene: &Scene, program: &str) {
    for delay_ms in [0, 15, 60] {
        let installation = Installation::new();
        let mut run = installation.start(&scene.world, scene.slot);
        let home = installation.home().display().to_string();
        let id = processes::wait_for(&[program, "--lake", &home], Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(delay_ms));
        processes::kill(id);
        let status = run.wait().unwrap();
        assert!(status.success(), "{program} killed after {delay_ms} ms: {status}\n{}", installation.logs());
        installation.run_well(&scene.world, scene.slot);
        assert_eq!(installation.objects(), scene.undisturbed, "{program} killed after {delay_ms} ms");
    }
}

#[test]
fn each_stage_and_the_operators_command_may_be_killed() {
    let scene = scene();
    for program in ["collector collect", "dataproc-job split", "ml-vm predict"] {
        killed_at(&scene, program);
    }
    the_site_is_killed(&scene);
    postgres_is_killed(&scene);
    everything_is_killed(&scene);
}

fn the_site_is_killed(scene: &Scene) {
    let installation = Installation::new();
    let mut run = installation.start(&scene.world, scene.slot);
    let home = installation.home().display().to_string();
    // While the ML machine is at work the site idles; it is gone when publish is due.
    processes::wait_for(&["ml-vm predict", &home], Duration::from_secs(60));
    let parent = run.id().to_string();
    let site = processes::find(&["web serve"]).into_iter().find(|id| {
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
        status.lines().any(|line| line.split_whitespace().eq(["PPid:", parent.as_str()]))
    });
    assert!(processes::kill(site.expect("the site runs")));
    let status = run.wait().unwrap();
    assert!(status.success(), "{status}\n{}", installation.logs());
    assert_eq!(installation.objects(), scene.undisturbed);
}

fn postgres_is_killed(scene: &Scene) {
    let installation = Installation::new();
    let mut run = installation.start(&scene.world, scene.slot);
    let home = installation.home().display().to_string();
    // The ledger and publish need it right after this.
    processes::wait_for(&["ml-vm predict", &home], Duration::from_secs(60));
    let url = std::fs::read_to_string(installation.home().join("database-url")).unwrap();
    let sockets = url.split("host=").nth(1).unwrap().to_owned();
    let postmaster = std::fs::read_to_string(format!("{sockets}/pid")).unwrap();
    assert!(processes::kill(postmaster.trim().parse().unwrap()));
    let status = run.wait().unwrap();
    assert!(status.success(), "{status}\n{}", installation.logs());
    assert_eq!(installation.objects(), scene.undisturbed);
}

/// The operator's command itself is killed while each stage is at work; its children go with it.
fn everything_is_killed(scene: &Scene) {
    for program in ["collector collect", "dataproc-job split", "ml-vm predict"] {
        let installation = Installation::new();
        let mut run = installation.start(&scene.world, scene.slot);
        let home = installation.home().display().to_string();
        processes::wait_for(&[program, &home], Duration::from_secs(60));
        run.kill().unwrap();
        run.wait().unwrap();
        let report = installation.run_well(&scene.world, scene.slot);
        assert_eq!(report["runs"][0]["status"], "succeeded");
        assert_eq!(installation.objects(), scene.undisturbed, "killed during {program}");
        let left = processes::left(&[&home], Duration::from_secs(20));
        assert!(left.is_empty(), "processes were left: {left:?}");
    }
}
