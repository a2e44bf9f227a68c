// Package pykraken rebuilds and verifies what pykraken publishes: Kraken's books, trades, tickers,
// candles, instruments and an account's orders and balances, from Redis Streams
// (consumers/spec/WIRE.md). Books, L2 and L3, are proven with Kraken's own checksum at every event.
//
//	client, err := pykraken.NewClient("redis://127.0.0.1:6379", nil)
//	...
//	defer client.Close()
//	for event, err := range client.Follow(ctx, pykraken.Wish{Depth: 10}, "BTC/USD", "ETH/USD") {
//		if err != nil {
//			return err
//		}
//		if book := event.Book(); book.IsValid && !book.IsStale {
//			bid, _ := book.BestBid()
//			fmt.Println(book.Symbol, bid)
//		}
//	}
//
// Nothing is lost silently: entry ids follow one another without holes except where an event says so.
// Decode, Replica and Lines are the parts without I/O, for whoever reads Redis in another way.
package pykraken
