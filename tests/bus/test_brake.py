"""The emergency brake: silent below the limit; above it, retention shrinks to what fits."""

from __future__ import annotations

from publisher.bus.brake import Brake

WISHED_MS = 60_000


def test_below_the_limit_retention_is_as_wished() -> None:
    brake = Brake(1000)
    for second in range(0, 200, 5):
        assert brake.retention_ms(float(second), second, WISHED_MS) == WISHED_MS
        assert not brake.struck


def test_above_the_limit_it_strikes_and_keeps_about_half() -> None:
    brake = Brake(1000)
    struck = []
    for second in range(0, 600, 5):
        kept_ms = brake.retention_ms(float(second), second * 40, WISHED_MS)
        struck.append(brake.struck)
        if second > 60 and brake.struck:  # what is kept was written within the limit
            assert 5_000 <= kept_ms <= 1000 / 40 * 1000
    assert not struck[0]
    assert any(struck)


def test_a_snapshot_is_wished_early() -> None:
    brake = Brake(1000)
    brake.retention_ms(0.0, 0, WISHED_MS)
    assert not brake.asks_for_snapshot(250)
    assert brake.asks_for_snapshot(251)
    brake.retention_ms(1.0, 251, WISHED_MS)
    assert not brake.asks_for_snapshot(300)


def test_it_calms_down_with_the_stream() -> None:
    brake = Brake(1000)
    for second in range(0, 60, 5):
        brake.retention_ms(float(second), second * 400, WISHED_MS)
    assert brake.struck
    for second in range(60, 200, 5):
        brake.retention_ms(float(second), 60 * 400, WISHED_MS)
    assert not brake.struck
