package io.pykraken.consumer;

import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** An account's open orders, each as JSON text, by order id (WIRE §4.16). */
public final class ExecutionsState extends State {

    /** WIRE §7.2: "it goes if the order_status in st is ...". */
    private static final Set<String> DONE = Set.of("filled", "canceled", "expired");

    private String account = "";
    private long sequence;
    private Map<String, String> orders = new TreeMap<>();

    ExecutionsState() {
        super("executions");
    }

    /** Whose. */
    public String account() {
        return account;
    }

    /** Kraken's number of the last message, unsigned. */
    public long sequence() {
        return sequence;
    }

    /** The open orders by id. */
    public Map<String, String> orders() {
        return Collections.unmodifiableMap(orders);
    }

    @Override
    public ExecutionsState copy() {
        ExecutionsState twin = (ExecutionsState) super.copy();
        twin.orders = new TreeMap<>(orders);
        return twin;
    }

    @Override
    void load(AnySnapshot any) {
        AnySnapshot.ExecutionsSnapshot snapshot = (AnySnapshot.ExecutionsSnapshot) any;
        account = snapshot.account();
        sequence = snapshot.sequence();
        orders = new TreeMap<>(JsonObject.byName(snapshot.orders(), "order_id"));
    }

    @Override
    void apply(ChannelEvent event) {
        if (event instanceof ChannelEvent.OrdersGap gap) {
            orders.keySet().removeAll(Set.copyOf(gap.orderId()));
        } else if (event instanceof ChannelEvent.Execution told) {
            String status = JsonObject.members(told.order()).get("order_status");
            if (status != null && DONE.contains(status)) {
                orders.remove(told.orderId());
            } else {
                orders.put(told.orderId(), told.order());
            }
            if (told.sequence() != 0) {
                sequence = told.sequence();
            }
        }
    }
}
