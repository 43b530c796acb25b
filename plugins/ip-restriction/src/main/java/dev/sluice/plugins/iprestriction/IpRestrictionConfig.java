package dev.sluice.plugins.iprestriction;

import java.util.List;

/**
 * What a route says of this filter.
 *
 * @param allow networks that may call; empty: all that {@code deny} does not name
 * @param deny networks that may not
 * @param trustedProxies networks of proxies whose word on the client's address is taken
 * @param header where those proxies say it
 * @param message what a caller who is refused reads
 */
public record IpRestrictionConfig(
        List<String> allow, List<String> deny, List<String> trustedProxies, String header, String message) {}
