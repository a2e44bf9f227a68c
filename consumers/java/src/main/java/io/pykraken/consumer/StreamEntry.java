package io.pykraken.consumer;

/**
 * One entry of any stream as it lies there, or what kept some away.
 *
 * @param stream the stream's key
 * @param body an event of the wire, or a Gap, Quarantined, Disconnected or Reconnected
 */
public record StreamEntry(String stream, Body body) {}
