//! Exact numbers of any size that the wire knows: scaled integers, and decimals at the edge.
//!
//! A `Number` holds 192 bits, more than the 40 digits of WIRE §3.5 (133 bits) and any sum of them. It is
//! `Copy`, ordered as the numbers are, and no float ever touches it. `Decimal` prints such a
//! number times 10^-scale.

use std::fmt;

/// The most digits that a number has on the wire (WIRE §3.5).
const DIGITS_MOST: usize = 40;
/// The largest power of ten in 64 bits: big numbers are printed in pieces of so many digits.
const PIECE: u64 = 10_000_000_000_000_000_000;
const PIECE_DIGITS: usize = 19;

/// An unsigned integer of up to 192 bits: a scaled price or quantity, every digit kept.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number {
    // In this order: the derived comparison is then that of the numbers.
    high: u64,
    mid: u64,
    low: u64,
}

impl Number {
    /// Nothing.
    pub const ZERO: Self = Self { high: 0, mid: 0, low: 0 };

    /// Reads decimal digits as the wire writes big numbers: at most 40, the first not 0, 2^64 or
    /// more; anything else is `None`.
    pub(crate) fn from_wire_digits(digits: &[u8]) -> Option<Self> {
        if digits.is_empty() || digits.len() > DIGITS_MOST || digits[0] == b'0' {
            return None;
        }
        let mut number = Self::ZERO;
        for digit in digits {
            if !digit.is_ascii_digit() {
                return None;
            }
            number = number.times(10).plus(Self::from(u64::from(digit - b'0')));
        }
        (number.to_u64().is_none()).then_some(number)
    }

    /// The number, where 64 bits hold it.
    pub fn to_u64(self) -> Option<u64> {
        (self.high == 0 && self.mid == 0).then_some(self.low)
    }

    /// The number, where 128 bits hold it.
    pub fn to_u128(self) -> Option<u128> {
        (self.high == 0).then_some(u128::from(self.mid) << 64 | u128::from(self.low))
    }

    /// True for 0.
    #[inline]
    pub fn is_zero(self) -> bool {
        self.low | self.mid | self.high == 0
    }

    /// The sum. No sum of numbers of the wire comes near 192 bits.
    pub fn plus(self, other: Self) -> Self {
        let (low, carry) = self.low.overflowing_add(other.low);
        let mid = u128::from(self.mid) + u128::from(other.mid) + u128::from(carry);
        let high = self.high + other.high + (mid >> 64) as u64;
        Self { high, mid: mid as u64, low }
    }

    /// The difference, and whether it is below 0.
    pub fn minus(self, other: Self) -> (Self, bool) {
        if self < other {
            return (other.minus(self).0, true);
        }
        let (low, borrow) = self.low.overflowing_sub(other.low);
        let (mid, first) = self.mid.overflowing_sub(other.mid);
        let (mid, second) = mid.overflowing_sub(u64::from(borrow));
        let high = self.high - other.high - u64::from(first || second);
        (Self { high, mid, low }, false)
    }

    fn times(self, factor: u64) -> Self {
        let low = u128::from(self.low) * u128::from(factor);
        let mid = u128::from(self.mid) * u128::from(factor) + (low >> 64);
        let high = u128::from(self.high) * u128::from(factor) + (mid >> 64);
        Self { high: high as u64, mid: mid as u64, low: low as u64 }
    }

    fn divided(self, by: u64) -> (Self, u64) {
        let by = u128::from(by);
        let step = |rest: u128, part: u64| {
            let whole = rest << 64 | u128::from(part);
            ((whole / by) as u64, whole % by)
        };
        let (high, rest) = step(0, self.high);
        let (mid, rest) = step(rest, self.mid);
        let (low, rest) = step(rest, self.low);
        (Self { high, mid, low }, rest as u64)
    }

    /// Appends the decimal digits.
    #[inline]
    pub(crate) fn push_digits(self, text: &mut Vec<u8>) {
        match self.to_u64() {
            Some(number) => text.extend_from_slice(itoa::Buffer::new().format(number).as_bytes()),
            None => self.push_big(text),
        }
    }

