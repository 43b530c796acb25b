package dev.sluice.plugins.keyauth;

import dev.sluice.api.ConfigException;
import dev.sluice.api.Consumer;
import dev.sluice.api.Credential;
import dev.sluice.plugins.keyauth.KeyAuthConfig.Caller;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who is known by which key, and who of them may call. Keys are held and compared as their SHA-256 alone: how long a
 * comparison takes tells nothing of a key. Immutable.
 */
final class Callers {

    /** Somebody who is known. */
    record Known(String name, boolean mayCall) {}

    private final KeyAuthConfig config;
    private final Map<String, Known> byFingerprint = new HashMap<>();
    private final Map<String, Set<String>> groups = new LinkedHashMap<>();

    Callers(KeyAuthConfig config, Collection<Consumer> consumers) {
        this.config = config;
        Map<String, String> owners = new HashMap<>();
        for (Consumer consumer : consumers) {
            groups.put(consumer.name(), consumer.groups());
            consumer.credentials().forEach(credential -> owners.put(credential.fingerprint(), consumer.name()));
        }
        for (int i = 0; i < config.consumers().size(); i++) {
            add(config.consumers().get(i), "consumers[" + i + "]", owners);
        }
        check(config);
        owners.forEach((fingerprint, name) -> byFingerprint.put(
                fingerprint, new Known(name, mayCall(config, name, groups.getOrDefault(name, Set.of())))));
    }

    private void add(Caller caller, String path, Map<String, String> owners) {
        if (groups.putIfAbsent(caller.name(), Set.copyOf(caller.groups())) != null) {
            throw new ConfigException(
                    path + ".name", "there is a consumer '" + caller.name() + "' already: choose another name");
        }
        Set<String> keys = new HashSet<>(caller.credentials());
        if (caller.credential() != null) {
            keys.add(caller.credential());
        }
        if (keys.isEmpty() || keys.contains("")) {
            throw new ConfigException(
                    path, "the consumer '" + caller.name() + "' needs a credential that is not empty");
        }
        for (String key : keys) {
            String owner = owners.putIfAbsent(Credential.of(key).fingerprint(), caller.name());
            if (owner != null) {
                throw new ConfigException(
                        path,
                        "'" + caller.name() + "' and '" + owner + "' have the same credential: give each its own");
            }
        }
    }

    private void check(KeyAuthConfig config) {
        if (config.knowsStrangers()) {
            return;
        }
        for (int i = 0; i < config.allow().size(); i++) {
            String name = config.allow().get(i);
            if (!groups.containsKey(name)) {
                throw new ConfigException("allow[" + i + "]", "there is no consumer '" + name + "'; " + known());
            }
        }
        for (int i = 0; i < config.allowGroups().size(); i++) {
            String group = config.allowGroups().get(i);
            if (groups.values().stream().noneMatch(of -> of.contains(group))) {
                throw new ConfigException("allowGroups[" + i + "]", "no consumer is in a group '" + group + "'");
            }
        }
        if (config.isRequired() && groups.isEmpty()) {
            throw new ConfigException("", "nobody could call: define consumers under 'consumers:'");
        }
    }

    private String known() {
        return groups.isEmpty()
                ? "define it under 'consumers:'"
                : "defined are "
                        + String.join(", ", groups.keySet().stream().sorted().toList());
    }

    private static boolean mayCall(KeyAuthConfig config, String name, Set<String> in) {
        boolean anybody = config.allow().isEmpty() && config.allowGroups().isEmpty();
        return anybody
                || config.allow().contains(name)
                || config.allowGroups().stream().anyMatch(in::contains);
    }

    /** Whether the config has a consumer of that name. */
    boolean isConfigured(String name) {
        return groups.containsKey(name);
    }

    /** Somebody whom the config does not name. */
    Known stranger(String name, Set<String> in) {
        return new Known(name, mayCall(config, name, in));
    }

    /** Who has that key; null: nobody. */
    @Nullable
    Known of(String key) {
        return byFingerprint.get(Credential.of(key).fingerprint());
    }

    /** Everybody who may call, by name. */
    List<String> whoMayCall() {
        return byFingerprint.values().stream()
                .filter(Known::mayCall)
                .map(Known::name)
                .distinct()
                .sorted()
                .toList();
    }
}
