package pykraken

import (
	"math/big"
	"strings"
	"testing"
)

var edges = []string{
	"0", "1", "9", "10", "9223372036854775807", "9223372036854775808", "18446744073709551615",
	"18446744073709551616", "340282366920938463463374607431768211455",
	"340282366920938463463374607431768211456", strings.Repeat("9", 40), "1" + strings.Repeat("0", 39),
}

func TestNumbersAtTheEdges(t *testing.T) {
	for _, one := range edges {
		n, ok := ParseNumber(one)
		if !ok || n.String() != one || n.Big().String() != one {
			t.Errorf("%s is %v, %v", one, n, n.Big())
		}
		value, isSmall := n.Uint64()
		if big := n.Big(); isSmall != big.IsUint64() || (isSmall && value != big.Uint64()) {
			t.Errorf("%s as 64 bits: %d %t", one, value, isSmall)
		}
		for _, two := range edges {
			other, _ := ParseNumber(two)
			if n.Compare(other) != n.Big().Cmp(other.Big()) || n.less(other) != (n.Compare(other) < 0) {
				t.Errorf("%s against %s", one, two)
			}
			if sum := n.plus(other); sum.Big().Cmp(new(big.Int).Add(n.Big(), other.Big())) != 0 {
				t.Errorf("%s + %s = %v", one, two, sum)
			}
			if !n.less(other) && n.minus(other).Big().Cmp(new(big.Int).Sub(n.Big(), other.Big())) != 0 {
				t.Errorf("%s - %s = %v", one, two, n.minus(other))
			}
		}
	}
	for _, bad := range []string{"", "-1", "1.0", " 1", "+1", "x", strings.Repeat("1", 41), "１"} {
		if n, ok := ParseNumber(bad); ok {
			t.Errorf("%q is %v", bad, n)
		}
	}
}

func TestDecimals(t *testing.T) {
	for _, each := range []struct {
		units     string
		precision int
		wanted    string
	}{
		{"0", 0, "0"}, {"0", 2, "0.00"}, {"5", 2, "0.05"}, {"12345", 2, "123.45"}, {"7", 0, "7"},
		{strings.Repeat("9", 40), 30, "9999999999." + strings.Repeat("9", 30)},
	} {
		n, _ := ParseNumber(each.units)
		d := Scaled(n, each.precision)
		if d.String() != each.wanted {
			t.Errorf("%s at %d is %s", each.units, each.precision, d)
		}
		if wanted, _ := new(big.Rat).SetString(each.wanted); d.Rat().Cmp(wanted) != 0 {
			t.Errorf("%s is %v", each.wanted, d.Rat())
		}
	}
	one, two := Scaled(NumberOf(10), 1), Scaled(NumberOf(100), 2)
	if one.Compare(two) != 0 || one.Compare(Scaled(NumberOf(2), 0)) >= 0 {
		t.Error("decimals compare by value")
	}
}

func TestIDs(t *testing.T) {
	for text, wanted := range map[string]EntryID{
		"0-0": {}, "12-3": {12, 3}, "18446744073709551615-18446744073709551615": {1<<64 - 1, 1<<64 - 1},
	} {
		fast, ok := parseID([]byte(text))
		slow, err := ParseID(text)
		if !ok || err != nil || fast != wanted || slow != wanted || slow.String() != text {
			t.Errorf("%s is %v, %v", text, fast, slow)
		}
	}
	for _, bad := range []string{"", "-", "1", "1-", "-1", "1-2-3", "a-1", "1-b", "18446744073709551616-0", "+1-1"} {
		_, ok := parseID([]byte(bad))
		if _, err := ParseID(bad); ok || err == nil {
			t.Errorf("%q is an id", bad)
		}
	}
	last := EntryID{5, 1<<64 - 1}
	if last.isFollowedBy(EntryID{5, 0}) || !last.isFollowedBy(EntryID{6, 0}) || last.isFollowedBy(EntryID{6, 1}) {
		t.Error("what follows the last seq")
	}
}
