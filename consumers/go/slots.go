// The rules of a Redis Cluster: which slot a key has, and how one XREAD over many streams becomes one
// for each slot (WIRE §2.2). Pure.

package pykraken

import (
	"strings"
	"time"
)

const slots = 16384

// slotOf returns a key's slot: the CRC-16 (XMODEM) of its hash tag, or of the whole key.
func slotOf(key string) int {
	if _, behind, ok := strings.Cut(key, "{"); ok {
		if tag, _, ok := strings.Cut(behind, "}"); ok && tag != "" {
			key = tag
		}
	}
	crc := uint16(0)
	for i := range len(key) {
		crc ^= uint16(key[i]) << 8
		for range 8 {
			if crc&0x8000 != 0 {
				crc = crc<<1 ^ 0x1021
			} else {
				crc <<= 1
			}
		}
	}
	return int(crc) % slots
}

// command is a command for Redis. An XREAD names its streams and ids; the others have their key first.
type command struct {
	words   []any
	streams []string
	after   []EntryID
	count   int
	block   time.Duration // how long an XREAD waits, 0: not at all
}

func commandOf(words ...any) command { return command{words: words} }

// key returns the first key.
func (c *command) key() string {
	if len(c.streams) > 0 {
		return c.streams[0]
	}
	key, _ := c.words[1].(string)
	return key
}

func (c *command) isRead() bool { return len(c.streams) > 0 }

// args returns the words to send.
func (c *command) args() []any {
	if !c.isRead() {
		return c.words
	}
	args := []any{"XREAD", "COUNT", c.count}
	if c.block > 0 {
		args = append(args, "BLOCK", c.block.Milliseconds())
	}
	args = append(args, "STREAMS")
	for _, stream := range c.streams {
		args = append(args, stream)
	}
	for _, id := range c.after {
		args = append(args, id.String())
	}
	return args
}

// bySlot returns an XREAD apart by slot.
func (c *command) bySlot() map[int]*command {
	parts := make(map[int]*command)
	for i, stream := range c.streams {
		slot := slotOf(stream)
		part := parts[slot]
		if part == nil {
			part = &command{count: c.count, block: c.block}
			parts[slot] = part
		}
		part.streams = append(part.streams, stream)
		part.after = append(part.after, c.after[i])
	}
	return parts
}

// isSame tells whether two reads ask for the same.
func (c *command) isSame(other *command) bool {
	if len(c.streams) != len(other.streams) {
		return false
	}
	for i := range c.streams {
		if c.streams[i] != other.streams[i] || c.after[i] != other.after[i] {
			return false
		}
	}
	return true
}
