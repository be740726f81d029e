//! What a user sees of the binary: files, tables, exit codes.

use std::fs;
use std::path::Path;

use crate::common::{Call, command, rows, text, wane, wane_ok};

const TINY: &str = include_str!("../fixtures/tiny.toml");

fn tiny(folder: &Path) -> String {
    let path = folder.join("tiny.toml");
    fs::write(&path, TINY).unwrap();
    text(&path).to_owned()
}

#[test]
fn a_sweep_leaves_its_files_and_answers_on_stdout() {
    let folder = tempfile::tempdir().unwrap();
    let call = wane_ok(&["sweep", &tiny(folder.path()), "--out", text(folder.path())]);
    for word in ["adamw", "matrices", "global", "test loss", "runs.csv", "report.html"] {
        assert!(call.stdout.contains(word), "{}", call.stdout);
    }
    let results = folder.path().join("tiny");
    let runs = rows(&results.join("runs.csv"));
    assert_eq!(runs.len(), 2 * 2 * 2);
    assert!(runs.iter().all(|run| run["status"] == "done" && !run["gap"].is_empty()));
    assert_eq!(runs[0]["run"], runs[4]["run"], "λ = 0 is one run under both masks");
    let curves = rows(&results.join("curves.csv"));
    assert_eq!(curves.len(), 8 * 7);
    assert!(curves[0]["batch_loss"].is_empty() && !curves[0]["val_loss"].is_empty());
    let header = fs::read_to_string(results.join("curves.csv")).unwrap();
    let fixed = "run,form,mask,weight_decay,seed,step,tokens,lr,batch_loss,grad_norm,train_loss,\
        val_loss,gap,weight_norm";
    assert!(header.starts_with(fixed), "{header}");
    assert!(!rows(&results.join("manifest.csv")).is_empty());
    for figure in ["loss-curves.png", "generalization-gap.png", "loss-by-lambda.png"] {
        let png = fs::read(results.join("figures").join(figure)).unwrap();
        assert!(png.starts_with(b"\x89PNG") && png.len() > 5000, "{figure}");
    }
}

#[test]
fn lanes_and_jobs_change_no_byte_and_finished_runs_are_not_trained_again() {
    let folder = tempfile::tempdir().unwrap();
    let spec = tiny(folder.path());
    let curves = |lanes: &str, jobs: &str| {
        let out = folder.path().join(format!("{lanes}-{jobs}"));
        wane_ok(&["sweep", &spec, "--lanes", lanes, "--jobs", jobs, "--out", text(&out)]);
        fs::read(out.join("tiny/curves.csv")).unwrap()
    };
    assert_eq!(curves("1", "1"), curves("5", "2"));
    let out = folder.path().join("1-1");
    let again = wane_ok(&["sweep", &spec, "--out", text(&out)]);
    for line in ["    6 finished before", "nothing left to train"] {
        assert!(again.stderr.lines().any(|found| found == line), "{}", again.stderr);
    }
}

#[test]
fn a_sweep_says_how_much_it_trains_and_how_only_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let spec = tiny(folder.path());
    let stderr = |out: &str, more: &[&str]| {
        let out = folder.path().join(out);
        let base = ["sweep", &spec, "--lanes", "3", "--jobs", "1", "--out", text(&out)];
        wane_ok(&[&base[..], more].concat()).stderr
    };
    let plain = stderr("plain", &[]);
    assert!(plain.contains("training 6 runs, 3 at a time\n"), "{plain}");
    assert!(plain.ends_with("6 of 6 runs done\n") && !plain.contains("cohort"), "{plain}");
    let verbose = stderr("verbose", &["-v"]);
    let how = "in 2 cohorts of at most 3 lanes (as --lanes says), 1 at a time with";
    assert!(verbose.contains(how), "{verbose}");
    assert_eq!(stderr("quiet", &["--quiet"]), "");
}

#[test]
fn a_key_of_the_arm_overrides_the_recipe_in_what_is_trained() {
    let folder = tempfile::tempdir().unwrap();
    let spec = folder.path().join("recipe.toml");
    let (before, _) = TINY.split_once("[[arm]]").unwrap();
    let arm = "[recipe]\nname = \"gpt-3\"\n\n[[arm]]\nmask = \"global\"\nbetas = [0.8, 0.9]\n";
    fs::write(&spec, format!("{before}{arm}")).unwrap();
    wane_ok(&["sweep", text(&spec), "--seeds", "0", "--out", text(folder.path()), "--quiet"]);
    let runs = rows(&folder.path().join("tiny/runs.csv"));
    let run = runs.iter().find(|run| run["mask"] == "global").unwrap();
    assert_eq!((run["recipe"].as_str(), run["status"].as_str()), ("gpt-3", "done"));
    assert_eq!((run["form"].as_str(), run["weight_decay"].as_str()), ("adamw", "0.1"));
    let config = folder.path().join(".runs").join(&run["run"]).join("config.json");
    let config: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(config).unwrap()).unwrap();
    assert_eq!(config["recipe"]["betas"], serde_json::json!([0.8, 0.9]), "the arm's, not 0.95");
    assert_eq!(config["recipe"]["clip"], 1.0, "the recipe's");
    assert_eq!(config["recipe"]["steps"], 6, "the spec's");
}

