//! Tax ids as a form takes them.

/// Kinds that the form offers; Stripe's names.
pub const KINDS: [&str; 5] = ["eu_vat", "es_cif", "gb_vat", "ch_vat", "no_vat"];

/// What a VAT number of a member state begins with; Greece and Northern Ireland have letters of their own.
const STATES: [&str; 28] = [
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "EL", "ES", "FI", "FR", "HR", "HU", "IE", "IT", "LT",
    "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK", "XI",
];

/// A number in capitals, without spaces.
///
/// # Errors
/// The key of what is accepted.
pub fn tidy(kind: &str, value: &str) -> Result<String, &'static str> {
    let value: String = value.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_uppercase();
    let fine = (4..=32).contains(&value.len())
        && value.chars().all(|c| c.is_ascii_alphanumeric() || "-.".contains(c));
    if !fine || !KINDS.contains(&kind) {
        return Err("billing_tax_accepted");
    }
    if kind == "eu_vat" && !is_eu_vat(&value) {
        return Err("billing_tax_eu");
    }
    Ok(value)
}

/// Whether this has the form of a VAT number of the EU: the state, and 7 to 12 letters or digits. Whether it belongs to
/// somebody is asked by the provider.
fn is_eu_vat(value: &str) -> bool {
    let (Some(state), Some(rest)) = (value.get(..2), value.get(2..)) else { return false };
    STATES.contains(&state)
        && (7..=12).contains(&rest.len())
        && rest.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// The text for a kind.
pub fn kind_key(kind: &str) -> &'static str {
    match kind {
        "eu_vat" => "tax_eu_vat",
        "es_cif" => "tax_es_cif",
        "gb_vat" => "tax_gb_vat",
        "ch_vat" => "tax_ch_vat",
        "no_vat" => "tax_no_vat",
        _ => "tax_other",
    }
}

/// The text for what came of a number's check.
pub fn verification_key(verification: &str) -> &'static str {
    match verification {
        "verified" => "tax_verified",
        "pending" => "tax_pending",
        "unverified" => "tax_unverified",
        _ => "tax_unavailable",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_tidied_or_explained() {
        for (kind, value, expected) in [
            ("eu_vat", " es b1234 5678", Ok("ESB12345678")),
            ("eu_vat", "EL123456789", Ok("EL123456789")),
            ("eu_vat", "12345678", Err("billing_tax_eu")),
            ("eu_vat", "GB123456789", Err("billing_tax_eu")),
            ("eu_vat", "ES1", Err("billing_tax_accepted")),
            ("eu_vat", "ESABCDEFGHIJKLMNOP", Err("billing_tax_eu")),
            ("es_cif", "a12345678", Ok("A12345678")),
            ("ch_vat", "CHE-123.456.789 MWST", Ok("CHE-123.456.789MWST")),
            ("us_ein", "12-3456789", Err("billing_tax_accepted")),
            ("es_cif", "<script>", Err("billing_tax_accepted")),
            ("es_cif", "١٢٣٤٥٦٧٨", Err("billing_tax_accepted")),
        ] {
            assert_eq!(tidy(kind, value).as_deref(), expected.as_ref().map(|s| &**s), "{kind} {value}");
        }
    }
}
