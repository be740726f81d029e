use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;

use super::http::{Request, Response};
use super::page;
use super::sweeps::{Found, Sweeps};
use super::watched::Watched;
use crate::config::AnalysisTerms;
use crate::report::chart::{Told, tell};
use crate::results::RunRow;

const JSON: &str = "application/json";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// Sentences that took a second are made anew after so many.
const SELDOM: u32 = 20;

/// Everything that can be asked for.
pub struct Routes {
    folder: PathBuf,
    sweeps: Mutex<Sweeps>,
    watched: Mutex<HashMap<String, Arc<Mutex<Watched>>>>,
    kept: Mutex<HashMap<String, Kept>>,
}

impl Routes {
    pub fn new(folder: &Path) -> Self {
        Routes {
            folder: folder.to_owned(),
            sweeps: Mutex::default(),
            watched: Mutex::default(),
            kept: Mutex::default(),
        }
    }

    pub fn answer(&self, request: &Request) -> Response {
        match request.path.as_str() {
            "/" => Response::ok("text/html; charset=utf-8", page::html()),
            "/page.css" => Response::ok("text/css; charset=utf-8", page::style()),
            "/figures.js" => Response::ok(SCRIPT, page::figures()),
            "/view.js" => Response::ok(SCRIPT, page::VIEW),
            "/licence" => Response::ok("text/plain; charset=utf-8", page::LICENCE),
            "/sweeps" => json(&self.list()),
            path => {
                let path = path.strip_prefix('/').unwrap_or_default();
                let (route, id) = path.split_once('/').unwrap_or_default();
                let found = || self.list().into_iter().find(|one| one.id == id);
                let answer = match route {
                    "sweep" => found().map(|found| self.update(&found, request)),
                    "verdicts" => found().map(|found| self.verdicts(&found)),
                    _ => None,
                };
                answer.unwrap_or_else(|| Response::refuse("404 Not Found", "nothing is here"))
            }
        }
    }

    fn list(&self) -> Vec<Found> {
        lock(&self.sweeps).list(&self.folder)
    }

    fn watched(&self, found: &Found) -> Arc<Mutex<Watched>> {
        let mut watched = lock(&self.watched);
        let new = || Arc::new(Mutex::new(Watched::new(found.clone())));
        Arc::clone(watched.entry(found.id.clone()).or_insert_with(new))
    }

    fn update(&self, found: &Found, request: &Request) -> Response {
        let watched = self.watched(found);
        let mut watched = lock(&watched);
        watched.look();
        let names = |key| request.value(key).unwrap_or_default().split(',');
        json(&watched.update(request.value("since").unwrap_or_default(), names("m"), names("n")))
    }

    /// Sentences are made anew when a run has ended, without keeping others from looking at curves; where that takes
    /// long, seldom, for runs may train on the same machine.
    fn verdicts(&self, found: &Found) -> Response {
        let watched = self.watched(found);
        let (version, is_over) = {
            let mut watched = lock(&watched);
            watched.look();
            (watched.ended_version(), watched.is_over())
        };
        let kept = lock(&self.kept).get(&found.id).cloned();
        let kept = kept.filter(|kept| kept.version == version || (!is_over && kept.is_recent()));
        let kept = kept.unwrap_or_else(|| {
            let (rows, terms) = {
                let watched = lock(&watched);
                (watched.rows(), watched.terms())
            };
            let kept = Kept::tell(version.clone(), found.is_judged, &rows, &terms);
            lock(&self.kept).insert(found.id.clone(), kept.clone());
            kept
        });
        let is_fresh = kept.version == version;
        json(&Verdicts { told: &kept.told, is_fresh })
    }
}

/// What was told of a sweep, of how much, and what it took.
#[derive(Clone)]
struct Kept {
    version: String,
    told: Told,
    at: Instant,
    took: Duration,
}

/// An answer, and whether it is of all runs that have ended.
#[derive(Serialize)]
struct Verdicts<'a> {
    #[serde(flatten)]
    told: &'a Told,
    is_fresh: bool,
}

impl Kept {
    fn tell(version: String, is_judged: bool, rows: &[RunRow], terms: &AnalysisTerms) -> Self {
        let start = Instant::now();
        let told = if is_judged { tell(rows, terms) } else { Told::default() };
        Kept { version, told, at: Instant::now(), took: start.elapsed() }
    }

    fn is_recent(&self) -> bool {
        self.at.elapsed() < self.took * SELDOM
    }
}

/// What panicked while it held a lock left nothing half done: everything is read anew.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn json(value: &impl Serialize) -> Response {
    match serde_json::to_vec(value) {
        Ok(body) => Response::ok(JSON, body),
        Err(error) => Response::refuse("500 Internal Server Error", &error.to_string()),
    }
}