/// Writes into the end of a run that it was trained on another machine, as a version that kept no checksum.
fn move_to_gpu(out: &Path, run: &str) {
    let path = out.join(".runs").join(run).join("end.json");
    let mut end: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    for (key, value) in [("backend", "wgpu"), ("adapter", "Some GPU"), ("host", "n7")] {
        end["provenance"][key] = value.into();
    }
    end.as_object_mut().unwrap().remove("sha256");
    fs::write(&path, serde_json::to_vec(&end).unwrap()).unwrap();
}

fn provenance(out: &Path) -> serde_json::Value {
    let text = fs::read_to_string(out.join("tiny/experiment.json")).unwrap();
    serde_json::from_str::<serde_json::Value>(&text).unwrap()["provenance"].clone()
}

#[test]
fn an_experiment_names_the_machines_that_trained_its_runs_whoever_writes_its_results() {
    let folder = tempfile::tempdir().unwrap();
    let (spec, out) = (tiny(folder.path()), folder.path());
    wane_ok(&["sweep", &spec, "--jobs", "2", "--out", text(out), "--quiet"]);
    let runs: Vec<String> =
        rows(&out.join("tiny/runs.csv")).iter().map(|row| row["run"].clone()).collect();
    move_to_gpu(out, &runs[0]);
    wane_ok(&["sweep", &spec, "--out", text(out), "--quiet"]);
    let mixed = provenance(out);
    assert_eq!((&mixed["backend"], &mixed["jobs"]), (&"wgpu, flex".into(), &2.into()));
    runs.iter().for_each(|run| move_to_gpu(out, run));
    let call = wane_ok(&["collect", &spec, "--out", text(out)]);
    let collected = provenance(out);
    for (key, value) in [("backend", "wgpu"), ("adapter", "Some GPU"), ("host", "n7")] {
        assert_eq!(collected[key], value, "{}", call.stderr);
    }
    assert_eq!(collected["jobs"], 2);
    assert_eq!(collected["command"][1], "collect");
}

#[test]
fn a_trained_model_can_be_saved_and_started_from() {
    let folder = tempfile::tempdir().unwrap();
    let spec = folder.path().join("one.toml");
    let one =
        TINY.replace("[\"matrices\", \"global\"]", "\"matrices\"").replace("[0.0, 1.0]", "1.0");
    fs::write(&spec, one).unwrap();
    let weights = folder.path().join("weights.safetensors");
    let out = text(folder.path());
    let base = ["train", text(&spec), "--out", out, "--seeds", "0"];
    wane_ok(&[&base[..], &["--save", text(&weights)]].concat());
    let before = rows(&folder.path().join("tiny/curves.csv"));
    wane_ok(&[&base[..], &["--init", text(&weights)]].concat());
    let after = rows(&folder.path().join("tiny/curves.csv"));
    assert_eq!(after[0]["val_loss"], before[before.len() - 1]["val_loss"]);
    let call = wane(&["train", text(&spec), "--out", out, "--save", text(&weights)]);
    assert_eq!(call.code, Some(2), "two seeds cannot be saved into one file");
}

