package io.pykraken.consumer;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/** All pairs by symbol and all assets by id (WIRE §4.15). */
public final class InstrumentsState extends State {

    private Map<String, Pair> pairs = new TreeMap<>();
    private Map<String, Asset> assets = new TreeMap<>();

    InstrumentsState() {
        super("instrument");
    }

    /** The pairs by symbol. */
    public Map<String, Pair> pairs() {
        return Collections.unmodifiableMap(pairs);
    }

    /** The assets by id. */
    public Map<String, Asset> assets() {
        return Collections.unmodifiableMap(assets);
    }

    @Override
    public InstrumentsState copy() {
        InstrumentsState twin = (InstrumentsState) super.copy();
        twin.pairs = new TreeMap<>(pairs);
        twin.assets = new TreeMap<>(assets);
        return twin;
    }

    @Override
    void load(AnySnapshot any) {
        AnySnapshot.InstrumentsSnapshot snapshot = (AnySnapshot.InstrumentsSnapshot) any;
        pairs.clear();
        assets.clear();
        put(snapshot.pairs(), snapshot.assets());
    }

    @Override
    void apply(ChannelEvent event) {
        if (event instanceof ChannelEvent.Instruments told) {
            put(told.pairs(), told.assets());
        }
    }

    private void put(Iterable<Pair> newPairs, Iterable<Asset> newAssets) {
        newPairs.forEach(pair -> pairs.put(pair.symbol(), pair));
        newAssets.forEach(asset -> assets.put(asset.id(), asset));
    }
}
