package dev.sluice.api;

import java.util.List;
import java.util.Set;

/** Somebody who may call, as the config lists them under {@code consumers:}. Immutable; the host implements it. */
public interface Consumer {

    /** The name: what limits, logs and metrics call them. */
    String name();

    /** The groups they belong to; may be empty. */
    Set<String> groups();

    /** What they present, each with the one field {@code token}; may be empty. */
    List<Credential> credentials();
}