#[test]
fn plan_and_manifest_train_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let spec = tiny(folder.path());
    let plan = wane_ok(&["plan", &spec, "--out", text(folder.path())]);
    for word in ["8 rows", "6 different runs", "6 new", "lanes", "MiB"] {
        assert!(plan.stdout.contains(word), "{}", plan.stdout);
    }
    let manifest = wane_ok(&["manifest", &spec]);
    assert!(manifest.stdout.contains("h.0.attn.c_attn.weight"), "{}", manifest.stdout);
    assert!(manifest.stdout.contains("elements decay"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn wrong_use_ends_with_2_and_says_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let spec = tiny(folder.path());
    let missing = folder.path().join("missing.toml");
    let cases: &[(&[&str], &str)] = &[
        (&["sweep", text(&missing)], "missing.toml"),
        (&["sweep", &spec, "--set", "train.step=3"], "did you mean `steps`?"),
        (&["sweep", &spec, "--set", "model.heads=3"], "does not divide"),
        (&["sweep", &spec, "--data", "no/such/text"], "no/such/text"),
        (&["sweep", &spec, "--set", "data.val=5"], "val split"),
        (&["sweep", &spec, "--lanes", "0"], "above 0"),
        (&["sweep", &spec, "--backend", "gpu"], "flex"),
        (&["sweep", &spec, "--init", "no.safetensors"], "no.safetensors"),
        (&["train", &spec], "one arm"),
        (&["data", "get", "nothing"], "tiny-shakespeare"),
        (&[], "Usage"),
    ];
    for (arguments, expected) in cases {
        let mut arguments = arguments.to_vec();
        if matches!(arguments.first(), Some(&"sweep" | &"train")) {
            arguments.extend(["--out", text(folder.path())]);
        }
        let call = wane(&arguments);
        assert_eq!(call.code, Some(2), "{arguments:?}: {}", call.stderr);
        assert!(call.stderr.contains(expected), "{arguments:?}: {}", call.stderr);
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing was written");
}

/// A call of `data get` whose machine has these programs alone; the second of the pair is what they write.
fn download(programs: &[(&str, &str)], url: &str) -> (Call, usize) {
    use std::os::unix::fs::PermissionsExt;
    let (folder, path) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for (name, script) in programs {
        let file = path.path().join(name);
        fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let url = format!("--url={url}");
    let get = ["data", "get", "tiny-shakespeare", &url, "--out", text(folder.path())];
    let call = Call::from(command(&get).env("PATH", path.path()).output().unwrap());
    (call, fs::read_dir(folder.path()).unwrap().count())
}

#[test]
fn a_download_leaves_no_partial_file() {
    let url = "http://127.0.0.1:9/text";
    // The rest of a script's own path: sh finds its programs there.
    let endless = "while :; do echo wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww; done";
    for (programs, expected) in [
        (&[("curl", "printf wrong")][..], "SHA-256"),
        (&[("wget", "printf wrong")], "SHA-256"),
        (
            &[("curl", "printf half; echo 'no route to host' >&2; exit 7")],
            "exit status: 7: no route to host",
        ),
        (&[("curl", endless)], "longer than the 1115394 bytes"),
        (&[], "neither curl nor wget is on this machine"),
    ] {
        let (call, left) = download(programs, url);
        assert_eq!((call.code, left), (Some(1), 0), "{programs:?}: {}", call.stderr);
        assert!(call.stderr.contains(expected), "{programs:?}: {}", call.stderr);
    }
    let folder = tempfile::tempdir().unwrap();
    let new = folder.path().join("new");
    let get = ["data", "get", "tiny-shakespeare", "--url", url, "--out", text(&new)];
    let call = Call::from(command(&get).env("PATH", folder.path()).output().unwrap());
    assert!(!new.exists(), "no empty folder is left");
    let way_out = format!("put it at {}", new.join("tiny-shakespeare.txt").display());
    assert!(call.stderr.contains(&way_out), "{}", call.stderr);
    let (call, left) = download(&[("curl", "printf wrong")], "--output=/tmp/elsewhere");
    assert_eq!((call.code, left), (Some(1), 0), "{}", call.stderr);
    assert!(call.stderr.contains("https://"), "{}", call.stderr);
}

#[test]
fn a_download_follows_where_it_is_sent_and_tells_what_it_was_refused() {
    let has = |name| std::process::Command::new(name).arg("--version").output().is_ok();
    if !["curl", "wget"].into_iter().any(has) {
        println!("skipped: this machine has neither curl nor wget");
        return;
    }
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = server.local_addr().unwrap();
    std::thread::spawn(move || {
        use std::io::{Read, Write};
        for stream in server.incoming().take(3) {
            let (mut stream, mut asked) = (stream.unwrap(), [0; 4096]);
            let count = stream.read(&mut asked).unwrap();
            let answer: &[u8] = match std::str::from_utf8(&asked[..count]).unwrap() {
                one if one.starts_with("GET /first") => {
                    b"HTTP/1.1 302 Found\r\nLocation: /second\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                }
                one if one.starts_with("GET /second") => {
                    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nwrong"
                }
                _ => b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\nConnection: close\r\n\r\nnone",
            };
            let _ = stream.write_all(answer);
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let get = |page: &str| {
        let url = format!("http://{address}/{page}");
        let get = ["data", "get", "tiny-shakespeare", "--url", &url, "--out", text(folder.path())];
        // The server is this machine's own, whatever proxy leads elsewhere.
        let call = Call::from(command(&get).env("no_proxy", "127.0.0.1").output().unwrap());
        assert_eq!(call.code, Some(1), "{}", call.stderr);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        call.stderr
    };
    let followed = get("first");
    assert!(followed.contains("its SHA-256 is"), "{followed}");
    let refused = get("none");
    assert!(
        refused.contains("ended with exit status") && !refused.contains("SHA-256"),
        "{refused}"
    );
}
