// Command top prints the best bid and offer of a live book: go run ./examples/top BTC/USD
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	pykraken "github.com/pykraken/pykraken-go"
)

func main() {
	client, err := pykraken.NewClient(os.Getenv("PYKRAKEN_REDIS_URL"), nil)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	symbol := append(os.Args, "BTC/USD")[1]
	for event, err := range client.Follow(context.Background(), pykraken.Wish{}, symbol) {
		if err != nil {
			log.Fatal(err)
		}
		bid, hasBid := event.Book().BestBid()
		offer, hasOffer := event.Book().BestOffer()
		if event.Book().IsValid && hasBid && hasOffer {
			fmt.Printf("%s  %s | %s\n", event.Book().Symbol, bid, offer)
		}
	}
}
