package dev.sluice.host.state;

/**
 * How one filter's keys are spelled on Redis.
 *
 * <p>A key is {@code prefix{filter/version}key}, and one of a {@linkplain KeyGroups group} of its own, {@code {alice}x},
 * is {@code prefix{filter/version/alice}x}. Redis Cluster chooses the slot by what stands in the first braces, so all keys
 * of a group are in one slot; a script's keys are checked to be of one group before they are sent. That is why no script
 * can be refused with {@code CROSSSLOT}. Neither prefixes nor filters' names have braces, so no two keys are spelled alike.
 */
final class RedisKeys {
    private final String start;

    RedisKeys(String prefix, String filter, int version) {
        this.start = prefix + '{' + filter + '/' + version;
    }

    String of(String key) {
        String group = KeyGroups.group(key);
        return group.isEmpty() ? start + '}' + key : start + '/' + key.substring(1);
    }
}
