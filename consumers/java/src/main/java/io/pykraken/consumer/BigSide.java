package io.pykraken.consumer;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32;

/** A side that has, or had, a number of 2^63 or more. Right first; it need not be quick. */
final class BigSide implements BookSide {

    /** Qtys by price, best first. */
    private final TreeMap<BigInteger, BigInteger> qtys;

    BigSide(Side side, List<Level> levels) {
        Comparator<BigInteger> rising = Comparator.naturalOrder();
        qtys = new TreeMap<>(side == Side.BID ? rising.reversed() : rising);
        levels.forEach(level -> qtys.put(level.price(), level.qty()));
    }

    private BigSide(TreeMap<BigInteger, BigInteger> qtys) {
        this.qtys = qtys;
    }

    @Override
    public BookSide applied(Levels levels, int depth) {
        for (Level level : levels) {
            if (level.qty().signum() == 0) {
                qtys.remove(level.price());
            } else {
                qtys.put(level.price(), level.qty());
            }
        }
        while (qtys.size() > depth) {
            qtys.pollLastEntry();
        }
        return this;
    }

    @Override
    public List<Level> levels(int limit) {
        List<Level> levels = new ArrayList<>();
        for (Map.Entry<BigInteger, BigInteger> each : qtys.entrySet()) {
            if (levels.size() == limit) {
                break;
            }
            levels.add(new Level(each.getKey(), each.getValue()));
        }
        return levels;
    }

    @Override
    public void digest(CRC32 into) {
        for (Level level : levels(AnyBook.CHECKSUM_LEVELS)) {
            into.update((level.price() + "" + level.qty()).getBytes(StandardCharsets.US_ASCII));
        }
    }

    @Override
    public BookSide copy() {
        return new BigSide(new TreeMap<>(qtys));
    }
}
