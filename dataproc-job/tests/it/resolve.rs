//! NDJSON in, NDJSON out.

use std::io::Cursor;

use dataproc_job::resolve_lines;
use domain::AssetList;

use crate::kit::ASSETS;

#[test]
fn answers_in_order_and_names_bad_lines() {
    let list = AssetList::from_csv(ASSETS.as_bytes()).unwrap();
    let input = concat!(
        "{\"id\":\"b\",\"text\":\"$AAPL and $TSLA\",\"lang\":\"en\"}\n",
        "no json\n",
        "{\"id\":7,\"text\":\"nothing\"}\n",
        "\n",
        "{\"id\":\"a\"}\n",
        "{\"id\":\"c\",\"text\":\"EUR/USD\",\"lang\":null,\"more\":1}",
    );
    let mut bytes = input.as_bytes().to_vec();
    bytes.extend(b"\n{\"id\":\"d\",\"text\":\"\xff\"}\n");
    let (mut output, mut complaints) = (Vec::new(), Vec::new());
    let refused = resolve_lines(&list, Cursor::new(bytes), &mut output, &mut complaints).unwrap();
    assert_eq!(refused, 3);
    assert_eq!(
        String::from_utf8(output).unwrap(),
        concat!(
            "{\"id\":\"b\",\"mentions\":[{\"symbol\":\"AAPL\",\"evidence\":\"cashtag\",\"confidence\":0.99},",
            "{\"symbol\":\"TSLA\",\"evidence\":\"cashtag\",\"confidence\":0.99}]}\n",
            "{\"id\":7,\"mentions\":[]}\n",
            "{\"id\":\"c\",\"mentions\":[{\"symbol\":\"EUR-USD\",\"evidence\":\"pair\",\"confidence\":0.98}]}\n",
        )
    );
    let complaints = String::from_utf8(complaints).unwrap();
    for line in ["line 2: ", "line 5: ", "line 7: "] {
        assert!(complaints.contains(line), "{complaints}");
    }
}

#[test]
fn many_lines_keep_their_order() {
    let list = AssetList::from_csv(ASSETS.as_bytes()).unwrap();
    let input: String = (0..10_000).map(|i| format!("{{\"id\":{i},\"text\":\"$AAPL {i}\"}}\n")).collect();
    let mut output = Vec::new();
    resolve_lines(&list, input.as_bytes(), &mut output, std::io::sink()).unwrap();
    let wanted = |i| format!("{{\"id\":{i},\"mentions\":[{{\"symbol\":\"AAPL\",");
    let text = String::from_utf8(output).unwrap();
    assert_eq!(text.lines().count(), 10_000);
    assert!(text.lines().enumerate().all(|(i, line)| line.starts_with(&wanted(i))));
}
