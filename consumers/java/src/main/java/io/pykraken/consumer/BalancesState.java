package io.pykraken.consumer;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/** An account's balances, each as JSON text, by asset (WIRE §4.17). */
public final class BalancesState extends State {

    private String account = "";
    private long sequence;
    private Map<String, String> balances = new TreeMap<>();

    BalancesState() {
        super("balances");
    }

    /** Whose. */
    public String account() {
        return account;
    }

    /** Kraken's number of the last message, unsigned. */
    public long sequence() {
        return sequence;
    }

    /** The balances by asset. */
    public Map<String, String> balances() {
        return Collections.unmodifiableMap(balances);
    }

    @Override
    public BalancesState copy() {
        BalancesState twin = (BalancesState) super.copy();
        twin.balances = new TreeMap<>(balances);
        return twin;
    }

    @Override
    void load(AnySnapshot any) {
        AnySnapshot.BalancesSnapshot snapshot = (AnySnapshot.BalancesSnapshot) any;
        account = snapshot.account();
        sequence = snapshot.sequence();
        balances = new TreeMap<>(JsonObject.byName(snapshot.balances(), "asset"));
    }

    @Override
    void apply(ChannelEvent event) {
        if (event instanceof ChannelEvent.Balance told) {
            balances.put(told.asset(), told.state());
            sequence = told.sequence();
        }
    }
}
