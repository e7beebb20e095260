//! Being a child process: a program that was started by another ends with it, however that ends.

use std::io::Read;
use std::net::{Ipv4Addr, TcpListener, TcpStream};

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

/// A port on loopback for a program that is started now. For the next minute no other gets it that asks for any free port:
/// a connection that this side closed first waits out its time there (RFC 9293, 3.6.1: TIME-WAIT), and whoever names the
/// port listens there all the same, with the `SO_REUSEADDR` that servers set.
///
/// # Errors
/// The system has no free port.
pub fn free_port() -> std::io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    let other_end = TcpStream::connect(address)?;
    let (this_end, _) = listener.accept()?;
    drop((this_end, listener));
    drop(other_end);
    Ok(address.port())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_free_port_is_given_to_whoever_names_it_and_to_nobody_else() {
        let ports: Vec<u16> = (0..50).map(|_| free_port().unwrap()).collect();
        // Enough to meet one of fifty among the 28,000 that Linux gives out.
        for _ in 0..20_000 {
            let other = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
            assert!(!ports.contains(&other.port()), "{other} is given away");
        }
        for port in ports {
            assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err(), "nobody listens on {port}");
            TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
        }
    }
}
