use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

use super::http::{Request, Response};
use super::page;
use super::sweeps::{Found, Sweeps};
use super::watched::Watched;
use crate::report::chart::{Told, tell};

const JSON: &str = "application/json";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// Everything that can be asked for.
pub struct Routes {
    folder: PathBuf,
    sweeps: Mutex<Sweeps>,
    watched: Mutex<HashMap<String, Arc<Mutex<Watched>>>>,
    /// What was told of sweeps, and of how much.
    told: Mutex<HashMap<String, (String, Told)>>,
}

impl Routes {
    pub fn new(folder: &Path) -> Self {
        Routes {
            folder: folder.to_owned(),
            sweeps: Mutex::default(),
            watched: Mutex::default(),
            told: Mutex::default(),
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

    /// Sentences are made anew when a run has ended, without keeping others from looking at curves.
    fn verdicts(&self, found: &Found) -> Response {
        let watched = self.watched(found);
        let (version, rows, terms) = {
            let mut watched = lock(&watched);
            watched.look();
            (watched.ended_version(), watched.rows(), watched.terms())
        };
        let known = lock(&self.told).get(&found.id).filter(|(known, _)| *known == version).cloned();
        let (_, told) = known.unwrap_or_else(|| {
            let told = match found.is_judged() {
                true => tell(&rows, &terms),
                false => Told::default(),
            };
            lock(&self.told).insert(found.id.clone(), (version.clone(), told.clone()));
            (version, told)
        });
        json(&told)
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
