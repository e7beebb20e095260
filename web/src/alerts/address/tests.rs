use super::*;

/// Gives every name these addresses.
struct Fixed(Vec<&'static str>);

#[async_trait]
impl Resolver for Fixed {
    async fn resolve(&self, _: &str, port: u16) -> std::io::Result<Vec<SocketAddr>> {
        Ok(self.0.iter().map(|ip| SocketAddr::new(ip.parse().unwrap(), port)).collect())
    }
}

#[tokio::test]
async fn what_points_inside_is_refused() {
    use Problem::{Inside, Malformed, NotHttps};
    let resolver = Fixed(vec!["93.184.215.14"]);
    for (url, problem) in [
        ("https://127.0.0.1/", Inside),
        ("https://127.1/", Inside),
        ("https://2130706433/", Inside),
        ("https://0177.0.0.1/", Inside),
        ("https://0x7f.1/", Inside),
        ("https://0x7f000001/", Inside),
        ("https://0/", Inside),
        ("https://0.0.0.0/", Inside),
        ("https://localhost/", Inside),
        ("https://10.0.0.8/", Inside),
        ("https://10.255.255.255:8443/x", Inside),
        ("https://172.16.0.1/", Inside),
        ("https://172.31.255.255/", Inside),
        ("https://192.168.1.1/", Inside),
        ("https://100.64.0.1/", Inside),
        ("https://169.254.169.254/latest/meta-data/", Inside),
        ("https://198.18.0.1/", Inside),
        ("https://224.0.0.1/", Inside),
        ("https://255.255.255.255/", Inside),
        ("https://[::1]/", Inside),
        ("https://[::]/", Inside),
        ("https://[::ffff:127.0.0.1]/", Inside),
        ("https://[::ffff:a9fe:a9fe]/", Inside),
        ("https://[::ffff:8.8.8.8]/", Inside),
        ("https://[64:ff9b::7f00:1]/", Inside),
        ("https://[2002:7f00:1::]/", Inside),
        ("https://[2001:0:7f00:1::]/", Inside),
        ("https://[fe80::1]/", Inside),
        ("https://[fc00::1]/", Inside),
        ("https://[fd00:ec2::254]/", Inside),
        ("https://[ff02::1]/", Inside),
        ("https://[2001:db8::1]/", Inside),
        ("http://example.org/", NotHttps),
        ("http://127.0.0.1/", NotHttps),
        ("ftp://example.org/", NotHttps),
        ("file:///etc/passwd", NotHttps),
        ("gopher://127.0.0.1:25/", NotHttps),
        ("https://user:secret@example.org/", Malformed),
        ("https://127.0.0.1@example.org/", Malformed),
        ("https://", Malformed),
        ("https://exa\r\nmple.org/", Malformed),
        ("nonsense", Malformed),
        ("", Malformed),
    ] {
        assert_eq!(check(url, false, &resolver).await, Err(problem), "{url}");
    }
    let long = format!("https://example.org/{}", "a".repeat(2000));
    assert_eq!(check(&long, false, &resolver).await, Err(Malformed));
}

#[tokio::test]
async fn a_name_is_judged_by_all_that_it_resolves_to() {
    let url = "https://hooks.example.org/x";
    for (addresses, inside) in [
        (vec!["93.184.215.14"], false),
        (vec!["2606:2800:21f:cb07:6820:80da:af6b:8b2c"], false),
        (vec!["10.0.0.1"], true),
        (vec!["93.184.215.14", "127.0.0.1"], true),
        (vec!["169.254.169.254"], true),
        (vec!["::ffff:10.0.0.1"], true),
        (vec!["fd12::1"], true),
    ] {
        let checked = check(url, false, &Fixed(addresses.clone())).await;
        assert_eq!(checked.as_ref().err(), inside.then_some(&Problem::Inside), "{addresses:?}");
        if let Ok(target) = checked {
            assert_eq!(target.addresses.len(), addresses.len());
            assert!(target.addresses.iter().all(|address| address.port() == 443));
        }
    }
    assert_eq!(check(url, false, &Fixed(vec![])).await, Err(Problem::Unresolved));
}

#[tokio::test]
async fn this_machine_is_spoken_to_only_where_that_is_set() {
    let own = Fixed(vec!["127.0.0.1"]);
    for url in
        ["http://127.0.0.1:8080/hook", "http://localhost:8080/hook", "http://[::1]/", "https://127.0.0.1/"]
    {
        assert!(check(url, true, &own).await.is_ok(), "{url}");
        assert!(check(url, false, &own).await.is_err(), "{url}");
    }
    // The setting opens this machine, not the house, and not http to others.
    for url in ["http://10.0.0.1/", "https://192.168.0.1/", "http://example.org/"] {
        assert!(check(url, true, &own).await.is_err(), "{url}");
    }
    assert_eq!(check("http://localhost/", true, &Fixed(vec!["10.0.0.1"])).await, Err(Problem::Inside));
}
