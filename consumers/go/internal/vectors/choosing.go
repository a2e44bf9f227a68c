package vectors

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	pykraken "github.com/pykraken/pykraken-go"
)

func catalogue(body []byte) error {
	var v struct {
		encoded
		Field string
		Value map[string]any
	}
	if err := json.Unmarshal(body, &v); err != nil {
		return err
	}
	encodings, err := v.all()
	if err != nil {
		return err
	}
	for _, data := range encodings {
		listing, err := pykraken.DecodeListing(v.Field, data)
		if err != nil {
			return err
		}
		if listing.Stream != v.Field {
			return fmt.Errorf("the stream is %s", listing.Stream)
		}
		said := header(&listing.Header)
		said["version"] = strconv.FormatUint(listing.Version, 10)
		said["feed"], said["line"] = listing.Feed, listing.Line
		said["epoch"] = strconv.FormatUint(listing.Epoch, 10)
		said["channel"] = listing.Channel
		if listing.Symbol != "" {
			said["symbol"] = listing.Symbol
		}
		if err := same(said, v.Value); err != nil {
			return err
		}
	}
	return nil
}

func choice(body []byte) error {
	var v struct {
		Rows   []struct{ Field, Hex string }
		Wish   map[string]string
		Chosen string
		Code   string
	}
	if err := json.Unmarshal(body, &v); err != nil {
		return err
	}
	var listings []*pykraken.Listing
	for _, row := range v.Rows {
		data, err := hex.DecodeString(row.Hex)
		if err != nil {
			return err
		}
		listing, err := pykraken.DecodeListing(row.Field, data)
		if err != nil {
			return err
		}
		listings = append(listings, listing)
	}
	words, symbol, err := wishOf(v.Wish)
	if err != nil {
		return err
	}
	chosen, err := pykraken.Choose(listings, words, symbol)
	switch {
	case v.Code != "" && errors.Is(err, pykraken.Code(v.Code)):
		return nil
	case v.Code != "":
		return fmt.Errorf("not the code: %v", err)
	case err != nil:
		return err
	case chosen[0].Stream != v.Chosen:
		return fmt.Errorf("chosen is %s", chosen[0].Stream)
	}
	return nil
}

func wishOf(said map[string]string) (words pykraken.Wish, symbol string, err error) {
	texts := map[string]*string{
		"symbol": &symbol, "channel": &words.Channel, "trigger": &words.Trigger,
		"source": &words.Source, "account": &words.Account, "line": &words.Line,
	}
	numbers := map[string]*int{"depth": &words.Depth, "interval": &words.Interval}
	for name, value := range said {
		if text := texts[name]; text != nil {
			*text = value
		} else if number := numbers[name]; number != nil {
			if *number, err = strconv.Atoi(value); err != nil {
				return words, symbol, err
			}
		} else {
			return words, symbol, fmt.Errorf("a word that nobody knows: %s", name)
		}
	}
	return words, symbol, nil
}
