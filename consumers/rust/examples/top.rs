//! Prints the top of a live book: `cargo run --example top -- redis://127.0.0.1:6379 BTC/USD`.

use pykraken_consumer::{Client, Error, Missing, Priced, Told, Words};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let mut words = std::env::args().skip(1);
    let url = words.next().unwrap_or_else(|| Client::DEFAULT_URL.to_owned());
    let symbol = words.next().unwrap_or_else(|| "BTC/USD".to_owned());
    let client = Client::new(&url)?;
    let mut follower = client.follow(&[&symbol], &Words::default(), Missing::Wait).await?;
    while let Some(event) = follower.next().await {
        let event = event?;
        let Some(book) = follower.book().filter(|_| follower.state().is_some_and(|s| s.is_valid))
        else {
            println!("{symbol}: {:?}", event.told);
            continue;
        };
        if let (Told::Wire(_), Some(bid), Some(ask)) = (&event.told, book.best_bid(), book.best_offer()) {
            println!("{symbol} {} x {} | {} x {}", bid.qty, bid.price, ask.price, ask.qty);
        }
    }
    Ok(())
}
