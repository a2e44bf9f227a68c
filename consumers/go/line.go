// Canonical JSON, the same bytes in every language (WIRE §9). Pure.

package pykraken

import "strconv"

// Line returns the canonical line of an event, without a newline.
func Line(event WireEvent) string { return string(AppendLine(nil, event)) }

// AppendLine appends the canonical line of an event.
func AppendLine(dst []byte, event WireEvent) []byte {
	s := speller{dst}
	s.out = append(s.out, `{"id":"`...)
	s.out = event.Stamp().ID.appendTo(s.out)
	s.out = append(s.out, '"')
	s.text("type", event.Type())
	event.spell(&s)
	return append(s.out, '}')
}

// ErrorLine returns the canonical line of an entry that does not decode.
func ErrorLine(id EntryID, code Code) string {
	return `{"id":"` + id.String() + `","error":"` + string(code) + `"}`
}

// speller writes the members of a JSON object.
type speller struct{ out []byte }

func (s *speller) key(name string) {
	s.out = append(s.out, ',', '"')
	s.out = append(s.out, name...)
	s.out = append(s.out, '"', ':')
}

func (s *speller) uint(name string, value uint64) {
	s.key(name)
	s.out = strconv.AppendUint(s.out, value, 10)
}

func (s *speller) int(name string, value int) { s.uint(name, uint64(value)) }

func (s *speller) text(name, value string) {
	s.key(name)
	s.out = appendJSON(s.out, value)
}

func (s *speller) number(name string, value Number) {
	s.key(name)
	s.out = value.appendTo(s.out)
}

func (s *speller) someText(name string, value Optional[string]) {
	if value.OK {
		s.text(name, value.Value)
	}
}

func (s *speller) someUint(name string, value Optional[uint64]) {
	if value.OK {
		s.uint(name, value.Value)
	}
}

func (s *speller) someNumber(name string, value Optional[Number]) {
	if value.OK {
		s.number(name, value.Value)
	}
}

func (s *speller) stamps(of *Stamps) {
	s.uint("ts_event", of.TsEvent)
	s.uint("ts_recv", of.TsRecv)
	s.uint("ts_pub", of.TsPub)
	s.uint("flags", of.Flags)
}

// isness writes what a header begins with; detail what follows later in the order of WIRE §9.
func (s *speller) isness(h *Header) {
	if h.Channel == "" {
		return
	}
	has := headersOf[h.Channel]
	s.text("channel", h.Channel)
	if has.symbol {
		s.text("symbol", h.Symbol)
	}
	if has.depth {
		s.int("depth", h.Depth)
	}
	if has.symbol {
		s.int("price_precision", h.PricePrecision)
		s.int("qty_precision", h.QtyPrecision)
	}
}

func (s *speller) detail(h *Header) {
	has := headersOf[h.Channel]
	if has.source {
		s.text("source", h.Source)
	}
	if has.trigger {
		s.text("trigger", h.Trigger)
	}
	if has.interval {
		s.int("interval", h.Interval)
	}
	if has.account {
		s.text("account", h.Account)
	}
}

func (s *speller) head(h *SnapshotHead) {
	s.stamps(&h.Stamps)
	s.uint("version", h.Version)
	s.isness(&h.Header)
}

func (s *speller) pointer(h *SnapshotHead) {
	if h.IsPointer {
		s.int("pointer", 1)
	}
}

// opening writes what a snapshot says before its content, but for books: theirs stands before the
// pointer.
func (s *speller) opening(h *SnapshotHead) {
	s.head(h)
	s.pointer(h)
	s.detail(&h.Header)
}

// rows writes an array.
func rows[T any](s *speller, name string, values []T, spell func([]byte, *T) []byte) {
	s.key(name)
	s.out = append(s.out, '[')
	for i := range values {
		if i > 0 {
			s.out = append(s.out, ',')
		}
		s.out = spell(s.out, &values[i])
	}
	s.out = append(s.out, ']')
}

func appendText(dst []byte, text *string) []byte { return appendJSON(dst, *text) }

func appendLevel(dst []byte, l *Level) []byte {
	dst = l.Price.appendTo(append(dst, '['))
	dst = l.Qty.appendTo(append(dst, ','))
	return append(dst, ']')
}

func appendOrder(dst []byte, o *Order) []byte {
	return append(appendOrderFields(append(dst, '['), o), ']')
}

func appendChange(dst []byte, c *Change) []byte {
	dst = append(dst, '[', '0'+byte(c.Kind), ',')
	return append(appendOrderFields(dst, &c.Order), ']')
}

func appendOrderFields(dst []byte, o *Order) []byte {
	dst = append(appendJSON(dst, o.ID), ',')
	dst = append(o.Price.appendTo(dst), ',')
	dst = append(o.Qty.appendTo(dst), ',')
	return strconv.AppendUint(dst, o.Time, 10)
}

func appendTrade(dst []byte, t *Trade) []byte {
	dst = strconv.AppendUint(append(dst, '['), t.ID, 10)
	dst = append(dst, ',', '0'+byte(t.Side), ',')
	dst = append(t.Price.appendTo(dst), ',')
	dst = append(t.Qty.appendTo(dst), ',', '0'+byte(t.OrdType), ',')
	return append(strconv.AppendUint(dst, t.Time, 10), ']')
}

func appendPair(dst []byte, p *Pair) []byte {
	dst = append(appendJSON(append(dst, '['), p.Symbol), ',')
	dst = append(appendJSON(dst, p.Status), ',')
	dst = append(strconv.AppendUint(dst, p.PricePrecision, 10), ',')
	dst = append(strconv.AppendUint(dst, p.QtyPrecision, 10), ',')
	return append(appendJSON(dst, p.Words), ']')
}

func appendAsset(dst []byte, a *Asset) []byte {
	dst = append(appendJSON(append(dst, '['), a.ID), ',')
	dst = append(appendJSON(dst, a.Status), ',')
	dst = append(strconv.AppendUint(dst, a.Precision, 10), ',')
	return append(appendJSON(dst, a.Words), ']')
}

const hexDigits = "0123456789abcdef"

// appendJSON writes a JSON string: control characters, quote and backslash escaped the shortest way.
func appendJSON(dst []byte, text string) []byte {
	dst = append(dst, '"')
	for i := range len(text) {
		switch c := text[i]; c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\t':
			dst = append(dst, '\\', 't')
		case '\b':
			dst = append(dst, '\\', 'b')
		case '\f':
			dst = append(dst, '\\', 'f')
		case '\r':
			dst = append(dst, '\\', 'r')
		default:
			if c < 0x20 {
				dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
			} else {
				dst = append(dst, c)
			}
		}
	}
	return append(dst, '"')
}
