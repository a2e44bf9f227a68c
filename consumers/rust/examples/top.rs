//! Print the top of live books: `cargo run --example top -- BTC/USD ETH/USD`.

use pykraken_consumer::{Body, Client, Error, Options};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let url = std::env::var("PYKRAKEN_REDIS_URL").unwrap_or(Client::DEFAULT_URL.to_owned());
    let symbols: Vec<String> = std::env::args().skip(1).collect();
    let symbols: Vec<&str> = symbols.iter().map(String::as_str).collect();
    let mut events = Client::new(&url)?.follow(&symbols, &Options::default()).await?;
    while let Some(event) = events.next().await {
        let event = event?;
        match (event.live_book(), &event.body) {
            (Some(book), _) => {
                if let (Some(bid), Some(offer)) = (book.best_bid(), book.best_offer()) {
                    println!(
                        "{} {} x {} | {} x {}",
                        event.stream, bid.qty, bid.price, offer.price, offer.qty
                    );
                }
            }
            (None, Body::Wire(event)) => println!("no book: {:?}", event.body),
            (None, body) => println!("no book: {body:?}"),
        }
    }
    Ok(())
}
