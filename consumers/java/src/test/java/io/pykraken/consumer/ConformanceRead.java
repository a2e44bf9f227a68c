package io.pykraken.consumer;

/** `read`: the whole client on a stream that is there already, timed from `joined` on. */
final class ConformanceRead {

    private final Arguments arguments;

    ConformanceRead(Arguments arguments) {
        this.arguments = arguments;
    }

    int run() {
        long count = Long.parseLong(arguments.rest().get(1));
        try (Client client = new Client(arguments.need("url"));
                Reading<Event> events = client.follow(arguments.rest().get(0))) {
            Conformance.Timed timed = new Conformance.Timed();
            Event event = null;
            while (timed.events() < count && events.hasNext()) {
                event = events.next();
                if (event.body() instanceof LocalEvent.Joined) {
                    timed.restart();
                } else if (!(event.body() instanceof LocalEvent.TrimWarning)) {
                    timed.count(event);
                }
            }
            timed.say(event.state());
        }
        return 0;
    }
}
