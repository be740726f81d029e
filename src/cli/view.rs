use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::sync::mpsc::channel;

use anyhow::{Context, Result};

use crate::session::check_is_there;
use crate::signals;
use crate::talk::say;
use crate::view::{PORT, Server};

#[derive(clap::Args, Debug)]
pub struct Args {
    /// Folder of results, of one experiment, or any folder above several
    #[arg(default_value = "results")]
    results: PathBuf,
    /// Port to listen on; 0 is any that is free [default: 9263, or the next free one]
    #[arg(long, value_name = "N")]
    port: Option<u16>,
    /// Address to listen on. Any other than this machine's own lets everybody look who can reach it: there is no password
    /// and no encryption
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    bind: IpAddr,
}

pub fn run(args: Args) -> Result<()> {
    let Args { results, port, bind } = args;
    check_is_there(&results)?;
    let server = Server::bind(&results, bind, port)?;
    let (stop, stopped) = channel();
    signals::on_stop(move || stop.send(()).unwrap_or_default())?;
    let address = server.address();
    if port.is_none() && address.port() != PORT {
        say(&format!("port {PORT} is taken; {} is free", address.port()));
    }
    if !bind.is_loopback() {
        say(&format!("everybody who can reach {bind} can look: there is no password"));
    }
    say(&format!("http://{address} shows {}; Ctrl-C ends it", results.display()));
    std::thread::spawn(move || server.serve());
    stopped.recv().context("cannot listen to signals")
}