    #[cold]
    fn push_big(self, text: &mut Vec<u8>) {
        let (above, piece) = self.divided(PIECE);
        above.push_digits(text);
        text.extend_from_slice(format!("{piece:0PIECE_DIGITS$}").as_bytes());
    }
}

impl From<u64> for Number {
    fn from(low: u64) -> Self {
        Self { high: 0, mid: 0, low }
    }
}

impl From<u128> for Number {
    fn from(number: u128) -> Self {
        Self { high: 0, mid: (number >> 64) as u64, low: number as u64 }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Vec::with_capacity(DIGITS_MOST);
        self.push_digits(&mut text);
        to.pad_integral(true, "", &String::from_utf8_lossy(&text))
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, to)
    }
}

/// An exact decimal: `units` times 10^-`scale`. Prints in full, as `64012.5`; parse that with the
/// decimal type of your choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    /// True below 0.
    pub is_negative: bool,
    /// The digits, without the point.
    pub units: Number,
    /// How many digits stand behind the point.
    pub scale: u32,
}

impl Decimal {
    /// The scaled integer as a decimal.
    pub fn new(units: Number, scale: u32) -> Self {
        Self { is_negative: false, units, scale }
    }

    pub(crate) fn difference(one: Number, other: Number, scale: u32) -> Self {
        let (units, is_negative) = one.minus(other);
        Self { is_negative, units, scale }
    }

    /// The exact mean of two scaled integers: half a unit takes one digit more.
    pub(crate) fn mean(one: Number, other: Number, scale: u32) -> Self {
        Self::new(one.plus(other).times(5), scale + 1)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scale = self.scale as usize;
        let digits = format!("{:0>width$}", self.units.to_string(), width = scale + 1);
        let (whole, part) = digits.split_at(digits.len() - scale);
        let point = if part.is_empty() { "" } else { "." };
        to.pad_integral(!self.is_negative, "", &format!("{whole}{point}{part}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_digit_is_kept_at_the_edges() {
        for text in [
            "18446744073709551616",
            "18446744073709551617",
            "340282366920938463463374607431768211456",
            "9999999999999999999999999999999999999999",
            "1000000000000000000000000000000000000000",
        ] {
            assert_eq!(Number::from_wire_digits(text.as_bytes()).unwrap().to_string(), text);
        }
        for text in ["", "0", "18446744073709551615", "018446744073709551616", "1844674407370955161x"] {
            assert_eq!(Number::from_wire_digits(text.as_bytes()), None, "{text}");
        }
        assert_eq!(Number::from_wire_digits(&[b'1'; 41]), None);
        assert_eq!(Number::from(u64::MAX).to_string(), u64::MAX.to_string());
        assert_eq!(Number::from(1u64 << 63).to_string(), "9223372036854775808");
    }

    #[test]
    fn sums_and_differences_are_exact() {
        let most = Number::from(u128::MAX);
        let one = Number::from(1u64);
        assert_eq!(most.plus(one).to_string(), "340282366920938463463374607431768211456");
        assert_eq!(most.plus(one).minus(one), (most, false));
        assert_eq!(one.minus(most.plus(one)), (most, true));
        assert!(most < most.plus(one) && Number::from(u64::MAX) < Number::from(1u128 << 64));
    }

    #[test]
    fn decimals_print_in_full() {
        let show = |units: u64, scale| Decimal::new(Number::from(units), scale).to_string();
        assert_eq!(show(640_125, 1), "64012.5");
        assert_eq!(show(5, 8), "0.00000005");
        assert_eq!(show(0, 2), "0.00");
        assert_eq!(show(7, 0), "7");
        let below = Decimal::difference(Number::from(1u64), Number::from(3u64), 1);
        assert_eq!(below.to_string(), "-0.2");
        assert_eq!(Decimal::mean(Number::from(1u64), Number::from(2u64), 0).to_string(), "1.5");
    }
}
