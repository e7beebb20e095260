//! Being a child process: a program that was started by another ends with it, however that ends.

use std::io::Read;
use std::net::{Ipv4Addr, TcpListener};

/// Ends this process when its standard input closes, where `QUARTERDAY_CHILD` is set. The parent holds the other end, so
/// that its death, even by `kill -9`, takes its children with it on every system.
pub fn exit_with_parent() {
    if std::env::var_os("QUARTERDAY_CHILD").is_none() {
        return;
    }
    std::thread::spawn(|| {
        let mut buffer = [0; 64];
        while matches!(std::io::stdin().read(&mut buffer), Ok(n) if n > 0) {}
        std::process::exit(130);
    });
}

/// A port on loopback that was free a moment ago.
///
/// # Errors
/// The system has no free port.
pub fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
