//! A browser that is driven as a person drives it, by the protocol of its developer tools over two pipes.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// How long a browser may take to answer.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Browser {
    child: Child,
    ask: ChildStdin,
    answers: Receiver<Value>,
    asked: u64,
    session: Option<String>,
    /// Errors and warnings of the page.
    pub complaints: Vec<String>,
    folder: tempfile::TempDir,
}

/// The program; where there is none, says so loudly, and fails where it is needed.
pub fn program() -> Option<&'static str> {
    let found = ["/usr/bin/chromium", "/usr/bin/google-chrome"]
        .into_iter()
        .find(|path| Path::new(path).exists());
    if found.is_none() {
        assert!(std::env::var_os("WANE_NEEDS_BROWSER").is_none(), "no browser");
        eprintln!("skipped: no Chromium to open pages in");
    }
    found
}

impl Browser {
    /// A browser with an empty page; `None` where no Chromium is installed.
    pub fn start() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        // The protocol is spoken over the descriptors 3 and 4.
        let mut child = Command::new("sh")
            .args(["-c", "exec \"$0\" \"$@\" 3<&0 4>&1 </dev/null >/dev/null", program()?])
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
            ])
            .args([
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ])
            .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
            .arg("--remote-debugging-pipe")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (ask, said) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (send, answers) = channel();
        std::thread::spawn(move || {
            for message in BufReader::new(said).split(0).map_while(Result::ok) {
                if send.send(serde_json::from_slice(&message).unwrap()).is_err() {
                    return;
                }
            }
        });
        let complaints = Vec::new();
        let mut browser =
            Browser { child, ask, answers, asked: 0, session: None, complaints, folder };
        browser.begin();
        Some(browser)
    }

    fn begin(&mut self) {
        let target = self.call("Target.createTarget", json!({"url": "about:blank"}));
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let session = self.call("Target.attachToTarget", attach);
        self.session = Some(session["sessionId"].as_str().unwrap().to_owned());
        for domain in ["Page", "Runtime", "Log", "Network"] {
            self.call(&format!("{domain}.enable"), json!({}));
        }
        let downloads = self.downloads();
        std::fs::create_dir(&downloads).unwrap();
        let downloads = json!({"behavior": "allow", "downloadPath": downloads});
        self.call("Browser.setDownloadBehavior", downloads);
        self.resize(1400, 900);
    }

    /// Where files go that the page gives to download.
    pub fn downloads(&self) -> PathBuf {
        self.folder.path().join("downloads")
    }

    fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.asked += 1;
        let mut message = json!({"id": self.asked, "method": method, "params": parameters});
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.ask.write_all(format!("{message}\0").as_bytes()).unwrap();
        loop {
            let answer = self.answers.recv_timeout(PATIENCE);
            let answer = answer.unwrap_or_else(|error| panic!("{method}: {error}"));
            if answer["id"] == self.asked {
                assert!(answer["error"].is_null(), "{method}: {answer}");
                return answer["result"].clone();
            }
            self.hear(&answer);
        }
    }

    fn hear(&mut self, event: &Value) {
        let parameters = &event["params"];
        match event["method"].as_str() {
            Some("Runtime.exceptionThrown") => {
                self.complaints.push(parameters["exceptionDetails"].to_string());
            }
            Some("Log.entryAdded") => self.complaints.push(parameters["entry"].to_string()),
            Some("Runtime.consoleAPICalled") => {
                self.complaints.push(parameters["args"].to_string())
            }
            _ => {}
        }
    }

    pub fn open(&mut self, address: &str) {
        self.call("Page.navigate", json!({"url": address}));
        self.wait("document.readyState === 'complete'");
    }

    /// The value of an expression in the page.
    pub fn value(&mut self, expression: &str) -> Value {
        let how = json!({"expression": expression, "awaitPromise": true, "returnByValue": true});
        let answer = self.call("Runtime.evaluate", how);
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    pub fn text(&mut self, selector: &str) -> String {
        let found = self.value(&format!("document.querySelector({selector:?}).textContent"));
        found.as_str().unwrap().to_owned()
    }

    /// Waits until an expression holds.
    pub fn wait(&mut self, expression: &str) {
        let start = Instant::now();
        while self.value(&format!("Boolean({expression})")) != true {
            if start.elapsed() > PATIENCE {
                let page = self.value("document.body.innerText");
                panic!("{expression} does not come true; {:?}; {page}", self.complaints);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Presses a key until an expression holds: a figure that is drawn anew in between forgets what it showed.
    pub fn press_until(&mut self, key: &str, expression: &str) {
        let start = Instant::now();
        while self.value(&format!("Boolean({expression})")) != true {
            assert!(start.elapsed() < PATIENCE, "{key} does not bring {expression}");
            self.press(key);
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The middle of an element, scrolled into view, once it stays where it is.
    fn place(&mut self, selector: &str) -> (f64, f64) {
        let mut place = self.place_now(selector);
        loop {
            std::thread::sleep(Duration::from_millis(60));
            let now = self.place_now(selector);
            if now == place {
                return place;
            }
            place = now;
        }
    }

    fn place_now(&mut self, selector: &str) -> (f64, f64) {
        let found = self.value(&format!(
            "(() => {{ const it = document.querySelector({selector:?}); it.scrollIntoView({{block: 'center'}}); \
             const box = it.getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2]; }})()"
        ));
        (found[0].as_f64().unwrap(), found[1].as_f64().unwrap())
    }

    fn mouse(&mut self, kind: &str, (x, y): (f64, f64)) {
        let pressed = usize::from(kind != "mouseMoved");
        let button = if pressed == 1 { "left" } else { "none" };
        let event = json!({"type": kind, "x": x, "y": y, "button": button, "clickCount": pressed});
        self.call("Input.dispatchMouseEvent", event);
    }

    /// Clicks on an element with the mouse.
    pub fn click(&mut self, selector: &str) {
        let place = self.place(selector);
        for kind in ["mouseMoved", "mousePressed", "mouseReleased"] {
            self.mouse(kind, place);
        }
    }

    /// Moves the mouse to a place within an element, in shares of its size from its middle.
    pub fn point(&mut self, selector: &str, across: f64, down: f64) {
        let (x, y) = self.place(selector);
        let size = self.value(&format!(
            "(() => {{ const box = document.querySelector({selector:?}).getBoundingClientRect(); \
             return [box.width, box.height]; }})()"
        ));
        let (width, height) = (size[0].as_f64().unwrap(), size[1].as_f64().unwrap());
        self.mouse("mouseMoved", (x + across * width, y + down * height));
    }

    /// Drags the mouse across an element, from and to shares of its width from its middle.
    pub fn drag(&mut self, selector: &str, from: f64, to: f64) {
        let (x, y) = self.place(selector);
        let width = self
            .value(&format!("document.querySelector({selector:?}).getBoundingClientRect().width"));
        let width = width.as_f64().unwrap();
        self.mouse("mouseMoved", (x + from * width, y));
        self.mouse("mousePressed", (x + from * width, y));
        for step in 1..=5 {
            let at = from + (to - from) * f64::from(step) / 5.0;
            let event = json!({"type": "mouseMoved", "x": x + at * width, "y": y, "button": "left", "buttons": 1});
            self.call("Input.dispatchMouseEvent", event);
        }
        self.mouse("mouseReleased", (x + to * width, y));
    }

    /// Presses and releases a key, such as `Tab` or `ArrowLeft`.
    pub fn press(&mut self, key: &str) {
        let code = match key {
            "Tab" => 9,
            "Enter" => 13,
            " " => 32,
            "End" => 35,
            "Home" => 36,
            "ArrowLeft" => 37,
            "ArrowUp" => 38,
            "ArrowRight" => 39,
            "ArrowDown" => 40,
            _ => panic!("{key}"),
        };
        let text = if key == " " { " " } else { "" };
        for kind in ["keyDown", "keyUp"] {
            let name = if key == " " { "Space" } else { key };
            let event = json!({"type": kind, "key": key, "code": name, "windowsVirtualKeyCode": code, "text": text});
            self.call("Input.dispatchKeyEvent", event);
        }
    }

    pub fn resize(&mut self, width: u32, height: u32) {
        let size =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.call("Emulation.setDeviceMetricsOverride", size);
    }

    /// Whether the reader wants dark pages.
    pub fn dark(&mut self, is_dark: bool) {
        let value = if is_dark { "dark" } else { "light" };
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": value}]});
        self.call("Emulation.setEmulatedMedia", media);
    }

    /// Waits for a downloaded file; returns its bytes.
    pub fn downloaded(&mut self, name: &str) -> Vec<u8> {
        let (path, start) = (self.downloads().join(name), Instant::now());
        loop {
            // Chromium keeps the name by an empty file until it puts the whole one into its place.
            match std::fs::read(&path) {
                Ok(contents) if !contents.is_empty() => return contents,
                _ => assert!(start.elapsed() < PATIENCE, "{name} is not downloaded"),
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Asked to, it ends with all its processes; what it answers is not waited for.
        let _ = self.ask.write_all(b"{\"id\":0,\"method\":\"Browser.close\"}\0");
        let start = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) && start.elapsed() < Duration::from_secs(5)
        {
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
