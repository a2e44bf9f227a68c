import io.pykraken.consumer.AnyBook;
import io.pykraken.consumer.Client;
import io.pykraken.consumer.Event;
import io.pykraken.consumer.LocalEvent;
import io.pykraken.consumer.Reading;

/** Prints the top of books as they change: java -cp 'target/classes:target/lib/*' examples/Ladder.java BTC/USD */
public final class Ladder {
    public static void main(String[] symbols) {
        String url = System.getenv().getOrDefault("PYKRAKEN_REDIS_URL", Client.DEFAULT_URL);
        try (Client client = new Client(url); Reading<Event> events = client.follow(symbols)) {
            for (Event event : events) {
                AnyBook book = event.book();
                if (event.body() instanceof LocalEvent told) {
                    System.err.println(event.stream() + " " + told);
                } else if (book.isValid() && !book.isStale()) {
                    System.out.println(book.symbol() + " " + book.bestBid() + " " + book.bestOffer()
                            + " spread " + book.spread());
                }
            }
        }
    }
}
