package io.pykraken.consumer;

/** What happened: an event of the wire, or one that the library tells of itself. */
public sealed interface Body permits WireEvent, LocalEvent {}
