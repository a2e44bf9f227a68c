package pykraken

import (
	"math/rand/v2"
	"strings"
	"testing"
)

func FuzzDecode(f *testing.F) {
	f.Add([]byte("\x85\xa1t\xa3bye\xa2te\x00\xa2tr\x00\xa2tp\x00\xa1f\x00"), uint8(0))
	f.Fuzz(func(t *testing.T, data []byte, where uint8) {
		at := place{channels[int(where)%len(channels)], where > 127}
		event, err := decode(EntryID{1, 1}, data, at, nil)
		if err == nil {
			_ = Line(event)
		}
	})
}

func TestHostileBytes(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 3))
	seed := []byte("\x88\xa1t\xa6update\xa2te\xcf\x18\x86\xca\xf2\x1c\x96\x35\xe8\xa2tr\xcf\x18\x86\xca\xf2\x24\x55" +
		"\xd6\x81\xa2tp\xcf\x18\x86\xca\xf2\x24\x57\x5d\x22\xa1f\x00\xa1b\x92\x92\xcd\x27\x0e\x00\x92\xcd\x27\x0e" +
		"\xce\x01\x31\x2d\x00\xa1a\x90\xa1c\xce\x41\x2f\x60\xbe")
	if _, err := decode(EntryID{1, 1}, seed, place{channel: ChannelBook}, nil); err != nil {
		t.Fatal(err)
	}
	for range 200_000 {
		data := append([]byte(nil), seed[:random.IntN(len(seed)+1)]...)
		for range random.IntN(4) {
			if len(data) > 0 {
				data[random.IntN(len(data))] = byte(random.Uint32())
			}
		}
		short := plainUpdate(EntryID{1, 1}, data, nil)
		long, err := decodeAny(EntryID{1, 1}, data, place{channel: ChannelBook})
		if short != nil && (err != nil || Line(short) != Line(long)) {
			t.Fatalf("%x: the short way says %s, the long way %v", data, Line(short), err)
		}
	}
}

func TestALyingHeaderMakesNoRoom(t *testing.T) {
	for _, lie := range []string{
		"\xdd\xff\xff\xff\xff", "\xdf\xff\xff\xff\xff", "\xdb\xff\xff\xff\xff", "\xdd\x00\x03\x0d\x40",
		"\x81\xa1b\xdd\x00\x03\x0d\x40\x90", strings.Repeat("\x91", 100_000), strings.Repeat("\x81\xa0", 100_000),
	} {
		data := []byte(lie)
		used := testing.AllocsPerRun(5, func() {
			if _, err := decode(EntryID{1, 1}, data, place{channel: ChannelBook}, nil); err == nil {
				t.Errorf("%.20x is an event", data)
			}
		})
		if used > 4 {
			t.Errorf("%.20x: %v allocations", data, used)
		}
	}
}
