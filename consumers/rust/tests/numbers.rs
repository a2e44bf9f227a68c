//! Numbers at their edges, and decimals at the edge of the library.

use pykraken_consumer::{Decimal, Number};

fn number(text: &str) -> Number {
    text.parse().expect(text)
}

#[test]
fn every_edge_prints_as_it_was_read() {
    for text in [
        "0",
        "9223372036854775807",
        "9223372036854775808",
        "18446744073709551615",
        "18446744073709551616",
        "100000000000000000000000000000000000000",
        "340282366920938463463374607431768211455",
        "340282366920938463463374607431768211456",
        "9999999999999999999999999999999999999999",
    ] {
        assert_eq!(number(text).to_string(), text);
    }
    assert_eq!(number("18446744073709551615").to_u64(), Some(u64::MAX));
    assert_eq!(number("18446744073709551616").to_u64(), None);
    assert_eq!(number("18446744073709551616").to_u128(), Some(1 << 64));
    assert_eq!(number("340282366920938463463374607431768211456").to_u128(), None);
    assert_eq!(Number::from(u128::MAX).to_string(), u128::MAX.to_string());
}

#[test]
fn order_is_that_of_the_values() {
    let mut texts: Vec<Number> = (0..40).map(|digits| number(&"9".repeat(digits + 1))).collect();
    texts.extend((0..39).map(|digits| number(&format!("1{}", "0".repeat(digits)))));
    texts.sort();
    for pair in texts.windows(2) {
        let (one, next) = (pair[0].to_string(), pair[1].to_string());
        assert!((one.len(), &one) <= (next.len(), &next), "{one} before {next}");
    }
}

#[test]
fn sums_and_differences_carry_over_words() {
    let big = number("9999999999999999999999999999999999999999");
    assert_eq!((big + Number::new(1)).to_string(), format!("1{}", "0".repeat(40)));
    assert_eq!(big + Number::new(1) - Number::new(1), big);
    assert_eq!((big * 5).to_string(), format!("4{}5", "9".repeat(39)));
    let word = Number::from(1_u128 << 64);
    assert_eq!((word - Number::new(1)).to_u64(), Some(u64::MAX));
}

#[test]
fn what_is_no_number_is_refused() {
    let long = "1".repeat(41);
    for text in ["", "-1", "+1", "1.0", " 1", "1e3", "٣", &long] {
        assert!(text.parse::<Number>().is_err(), "{text:?}");
    }
}

#[test]
fn decimals_keep_every_digit() {
    let decimal = |units: &str, precision| Decimal::new(number(units), precision);
    assert_eq!(decimal("12345", 2).to_string(), "123.45");
    assert_eq!(decimal("5", 3).to_string(), "0.005");
    assert_eq!(decimal("0", 2).to_string(), "0.00");
    assert_eq!(decimal("7", 0).to_string(), "7");
    assert_eq!(decimal("1", 30).to_string(), format!("0.{}1", "0".repeat(29)));
    assert_eq!(format!("{:>8}", decimal("150", 2)), "    1.50");
    assert_eq!(decimal("150", 2), decimal("15", 1));
    assert!(decimal("149", 2) < decimal("15", 1));
    assert!(decimal("99", 1) < decimal("100", 1));
    assert!(decimal("10", 0) > decimal("99", 1));
}
