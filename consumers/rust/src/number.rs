//! Exact numbers: scaled integers of up to 40 digits, and their decimal text at the edge.
//!
//! Pure. A [`Number`] is what the wire calls `number` (WIRE §3.5): three words hold its 40 digits
//! and any sum of 200,000 of them, so nothing here overflows; it is `Copy` and compares at the
//! price of one word where the upper two are zero. Never a float.

use std::cmp::Ordering;
use std::fmt;
use std::ops::{Add, Mul, Sub};
use std::str::FromStr;

/// The most digits that a number of the wire has (WIRE §3.5).
pub const NUMBER_MAX_DIGITS: usize = 40;
const CHUNK: u128 = 10_000_000_000_000_000_000; // 10^19, the largest power of ten in a word

/// A price or a quantity as a scaled integer: the decimal value times 10^precision.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number {
    // Compared in this order.
    high: u64,
    middle: u64,
    low: u64,
}

impl Number {
    /// Nothing.
    pub const ZERO: Number = Number::new(0);

    /// A number of one word.
    #[must_use]
    pub const fn new(value: u64) -> Self {
        Self { high: 0, middle: 0, low: value }
    }

    /// True for nothing; as the qty of a level in an update it removes the level.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.high | self.middle | self.low == 0
    }

    /// The value, where it is below 2^64.
    #[must_use]
    pub const fn to_u64(self) -> Option<u64> {
        if self.high | self.middle == 0 { Some(self.low) } else { None }
    }

    /// The value, where it is below 2^128.
    #[must_use]
    pub const fn to_u128(self) -> Option<u128> {
        if self.high == 0 { Some((self.middle as u128) << 64 | self.low as u128) } else { None }
    }

    /// Append the decimal digits, no leading zeros.
    pub(crate) fn write_digits(self, out: &mut Vec<u8>) {
        if let Some(value) = self.to_u64() {
            out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
        } else {
            out.extend_from_slice(self.to_string().as_bytes());
        }
    }

    /// Divide by 10^19: quotient and remainder.
    fn split(self) -> (Self, u64) {
        let mut rest = 0_u128;
        let mut step = |word: u64| {
            let value = rest << 64 | u128::from(word);
            rest = value % CHUNK;
            u64::try_from(value / CHUNK).expect("a remainder below the divisor leaves one word")
        };
        let quotient =
            Self { high: step(self.high), middle: step(self.middle), low: step(self.low) };
        (quotient, u64::try_from(rest).expect("a remainder below 10^19"))
    }
}

impl From<u64> for Number {
    fn from(value: u64) -> Self {
        Self::new(value)
    }
}

impl From<u128> for Number {
    fn from(value: u128) -> Self {
        Self { high: 0, middle: (value >> 64) as u64, low: value as u64 }
    }
}

impl Add for Number {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        let (low, carry) = self.low.overflowing_add(other.low);
        let middle = u128::from(self.middle) + u128::from(other.middle) + u128::from(carry);
        let high = self.high + other.high + (middle >> 64) as u64;
        Self { high, middle: middle as u64, low }
    }
}

impl Sub for Number {
    type Output = Self;

    /// # Panics
    /// Where the other is the larger one: there are no negative prices.
    fn sub(self, other: Self) -> Self {
        assert!(self >= other, "numbers are not negative");
        let (low, borrow) = self.low.overflowing_sub(other.low);
        let (middle, second) = self.middle.overflowing_sub(other.middle);
        let (middle, third) = middle.overflowing_sub(u64::from(borrow));
        let high = self.high - other.high - u64::from(second || third);
        Self { high, middle, low }
    }
}

impl Mul<u64> for Number {
    type Output = Self;

    fn mul(self, times: u64) -> Self {
        let low = u128::from(self.low) * u128::from(times);
        let middle = u128::from(self.middle) * u128::from(times) + (low >> 64);
        let high = self.high * times + (middle >> 64) as u64;
        Self { high, middle: middle as u64, low: low as u64 }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(value) = self.to_u64() {
            return fmt::Display::fmt(&value, f);
        }
        let (rest, last) = self.split();
        f.pad_integral(true, "", &format!("{rest}{last:019}"))
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text was not 1 to 40 decimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotDigits;

impl fmt::Display for NotDigits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "must be 1 to {NUMBER_MAX_DIGITS} decimal digits")
    }
}

impl std::error::Error for NotDigits {}

impl FromStr for Number {
    type Err = NotDigits;

    fn from_str(text: &str) -> Result<Self, NotDigits> {
        if text.is_empty() || text.len() > NUMBER_MAX_DIGITS {
            return Err(NotDigits);
        }
        text.bytes().try_fold(Self::ZERO, |value, digit| match digit {
            b'0'..=b'9' => Ok(value * 10 + Self::new(u64::from(digit - b'0'))),
            _ => Err(NotDigits),
        })
    }
}

/// An exact decimal, as text wherever it is shown: `units` x 10^-`precision`.
///
/// Equal are those of equal value, however many digits they carry.
#[derive(Clone, Copy)]
pub struct Decimal {
    is_negative: bool,
    units: Number,
    precision: u32,
}

impl Decimal {
    /// `units` x 10^-`precision`; what makes a scaled integer of the wire a decimal.
    #[must_use]
    pub const fn new(units: Number, precision: u32) -> Self {
        Self { is_negative: false, units, precision }
    }

    /// `one` minus `other`, both of one precision.
    pub(crate) fn difference(one: Number, other: Number, precision: u32) -> Self {
        let is_negative = one < other;
        let units = if is_negative { other - one } else { one - other };
        Self { is_negative, units, precision }
    }

    /// Below zero; a spread is where the book is crossed.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.is_negative
    }

    /// The digits without the point, of the absolute value.
    #[must_use]
    pub const fn units(self) -> Number {
        self.units
    }

    /// How many of the digits stand behind the point.
    #[must_use]
    pub const fn precision(self) -> u32 {
        self.precision
    }

    /// The digits before the point, and those behind it without zeros at the end.
    fn parts(self) -> (String, String) {
        let behind = self.precision as usize;
        let digits = format!("{:0>width$}", self.units.to_string(), width = behind + 1);
        let (whole, fraction) = digits.split_at(digits.len() - behind);
        (whole.to_owned(), fraction.trim_end_matches('0').to_owned())
    }

    fn compare_sizes(self, other: Self) -> Ordering {
        if self.precision == other.precision {
            return self.units.cmp(&other.units);
        }
        let ((one, behind), (another, behind_other)) = (self.parts(), other.parts());
        one.len().cmp(&another.len()).then(one.cmp(&another)).then(behind.cmp(&behind_other))
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Decimal {}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.is_negative, other.is_negative) {
            (false, false) => self.compare_sizes(*other),
            (true, true) => other.compare_sizes(*self),
            (is_negative, _) => {
                if is_negative {
                    Ordering::Less
                } else {
                    Ordering::Greater
                }
            }
        }
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let behind = self.precision as usize;
        let digits = format!("{:0>width$}", self.units.to_string(), width = behind + 1);
        let (whole, fraction) = digits.split_at(digits.len() - behind);
        let point = if fraction.is_empty() { "" } else { "." };
        f.pad_integral(!self.is_negative, "", &format!("{whole}{point}{fraction}"))
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
