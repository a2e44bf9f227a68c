// One entry's fields, taken one by one and judged together (WIRE §4, §5.3, §5.4). Pure.
//
// A judge holds the outer map and the worst fault so far. Every rule is looked at, whatever was
// found before, because the first code in the order of WIRE §8 is the one to report.

package pykraken

type field struct {
	key   []byte
	value []byte
}

type judge struct {
	fields [mapMax]field
	count  int
	worst  fault
	where  string
}

// open reads the outer map. It returns SIZE, MSGPACK or, for another outer type, SCHEMA.
func (j *judge) open(data []byte) *DecodeError {
	if len(data) > entryMaxBytes {
		return &DecodeError{CodeSize, "the entry is over 16 MiB"}
	}
	if !wellFormed(data) {
		return &DecodeError{CodeMsgpack, "not one well-formed value within the limits"}
	}
	kind, length, pairs := header(data)
	if kind != shapeMap {
		return &DecodeError{CodeSchema, "no map"}
	}
	r := reader{data[length:]}
	for range pairs {
		key, isText := r.bytes()
		value := r.rest
		r.skip()
		if !isText {
			j.note(faultSchema, "keys")
			continue
		}
		j.fields[j.count] = field{key, value[:len(value)-len(r.rest)]}
		j.count++
	}
	return nil
}

func (j *judge) note(bad fault, where string) {
	if bad > j.worst {
		j.worst, j.where = bad, where
	}
}

// verdict returns the first fault in the order of WIRE §8.
func (j *judge) verdict() error {
	if j.worst == faultNone {
		return nil
	}
	return &DecodeError{faultCodes[j.worst], j.where}
}

// find returns the value of a key; of one that comes twice the last.
func (j *judge) find(key string) (reader, bool) {
	for i := j.count - 1; i >= 0; i-- {
		if string(j.fields[i].key) == key {
			return reader{j.fields[i].value}, true
		}
	}
	return reader{}, false
}

func (j *judge) has(key string) bool {
	_, ok := j.find(key)
	return ok
}

// need takes a required key's value; a bad one is the zero value.
func need[T any](j *judge, key string, take kind[T]) T {
	value, ok := perhaps(j, key, take)
	if !ok && !j.has(key) {
		j.note(faultSchema, key)
	}
	return value
}

// perhaps takes a key's value, and returns false where it is absent or bad.
func perhaps[T any](j *judge, key string, take kind[T]) (value T, ok bool) {
	r, ok := j.find(key)
	if !ok {
		return value, false
	}
	found, bad := take(&r)
	if bad != faultNone {
		j.note(bad, key)
		return value, false
	}
	return found, true
}

// optional takes a key's value that may be absent.
func optional[T comparable](j *judge, key string, take kind[T]) Optional[T] {
	value, ok := perhaps(j, key, take)
	return Optional[T]{value, ok}
}

// together judges that keys come all or not at all, and returns whether they are there.
func (j *judge) together(keys ...string) bool {
	present := j.present(keys)
	if present != 0 && present != len(keys) {
		j.note(faultSchema, keys[0])
	}
	return present == len(keys)
}

func (j *judge) present(keys []string) int {
	count := 0
	for _, key := range keys {
		if j.has(key) {
			count++
		}
	}
	return count
}

// content judges a snapshot's content and pointer against each other (WIRE §4.3), and returns
// whether it is a pointer.
func (j *judge) content(place place, isRequired bool, keys ...string) bool {
	perhaps(j, "ptr", takeOne)
	isPointer, present := j.has("ptr"), j.present(keys)
	if isPointer && (present > 0 || place.isSnap) {
		j.note(faultSchema, "ptr")
	}
	if !isPointer && isRequired && present != len(keys) {
		j.note(faultSchema, keys[0])
	}
	return isPointer
}

// levels judges a side of an L2 snapshot by WIRE §5.3. A depth of 0 is not known.
func (j *judge) levels(key string, levels []Level, depth int, isBids bool) {
	if depth > 0 && len(levels) > depth {
		j.note(faultRange, key)
	}
	for i, level := range levels {
		if level.Qty.IsZero() {
			j.note(faultRange, key)
		}
		if i > 0 && !isBetter(levels[i-1].Price, level.Price, isBids) {
			j.note(faultOrder, key)
		}
	}
}

// orders judges a side of an L3 snapshot by WIRE §5.4.
func (j *judge) orders(key string, orders []Order, depth int, isBids bool) {
	ids := make(map[string]struct{}, len(orders))
	prices := make(map[Number]struct{})
	for i, order := range orders {
		ids[order.ID] = struct{}{}
		prices[order.Price] = struct{}{}
		if order.Qty.IsZero() {
			j.note(faultRange, key)
		}
		if i == 0 {
			continue
		}
		before := orders[i-1]
		isLater := before.Price == order.Price && before.Time <= order.Time
		if !isLater && !isBetter(before.Price, order.Price, isBids) {
			j.note(faultOrder, key)
		}
	}
	if len(ids) < len(orders) || (depth > 0 && len(prices) > depth) {
		j.note(faultRange, key)
	}
}

func isBetter(better, worse Number, isBids bool) bool {
	if isBids {
		return worse.less(better)
	}
	return better.less(worse)
}

// changes judges that no order is added or set to a qty of 0 (WIRE §4.10).
func (j *judge) changes(key string, changes []Change) {
	for i := range changes {
		if changes[i].Kind != Delete && changes[i].Qty.IsZero() {
			j.note(faultRange, key)
		}
	}
}

// trades judges that ids grow by 1 (WIRE §4.13).
func (j *judge) trades(trades []Trade) {
	for i := 1; i < len(trades); i++ {
		if !follows(trades[i-1].ID, trades[i].ID) {
			j.note(faultOrder, "x")
		}
	}
}

// follows tells whether next is the number behind last.
func follows(last, next uint64) bool { return next != 0 && next-1 == last }
