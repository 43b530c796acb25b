package dev.sluice.plugins.aiproxy;

import dev.sluice.api.Provider;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Which fields of a provider are of which types. */
final class Settings {
    /** Fields of every type but the echo, which has no vendor behind it. */
    static final List<String> COMMON = Stream.concat(
                    Stream.of(
                            "paths",
                            "capabilities",
                            "auth",
                            "headers",
                            "basePath",
                            "basePathHandling",
                            "providerDomain",
                            "providerBasePath",
                            EitherModeUpstream.SETTING),
                    ChatOptions.NAMES.stream())
            .toList();

    private Settings() {}

    /** Types by the fields that are theirs alone. */
    static Map<String, List<String>> types() {
        Map<String, List<String>> types = new LinkedHashMap<>();
        EchoSettings.NAMES.forEach(name -> types.put(name, List.of(EchoUpstream.TYPE)));
        VendorRow.all()
                .forEach((type, row) -> row.settings()
                        .forEach(name -> types.computeIfAbsent(name, none -> new ArrayList<>())
                                .add(type)));
        return types;
    }

    /**
     * Refuses what would have no effect.
     *
     * @throws IllegalArgumentException if a field is of another type
     */
    static void check(Provider provider) {
        types().forEach((name, types) -> {
            if (provider.config().has(name) && !types.contains(provider.type())) {
                throw new IllegalArgumentException("it is of type " + provider.type() + ", but '" + name
                        + "' is a setting of type " + String.join(" and ", types) + " alone: remove it");
            }
        });
        for (String name : COMMON) {
            if (provider.type().equals(EchoUpstream.TYPE) && provider.config().has(name)) {
                throw new IllegalArgumentException(
                        "it is of type echo, which is reached nowhere: remove '" + name + "'");
            }
        }
    }
}
